//! Which changes make sense on top of what is in force.

use std::collections::BTreeSet;

use ledger_types::limits::{MAX_APPROVERS, MAX_BLOCK_BYTES, MAX_BLOCK_TXS, MAX_VALIDATORS, MIN_BFT_VALIDATORS};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    AccountId, ChainParams, ConsensusKind, GovernanceChange, GovernancePolicy, RejectReason, ValidatorSet,
};
use sm::{PublicKey, PublicKeyBytes};

use super::regime::Regime;
use crate::state_view::StateFault;

/// Longest base URL of QR codes, bytes.
const MAX_URL_BYTES: usize = 1_024;

/// Whether an account exists and is open.
type IsOpen<'a> = dyn Fn(AccountId) -> Result<bool, StateFault> + 'a;

/// Why a change cannot be carried out on top of `regime`; none if it can.
pub(crate) fn check_change(
    regime: &Regime,
    change: &GovernanceChange,
    is_open: &IsOpen<'_>,
) -> Result<Option<Refusal>, StateFault> {
    let refuse = |reason| Refusal::new(reason, Field::Change);
    let count = regime.validators.validators.len();
    Ok(match change {
        GovernanceChange::Validators(set) => {
            let fits = check_set(regime, set) && operators_are_open(set, is_open)?;
            (!fits).then(|| refuse(RejectReason::ValidatorSetInvalid).with([Arg::Count(set.validators.len() as u64)]))
        }
        GovernanceChange::Params(params) => {
            let fits = params_fault(params).is_none() && *params != regime.params;
            (!fits).then(|| refuse(RejectReason::ParamsInvalid))
        }
        GovernanceChange::Consensus(kind) => {
            let args = [Arg::Choice(*kind as u8), Arg::Count(count as u64)];
            (!kind_fits(regime.epoch.kind, *kind, count)).then(|| refuse(RejectReason::ConsensusKindInvalid).with(args))
        }
        GovernanceChange::Protocol(version) => {
            let next = u64::from(regime.epoch.protocol) + 1;
            let args = [Arg::Count(u64::from(*version)), Arg::Count(next)];
            (u64::from(*version) != next).then(|| refuse(RejectReason::ProtocolVersion).with(args))
        }
        GovernanceChange::Suspend { vote_key } => check_suspension(regime, vote_key),
        GovernanceChange::Policy(policy) => {
            (!policy_fits(policy, is_open)?).then(|| refuse(RejectReason::PolicyInvalid))
        }
        GovernanceChange::Adaptive(policy) => {
            let fits = policy.is_none_or(|policy| policy.is_well_formed()) && *policy != regime.adaptive;
            (!fits).then(|| refuse(RejectReason::AdaptivePolicyInvalid))
        }
        // Its form is checked at admission, and any list may follow any other.
        GovernanceChange::TrustAnchors(_) => None,
        GovernanceChange::NextCommittee(change) => regime.sealing.check_next(change),
        GovernanceChange::WithdrawCommittee { epoch } => regime.sealing.check_withdrawal(*epoch),
    })
}

fn check_set(regime: &Regime, set: &ValidatorSet) -> bool {
    let (now, new) = (regime.validators.validators.len(), set.validators.len());
    let mut seen = BTreeSet::new();
    let keys = set.validators.iter().all(|v| is_point(&v.vote_key) && seen.insert(v.vote_key));
    let size = match regime.epoch.kind {
        ConsensusKind::Solo => new == 1,
        // What tolerates a fault does not give that up.
        ConsensusKind::Bft | ConsensusKind::Adaptive => new >= MIN_BFT_VALIDATORS.min(now),
        ConsensusKind::CrashFault => new >= 1,
    };
    keys && size && new <= MAX_VALIDATORS && *set != regime.validators
}

fn operators_are_open(set: &ValidatorSet, is_open: &IsOpen<'_>) -> Result<bool, StateFault> {
    for operator in set.validators.iter().map(|v| v.operator).collect::<BTreeSet<_>>() {
        if !is_open(operator)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn kind_fits(now: ConsensusKind, new: ConsensusKind, count: usize) -> bool {
    match (now, new) {
        (_, ConsensusKind::Solo) => now != new && count == 1,
        (ConsensusKind::CrashFault, ConsensusKind::Bft | ConsensusKind::Adaptive) => count >= MIN_BFT_VALIDATORS,
        // The adaptive and the Byzantine kind have one quorum: between them nothing is lost, however few are left.
        (_, ConsensusKind::Bft | ConsensusKind::CrashFault | ConsensusKind::Adaptive) => now != new,
    }
}

/// The rest must still be a quorum of the set as it is: then nothing that the set could do is lost.
fn check_suspension(regime: &Regime, vote_key: &[u8; 33]) -> Option<Refusal> {
    let set = &regime.validators;
    if set.place_of(vote_key).is_none() {
        return Some(Refusal::new(RejectReason::ValidatorUnknown, Field::Change));
    }
    let (rest, quorum) = (set.validators.len() - 1, set.quorum(regime.epoch.kind));
    let args = [Arg::Count(rest as u64), Arg::Count(quorum as u64)];
    (rest < quorum).then(|| Refusal::new(RejectReason::QuorumLost, Field::Change).with(args))
}

/// The set without a validator.
pub(super) fn suspended(set: &ValidatorSet, vote_key: &[u8; 33]) -> ValidatorSet {
    ValidatorSet { validators: set.validators.iter().filter(|v| v.vote_key != *vote_key).cloned().collect() }
}

fn policy_fits(policy: &GovernancePolicy, is_open: &IsOpen<'_>) -> Result<bool, StateFault> {
    let count = policy.approvers.len();
    let form = (1..=MAX_APPROVERS).contains(&count)
        && policy.approvers.is_sorted_by(|a, b| a < b)
        && (1..=count).contains(&usize::from(policy.threshold));
    for approver in &policy.approvers {
        if !form || !is_open(*approver)? {
            return Ok(false);
        }
    }
    Ok(form)
}

/// The first parameter beyond the protocol's limits.
pub(crate) fn params_fault(params: &ChainParams) -> Option<&'static str> {
    let checks = [
        ("max_block_bytes", (1..=MAX_BLOCK_BYTES).contains(&params.max_block_bytes)),
        ("max_block_txs", (1..=MAX_BLOCK_TXS).contains(&params.max_block_txs)),
        ("heartbeat_ms", params.heartbeat_ms > 0),
        ("verify_base_url", params.verify_base_url.len() <= MAX_URL_BYTES),
    ];
    checks.into_iter().find(|(_, holds)| !holds).map(|(name, _)| name)
}

fn is_point(key: &[u8; 33]) -> bool {
    PublicKey::from_bytes(&PublicKeyBytes(*key)).is_ok()
}
