//! Approves a proposal. By an approver or a validator's operator, each once.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{Hands, Proposal, ProposalId, ProposalState, RegistryKey, RejectReason, TxOutcome};

use super::propose_change::{is_open, regime_of};
use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::governance::{self, approvers, check_change, check_height};
use crate::overlay::TxOverlay;
use crate::register::Held;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, id: ProposalId) -> Result<TxOutcome, Stop> {
    let account = call.actor_id()?;
    let mut proposal = Proposal::clone(&*open_proposal(state, id)?);
    let mut governance = governance::load(state)?;
    let regime = regime_of(state, call)?;
    let approvers = approvers(&regime, &governance);
    let mut found = Findings::default();
    found.require(approvers.has(account), RejectReason::NotApprover, Field::Signers);
    found.require(!proposal.approvals.contains(&account), RejectReason::AlreadyApproved, Field::Proposal);
    let mut hands = state.get::<Hands>(&RegistryKey::Hands(id))?.map(|h| Hands::clone(&h)).unwrap_or_default();
    let own = call.hands.iter().any(|holder| hands.holders.contains(holder));
    found.require(!own, RejectReason::OwnProposal, Field::Proposal);
    found.extend(check_height(call.origin.height, proposal.effective));
    found.extend(check_change(&regime, &proposal.change, &|id| is_open(state, id))?);
    found.finish()?;
    proposal.approvals.push(account);
    if approvers.suffice(&proposal.approvals, &proposal.change) {
        proposal.state = ProposalState::Scheduled;
        for live in governance.live.iter_mut().filter(|live| live.proposal == id) {
            live.scheduled = true;
        }
        state.put(RegistryKey::Governance, governance);
    }
    state.put(RegistryKey::Proposal(id), proposal);
    if !call.hands.is_empty() {
        hands.holders.extend_from_slice(&call.hands);
        hands.holders.sort_unstable();
        state.put(RegistryKey::Hands(id), hands);
    }
    Ok(TxOutcome::Done)
}

/// A proposal that approvals are missing of.
///
/// # Errors
/// Refused with `PROPOSAL_UNKNOWN` or `PROPOSAL_CLOSED`.
pub(super) fn open_proposal(state: &TxOverlay<'_, '_>, id: ProposalId) -> Result<Held<Proposal>, Stop> {
    let proposal = state.get::<Proposal>(&RegistryKey::Proposal(id))?;
    let refuse = |reason, arg| Stop::from(Refusal::new(reason, Field::Proposal).with([arg]));
    let proposal = proposal.ok_or_else(|| refuse(RejectReason::ProposalUnknown, Arg::Count(id.0)))?;
    if proposal.state != ProposalState::Open {
        return Err(refuse(RejectReason::ProposalClosed, Arg::Choice(proposal.state as u8)));
    }
    Ok(proposal)
}
