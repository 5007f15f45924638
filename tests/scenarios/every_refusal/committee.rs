//! The committee's next key, and readiness for it.

use anyhow::{Context, Result};
use crypto::{CommitteeKeys, KeyUse, SigningKey};
use ledger_types::limits::MIN_COMMITTEE_OVERLAP_MS;
use ledger_types::{Committee, CommitteeChange, CommitteeReady, GovernanceChange, Height, Payload};
use tests::TestChain;

use super::attempt::Attempt;
use super::world::World;

fn key(chain: &TestChain, key_use: KeyUse) -> Result<SigningKey> {
    Ok(SigningKey::generate(chain.chain.provider(), key_use)?)
}

fn change(key: &SigningKey, epoch: u32) -> GovernanceChange {
    let committee = Committee { epoch, public_key: key.public_key().0 };
    GovernanceChange::NextCommittee(CommitteeChange { committee, overlap_ms: MIN_COMMITTEE_OVERLAP_MS })
}

/// That a validator with this voting key has a key of epoch 2.
fn proof(chain: &TestChain, private: &SigningKey, voter: &SigningKey) -> Result<CommitteeReady> {
    let keys = CommitteeKeys::new([(2, private.clone())].into())?;
    let committee = Committee { epoch: 2, public_key: private.public_key().0 };
    keys.prove(&chain.client.chain_id(), committee, voter)?.context("it is held")
}

fn show(proof: CommitteeReady) -> Payload {
    Payload::CommitteeReady(Box::new(proof))
}

/// A chain that named a key of epoch 2, and the key.
async fn named() -> Result<(TestChain, SigningKey)> {
    let chain = TestChain::start().await?;
    let private = key(&chain, KeyUse::Encryption)?;
    let effective = Height(chain.client.stamp().await?.height.0 + 4);
    let propose = Payload::ProposeChange { change: change(&private, 2), effective };
    chain.accept(&chain.bureau, propose).await?;
    while chain.client.stamp().await?.height < effective {
        chain.advance(1_000).await?;
    }
    Ok((chain, private))
}

pub(super) async fn key_invalid(world: &World) -> Result<Attempt> {
    let change = change(&key(&world.chain, KeyUse::Encryption)?, 7);
    world.attempt(&world.chain.bureau, Payload::ProposeChange { change, effective: Height(1_000_000) })
}

pub(super) async fn no_next(world: &World) -> Result<Attempt> {
    let voter = world.chain.chain.key("vote", KeyUse::Vote)?;
    let proof = proof(&world.chain, &key(&world.chain, KeyUse::Encryption)?, &voter)?;
    world.attempt(&world.people.merchant, show(proof))
}

pub(super) async fn signature(world: &World) -> Result<Attempt> {
    let voter = world.chain.chain.key("vote", KeyUse::Vote)?;
    let mut proof = proof(&world.chain, &key(&world.chain, KeyUse::Encryption)?, &voter)?;
    proof.signature[7] ^= 1;
    world.attempt(&world.people.merchant, show(proof))
}

pub(super) async fn not_possessed(world: &World) -> Result<Attempt> {
    let voter = world.chain.chain.key("vote", KeyUse::Vote)?;
    let mut proof = proof(&world.chain, &key(&world.chain, KeyUse::Encryption)?, &voter)?;
    proof.possession = proof.signature;
    world.attempt(&world.people.merchant, show(proof))
}

pub(super) async fn foreign(_: &World) -> Result<Attempt> {
    let (chain, private) = named().await?;
    let stranger = key(&chain, KeyUse::Vote)?;
    let attempt = Attempt::from(chain.sign(&chain.bureau, show(proof(&chain, &private, &stranger)?))?);
    Ok(Attempt { elsewhere: Some(chain), ..attempt })
}

pub(super) async fn known(_: &World) -> Result<Attempt> {
    let (chain, private) = named().await?;
    let ready = show(proof(&chain, &private, &chain.chain.key("vote", KeyUse::Vote)?)?);
    chain.accept(&chain.bureau, ready.clone()).await?;
    // The block in which the height is announced.
    chain.advance(1_000).await?;
    let attempt = Attempt::from(chain.sign(&chain.bureau, ready)?);
    Ok(Attempt { elsewhere: Some(chain), ..attempt })
}
