//! What a block is made under.

use ledger_types::{
    AdaptivePolicy, ChainParams, ConsensusKind, Epoch, Height, PastEpoch, RegistryKey, RegistryValue, ValidatorSet,
};

use super::committee::SealingRules;
use super::plan::plan;
use crate::state_view::{StateFault, StateView};

/// Everything that the chain prescribes for a height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regime {
    /// The epoch: its number, kind of consensus and protocol version.
    pub epoch: Epoch,
    /// The validators.
    pub validators: ValidatorSet,
    /// The parameters.
    pub params: ChainParams,
    /// When the chain may change its kind of consensus by itself.
    pub adaptive: Option<AdaptivePolicy>,
    /// The committee's keys.
    pub sealing: SealingRules,
}

/// What the state prescribes for the block after it. `genesis` is the kind of consensus that the genesis document names.
///
/// # Errors
/// [`StateFault`] if the state cannot be read or lacks what every chain has.
pub fn regime(state: &dyn StateView, genesis: ConsensusKind) -> Result<Regime, StateFault> {
    let epoch = match state.registry(&RegistryKey::Epoch)? {
        Some(RegistryValue::Epoch(epoch)) => epoch,
        _ => Epoch::genesis(genesis),
    };
    let Some(RegistryValue::Validators(validators)) = state.registry(&RegistryKey::Validators)? else {
        return Err(StateFault("the state has no validators".to_owned()));
    };
    let Some(RegistryValue::Params(params)) = state.registry(&RegistryKey::Params)? else {
        return Err(StateFault("the state has no parameters".to_owned()));
    };
    let adaptive = match state.registry(&RegistryKey::Adaptive)? {
        Some(RegistryValue::Adaptive(held)) => held.policy,
        _ => None,
    };
    Ok(Regime { epoch, validators, params, adaptive, sealing: SealingRules::read(state)? })
}

/// What the state before the block at `height` prescribes for the height after it: the headers name it one block ahead.
///
/// # Errors
/// As [`regime`].
pub fn next_regime(state: &dyn StateView, height: Height, genesis: ConsensusKind) -> Result<Regime, StateFault> {
    match plan(state, height, genesis)? {
        Some(plan) => Ok(plan.regime),
        None => regime(state, genesis),
    }
}

/// An epoch and its validators, also of the past; none of one that the chain has not come to.
///
/// # Errors
/// As [`regime`].
pub fn validators_of(
    state: &dyn StateView,
    number: u64,
    genesis: ConsensusKind,
) -> Result<Option<(Epoch, ValidatorSet)>, StateFault> {
    let now = regime(state, genesis)?;
    if now.epoch.number == number {
        return Ok(Some((now.epoch, now.validators)));
    }
    Ok(match state.registry(&RegistryKey::PastEpoch(number))? {
        Some(RegistryValue::PastEpoch(PastEpoch { epoch, validators, .. })) => Some((epoch, validators)),
        _ => None,
    })
}
