//! Reimburses an invoice (报销): closes it for ever, exactly once. By the account that locked and booked it.

use ledger_types::{InvoiceRecord, InvoiceVerb, ReimbursementState, Spend, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::target::Target;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, spend: &Spend) -> Result<TxOutcome, Stop> {
    let by = call.actor_id()?;
    let target = Target::of_spend(state, spend, None)?;
    let mut found = Findings::default();
    target.must_be_current(&mut found);
    target.must_be_blue(&mut found);
    target.must_be_locked_by(by, &mut found);
    target.must_be_booked_by(by, &mut found);
    found.finish()?;
    let reimbursement = ReimbursementState::Closed { by, at_ms: call.now.0 };
    let after = target.stepped(InvoiceRecord { reimbursement, ..target.invoice });
    state.count_money(target.record.amount);
    Ok(TxOutcome::Stepped(vec![target.write(state, after, InvoiceVerb::Reimburse)]))
}
