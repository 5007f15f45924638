//! 8xx: payments and orders.

use anyhow::{Result, bail};
use ledger_types::payload::PaymentUse;
use ledger_types::receipt::TxOutcome;
use ledger_types::{AccountId, AccountKind, Digest, Fen, Payload, Slot, Spend};
use sdk::Identity;
use tests::AREA;

use super::attempt::Attempt;
use super::world::{PRICE, World};

async fn provider(world: &World) -> Result<Identity> {
    Ok(world.open(AccountKind::PaymentProvider, AREA).await?.1)
}

fn record(payee: AccountId, reference: u8, amount: i64) -> Payload {
    Payload::RecordPayment { payment_ref: Digest([reference; 32]), payee, amount: Fen(amount) }
}

/// Payments of these amounts to the usual merchant.
async fn paid(world: &World, amounts: &[i64]) -> Result<Vec<Slot>> {
    let provider = provider(world).await?;
    let mut slots = Vec::new();
    for (reference, amount) in (1..).zip(amounts) {
        match world.chain.accept(&provider, record(world.people.merchant_id, reference, *amount)).await? {
            TxOutcome::PaymentRecorded(slot) => slots.push(slot),
            other => bail!("no payment but {other:?}"),
        }
    }
    Ok(slots)
}

/// An invoice at the usual price that uses up these parts of payments.
fn invoice(world: &World, merchant: &Identity, uses: &[(Slot, i64)]) -> Result<Attempt> {
    let mut request = world.unclaimed()?;
    let part = |(slot, amount): &(Slot, i64)| PaymentUse { spend: Spend::new(*slot, 0), amount: Fen(*amount) };
    request.payments = uses.iter().map(part).collect();
    Ok(world.sign_meal(merchant, request)?.into())
}

pub(super) async fn wrong_asset(world: &World) -> Result<Attempt> {
    let payment = paid(world, &[100]).await?[0];
    world.attempt(&world.people.merchant, world.lock(payment).await?)
}

pub(super) async fn known(world: &World) -> Result<Attempt> {
    let provider = provider(world).await?;
    world.chain.accept(&provider, record(world.people.merchant_id, 1, 100)).await?;
    world.attempt(&provider, record(world.people.merchant_id, 1, 100))
}

pub(super) async fn not_payee(world: &World) -> Result<Attempt> {
    let payment = paid(world, &[PRICE]).await?[0];
    let other = world.merchant(|_| {}).await?;
    invoice(world, &other, &[(payment, PRICE)])
}

pub(super) async fn short(world: &World) -> Result<Attempt> {
    let payment = paid(world, &[PRICE - 1]).await?[0];
    invoice(world, &world.people.merchant, &[(payment, PRICE)])
}

/// Six payments, where the rule book allows five.
pub(super) async fn links(world: &World) -> Result<Attempt> {
    let mut amounts = [100; 6];
    amounts[5] = PRICE - 500;
    let slots = paid(world, &amounts).await?;
    let uses: Vec<_> = slots.into_iter().zip(amounts).collect();
    invoice(world, &world.people.merchant, &uses)
}

pub(super) async fn below_amount(world: &World) -> Result<Attempt> {
    let payment = paid(world, &[PRICE]).await?[0];
    invoice(world, &world.people.merchant, &[(payment, PRICE - 1)])
}

pub(super) async fn order_invoiced(world: &World) -> Result<Attempt> {
    let mut request = world.unclaimed()?;
    request.order_ref = Digest([8; 32]);
    world.meal(&world.people.merchant, request.clone()).await?;
    Ok(world.sign_meal(&world.people.merchant, request)?.into())
}
