//! Reports that a validator contradicted itself (举证). By anyone. The signatures were checked at admission; here the
//! accused must have been a validator of that epoch. It is taken out of the set as soon as can be.

use ledger_types::limits::{MAX_LIVE_PROPOSALS, MIN_CHANGE_DELAY};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    AccountId, Adaptive, Epoch, Evidence, Governance, GovernanceChange, Height, Offence, PastEpoch, Proposal,
    ProposalId, RegistryKey, RejectReason, TxOutcome, ValidatorSet,
};

use super::propose_change::regime_of;
use crate::call::Call;
use crate::findings::Stop;
use crate::governance::{self, Regime};
use crate::overlay::TxOverlay;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, evidence: &Evidence) -> Result<TxOutcome, Stop> {
    let place = evidence.place();
    let key = RegistryKey::Offence(place.digest(call.chain));
    if let Some(known) = state.get::<Offence>(&key)? {
        let args = [Arg::Count(known.recorded.0)];
        return Err(Refusal::new(RejectReason::EvidenceKnown, Field::Evidence).with(args).into());
    }
    let regime = regime_of(state, call)?;
    let operator = accused(state, &regime, evidence)?;
    let suspension = suspend(state, call.origin.height, &regime, &place.vote_key)?;
    state.put(key, Offence { place: place.clone(), operator, recorded: call.origin.height, suspension });
    note(state, call, place.vote_key)?;
    Ok(TxOutcome::Done)
}

/// What an adaptive policy counts.
fn note(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, vote_key: [u8; 33]) -> Result<(), Stop> {
    let Some(held) = state.get::<Adaptive>(&RegistryKey::Adaptive)? else { return Ok(()) };
    let mut adaptive = Adaptive::clone(&held);
    adaptive.note_offence(vote_key, call.now);
    state.put(RegistryKey::Adaptive, adaptive);
    Ok(())
}

/// The operator of the accused, who was a validator of the epoch that both statements are of.
fn accused(state: &TxOverlay<'_, '_>, regime: &Regime, evidence: &Evidence) -> Result<AccountId, Stop> {
    let place = evidence.place();
    let foreign = || Stop::from(Refusal::new(RejectReason::EvidenceForeign, Field::Evidence));
    let past = state.get::<PastEpoch>(&RegistryKey::PastEpoch(place.epoch))?;
    let (epoch, set): (Epoch, &ValidatorSet) = match &past {
        Some(past) => (past.epoch, &past.validators),
        None if regime.epoch.number == place.epoch => (regime.epoch, &regime.validators),
        None => return Err(foreign()),
    };
    let known = epoch.kind == evidence.kind() && place.height >= epoch.first;
    let validator = set.place_of(&place.vote_key).filter(|_| known).map(|place| set.validators[place].operator);
    validator.ok_or_else(foreign)
}

/// Puts the suspension of a validator on its way, unless it is under way or the validator is gone.
fn suspend(
    state: &mut TxOverlay<'_, '_>,
    now: Height,
    regime: &Regime,
    vote_key: &[u8; 33],
) -> Result<Option<ProposalId>, Stop> {
    let governance = governance::load(state)?;
    let change = GovernanceChange::Suspend { vote_key: *vote_key };
    let under_way = under_way(state, &governance, &change)?;
    let is_member = regime.validators.place_of(vote_key).is_some();
    // The chain's own acts have room beyond that of proposals, one for each validator.
    if under_way.is_some() || !is_member || governance.live.len() >= 2 * MAX_LIVE_PROPOSALS {
        return Ok(under_way);
    }
    let effective = Height(now.0.saturating_add(MIN_CHANGE_DELAY));
    Ok(Some(governance::enter(state, governance, change, Proposal::CHAIN, effective, true)))
}

/// The proposal by which the chain itself does this, if it is under way.
pub(super) fn under_way(
    state: &TxOverlay<'_, '_>,
    governance: &Governance,
    change: &GovernanceChange,
) -> Result<Option<ProposalId>, Stop> {
    for live in governance.live.iter().filter(|live| live.scheduled) {
        let proposal = state.must_get::<Proposal>(&RegistryKey::Proposal(live.proposal))?;
        if proposal.change == *change && proposal.proposer == Proposal::CHAIN {
            return Ok(Some(live.proposal));
        }
    }
    Ok(None)
}
