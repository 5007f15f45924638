//! Takes a booking back (入账撤销). By whoever booked it, also after reimbursement, and after a red letter, when it must.

use ledger_types::{BookingState, InvoiceRecord, InvoiceVerb, Spend, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::target::Target;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, spend: &Spend) -> Result<TxOutcome, Stop> {
    let by = call.actor_id()?;
    let target = Target::of_spend(state, spend, None)?;
    let mut found = Findings::default();
    target.must_be_current(&mut found);
    target.must_be_booked_by(by, &mut found);
    found.finish()?;
    let booking = BookingState::Unbooked { by, at_ms: call.now.0 };
    let after = target.stepped(InvoiceRecord { booking, ..target.invoice });
    Ok(TxOutcome::Stepped(vec![target.write(state, after, InvoiceVerb::Unbook)]))
}
