//! Records a payment: what a merchant was paid and may invoice. By a payment provider, once for each of its references.

use ledger_types::owner::account_address;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    Account, AccountId, AccountKind, Asset, Digest, Fen, OutputRecord, Owner, PaymentState, RegistryKey, RejectReason,
    Slot, TxOutcome,
};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    payment_ref: Digest,
    payee: AccountId,
    amount: Fen,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let provider = call.actor_of(AccountKind::PaymentProvider, &mut found)?.id;
    let key = RegistryKey::Payment { provider, payment_ref };
    if let Some(slot) = state.get::<Slot>(&key)? {
        found.add(Refusal::new(RejectReason::PaymentKnown, Field::PaymentRef).with([Arg::Slot(*slot)]));
    }
    match state.get::<Account>(&RegistryKey::Account(payee))? {
        None => {
            let unknown = Refusal::new(RejectReason::AccountUnknown, Field::Payee);
            found.add(unknown.with([Arg::Account(payee)]));
        }
        Some(payee) => {
            found.require(payee.open, RejectReason::AccountClosed, Field::Payee);
            found.require(payee.kind == AccountKind::Enterprise, RejectReason::WrongRole, Field::Payee);
        }
    }
    found.finish()?;
    let payment = PaymentState { provider, payee, payment_ref: payment_ref.0, paid: amount, invoices: 0 };
    let record = OutputRecord {
        version: OutputRecord::VERSION,
        sequence: 0,
        amount,
        owner: Owner::Address(account_address(call.chain, payee)),
        asset: Asset::Payment(payment),
    };
    let slot = state.make(record, None)?;
    state.put(key, slot);
    state.count_money(amount);
    Ok(TxOutcome::PaymentRecorded(slot))
}
