//! The audit log (审计日志): who called what and what came of it, chained by hashes, on two sinks, anchored on the chain.
//!
//! A call is answered only once it is recorded, and a change is made only once it is recorded that it was asked for; if no sink can
//! be written, nothing is done. Entries carry ids and no taxpayers' data. Public verification is not recorded: a stranger could fill
//! the disk.

use std::path::PathBuf;

use ledger_types::{ChainId, Digest};
use tokio::sync::{mpsc, oneshot, watch};

mod anchor;
mod entry;
mod reading;
mod recording;
mod sink;
mod writer;

pub use entry::{AuditEntry, Event, Phase};
pub use reading::{AuditFault, Tail, verify};

pub(crate) use anchor::Anchoring;
pub(crate) use recording::{Noted, Record};

use writer::Writer;

/// Calls that may wait to be recorded.
const WAITING: usize = 4_096;

/// Nothing could be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no sink of the audit log can be written")]
pub(crate) struct Unrecorded;

/// One event, and who waits for its number.
struct Job {
    event: Event,
    recorded: oneshot::Sender<Result<u64, Unrecorded>>,
}

/// The log. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AuditLog {
    id: Digest,
    jobs: mpsc::Sender<Job>,
    tail: watch::Receiver<Tail>,
    sinks: Vec<PathBuf>,
}

impl AuditLog {
    /// Opens the log on all its sinks: they must not contradict each other, and what one lacks it gets from another.
    pub(crate) fn open(chain: ChainId, id: Digest, sinks: Vec<PathBuf>) -> Result<Self, AuditFault> {
        let writer = Writer::open(chain, id, &sinks)?;
        let (jobs, waiting) = mpsc::channel(WAITING);
        let (tail_sender, tail) = watch::channel(writer.tail());
        std::thread::Builder::new()
            .name("audit-log".to_owned())
            .spawn(move || writer.run(waiting, &tail_sender))
            .map_err(|source| AuditFault::Thread { source })?;
        Ok(Self { id, jobs, tail, sinks })
    }

    /// Which log this is.
    pub(crate) fn id(&self) -> Digest {
        self.id
    }

    /// How far it has come.
    pub(crate) fn tail(&self) -> Tail {
        *self.tail.borrow()
    }

    /// The folders it is written to.
    pub(crate) fn sinks(&self) -> &[PathBuf] {
        &self.sinks
    }

    /// Records an event; its number once it is on disk.
    pub(crate) async fn record(&self, event: Event) -> Result<u64, Unrecorded> {
        let (recorded, number) = oneshot::channel();
        self.jobs.send(Job { event, recorded }).await.map_err(|_| Unrecorded)?;
        number.await.map_err(|_| Unrecorded)?
    }
}

#[cfg(test)]
#[path = "audit_log/audit_log_test.rs"]
mod audit_log_test;
