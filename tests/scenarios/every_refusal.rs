//! Every reason for which the ledger refuses comes back through the public API of a real node, by name, with its
//! number, field and texts, and leaves nothing behind but its line in the request log.

mod access;
mod attempt;
mod authority;
mod certificates;
mod committee;
mod delegations;
mod flow;
mod forge;
mod governance;
mod late;
mod offices;
mod payments;
mod profiles;
mod recipes;
mod recoveries;
mod red;
mod register;
mod request;
mod rules;
mod stateless;
mod switches;
mod used_up;
mod world;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use ledger_types::RejectReason;

use crate::wire::{self, Wire};
use attempt::{Attempt, Refused};
use recipes::{Recipe, recipe};
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_for_a_refusal_comes_back_through_the_public_api() {
    let world = World::start().await.unwrap();
    let mut seen = BTreeSet::new();
    let mut failures = Vec::new();
    let mut unreachable = Vec::new();
    for reason in RejectReason::ALL {
        match recipe(*reason) {
            Recipe::Unreachable(why) => unreachable.push((*reason, why)),
            Recipe::Produce(make) => {
                let result = async { provoke(&world, *reason, make(&world).await.context("setting up")?).await };
                match result.await {
                    Ok(reasons) => seen.extend(reasons),
                    Err(error) => failures.push(format!("{reason}: {error:#}")),
                }
            }
        }
    }
    let produced = RejectReason::ALL.iter().filter(|r| seen.contains(*r)).count();
    println!("produced {produced} of {} reasons, {} unreachable", RejectReason::ALL.len(), unreachable.len());
    assert!(failures.is_empty(), "{} recipes failed:\n{}", failures.len(), failures.join("\n"));
    for (reason, why) in &unreachable {
        println!("  {reason}: {why}");
        assert!(!seen.contains(reason), "{reason} does come back, though it is said that {why}");
    }
    assert_eq!(produced + unreachable.len(), RejectReason::ALL.len());
    assert!(!world.chain.has_failed().await);
}

/// Hands the attempt in; the reasons that came back must be the one wanted and those that its recipe names beside it.
async fn provoke(world: &World, wanted: RejectReason, attempt: Attempt) -> Result<Vec<RejectReason>> {
    let elsewhere = match &attempt.elsewhere {
        Some(chain) => Some(wire::connect(chain).await?),
        None => None,
    };
    let wire: &Wire = elsewhere.as_ref().unwrap_or(&world.wire);
    let before = wire::roots(wire).await?;
    let refused = attempt::hand_in(wire, attempt.bytes).await?;
    let found: BTreeSet<_> = refused.reasons().collect();
    let mut expected: BTreeSet<_> = attempt.beside.iter().copied().collect();
    expected.insert(wanted);
    ensure!(found == expected, "wanted {expected:?}, got {found:?}");
    refused.check()?;
    let mut after = wire::roots(wire).await?;
    if let Refused::InBlock { height, index, tx, .. } = &refused {
        attempt::check_only_a_request_line(wire, *height, *index, tx).await?;
        ensure!(before[1] != after[1], "the request log did not grow");
        after[1] = before[1];
    }
    ensure!(attempt.time_passes || before == after, "the state changed");
    Ok(found.into_iter().collect())
}
