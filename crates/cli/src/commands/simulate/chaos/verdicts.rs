//! After the drills: what was told stands, once, on every node.

use std::collections::BTreeMap;

use futures::StreamExt;
use ledger_types::{Height, TxId, TxOutcome, Verdict};
use simulators::steady::{Outcome, Told};

use super::town::Town;
use crate::failure::{Failure, exit};

/// What the books say.
pub(super) struct Verdicts {
    pub(super) told: usize,
    pub(super) issued: u64,
    pub(super) height: Height,
}

/// Reads every block: each transaction stands in one place, as it was told; slots are dense.
pub(super) async fn check(town: &Town, told: &[Told]) -> Result<Verdicts, Failure> {
    let wrong = |why: String| Failure::new(exit::VERIFICATION, why);
    let best = town.best().await;
    town.agree(best).await?;
    let client = &town.clients[0];
    let height = client.stamp().await?.height;
    let mut blocks = client.subscribe(Height(1), true).await?;
    let mut places: BTreeMap<TxId, (Height, u16)> = BTreeMap::new();
    let mut issued = 0;
    for expected in (1..=height.0).map(Height) {
        let block = blocks.next().await.ok_or_else(|| wrong(format!("block {expected} does not come")))??;
        for (index, tx) in (0..).zip(&block.transactions) {
            if places.insert(tx.envelope.tx_id(), (expected, index)).is_some() {
                return Err(wrong(format!("transaction {} is in two places", tx.envelope.tx_id())));
            }
        }
        for receipt in &block.receipts {
            if let Verdict::Accepted(TxOutcome::Issued(one)) = &receipt.verdict {
                if one.slot.0 != issued {
                    return Err(wrong(format!("slot {} follows {issued} slots", one.slot)));
                }
                issued += 1;
            }
        }
    }
    for one in told {
        let stands = places.get(&one.tx).copied();
        let expected = match one.outcome {
            Outcome::InBlock(height, index) => Some((height, index)),
            Outcome::NotTaken => None,
            Outcome::Open => return Err(wrong(format!("nobody says what became of transaction {}", one.tx))),
        };
        if stands != expected {
            return Err(wrong(format!("transaction {} was told {expected:?} and stands at {stands:?}", one.tx)));
        }
    }
    Ok(Verdicts { told: told.len(), issued, height })
}
