//! The thread that reads the node's block files again, all the time, a little at a time.

use std::time::Duration;

use storage::Reader;
use tokio::sync::watch;

use crate::metrics::Metrics;

/// Bytes of a step; four steps a second.
const STEP: u64 = 1 << 20;
const BETWEEN_STEPS: Duration = Duration::from_millis(250);
/// After all blocks were read.
const BETWEEN_ROUNDS: Duration = Duration::from_secs(10);

/// Runs until the node stops, or stops the node: what its files say is not to be trusted any more.
pub(super) fn run(reader: &Reader, metrics: &Metrics, stopping: &watch::Receiver<bool>, fail: &watch::Sender<bool>) {
    let mut check = reader.self_check();
    loop {
        let rest = match check.step(STEP) {
            Ok(checked) => {
                metrics.on_self_check(checked.bytes, checked.round_done);
                if checked.round_done { BETWEEN_ROUNDS } else { BETWEEN_STEPS }
            }
            Err(error) => {
                metrics.on_damage();
                tracing::error!(%error, "this node's files are damaged: it stops; run fsck for the remedy");
                fail.send_replace(true);
                return;
            }
        };
        if !sleep(rest, stopping) {
            return;
        }
    }
}

/// False if the node stops meanwhile.
pub(super) fn sleep(mut rest: Duration, stopping: &watch::Receiver<bool>) -> bool {
    const NAP: Duration = Duration::from_millis(50);
    while !rest.is_zero() {
        // A sender that is gone took the node with it.
        if *stopping.borrow() || stopping.has_changed().is_err() {
            return false;
        }
        std::thread::sleep(rest.min(NAP));
        rest = rest.saturating_sub(NAP);
    }
    true
}
