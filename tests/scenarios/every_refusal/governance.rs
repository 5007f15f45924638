//! 10xx: changes of the chain's own rules, and evidence. On these chains the bureau operates the only validator, so what
//! it proposes is approved at once.

use anyhow::{Result, bail};
use crypto::{KeyUse, SigningKey};
use ledger_types::limits::MAX_LIVE_PROPOSALS;
use ledger_types::{
    AccountId, AccountKind, BlockId, ChainParams, ConsensusKind, Evidence, GovernanceChange, GovernancePolicy, Height,
    KeyId, Payload, ProposalId, TxOutcome, ValidatorSet, VoteBody,
};
use sdk::Identity;
use tests::{AREA, TestChain};

use super::attempt::Attempt;
use super::world::{World, admin};

/// A height that no test comes to.
const FAR: Height = Height(1_000_000);

fn propose(change: GovernanceChange) -> Payload {
    Payload::ProposeChange { change, effective: FAR }
}

fn nonsense(world: &World, change: GovernanceChange) -> Result<Attempt> {
    world.attempt(&world.chain.bureau, propose(change))
}

fn proposed(outcome: TxOutcome) -> Result<ProposalId> {
    match outcome {
        TxOutcome::Proposed(id) => Ok(id),
        other => bail!("no proposal but {other:?}"),
    }
}

pub(super) async fn not_approver(world: &World) -> Result<Attempt> {
    world.attempt(&world.people.merchant, propose(GovernanceChange::Protocol(2)))
}

pub(super) async fn proposal_unknown(world: &World) -> Result<Attempt> {
    world.attempt(&world.chain.bureau, Payload::ApproveChange { proposal: ProposalId(999) })
}

pub(super) async fn proposal_closed(world: &World) -> Result<Attempt> {
    let proposal = proposed(world.chain.accept(&world.chain.bureau, propose(GovernanceChange::Protocol(2))).await?)?;
    world.attempt(&world.chain.bureau, Payload::ApproveChange { proposal })
}

/// A chain whose bureau needs another one's approval, and a proposal that waits for it.
async fn undecided() -> Result<(TestChain, Identity, ProposalId)> {
    let chain = TestChain::start().await?;
    let key = chain.new_key()?;
    let name = "另一税务局".to_owned();
    let open =
        Payload::OpenAccount { kind: AccountKind::Bureau, area: AREA, tax_id: None, name, keys: vec![admin(0, &key)] };
    let TxOutcome::AccountOpened(other) = chain.accept(&chain.bureau, open).await? else { bail!("no account") };
    let policy = GovernancePolicy { approvers: vec![AccountId(1), other], threshold: 2 };
    let effective = Height(chain.client.stamp().await?.height.0 + 10);
    let change = GovernanceChange::Policy(policy);
    proposed(chain.accept(&chain.bureau, Payload::ProposeChange { change, effective }).await?)?;
    while chain.client.stamp().await?.height < effective {
        chain.advance(1_000).await?;
    }
    let proposal = proposed(chain.accept(&chain.bureau, propose(GovernanceChange::Protocol(2))).await?)?;
    Ok((chain, Identity::account(other, KeyId(0), key), proposal))
}

pub(super) async fn already_approved(_: &World) -> Result<Attempt> {
    let (chain, _, proposal) = undecided().await?;
    let attempt = Attempt::from(chain.sign(&chain.bureau, Payload::ApproveChange { proposal })?);
    Ok(Attempt { elsewhere: Some(chain), ..attempt })
}

pub(super) async fn not_proposer(_: &World) -> Result<Attempt> {
    let (chain, other, proposal) = undecided().await?;
    let attempt = Attempt::from(chain.sign(&other, Payload::WithdrawChange { proposal })?);
    Ok(Attempt { elsewhere: Some(chain), ..attempt })
}

pub(super) async fn too_many_proposals(_: &World) -> Result<Attempt> {
    let chain = TestChain::start().await?;
    for _ in 0..MAX_LIVE_PROPOSALS {
        chain.accept(&chain.bureau, propose(GovernanceChange::Protocol(2))).await?;
    }
    let attempt = Attempt::from(chain.sign(&chain.bureau, propose(GovernanceChange::Protocol(2)))?);
    Ok(Attempt { elsewhere: Some(chain), ..attempt })
}

pub(super) async fn effective_height(world: &World) -> Result<Attempt> {
    let change = GovernanceChange::Protocol(2);
    world.attempt(&world.chain.bureau, Payload::ProposeChange { change, effective: Height(1) })
}

pub(super) async fn validator_set(world: &World) -> Result<Attempt> {
    nonsense(world, GovernanceChange::Validators(ValidatorSet { validators: Vec::new() }))
}

pub(super) async fn params(world: &World) -> Result<Attempt> {
    nonsense(world, GovernanceChange::Params(ChainParams { heartbeat_ms: 0, ..ChainParams::default() }))
}

pub(super) async fn consensus_kind(world: &World) -> Result<Attempt> {
    nonsense(world, GovernanceChange::Consensus(ConsensusKind::Solo))
}

pub(super) async fn protocol_version(world: &World) -> Result<Attempt> {
    nonsense(world, GovernanceChange::Protocol(1))
}

pub(super) async fn policy(world: &World) -> Result<Attempt> {
    nonsense(world, GovernanceChange::Policy(GovernancePolicy { approvers: vec![AccountId(1)], threshold: 2 }))
}

pub(super) async fn validator_unknown(world: &World) -> Result<Attempt> {
    nonsense(world, GovernanceChange::Suspend { vote_key: world.chain.new_key()?.public_key().0 })
}

pub(super) async fn quorum_lost(world: &World) -> Result<Attempt> {
    nonsense(world, GovernanceChange::Suspend { vote_key: vote_key(world)?.public_key().0 })
}

fn vote_key(world: &World) -> Result<SigningKey> {
    Ok(world.chain.chain.key("vote", KeyUse::Vote)?)
}

/// Votes of one key for two blocks at a place that nobody voted at.
fn evidence(world: &World, key: &SigningKey, round: u32, ids: [u8; 2]) -> Result<Payload> {
    let vote = |id| -> Result<_> {
        let block_id = BlockId([id; 33]);
        let (kind, step) = (ConsensusKind::Solo, VoteBody::PRECOMMIT);
        let body = VoteBody { epoch: 0, kind, step, height: Height(1), round, block_id };
        let signature = key.sign_vote(&world.chain.client.chain_id(), &body)?;
        Ok((body, signature))
    };
    let evidence = Evidence::of_votes(key.public_key(), vote(ids[0])?, vote(ids[1])?);
    Ok(Payload::ReportMisbehaviour(Box::new(evidence)))
}

pub(super) async fn no_contradiction(world: &World) -> Result<Attempt> {
    world.attempt(&world.people.merchant, evidence(world, &vote_key(world)?, 7, [1, 1])?)
}

pub(super) async fn evidence_signature(world: &World) -> Result<Attempt> {
    let mut payload = evidence(world, &vote_key(world)?, 7, [1, 2])?;
    if let Payload::ReportMisbehaviour(evidence) = &mut payload {
        evidence.vote_key = world.chain.new_key()?.public_key().0;
    }
    world.attempt(&world.people.merchant, payload)
}

pub(super) async fn evidence_foreign(world: &World) -> Result<Attempt> {
    let stranger = SigningKey::generate(world.chain.chain.provider(), KeyUse::Vote)?;
    world.attempt(&world.people.merchant, evidence(world, &stranger, 7, [1, 2])?)
}

/// The only validator contradicts itself: on record, but it cannot be spared.
pub(super) async fn evidence_known(world: &World) -> Result<Attempt> {
    let payload = evidence(world, &vote_key(world)?, 9, [1, 2])?;
    let merchant = &world.people.merchant;
    world.chain.accept(merchant, payload).await?;
    for _ in 0..3 {
        world.chain.advance(1_000).await?;
    }
    world.attempt(merchant, evidence(world, &vote_key(world)?, 9, [1, 3])?)
}
