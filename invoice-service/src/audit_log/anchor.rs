//! Says on the chain how far the log has come, every so often: what is cut off or changed behind that shows.

use std::sync::Arc;
use std::time::Duration;

use ledger_types::{AccountId, Digest, Payload};
use tokio::sync::watch;

use super::{AuditFault, Tail, verify};
use crate::content::Asked;
use crate::desk::Desk;
use crate::error::ServiceError;
use crate::failure::Failure;

/// Who anchors, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchoring {
    /// In whose name; its key is hosted.
    pub(crate) account: AccountId,
    pub(crate) every: Duration,
}

impl Anchoring {
    /// Holds the log against what the chain says of it: at the start, before anything is added.
    ///
    /// # Errors
    /// [`AuditFault::NotAsAnchored`] if it was cut off or changed; [`ServiceError::Node`].
    pub(crate) async fn check(self, desk: &Desk) -> Result<(), ServiceError> {
        let log = &desk.audit;
        let Some(anchored) = desk.node.anchored_log(self.account, log.id()).await? else { return Ok(()) };
        let anchored = Tail { number: anchored.entries, head: anchored.head };
        let (chain, id, folder) = (desk.chain(), log.id(), log.sinks().first().cloned().ok_or(AuditFault::NoSink)?);
        let check = move || verify(&chain, id, &folder, Some(anchored));
        tokio::task::spawn_blocking(check).await.map_err(|_| ServiceError::Stopped)??;
        Ok(())
    }

    /// Anchors until `stopping`, and then once more.
    pub(crate) async fn run(self, desk: Arc<Desk>, mut stopping: watch::Receiver<bool>) {
        let mut done = 0;
        loop {
            let stop = tokio::select! {
                () = tokio::time::sleep(self.every) => false,
                _ = stopping.wait_for(|stop| *stop) => true,
            };
            let tail = desk.audit.tail();
            if tail.number > done {
                match self.anchor(&desk, tail).await {
                    Ok(()) => done = tail.number,
                    Err(failure) => tracing::error!(?failure, entries = tail.number, "the audit log is not anchored"),
                }
            }
            if stop {
                return;
            }
        }
    }

    pub(crate) async fn anchor(self, desk: &Arc<Desk>, tail: Tail) -> Result<(), Failure> {
        let area = desk.account(self.account).await?.area;
        let request = desk.node.new_frame(area)?.request_id;
        let asked = Asked { account: self.account, request, content: Digest::ZERO };
        let payload = Payload::AnchorLog { log: desk.audit.id(), entries: tail.number, head: tail.head };
        desk.change(asked, || async { Ok(desk.plain(asked, area, payload)) }).await?;
        Ok(())
    }
}
