//! Room 2's thread: checks signatures in batches, and passes on what they prove.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crypto::CommitteeKeys;
use ledger::admission::{AuthenticatedTx, authenticate};
use ledger_types::{Refusal, RequestId, RequestScope, TxId};
use tokio::sync::{mpsc, oneshot};

use crate::commit::NodeFault;
use crate::signers;
use crate::stage_times::{Stage, StageTimes};
use crate::submission::{CommitNotice, Reception, Submission};

/// Most submissions checked in one batch.
const BATCH: usize = 512;

/// The lines of a submission whose transaction went on to the core.
pub struct Lines {
    /// Told once it waits.
    pub reception: oneshot::Sender<Reception>,
    /// Told once it is committed.
    pub commit: Option<oneshot::Sender<Result<CommitNotice, Refusal>>>,
    /// When it arrived.
    pub arrived: Instant,
    /// Its request id.
    pub request: (RequestScope, RequestId),
}

/// A checked batch on its way to the core thread.
pub struct CheckedBatch {
    /// The transactions.
    pub txs: Vec<AuthenticatedTx>,
    /// Their submitters, in the same order.
    pub lines: Vec<(TxId, Lines)>,
}

/// Runs until the submissions' channel closes.
pub fn run(
    mut submissions: mpsc::Receiver<Submission>,
    reader: &storage::Reader,
    core: &std::sync::mpsc::SyncSender<super::core_thread::Command>,
    times: &Arc<Mutex<StageTimes>>,
    committee_keys: &CommitteeKeys,
) -> Result<(), NodeFault> {
    let mut cache = signers::of_everybody();
    let mut waiting = Vec::with_capacity(BATCH);
    while submissions.blocking_recv_many(&mut waiting, BATCH) > 0 {
        let (txs, lines): (Vec<_>, Vec<_>) = waiting
            .drain(..)
            .map(|s| (s.tx, Lines { request: s.request, reception: s.reception, commit: s.commit, arrived: s.arrived }))
            .unzip();
        let mut batch_times = StageTimes::default();
        batch_times.checked += txs.len() as u64;
        let view = reader.view();
        let verdicts = batch_times.measure(Stage::Verify, || authenticate(txs, &view, &mut cache, committee_keys))?;
        times.lock().unwrap_or_else(PoisonError::into_inner).add(&batch_times);
        let mut checked = CheckedBatch { txs: Vec::new(), lines: Vec::new() };
        for (verdict, lines) in verdicts.into_iter().zip(lines) {
            match verdict {
                Ok(tx) => {
                    checked.lines.push((tx.id(), lines));
                    checked.txs.push(tx);
                }
                Err((_, refusal)) => drop(lines.reception.send(Reception::Refused(refusal))),
            }
        }
        if !checked.txs.is_empty() && core.send(super::core_thread::Command::Checked(checked)).is_err() {
            return Err(NodeFault::RoomGone("core"));
        }
    }
    Ok(())
}
