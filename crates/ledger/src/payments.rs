//! Payments used up by an invoice (支付即开票): money flow and invoice flow as one.

use ledger_types::payload::PaymentUse;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{AccountId, Asset, Fen, OutputRecord, PaymentState, RejectReason, Slot};

use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;

/// A payment before and after its use.
pub(crate) struct Use {
    slot: Slot,
    before: OutputRecord,
    after: OutputRecord,
}

/// Checks the payments of an invoice: each one's own refusals carry its place as item. If any are given they must cover
/// the invoice exactly.
pub(crate) fn plan(
    state: &TxOverlay<'_, '_>,
    seller: AccountId,
    uses: &[PaymentUse],
    total: Fen,
    max_links: u8,
    found: &mut Findings,
) -> Result<Vec<Use>, Stop> {
    let mut planned = Vec::with_capacity(uses.len());
    if uses.len() > usize::from(max_links) {
        let args = [Arg::Count(uses.len() as u64), Arg::Count(u64::from(max_links))];
        found.add(Refusal::new(RejectReason::PaymentLinks, Field::Payments).with(args));
    }
    for (i, used) in uses.iter().enumerate() {
        let refusal = |reason| {
            let args = [Arg::Slot(used.spend.slot)];
            Refusal::new(reason, Field::Payments).at_item(i as u16).with(args)
        };
        let Some(before) = state.output(used.spend.slot)? else {
            found.add(refusal(RejectReason::OutputUnknown));
            continue;
        };
        let Asset::Payment(payment) = before.asset else {
            found.add(refusal(RejectReason::WrongAsset));
            continue;
        };
        let mut refuse = |holds: bool, reason: RejectReason, args: Option<Arg>| {
            if !holds {
                found.add(refusal(reason).with(args));
            }
        };
        let sequence = before.sequence;
        refuse(sequence == used.spend.sequence, RejectReason::OutputSpent, Some(Arg::Sequence(sequence)));
        refuse(used.spend.reveal.is_none(), RejectReason::ConditionMismatch, None);
        refuse(payment.payee == seller, RejectReason::NotPayee, None);
        refuse(used.amount <= before.amount, RejectReason::PaymentShort, Some(Arg::Money(before.amount)));
        let links = Arg::Count(u64::from(max_links));
        refuse(payment.invoices < max_links, RejectReason::PaymentLinks, Some(links));
        planned.extend(taken(used.spend.slot, before, payment, used.amount));
    }
    let sum: i128 = uses.iter().map(|used| i128::from(used.amount.0)).sum();
    if !uses.is_empty() && sum != i128::from(total.0) {
        let sum = Fen::from_sum(sum).unwrap_or(Fen::MAX);
        let args = [Arg::Money(sum), Arg::Money(total)];
        found.add(Refusal::new(RejectReason::PaymentBelowAmount, Field::Payments).with(args));
    }
    Ok(planned)
}

/// The payment less what is used. `None` where a refusal was found already.
fn taken(slot: Slot, before: OutputRecord, payment: PaymentState, amount: Fen) -> Option<Use> {
    let left = before.amount.checked_sub(amount)?;
    let invoices = payment.invoices.checked_add(1)?;
    let after = OutputRecord {
        sequence: before.sequence.saturating_add(1),
        amount: left,
        asset: Asset::Payment(PaymentState { invoices, ..payment }),
        ..before
    };
    Some(Use { slot, before, after })
}

/// Takes the planned parts.
pub(crate) fn take(state: &mut TxOverlay<'_, '_>, uses: Vec<Use>) {
    for used in uses {
        state.step(used.slot, used.before, used.after, None);
    }
}
