//! Subscribe: every block's changes from a height on, then as they are committed. Nothing is skipped: a slow reader
//! is read for from disk, not from a queue.

use std::pin::Pin;

use ledger_types::{BlockFrame, Canonical, ChangeSet, Height};
use proto::node::v1::*;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{NodeGateway, errors};

/// The stream of changes.
pub(super) type Changes = Pin<Box<dyn Stream<Item = Result<SubscribeResponse, Status>> + Send>>;

/// Blocks read ahead of a reader.
const AHEAD: usize = 8;

impl NodeGateway {
    pub(super) async fn follow(&self, request: SubscribeRequest) -> Result<Changes, Status> {
        self.check_chain(&request.chain_id)?;
        if request.from_height == 0 {
            return Err(errors::invalid("from_height", "the first block has height 1"));
        }
        for kind in &request.structured_kinds {
            if !matches!(ChangeKind::try_from(*kind), Ok(k) if k != ChangeKind::Unspecified) {
                return Err(errors::invalid("structured_kinds", "unknown kind of change"));
            }
        }
        let permit = self.inner.streams.clone().try_acquire_owned().map_err(|_| errors::too_many_streams())?;
        let (out, stream) = mpsc::channel(AHEAD);
        let gateway = self.clone();
        tokio::spawn(async move {
            if let Err(status) = gateway.send_from(request, &out).await {
                drop(out.send(Err(status)).await);
            }
            drop(permit);
        });
        Ok(Box::pin(ReceiverStream::new(stream)))
    }

    async fn send_from(
        &self,
        request: SubscribeRequest,
        out: &mpsc::Sender<Result<SubscribeResponse, Status>>,
    ) -> Result<(), Status> {
        let mut committed = self.inner.committed.clone();
        let mut stopping = self.inner.stopping.clone();
        let mut next = Height(request.from_height);
        loop {
            while next <= *committed.borrow_and_update() {
                let height = next;
                let frame = self.read(move |reader| reader.frame(height).map_err(errors::store)).await?;
                let Some(frame) = frame else { return Err(errors::not_found("block")) };
                if out.send(Ok(message(&frame, &request))).await.is_err() {
                    return Ok(());
                }
                next = next.next();
            }
            tokio::select! {
                more = committed.changed() => if more.is_err() { return Err(errors::stopping()) },
                _ = stopping.wait_for(|s| *s) => return Err(errors::stopping()),
                () = out.closed() => return Ok(()),
            }
        }
    }
}

fn message(frame: &BlockFrame, request: &SubscribeRequest) -> SubscribeResponse {
    let header = &frame.block.header;
    let structured = structured(&frame.changes, &request.structured_kinds);
    SubscribeResponse {
        height: header.height.0,
        complete_to: header.height.0,
        block_id: header.block_id().0.to_vec(),
        time_ms: errors::wire_time(header.time),
        header: header.to_canonical(),
        certificate: frame.certificate.to_canonical(),
        state_root: frame.state_root.0.to_vec(),
        changes: frame.changes.to_canonical(),
        structured: (!request.structured_kinds.is_empty()).then(|| (&structured).into()),
        transactions: if request.include_transactions {
            frame.block.txs.iter().map(Canonical::to_canonical).collect()
        } else {
            Vec::new()
        },
        receipts: if request.include_receipts {
            frame.receipts.iter().map(Canonical::to_canonical).collect()
        } else {
            Vec::new()
        },
    }
}

fn structured(changes: &ChangeSet, kinds: &[i32]) -> ChangeSet {
    use ledger_types::Change;
    let wanted = |kind: ChangeKind| kinds.contains(&(kind as i32));
    let keep = |change: &&Change| match change {
        Change::Output { .. } => wanted(ChangeKind::Output),
        Change::Registry { .. } => wanted(ChangeKind::Registry),
        Change::Request(_) => wanted(ChangeKind::Request),
    };
    ChangeSet { changes: changes.changes.iter().filter(keep).cloned().collect() }
}
