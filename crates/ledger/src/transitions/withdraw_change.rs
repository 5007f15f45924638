//! Withdraws a proposal that is not approved yet. By its proposer.

use ledger_types::refusal::Field;
use ledger_types::{Proposal, ProposalId, ProposalState, RegistryKey, RejectReason, TxOutcome};

use super::approve_change::open_proposal;
use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::governance;
use crate::overlay::TxOverlay;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, id: ProposalId) -> Result<TxOutcome, Stop> {
    let account = call.actor_id()?;
    let proposal = Proposal::clone(&*open_proposal(state, id)?);
    let mut found = Findings::default();
    found.require(proposal.proposer == account, RejectReason::NotProposer, Field::Proposal);
    found.finish()?;
    let mut governance = governance::load(state)?;
    governance.live.retain(|live| live.proposal != id);
    state.put(RegistryKey::Governance, governance);
    state.put(RegistryKey::Proposal(id), Proposal { state: ProposalState::Withdrawn, ..proposal });
    Ok(TxOutcome::Done)
}
