//! The thread that reads the node's block files again, all the time, a little at a time.

use std::time::Duration;

use storage::Reader;
use tokio::sync::watch;

use crate::metrics::Metrics;

/// All blocks are read again within this time, s: a week.
const ROUND_S: u64 = 7 * 86_400;
const STEPS_A_SECOND: u64 = 4;
/// Bytes of a step, at least: what there is is decoded too, and that takes a processor from those who issue.
const LEAST: u64 = 1 << 18;
const BETWEEN_STEPS: Duration = Duration::from_millis(250);
/// After all blocks were read.
const BETWEEN_ROUNDS: Duration = Duration::from_secs(10);

/// Runs until the node stops, or stops the node: what its files say is not to be trusted any more.
pub(super) fn run(reader: &Reader, metrics: &Metrics, stopping: &watch::Receiver<bool>, fail: &watch::Sender<bool>) {
    let (mut check, mut step) = (reader.self_check(), LEAST);
    loop {
        let rest = match check.step(step) {
            Ok(checked) => {
                metrics.on_self_check(checked.bytes, checked.round_done);
                step = LEAST.max(checked.whole / ROUND_S / STEPS_A_SECOND);
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
