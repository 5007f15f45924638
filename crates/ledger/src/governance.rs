//! Changes of the chain's own rules: what is prescribed for a height, and who may change it.
//!
//! The state after block H prescribes everything for block H + 1. A change that is to be in force from height E is
//! therefore carried out at the beginning of block E - 1, before its transactions, from the state before it alone; so the
//! header of E - 1 can name the validators of E.

mod approval;
mod begin_block;
mod change_rules;
mod committee;
mod plan;
mod regime;

pub(crate) use approval::approvers;
pub(crate) use begin_block::run as begin_block;
pub(crate) use change_rules::{check_change, params_fault};
pub use committee::SealingRules;
pub(crate) use committee::{end_overlap, no_next};
pub use regime::{Regime, next_regime, regime, validators_of};

use ledger_types::limits::{MAX_CHANGE_DELAY, MIN_CHANGE_DELAY};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{AccountId, Governance, GovernanceChange, Height, Proposal, ProposalState, RejectReason};

use crate::overlay::TxOverlay;
use crate::state_view::StateFault;
use ledger_types::RegistryKey;

/// The governance entry, which a chain has from its first proposal on.
pub(crate) fn load(state: &TxOverlay<'_, '_>) -> Result<Governance, StateFault> {
    Ok(state.get::<Governance>(&RegistryKey::Governance)?.map(|held| Governance::clone(&held)).unwrap_or_default())
}

/// The proposal's place among those under way, and its entry.
pub(crate) fn enter(
    state: &mut TxOverlay<'_, '_>,
    mut governance: Governance,
    change: GovernanceChange,
    proposer: AccountId,
    effective: Height,
    scheduled: bool,
) -> ledger_types::ProposalId {
    let id = governance.next;
    governance.next.0 += 1;
    governance.live.push(ledger_types::LiveProposal { proposal: id, effective, scheduled });
    let approvals = if proposer == Proposal::CHAIN { Vec::new() } else { vec![proposer] };
    let proposal_state = if scheduled { ProposalState::Scheduled } else { ProposalState::Open };
    state
        .put(RegistryKey::Proposal(id), Proposal { id, proposer, change, effective, approvals, state: proposal_state });
    state.put(RegistryKey::Governance, governance);
    id
}

/// A change that is approved in the block at `now` is in force at the earliest two heights later.
pub(crate) fn check_height(now: Height, effective: Height) -> Option<Refusal> {
    let earliest = now.0.saturating_add(MIN_CHANGE_DELAY);
    let latest = now.0.saturating_add(MAX_CHANGE_DELAY);
    let args = [Arg::Count(effective.0), Arg::Count(earliest)];
    let holds = (earliest..=latest).contains(&effective.0);
    (!holds).then(|| Refusal::new(RejectReason::EffectiveHeight, Field::EffectiveHeight).with(args))
}
