//! What the chain prescribes for a height, and how it changes: written from the formats, not from the node.

use std::collections::BTreeSet;

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::limits::{MAX_APPROVERS, MAX_BLOCK_BYTES, MAX_BLOCK_TXS, MAX_VALIDATORS};
use ledger_types::{
    AccountId, Adaptive, AdaptivePolicy, BlockTime, ChainParams, ConsensusKind, Epoch, Governance, GovernanceChange,
    GovernancePolicy, Height, NextCommittee, PastEpoch, Proposal, ProposalId, ProposalState, RegistryKey,
    RegistryValue, RejectReason, ValidatorSet,
};
use sm::{PublicKey, PublicKeyBytes};

use crate::committee;
use crate::stateless::rising;
use crate::world::World;

/// What holds for the next block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) epoch: Epoch,
    pub(crate) validators: ValidatorSet,
    pub(crate) params: ChainParams,
    pub(crate) adaptive: Option<AdaptivePolicy>,
    /// The committee's next key.
    pub(crate) next: Option<NextCommittee>,
}

/// What the beginning of a block changes.
struct Coming {
    rules: Rules,
    governance: Governance,
    settled: Vec<(Proposal, Option<RejectReason>)>,
}

impl Rules {
    /// What the state prescribes for the block after it.
    pub(crate) fn now(world: &World) -> Self {
        let adaptive = world.adaptive().and_then(|held| held.policy);
        let next = world.next_committee().cloned();
        Self { epoch: world.epoch(), validators: world.validators(), params: world.params(), adaptive, next }
    }

    /// What will hold after the block at `height`, as far as the state before it says.
    pub(crate) fn after(world: &World, height: Height) -> Self {
        coming(world, height).map_or_else(|| Self::now(world), |coming| coming.rules)
    }

    /// Why a change cannot be carried out on top of these.
    pub(crate) fn fault(&self, world: &World, change: &GovernanceChange) -> Option<RejectReason> {
        use RejectReason::*;
        let members = self.validators.validators.len();
        let fault = |broken: bool, reason| broken.then_some(reason);
        match change {
            GovernanceChange::Validators(set) => fault(!self.takes_set(world, set), ValidatorSetInvalid),
            GovernanceChange::Params(params) => {
                fault(!params_are_good(params) || *params == self.params, ParamsInvalid)
            }
            GovernanceChange::Consensus(kind) => {
                let fits = match kind {
                    ConsensusKind::Solo => members == 1,
                    // Who counted by halves must have four to count by thirds.
                    ConsensusKind::Bft | ConsensusKind::Adaptive => {
                        self.epoch.kind != ConsensusKind::CrashFault || members >= 4
                    }
                    ConsensusKind::CrashFault => true,
                };
                fault(!fits || *kind == self.epoch.kind, ConsensusKindInvalid)
            }
            GovernanceChange::Protocol(version) => {
                fault(version.checked_sub(1) != Some(self.epoch.protocol), ProtocolVersion)
            }
            GovernanceChange::Suspend { vote_key } => {
                let member = self.validators.validators.iter().any(|v| v.vote_key == *vote_key);
                // As many as decide now must be left.
                let deciding = match self.epoch.kind {
                    ConsensusKind::CrashFault => members / 2 + 1,
                    ConsensusKind::Solo | ConsensusKind::Bft | ConsensusKind::Adaptive => members * 2 / 3 + 1,
                };
                fault(!member, ValidatorUnknown).or(fault(members <= deciding, QuorumLost))
            }
            GovernanceChange::Policy(policy) => fault(!policy_is_good(world, policy), PolicyInvalid),
            GovernanceChange::Adaptive(given) => {
                let wait_is_bad = |ms: u64| ms == 0 || ms > 400 * 86_400_000;
                let bad = given.is_some_and(|p| p.raise_at == 0 || p.lower_after_ms.is_some_and(wait_is_bad));
                fault(bad || *given == self.adaptive, AdaptivePolicyInvalid)
            }
            // Whatever the list, it may follow any other.
            GovernanceChange::TrustAnchors(_) => None,
            GovernanceChange::NextCommittee(change) => committee::naming_fault(world, self.next.as_ref(), change),
            GovernanceChange::WithdrawCommittee { epoch } => committee::withdrawal_fault(self.next.as_ref(), *epoch),
        }
    }

    fn takes_set(&self, world: &World, set: &ValidatorSet) -> bool {
        let (members, now) = (set.validators.len(), self.validators.validators.len());
        let keys: BTreeSet<_> = set.validators.iter().map(|v| v.vote_key).collect();
        // Four tolerate a traitor; a set that had four keeps them.
        let counts_by_thirds = matches!(self.epoch.kind, ConsensusKind::Bft | ConsensusKind::Adaptive);
        let floor = if counts_by_thirds { now.min(4) } else { 1 };
        (floor..=MAX_VALIDATORS).contains(&members)
            && (self.epoch.kind != ConsensusKind::Solo || members == 1)
            && keys.len() == members
            && keys.iter().all(|key| PublicKey::from_bytes(&PublicKeyBytes(*key)).is_ok())
            && set.validators.iter().all(|v| is_open(world, v.operator))
            && *set != self.validators
    }

    fn carry_out(&mut self, policy: &mut Option<GovernancePolicy>, change: &GovernanceChange, from: Height) {
        match change {
            GovernanceChange::Validators(set) => self.validators = set.clone(),
            GovernanceChange::Params(params) => self.params = params.clone(),
            GovernanceChange::Consensus(kind) => self.epoch.kind = *kind,
            GovernanceChange::Protocol(version) => self.epoch.protocol = *version,
            GovernanceChange::Suspend { vote_key } => self.validators.validators.retain(|v| v.vote_key != *vote_key),
            GovernanceChange::Policy(given) => *policy = Some(given.clone()),
            GovernanceChange::Adaptive(given) => self.adaptive = *given,
            // Who is trusted on connections has no part in how blocks are made.
            GovernanceChange::TrustAnchors(_) => {}
            GovernanceChange::NextCommittee(change) => {
                self.next = Some(NextCommittee { change: *change, named: from, ready: Vec::new(), first: None });
            }
            GovernanceChange::WithdrawCommittee { .. } => self.next = None,
        }
    }

    /// How many validators these accounts operate, and how many are more than two thirds.
    pub(crate) fn operated(&self, accounts: &[AccountId]) -> (usize, usize) {
        let operated = self.validators.validators.iter().filter(|v| accounts.contains(&v.operator)).count();
        (operated, self.validators.validators.len() * 2 / 3 + 1)
    }
}

fn is_open(world: &World, id: AccountId) -> bool {
    world.account(id).is_some_and(|account| account.open)
}

fn params_are_good(params: &ChainParams) -> bool {
    (1..=MAX_BLOCK_BYTES).contains(&params.max_block_bytes)
        && (1..=MAX_BLOCK_TXS).contains(&params.max_block_txs)
        && params.heartbeat_ms != 0
        && params.verify_base_url.len() <= 1_024
}

fn policy_is_good(world: &World, policy: &GovernancePolicy) -> bool {
    let count = policy.approvers.len();
    let threshold = usize::from(policy.threshold);
    rising(&policy.approvers)
        && count <= MAX_APPROVERS
        && threshold >= 1
        && threshold <= count
        && policy.approvers.iter().all(|id| is_open(world, *id))
}

/// The change that begins with the block at `height`, if any: proposals that are to be in force right after it.
fn coming(world: &World, height: Height) -> Option<Coming> {
    let mut governance = world.governance()?.clone();
    let due: Vec<_> = governance.live.iter().copied().filter(|live| live.effective.0 <= height.0 + 1).collect();
    if due.is_empty() {
        return None;
    }
    governance.live.retain(|live| live.effective.0 > height.0 + 1);
    let before = Rules::now(world);
    let mut rules = before.clone();
    let mut settled = Vec::new();
    for live in due {
        let Some(mut proposal) = world.proposal(live.proposal).cloned() else { continue };
        let fault = rules.fault(world, &proposal.change).filter(|_| live.scheduled);
        proposal.state = match (live.scheduled, fault) {
            (false, _) => ProposalState::Lapsed,
            (true, Some(_)) => ProposalState::Failed,
            (true, None) => {
                rules.carry_out(&mut governance.policy, &proposal.change, height.next());
                ProposalState::Applied
            }
        };
        settled.push((proposal, fault));
    }
    // Other parameters or approvers alone do not make an epoch.
    let unlike = rules.validators != before.validators || rules.epoch != before.epoch;
    if unlike {
        rules.epoch.number = before.epoch.number + 1;
        rules.epoch.first = height.next();
    }
    Some(Coming { rules, governance, settled })
}

/// Carries out what begins with the block at `height`: what its receipts must say, by proposal.
pub(crate) fn begin(world: &mut World, height: Height, now: BlockTime) -> Vec<(ProposalId, Option<RejectReason>)> {
    let told = begin_changes(world, height, now);
    committee::turn(world, height, now);
    told
}

fn begin_changes(world: &mut World, height: Height, now: BlockTime) -> Vec<(ProposalId, Option<RejectReason>)> {
    let Some(Coming { rules, governance, settled }) = coming(world, height) else { return Vec::new() };
    let before = Rules::now(world);
    let known = world.adaptive().cloned();
    if rules.adaptive != before.adaptive || (known.is_some() && rules.epoch != before.epoch) {
        // Another kind of consensus begins with a clean record, every epoch and policy with a new wait.
        let kept = known.filter(|_| rules.epoch.kind == before.epoch.kind);
        let faulty = kept.map_or_else(Vec::new, |known| known.faulty);
        let renewed = Adaptive { policy: rules.adaptive, quiet_since: now, faulty };
        world.put(SYSTEM_CAUSE, RegistryKey::Adaptive, Some(RegistryValue::Adaptive(renewed)));
    }
    let mut put = |key, value| world.put(SYSTEM_CAUSE, key, Some(value));
    if rules.validators != before.validators {
        put(RegistryKey::Validators, RegistryValue::Validators(rules.validators));
    }
    if rules.params != before.params {
        put(RegistryKey::Params, RegistryValue::Params(rules.params));
    }
    if rules.next != before.next {
        world.put(SYSTEM_CAUSE, RegistryKey::NextCommittee, rules.next.clone().map(RegistryValue::NextCommittee));
    }
    let mut put = |key, value| world.put(SYSTEM_CAUSE, key, Some(value));
    if rules.epoch != before.epoch {
        let over = PastEpoch { epoch: before.epoch, last: height, validators: before.validators };
        put(RegistryKey::PastEpoch(over.epoch.number), RegistryValue::PastEpoch(over));
        put(RegistryKey::Epoch, RegistryValue::Epoch(rules.epoch));
    }
    put(RegistryKey::Governance, RegistryValue::Governance(governance));
    let mut told = Vec::new();
    for (proposal, fault) in settled {
        if let (ProposalState::Applied, GovernanceChange::TrustAnchors(list)) = (proposal.state, &proposal.change) {
            put(RegistryKey::TrustAnchors, RegistryValue::TrustAnchors(list.clone()));
        }
        if proposal.state != ProposalState::Lapsed {
            told.push((proposal.id, fault));
        }
        put(RegistryKey::Proposal(proposal.id), RegistryValue::Proposal(Box::new(proposal)));
    }
    told
}
