//! 10xx: the adaptive policy. The only validator's request is a certificate by itself.

use anyhow::Result;
use crypto::{KeyUse, SigningKey};
use ledger_types::{
    AdaptivePolicy, ChainId, ConsensusKind, GovernanceChange, Height, Payload, SwitchBody, SwitchCertificate,
    SwitchRequest, SwitchWay,
};
use tests::TestChain;

use super::attempt::Attempt;
use super::world::World;

const RAISE: SwitchBody = SwitchBody { epoch: 0, way: SwitchWay::Raise, tip: Height(1), ack: None };

fn request(chain: ChainId, key: &SigningKey, body: SwitchBody) -> Result<SwitchRequest> {
    let signature = key.sign_switch(&chain, &body)?;
    Ok(SwitchRequest { version: SwitchRequest::VERSION, vote_key: key.public_key().0, body, signature })
}

/// What the only validator asks for, after `edit`.
fn attempt(world: &World, body: SwitchBody, edit: impl FnOnce(&mut Vec<SwitchRequest>)) -> Result<Attempt> {
    let key = world.chain.chain.key("vote", KeyUse::Vote)?;
    let mut requests = vec![request(world.chain.client.chain_id(), &key, body)?];
    edit(&mut requests);
    world.attempt(&world.people.merchant, Payload::SwitchConsensus(SwitchCertificate { requests }))
}

pub(super) async fn policy(world: &World) -> Result<Attempt> {
    let change = GovernanceChange::Adaptive(Some(AdaptivePolicy { raise_at: 0, lower_after_ms: None }));
    world.attempt(&world.chain.bureau, Payload::ProposeChange { change, effective: Height(1_000_000) })
}

pub(super) async fn mixed(world: &World) -> Result<Attempt> {
    attempt(world, RAISE, Vec::clear)
}

pub(super) async fn repeated(world: &World) -> Result<Attempt> {
    attempt(world, RAISE, |requests| requests.extend_from_within(..))
}

pub(super) async fn signature(world: &World) -> Result<Attempt> {
    attempt(world, RAISE, |requests| requests[0].body.tip = Height(0))
}

pub(super) async fn epoch(world: &World) -> Result<Attempt> {
    attempt(world, SwitchBody { epoch: 7, ..RAISE }, |_| {})
}

pub(super) async fn not_allowed(world: &World) -> Result<Attempt> {
    attempt(world, RAISE, |_| {})
}

pub(super) async fn unknown(world: &World) -> Result<Attempt> {
    let stranger = SigningKey::generate(world.chain.chain.provider(), KeyUse::Vote)?;
    let other = request(world.chain.client.chain_id(), &stranger, RAISE)?;
    attempt(world, RAISE, |requests| requests[0] = other)
}

pub(super) async fn ahead(world: &World) -> Result<Attempt> {
    attempt(world, SwitchBody { tip: Height(1_000_000), ..RAISE }, |_| {})
}

/// A chain that may lower itself after a day, one minute later.
pub(super) async fn too_early(_: &World) -> Result<Attempt> {
    let chain = TestChain::start().await?;
    let policy = AdaptivePolicy { raise_at: 1, lower_after_ms: Some(86_400_000) };
    let effective = Height(chain.client.stamp().await?.height.0 + 8);
    for change in [GovernanceChange::Adaptive(Some(policy)), GovernanceChange::Consensus(ConsensusKind::Bft)] {
        chain.accept(&chain.bureau, Payload::ProposeChange { change, effective }).await?;
    }
    while chain.client.stamp().await?.height < effective {
        chain.advance(1_000).await?;
    }
    let stamp = chain.client.stamp().await?;
    let key = chain.chain.key("vote", KeyUse::Vote)?;
    let way = SwitchWay::Lower { since: stamp.time };
    let body = SwitchBody { epoch: 1, way, tip: Height(1), ack: None };
    let requests = vec![request(chain.client.chain_id(), &key, body)?];
    let attempt = Attempt::from(chain.sign(&chain.bureau, Payload::SwitchConsensus(SwitchCertificate { requests }))?);
    Ok(Attempt { elsewhere: Some(chain), ..attempt })
}
