//! The threads beside consensus that make snapshots and give them to those that begin.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::links::Links;
use crate::clock::wall_ms;
use crate::peer_message::PeerMessage;
use crate::peers::{PeerId, To};
use crate::snapshots::{SnapshotJob, SnapshotServer};

/// Questions that may wait; who is not answered asks again, or somebody else.
pub(super) const WAITING: usize = 32;
/// The longest rest between two chunks.
const LONGEST_REST: Duration = Duration::from_millis(250);

/// Makes one snapshot at a time.
#[derive(Clone)]
pub struct Maker {
    busy: Arc<AtomicBool>,
    stopping: watch::Receiver<bool>,
}

impl Maker {
    pub(super) fn new(stopping: watch::Receiver<bool>) -> Self {
        Self { busy: Arc::default(), stopping }
    }

    /// Makes a snapshot on a thread of its own; not while the one before is still being made.
    pub(super) fn make(&self, job: SnapshotJob) {
        let height = job.height();
        if self.busy.swap(true, Ordering::AcqRel) {
            tracing::warn!(height = height.0, "no snapshot: the one before is still being made");
            return;
        }
        let this = self.clone();
        let thread = std::thread::Builder::new().name("snapshot".to_owned()).spawn(move || {
            this.run(job);
            this.busy.store(false, Ordering::Release);
        });
        if let Err(error) = thread {
            tracing::error!(%error, "no thread for a snapshot");
            self.busy.store(false, Ordering::Release);
        }
    }

    fn run(&self, job: SnapshotJob) {
        let (height, began, mut chunk) = (job.height(), Instant::now(), Instant::now());
        let made = job.run(&mut || {
            // Half a core at most.
            std::thread::sleep(chunk.elapsed().min(LONGEST_REST));
            chunk = Instant::now();
            !*self.stopping.borrow()
        });
        match made {
            Ok(Some(manifest)) => {
                let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                tracing::info!(height = height.0, snapshot = %manifest.id(), ms, "made a snapshot");
            }
            Ok(None) => {}
            Err(error) => tracing::error!(height = height.0, %error, "no snapshot"),
        }
    }
}

/// Answers peers' questions until nobody is left who could pass one on.
pub(super) fn serve(questions: &Receiver<(PeerId, PeerMessage)>, mut server: SnapshotServer, links: &Links) {
    while let Ok((peer, question)) = questions.recv() {
        match server.answer(&question) {
            Ok(Some(answer)) => {
                if let PeerMessage::Chunk { bytes, .. } = &answer {
                    std::thread::sleep(Duration::from_millis(server.wait_ms(bytes.len(), wall_ms())));
                }
                links.send(To::Peer(peer), &answer);
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a snapshot cannot be read"),
        }
    }
}
