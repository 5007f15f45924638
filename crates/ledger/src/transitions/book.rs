//! Books a locked invoice (入账), deductible before income tax or not. By the locker.

use ledger_types::{BookingState, InvoiceRecord, InvoiceVerb, Spend, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::target::Target;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    spend: &Spend,
    deductible: bool,
) -> Result<TxOutcome, Stop> {
    let by = call.actor_id()?;
    let target = Target::of_spend(state, spend, None)?;
    let mut found = Findings::default();
    target.must_be_current(&mut found);
    target.must_be_blue(&mut found);
    target.must_be_locked_by(by, &mut found);
    target.must_not_be_booked(&mut found);
    found.finish()?;
    let at_ms = call.now.0;
    let booking = if deductible {
        BookingState::BookedDeductible { by, at_ms }
    } else {
        BookingState::BookedNotDeductible { by, at_ms }
    };
    let after = target.stepped(InvoiceRecord { booking, ..target.invoice });
    Ok(TxOutcome::Stepped(vec![target.write(state, after, InvoiceVerb::Book)]))
}
