//! The thread that carries orders of erasure out on this node's disk.

use std::time::Duration;

use storage::{ErasedStep, Eraser, StoreError};
use tokio::sync::watch;

use super::self_check::sleep;
use crate::metrics::Metrics;

/// How often it is looked whether there is something to do.
const EVERY: Duration = Duration::from_secs(1);
/// After an order that cannot be carried out as things are.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// Runs until the node stops, or stops the node: a frame that is half replaced is ended at the next start.
pub(super) fn run(mut eraser: Eraser, metrics: &Metrics, stopping: &watch::Receiver<bool>, fail: &watch::Sender<bool>) {
    loop {
        let rest = match eraser.step() {
            Ok(ErasedStep::Done { order, blocks, sections }) => {
                if sections > 0 {
                    tracing::info!(%order, blocks, sections, "carried out an order of erasure");
                }
                metrics.erasure_failed.set(0);
                Duration::ZERO
            }
            Ok(ErasedStep::Idle | ErasedStep::Busy) => EVERY,
            Err(error @ StoreError::Change(_)) => {
                tracing::error!(%error, "an order of erasure cannot be carried out");
                metrics.erasure_failed.set(1);
                AFTER_FAILURE
            }
            Err(error) => {
                tracing::error!(%error, "an erasure failed: this node stops, its next start goes on with it");
                fail.send_replace(true);
                return;
            }
        };
        if !sleep(rest, stopping) {
            return;
        }
    }
}
