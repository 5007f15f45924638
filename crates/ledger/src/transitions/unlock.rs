//! Unlocks invoices (解锁), all or none. By the locker, or by a bureau over the area they were issued in.

use ledger_types::{InvoiceRecord, InvoiceVerb, ReimbursementState, Spend, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::target::Target;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, spends: &[Spend]) -> Result<TxOutcome, Stop> {
    let actor = call.actor_id()?;
    let mut found = Findings::default();
    let mut targets = Vec::with_capacity(spends.len());
    for (i, spend) in spends.iter().enumerate() {
        let Some(target) = found.take(Target::of_spend(state, spend, Some(i as u16)))? else { continue };
        target.must_be_current(&mut found);
        match target.invoice.reimbursement {
            ReimbursementState::Locked { .. } if call.is_bureau_over(target.invoice.code.area()) => {}
            _ => target.must_be_locked_by(actor, &mut found),
        }
        targets.push(target);
    }
    found.finish()?;
    let step = |target: Target| {
        let after = target.stepped(InvoiceRecord { reimbursement: ReimbursementState::Open, ..target.invoice });
        target.write(state, after, InvoiceVerb::Unlock)
    };
    Ok(TxOutcome::Stepped(targets.into_iter().map(step).collect()))
}
