//! Whatever comes in that should not: a typed error goes out, the state stays, the node goes on serving.

mod bytes;
mod proof_files;
mod queries;

use anyhow::{Context, Result, ensure};
use ledger_types::Digest;
use proto::ErrorReport;
use tests::{People, TestChain};
use tonic::Status;

use crate::wire::{self, Wire};

/// A chain with something on it, and its state before anything bad came.
struct Target {
    chain: TestChain,
    people: People,
    wire: Wire,
    before: Vec<Digest>,
}

impl Target {
    async fn start() -> Result<Self> {
        let chain = TestChain::start().await?;
        let people = chain.people().await?;
        chain.issue(&people.merchant, 10_600).await?;
        let wire = wire::connect(&chain).await?;
        let before = wire::roots(&wire).await?;
        Ok(Self { chain, people, wire, before })
    }

    /// Nothing moved, nothing stopped, and business goes on.
    async fn check_unharmed(&self) -> Result<()> {
        ensure!(wire::roots(&self.wire).await? == self.before, "the state changed");
        ensure!(!self.chain.has_failed().await, "the node stopped");
        self.chain.issue(&self.people.merchant, 10_600).await.context("the node does not serve any more")?;
        ensure!(wire::roots(&self.wire).await? != self.before, "nothing was issued");
        Ok(())
    }
}

/// What a failure must look like: this reason, about this field (none for any), with all that every failure owes.
fn check(status: &Status, reason: &str, field: Option<&str>) -> Result<()> {
    let report = ErrorReport::from_status(status);
    ensure!(report.reason_name == reason, "wanted {reason}, got {report:?}: {status}");
    wire::check_report(&report)?;
    if field.is_some() {
        ensure!(report.field.as_deref() == field, "wanted {field:?}, got {:?}", report.field);
    }
    Ok(())
}
