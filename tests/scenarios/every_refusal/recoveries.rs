//! 318 and 417 to 421: recovery. Each recipe has an account of its own with two guardians.

use anyhow::Result;
use ledger_types::{AccountId, AccountKind, Digest, Payload, RecoveryPolicy};
use sdk::Identity;
use tests::AREA;

use super::attempt::Attempt;
use super::world::World;

/// An account, and who may recover it.
struct Guarded {
    account: AccountId,
    owner: Identity,
    guardians: [Identity; 2],
}

impl Guarded {
    /// Both guardians are needed, once a year.
    async fn open(world: &World) -> Result<Self> {
        let (account, owner) = world.open(AccountKind::Enterprise, AREA).await?;
        let (one, first) = world.open(AccountKind::Person, AREA).await?;
        let (two, second) = world.open(AccountKind::Person, AREA).await?;
        let policy = RecoveryPolicy { guardians: vec![one, two], threshold: 2, delay_ms: 30 * 86_400_000, per_year: 1 };
        world.chain.accept(&owner, Payload::SetRecovery { policy: Some(policy) }).await?;
        Ok(Self { account, owner, guardians: [first, second] })
    }

    fn propose(&self, world: &World) -> Result<Payload> {
        let (account, new_key) = (self.account, world.chain.new_key()?.public_key().0);
        Ok(Payload::ProposeRecovery { account, new_key, evidence: Digest([1; 32]) })
    }

    /// Proposed by the first guardian.
    async fn proposed(world: &World) -> Result<Self> {
        let guarded = Self::open(world).await?;
        world.chain.accept(&guarded.guardians[0], guarded.propose(world)?).await?;
        Ok(guarded)
    }
}

pub(super) async fn not_guardian(world: &World) -> Result<Attempt> {
    let guarded = Guarded::open(world).await?;
    world.attempt(&world.people.rival, guarded.propose(world)?)
}

pub(super) async fn invalid(world: &World) -> Result<Attempt> {
    let (account, owner) = world.open(AccountKind::Enterprise, AREA).await?;
    let policy = RecoveryPolicy { guardians: vec![account], threshold: 1, delay_ms: 3_600_000, per_year: 1 };
    world.attempt(&owner, Payload::SetRecovery { policy: Some(policy) })
}

pub(super) async fn unknown(world: &World) -> Result<Attempt> {
    let guarded = Guarded::open(world).await?;
    world.attempt(&guarded.guardians[1], Payload::ApproveRecovery { account: guarded.account, number: 1 })
}

pub(super) async fn pending(world: &World) -> Result<Attempt> {
    let guarded = Guarded::proposed(world).await?;
    world.attempt(&guarded.guardians[1], guarded.propose(world)?)
}

pub(super) async fn too_often(world: &World) -> Result<Attempt> {
    let guarded = Guarded::proposed(world).await?;
    let cancel = Payload::CancelRecovery { account: guarded.account, number: 1 };
    world.chain.accept(&guarded.owner, cancel).await?;
    world.attempt(&guarded.guardians[0], guarded.propose(world)?)
}

pub(super) async fn repeated(world: &World) -> Result<Attempt> {
    let guarded = Guarded::proposed(world).await?;
    world.attempt(&guarded.guardians[0], Payload::ApproveRecovery { account: guarded.account, number: 1 })
}
