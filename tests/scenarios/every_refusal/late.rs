//! An offer accepted after its end. Usually the task that takes it back is first; here so many tasks fall due at once
//! that they are carried over, and the answer comes between.

use anyhow::{Result, bail};
use ledger_types::limits::{MAX_BATCH_ITEMS, MAX_SPENDS, MAX_TIMERS_PER_BLOCK};
use ledger_types::receipt::TxOutcome;
use ledger_types::{OwnerCondition, Payload, Slot, Spend};
use sdk::sign_batch;
use tests::{AREA, draft, outcome};

use super::attempt::Attempt;
use super::world::World;

/// How many blocks are kept busy with tasks before the offer's own.
const BLOCKS: usize = 4;
const LIFE_MS: u64 = 60_000;

pub(super) async fn offer_lapsed(world: &World) -> Result<Attempt> {
    let until_ms = world.now() + LIFE_MS;
    for _ in 0..BLOCKS * MAX_TIMERS_PER_BLOCK / usize::from(MAX_BATCH_ITEMS) {
        let spends = many(world).await?;
        for spends in spends.chunks(MAX_SPENDS) {
            let lock = Payload::Lock { spends: spends.to_vec(), until_ms, reason: 1 };
            world.chain.accept(&world.people.company, lock).await?;
        }
    }
    let slot = world.companys().await?;
    let to = world.people.rival.address(&world.chain.client.chain_id());
    let offer = Payload::OfferTransfer { spend: world.chain.spend(slot).await?, to, until_ms };
    world.chain.accept(&world.people.company, offer).await?;
    let accept = Payload::AcceptTransfer { spend: world.chain.spend(slot).await? };
    let attempt = world.attempt(&world.people.rival, accept)?;
    // Returns with the first block of the new time: those that are carried over come after it.
    world.chain.advance(LIFE_MS + 1_000).await?;
    Ok(Attempt { time_passes: true, ..attempt })
}

/// As many invoices as one signature covers, all the company's.
async fn many(world: &World) -> Result<Vec<Spend>> {
    let address = world.people.company.address(&world.chain.client.chain_id());
    let drafts = vec![(OwnerCondition::Address(address), draft(100)); usize::from(MAX_BATCH_ITEMS)];
    let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
    let tx = sign_batch(&world.chain.client.new_frame(AREA)?, &drafts, &[&world.people.merchant], &mut random)?;
    match outcome(&world.chain.client.submit_and_wait(&tx).await?)? {
        TxOutcome::BatchIssued { first, count } => {
            Ok((0..u64::from(count)).map(|i| Spend::new(Slot(first.slot.0 + i), 0)).collect())
        }
        other => bail!("no batch but {other:?}"),
    }
}
