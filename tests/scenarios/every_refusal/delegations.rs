//! 314 to 317, 415 and 416: delegations. Each recipe has a service provider and an enterprise of its own.

use anyhow::Result;
use ledger_types::{AccountId, AccountKind, Fen, KeyId, KeyPurpose, KeyRecord, Payload, PayloadKind, TaxpayerStatus};
use sdk::Identity;
use tests::AREA;

use super::attempt::Attempt;
use super::world::{World, admin};

/// A service provider with an operator, and an enterprise.
pub(super) struct Pair {
    /// The operator of the provider.
    operator: Identity,
    provider: AccountId,
    /// The enterprise's administrator.
    enterprise: Identity,
    account: AccountId,
}

impl Pair {
    async fn open(world: &World) -> Result<Self> {
        let keys = [world.chain.new_key()?, world.chain.new_key()?];
        let kinds = PayloadKind::business_bits();
        let operator = KeyRecord { purpose: KeyPurpose::Operator, kinds, ..admin(1, &keys[1]) };
        let records = vec![admin(0, &keys[0]), operator];
        let provider = world.open_with(AccountKind::ServiceProvider, AREA, records).await?;
        let (account, enterprise) = world.open(AccountKind::Enterprise, AREA).await?;
        let [_, key] = keys;
        let operator = Identity::account(provider, KeyId(1), key).acting_for(account);
        Ok(Self { operator, provider, enterprise, account })
    }

    fn grant(&self, kinds: u64, until_ms: u64, daily_count: u32) -> Payload {
        Payload::Delegate { to: self.provider, kinds, until_ms, daily_count, daily_amount: Fen::ZERO }
    }

    /// Opened, with this delegated for an hour.
    async fn granted(world: &World, kinds: u64, daily_count: u32) -> Result<Self> {
        let pair = Self::open(world).await?;
        let grant = pair.grant(kinds, world.now() + 3_600_000, daily_count);
        world.chain.accept(&pair.enterprise, grant).await?;
        Ok(pair)
    }

    /// The lock of an invoice that the enterprise holds.
    async fn lock(&self, world: &World) -> Result<Payload> {
        world.lock(world.meal(&world.people.merchant, world.held_by(&self.enterprise)).await?).await
    }
}

pub(super) async fn over(world: &World) -> Result<Attempt> {
    let pair = Pair::open(world).await?;
    let grant = pair.grant(PayloadKind::Lock.bit(), world.now() + 60_000, 0);
    world.chain.accept(&pair.enterprise, grant).await?;
    world.chain.advance(120_000).await?;
    world.attempt(&pair.operator, pair.lock(world).await?)
}

pub(super) async fn not_allowed(world: &World) -> Result<Attempt> {
    let pair = Pair::granted(world, PayloadKind::Issue.bit(), 0).await?;
    world.attempt(&pair.operator, pair.lock(world).await?)
}

pub(super) async fn limit_reached(world: &World) -> Result<Attempt> {
    let pair = Pair::granted(world, PayloadKind::Lock.bit(), 1).await?;
    world.chain.accept(&pair.operator, pair.lock(world).await?).await?;
    world.attempt(&pair.operator, pair.lock(world).await?)
}

pub(super) async fn principal_blocked(world: &World) -> Result<Attempt> {
    let pair = Pair::granted(world, PayloadKind::Lock.bit(), 0).await?;
    world.approve(pair.account, |profile| profile.status = TaxpayerStatus::Suspended).await?;
    world.attempt(&pair.operator, pair.lock(world).await?)
}

pub(super) async fn invalid(world: &World) -> Result<Attempt> {
    let pair = Pair::open(world).await?;
    let to = world.people.rival_id;
    let (kinds, until_ms) = (PayloadKind::Lock.bit(), world.now() + 3_600_000);
    let grant = Payload::Delegate { to, kinds, until_ms, daily_count: 0, daily_amount: Fen::ZERO };
    world.attempt(&pair.enterprise, grant)
}

pub(super) async fn unknown(world: &World) -> Result<Attempt> {
    let pair = Pair::open(world).await?;
    world.attempt(&pair.enterprise, Payload::EndDelegation { from: pair.account, to: pair.provider })
}
