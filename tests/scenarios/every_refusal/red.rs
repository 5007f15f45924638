//! 7xx, and what a red letter means to the others.

use anyhow::{Result, bail};
use ledger_types::payload::RedAnswer;
use ledger_types::receipt::TxOutcome;
use ledger_types::{FormId, Payload, RedReason, Slot};

use super::attempt::Attempt;
use super::world::World;

const WHY: RedReason = RedReason::SalesReturn;

async fn reverse(world: &World, invoice: Slot, reason: RedReason, form: Option<FormId>) -> Result<Payload> {
    let sequence = world.chain.record(invoice).await?.sequence;
    Ok(Payload::IssueRed { invoice, sequence, reason, form })
}

/// A blue invoice of the company's and the red one that reversed it.
async fn reversed(world: &World) -> Result<(Slot, Slot)> {
    let blue = world.companys().await?;
    match world.chain.accept(&world.people.merchant, reverse(world, blue, WHY, None).await?).await? {
        TxOutcome::RedIssued { red, .. } => Ok((blue, red.slot)),
        other => bail!("no red invoice but {other:?}"),
    }
}

pub(super) async fn already_reversed(world: &World) -> Result<Attempt> {
    let (blue, _) = reversed(world).await?;
    world.attempt(&world.people.company, world.lock(blue).await?)
}

pub(super) async fn is_red(world: &World) -> Result<Attempt> {
    let (_, red) = reversed(world).await?;
    world.attempt(&world.people.merchant, world.lock(red).await?)
}

pub(super) async fn not_seller(world: &World) -> Result<Attempt> {
    let blue = world.companys().await?;
    world.attempt(&world.people.company, reverse(world, blue, WHY, None).await?)
}

/// Booked, and no longer locked.
async fn used(world: &World) -> Result<Slot> {
    let slot = world.booked().await?;
    let unlock = Payload::Unlock { spends: vec![world.chain.spend(slot).await?] };
    world.chain.accept(&world.people.company, unlock).await?;
    Ok(slot)
}

/// A used invoice with the seller's form.
async fn asked(world: &World) -> Result<(Slot, FormId)> {
    let invoice = used(world).await?;
    match world.chain.accept(&world.people.merchant, Payload::RequestRed { invoice, reason: WHY }).await? {
        TxOutcome::FormOpened(form) => Ok((invoice, form)),
        other => bail!("no form but {other:?}"),
    }
}

pub(super) async fn needs_confirmation(world: &World) -> Result<Attempt> {
    let slot = used(world).await?;
    world.attempt(&world.people.merchant, reverse(world, slot, WHY, None).await?)
}

pub(super) async fn confirmation_not_needed(world: &World) -> Result<Attempt> {
    let invoice = world.companys().await?;
    world.attempt(&world.people.merchant, Payload::RequestRed { invoice, reason: WHY })
}

pub(super) async fn form_pending(world: &World) -> Result<Attempt> {
    let (invoice, _) = asked(world).await?;
    world.attempt(&world.people.company, Payload::RequestRed { invoice, reason: WHY })
}

pub(super) async fn form_unknown(world: &World) -> Result<Attempt> {
    let answer = Payload::AnswerRed { form: FormId(1 << 40), answer: RedAnswer::Confirm };
    world.attempt(&world.people.company, answer)
}

/// Not confirmed yet.
pub(super) async fn form_state(world: &World) -> Result<Attempt> {
    let (slot, form) = asked(world).await?;
    world.attempt(&world.people.merchant, reverse(world, slot, WHY, Some(form)).await?)
}

pub(super) async fn not_party(world: &World) -> Result<Attempt> {
    let invoice = used(world).await?;
    world.attempt(&world.people.rival, Payload::RequestRed { invoice, reason: WHY })
}

/// Confirmed, for another reason.
pub(super) async fn form_mismatch(world: &World) -> Result<Attempt> {
    let (slot, form) = asked(world).await?;
    let confirm = Payload::AnswerRed { form, answer: RedAnswer::Confirm };
    world.chain.accept(&world.people.company, confirm).await?;
    world.attempt(&world.people.merchant, reverse(world, slot, RedReason::SalesAllowance, Some(form)).await?)
}
