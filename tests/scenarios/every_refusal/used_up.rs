//! The last number of a year. Nine hundred million invoices are too many for a test: a block is made by hand, as a
//! validator would make it, that leaves the area where they would leave it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use chain_node::consensus::{Consensus, Wish};
use chain_node::devnet::DevChain;
use chain_node::engines::solo::SoloEngine;
use chain_node::mempool::{Mempool, MempoolLimits};
use chain_node::proposal::Proposer;
use crypto::KeyUse;
use ledger::BlockOutcome;
use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::registry::Numbering;
use ledger_types::{Change, ChangeSet, InvoiceCode, RegistryKey, RegistryValue};
use storage::{Options, Store};
use tests::{AREA, TestChain, draft};

use super::attempt::Attempt;
use super::world::{PRICE, World};

pub(super) async fn numbers(_: &World) -> Result<Attempt> {
    let mut chain = TestChain::start().await?;
    let people = chain.people().await?;
    chain
        .restart_as(|chain| {
            use_up(chain)?;
            Ok(chain.node(Options::small())?)
        })
        .await?;
    let token = crypto::OrderToken::generate()?;
    let attempt = Attempt::from(chain.sign_issue(&people.merchant, &draft(PRICE), &token)?);
    Ok(Attempt { elsewhere: Some(chain), ..attempt })
}

/// Commits a block after which the year's ninth and last code has no number left.
fn use_up(chain: &DevChain) -> Result<()> {
    let (mut store, _) = Store::open(&chain.data_dir(), Options::small())?;
    let (tip, view) = (store.tip(), store.view());
    let (nothing, _) = Mempool::new(MempoolLimits::default()).pick(tip.time, 0, 0);
    let vote = chain.key("vote", KeyUse::Vote)?;
    let proposer = match Proposer::new(chain.genesis(), &view, Some(vote.public_key().0)) {
        Ok(proposer) => proposer,
        Err(fault) => bail!("{}", fault.0),
    };
    let time = proposer.block_time(&tip, tip.time);
    let block = match proposer.propose(&tip, &view, time, nothing) {
        Ok(block) => block,
        Err(fault) => bail!("{}", fault.0),
    };
    drop(view);
    let mut consensus = Consensus::new(Box::new(SoloEngine::new(store.chain_id(), vote)));
    consensus.start(tip.height.next(), tip.block_id, &BTreeSet::new(), Vec::new());
    let Some(Wish::Build(build)) = consensus.want().pop() else { bail!("no block is wanted") };
    let Some(Wish::Decided(decided)) = consensus.built(build, block).pop() else { bail!("no certificate") };
    let (block, _, certificate) = decided.into_parts();
    let year = tip.time.civil_date().short_year();
    let code = InvoiceCode::build(AREA, year, 9).ok().context("the ninth code of the year")?;
    let value = Some(Box::new(RegistryValue::Numbering(Numbering { code, next: None })));
    let change = Change::Registry { cause: SYSTEM_CAUSE, key: RegistryKey::Numbering(AREA), value };
    let outcome = BlockOutcome { receipts: Vec::new(), changes: ChangeSet { changes: vec![change] } };
    store.commit(block, certificate, outcome)?;
    Ok(store.close()?)
}
