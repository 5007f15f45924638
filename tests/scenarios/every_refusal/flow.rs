//! 6xx: the invoice's state.

use anyhow::{Result, bail};
use ledger_types::receipt::TxOutcome;
use ledger_types::{ApplicationId, Digest, OwnerCondition, Payload, Slot, Spend};
use tests::{draft, outcome};

use super::attempt::Attempt;
use super::forge::{Forge, Paper};
use super::world::{PRICE, World};

/// A slot that is far from being given.
const NOWHERE: Slot = Slot(1 << 40);

pub(super) async fn output_unknown(world: &World) -> Result<Attempt> {
    world.attempt(&world.people.company, Payload::AcceptTransfer { spend: Spend::new(NOWHERE, 0) })
}

/// Two locks of the same invoice as it was: the second comes too late, after an unlock too.
pub(super) async fn output_spent(world: &World) -> Result<Attempt> {
    let slot = world.companys().await?;
    let stale = world.lock(slot).await?;
    world.chain.accept(&world.people.company, stale.clone()).await?;
    let unlock = Payload::Unlock { spends: vec![world.chain.spend(slot).await?] };
    world.chain.accept(&world.people.company, unlock).await?;
    world.attempt(&world.people.company, stale)
}

pub(super) async fn not_owner(world: &World) -> Result<Attempt> {
    let slot = world.companys().await?;
    world.attempt(&world.people.rival, world.lock(slot).await?)
}

/// Reveals a condition where the owner stands in clear.
pub(super) async fn condition_mismatch(world: &World) -> Result<Attempt> {
    let mut lock = world.lock(world.companys().await?).await?;
    if let Payload::Lock { spends, .. } = &mut lock {
        let address = world.people.company.address(&world.chain.client.chain_id());
        spends[0].reveal = Some(OwnerCondition::Address(address));
    }
    world.attempt(&world.people.company, lock)
}

/// The token's key once more, after it was used.
pub(super) async fn already_claimed(world: &World) -> Result<Attempt> {
    let invoice = world.chain.issue(&world.people.merchant, PRICE).await?;
    outcome(&world.chain.claim(&invoice, &world.people.employee).await?)?;
    Ok(world.chain.sign_claim(&invoice, &world.people.rival)?.into())
}

pub(super) async fn not_claimed(world: &World) -> Result<Attempt> {
    let slot = world.meal(&world.people.merchant, world.unclaimed()?).await?;
    world.attempt(&world.people.company, world.lock(slot).await?)
}

async fn offered(world: &World) -> Result<Slot> {
    let slot = world.companys().await?;
    world.chain.accept(&world.people.company, world.offer(slot).await?).await?;
    Ok(slot)
}

pub(super) async fn on_offer(world: &World) -> Result<Attempt> {
    let slot = offered(world).await?;
    world.attempt(&world.people.company, world.offer(slot).await?)
}

pub(super) async fn not_offered(world: &World) -> Result<Attempt> {
    let spend = world.chain.spend(world.companys().await?).await?;
    world.attempt(&world.people.rival, Payload::AcceptTransfer { spend })
}

pub(super) async fn locked(world: &World) -> Result<Attempt> {
    let slot = world.locked().await?;
    world.attempt(&world.people.company, world.offer(slot).await?)
}

async fn unlock(world: &World, slot: Slot) -> Result<Payload> {
    Ok(Payload::Unlock { spends: vec![world.chain.spend(slot).await?] })
}

pub(super) async fn not_locked(world: &World) -> Result<Attempt> {
    let slot = world.companys().await?;
    world.attempt(&world.people.company, unlock(world, slot).await?)
}

pub(super) async fn not_locker(world: &World) -> Result<Attempt> {
    let slot = world.locked().await?;
    world.attempt(&world.people.rival, unlock(world, slot).await?)
}

async fn reimburse(world: &World, slot: Slot) -> Result<Payload> {
    Ok(Payload::Reimburse { spend: world.chain.spend(slot).await?, paid_ref: Digest([3; 32]) })
}

/// Knows the invoice as it is, closed, and tries again.
pub(super) async fn already_reimbursed(world: &World) -> Result<Attempt> {
    let slot = world.booked().await?;
    world.chain.accept(&world.people.company, reimburse(world, slot).await?).await?;
    world.attempt(&world.people.company, reimburse(world, slot).await?)
}

pub(super) async fn already_booked(world: &World) -> Result<Attempt> {
    let spend = world.chain.spend(world.booked().await?).await?;
    let book = Payload::Book { spend, deductible: false, voucher_ref: Digest([4; 32]) };
    world.attempt(&world.people.company, book)
}

pub(super) async fn not_booked(world: &World) -> Result<Attempt> {
    let slot = world.locked().await?;
    world.attempt(&world.people.company, reimburse(world, slot).await?)
}

pub(super) async fn not_booker(world: &World) -> Result<Attempt> {
    let spend = world.chain.spend(world.booked().await?).await?;
    world.attempt(&world.people.rival, Payload::Unbook { spend })
}

/// A lock for a thousand days.
pub(super) async fn time_out_of_range(world: &World) -> Result<Attempt> {
    let spends = vec![world.chain.spend(world.companys().await?).await?];
    let lock = Payload::Lock { spends, until_ms: world.now() + 1_000 * 86_400_000, reason: 1 };
    world.attempt(&world.people.company, lock)
}

async fn application(world: &World) -> Result<ApplicationId> {
    let apply = Payload::Apply { request: world.unclaimed()?, expires_ms: world.now() + 3_600_000 };
    let tx = Forge::invoice(world, &world.people.merchant, apply, &Paper::of(&draft(PRICE)))?.sign()?;
    match outcome(&world.chain.client.submit_and_wait(&tx).await?)? {
        TxOutcome::Applied(id) => Ok(id),
        other => bail!("no application but {other:?}"),
    }
}

/// Withdrawn, then issued all the same.
pub(super) async fn application_gone(world: &World) -> Result<Attempt> {
    let application = application(world).await?;
    world.chain.accept(&world.people.merchant, Payload::WithdrawApplication { application }).await?;
    world.attempt(&world.people.merchant, Payload::IssueApplied { application })
}

pub(super) async fn not_applicant(world: &World) -> Result<Attempt> {
    let application = application(world).await?;
    world.attempt(&world.people.rival, Payload::WithdrawApplication { application })
}
