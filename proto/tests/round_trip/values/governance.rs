use ledger_types::*;

use super::*;
use crate::seed::Seed;

fn policy_of_changes(s: &mut Seed) -> GovernancePolicy {
    GovernancePolicy { approvers: s.list(3, account_id), threshold: s.next() as u16 }
}

fn adaptive_policy(s: &mut Seed) -> AdaptivePolicy {
    AdaptivePolicy { raise_at: s.next() as u16, lower_after_ms: s.option(Seed::next) }
}

pub(crate) fn switch_certificate(s: &mut Seed) -> SwitchCertificate {
    let ack =
        |s: &mut Seed| SignedAck { height: Height(s.next()), round: s.next() as u32, block_id: BlockId(s.bytes()) };
    let request = |s: &mut Seed| {
        let way = if s.flag() { SwitchWay::Raise } else { SwitchWay::Lower { since: BlockTime(s.next()) } };
        let body = SwitchBody { epoch: s.next(), way, tip: Height(s.next()), ack: s.option(ack) };
        SwitchRequest { version: SwitchRequest::VERSION, vote_key: s.bytes(), body, signature: s.bytes() }
    };
    SwitchCertificate::new(s.list(3, request))
}

pub(crate) fn change(s: &mut Seed) -> GovernanceChange {
    match s.below(10) {
        7 => GovernanceChange::TrustAnchors(anchors(s)),
        8 => GovernanceChange::NextCommittee(committee_change(s)),
        9 => GovernanceChange::WithdrawCommittee { epoch: s.next() as u32 },
        0 => GovernanceChange::Validators(validators(s)),
        1 => GovernanceChange::Params(params(s)),
        2 => GovernanceChange::Consensus(consensus(s)),
        3 => GovernanceChange::Protocol(s.next() as u32),
        4 => GovernanceChange::Suspend { vote_key: s.bytes() },
        5 => GovernanceChange::Policy(policy_of_changes(s)),
        _ => GovernanceChange::Adaptive(s.option(adaptive_policy)),
    }
}

pub(crate) fn evidence(s: &mut Seed) -> Evidence {
    let (kind, epoch, height, round) = (consensus(s), s.next(), Height(s.next()), s.next() as u32);
    let vote = |s: &mut Seed| {
        let block_id = BlockId(s.bytes());
        (VoteBody { epoch, kind, step: VoteBody::PREVOTE, height, round, block_id }, s.bytes()).into()
    };
    let pair = evidence::Contradiction::Votes([vote(s), vote(s)]);
    Evidence { version: Evidence::VERSION, vote_key: s.bytes(), pair }
}

fn epoch(s: &mut Seed) -> Epoch {
    Epoch { number: s.next(), kind: consensus(s), first: Height(s.next()), protocol: s.next() as u32 }
}

fn committee_change(s: &mut Seed) -> CommitteeChange {
    CommitteeChange { committee: super::chain::committee(s), overlap_ms: s.next() }
}

pub(crate) fn committee_ready(s: &mut Seed) -> CommitteeReady {
    let body = ReadyBody { committee: super::chain::committee(s), vote_key: s.bytes() };
    CommitteeReady { version: CommitteeReady::VERSION, body, possession: s.bytes(), signature: s.bytes() }
}

/// The values of tags 16 to 22, 37, 39 and 40.
pub(crate) fn governance_value(s: &mut Seed, tag: u8) -> RegistryValue {
    let state = s.pick(&[
        ProposalState::Open,
        ProposalState::Scheduled,
        ProposalState::Applied,
        ProposalState::Failed,
        ProposalState::Lapsed,
        ProposalState::Withdrawn,
    ]);
    match tag {
        16 => RegistryValue::Epoch(epoch(s)),
        17 => {
            RegistryValue::PastEpoch(PastEpoch { epoch: epoch(s), last: Height(s.next()), validators: validators(s) })
        }
        18 => RegistryValue::Governance(Governance {
            policy: s.option(policy_of_changes),
            next: ProposalId(s.next()),
            live: s.list(3, |s| LiveProposal {
                proposal: ProposalId(s.next()),
                effective: Height(s.next()),
                scheduled: s.flag(),
            }),
        }),
        19 => RegistryValue::Proposal(Box::new(Proposal {
            id: ProposalId(s.next()),
            proposer: if s.flag() { Proposal::CHAIN } else { account_id(s) },
            change: change(s),
            effective: Height(s.next()),
            approvals: s.list(3, account_id),
            state,
        })),
        21 => RegistryValue::Adaptive(Adaptive {
            policy: s.option(adaptive_policy),
            quiet_since: BlockTime(u64::from(s.next() as u32)),
            faulty: s.list(3, |s| ledger_types::adaptive::FaultyKey { vote_key: s.bytes() }),
        }),
        22 => RegistryValue::Committee(super::chain::committee(s)),
        37 => RegistryValue::NextCommittee(NextCommittee {
            change: committee_change(s),
            named: Height(s.next()),
            ready: s.list(3, Seed::bytes),
            first: s.option(|s| Height(s.next())),
        }),
        39 => RegistryValue::PastCommittee(PastCommittee {
            committee: super::chain::committee(s),
            last: Height(s.next()),
            until: BlockTime(u64::from(s.next() as u32)),
        }),
        40 => RegistryValue::AcceptedEpochs(AcceptedEpochs { epochs: s.list(3, |s| s.next() as u32) }),
        _ => RegistryValue::Offence(Offence {
            place: evidence(s).place(),
            operator: account_id(s),
            recorded: Height(s.next()),
            suspension: s.option(|s| ProposalId(s.next())),
        }),
    }
}
