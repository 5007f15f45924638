//! Withdraws an application: its quota goes back and its order is free. By the applicant, before it lapses.

use ledger_types::refusal::Field;
use ledger_types::{ApplicationId, RejectReason, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::timers::drop_application;
use crate::transitions::issue_applied::waiting;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, id: ApplicationId) -> Result<TxOutcome, Stop> {
    let application = waiting(state, call, id)?;
    let mut found = Findings::default();
    let applicant = call.actor_id()? == application.seller;
    found.require(applicant, RejectReason::NotApplicant, Field::Application);
    found.finish()?;
    drop_application(state, call.now, &application)?;
    Ok(TxOutcome::Done)
}
