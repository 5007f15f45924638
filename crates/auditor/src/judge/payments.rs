//! Payment records, and invoices that use them up.

use std::collections::BTreeSet;

use ledger_types::owner::account_address;
use ledger_types::payload::PaymentUse;
use ledger_types::{
    Account, AccountId, AccountKind, Asset, Digest, Fen, OutputRecord, Owner, PaymentState, RegistryKey, RegistryValue,
    RejectReason, RuleBook, TxOutcome,
};

use super::Case;
use super::spending::owner_signs;
use crate::reasons::Reasons;
use crate::world::Draft;

pub(super) fn record(
    case: &Case<'_>,
    payment_ref: Digest,
    payee: AccountId,
    amount: Fen,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let provider = case.signers.acting(AccountKind::PaymentProvider, found);
    match case.world.account(payee) {
        None => found.add(RejectReason::AccountUnknown),
        Some(account) => {
            found.add_if(!account.open, RejectReason::AccountClosed);
            found.add_if(account.kind != AccountKind::Enterprise, RejectReason::WrongRole);
        }
    }
    found.add_if(amount.0 <= 0 || !amount.in_range(), RejectReason::AmountRange);
    let Some(provider) = provider.map(|account| account.id) else { return };
    found.add_if(case.world.payment(provider, payment_ref).is_some(), RejectReason::PaymentKnown);

    let state = PaymentState { provider, payee, payment_ref: payment_ref.0, paid: amount, invoices: 0 };
    let slot = draft.make(OutputRecord {
        version: OutputRecord::VERSION,
        sequence: 0,
        amount,
        owner: Owner::Address(account_address(case.world.chain(), payee)),
        asset: Asset::Payment(state),
    });
    draft.set(RegistryKey::Payment { provider, payment_ref }, RegistryValue::Payment(slot));
    draft.outcome = TxOutcome::PaymentRecorded(slot);
    draft.money = i128::from(amount.0);
}

/// Uses payments up for an invoice of `total`.
pub(super) fn use_up(
    case: &Case<'_>,
    book: Option<&RuleBook>,
    seller: &Account,
    uses: &[PaymentUse],
    total: Fen,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    if uses.is_empty() {
        return;
    }
    let max_links = book.map_or(u8::MAX, |book| book.max_payment_links);
    found.add_if(uses.len() > usize::from(max_links), RejectReason::PaymentLinks);
    let sum: i128 = uses.iter().map(|part| i128::from(part.amount.0)).sum();
    found.add_if(sum != i128::from(total.0), RejectReason::PaymentBelowAmount);
    let slots: BTreeSet<_> = uses.iter().map(|part| part.spend.slot).collect();
    // The first use moves a payment on, so a second one in the same invoice comes too late.
    found.add_if(slots.len() != uses.len(), RejectReason::OutputSpent);
    for part in uses {
        use_one(case, seller, part, max_links, found, draft);
    }
}

fn use_one(
    case: &Case<'_>,
    seller: &Account,
    part: &PaymentUse,
    max_links: u8,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let Some(output) = case.world.output(part.spend.slot) else { return found.add(RejectReason::OutputUnknown) };
    let Some(payment) = output.payment() else { return found.add(RejectReason::WrongAsset) };
    found.add_if(output.sequence != part.spend.sequence, RejectReason::OutputSpent);
    found.add_if(payment.payee != seller.id, RejectReason::NotPayee);
    owner_signs(case, output, &part.spend, found);
    found.add_if(part.amount.0 <= 0 || part.amount > output.amount, RejectReason::PaymentShort);
    found.add_if(payment.invoices >= max_links, RejectReason::PaymentLinks);
    let used = PaymentState { invoices: payment.invoices.saturating_add(1), ..*payment };
    let left = Fen(output.amount.0.saturating_sub(part.amount.0));
    draft.step(part.spend.slot, OutputRecord { amount: left, asset: Asset::Payment(used), ..*output });
}
