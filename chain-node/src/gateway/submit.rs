//! Submit, WaitReceipt, GetFate, GetTransaction.

use std::time::{Duration, Instant};

use ledger::admission::{RawTx, decode};
use ledger_types::{RequestId, RequestScope, TxId};
use proto::convert::{Fate, FateState, InBlock, Subject};
use proto::node::v1::*;
use tokio::sync::oneshot;
use tonic::Status;

use super::{NodeGateway, errors};
use crate::fate::can_no_longer_come;
use crate::queries::transactions;
use crate::submission::{CommitNotice, Reception, Submission};

/// The line on which a submission's verdict comes.
pub(super) type VerdictLine = oneshot::Receiver<Result<CommitNotice, ledger_types::Refusal>>;

/// A transaction that passed the door.
pub(super) struct Received {
    /// Its id.
    pub(super) id: TxId,
    /// Where its verdict will come, unless it was committed before.
    pub(super) verdict: Option<VerdictLine>,
    /// Its request id.
    pub(super) request: (RequestScope, RequestId),
}

impl NodeGateway {
    pub(super) async fn submit_one(&self, request: SubmitRequest) -> Result<SubmitResponse, Status> {
        self.check_chain(&request.chain_id)?;
        let received = self.receive(request.tx, request.wait_for_receipt).await?;
        let deadline = Instant::now() + self.clamp_wait(request.wait_timeout_ms);
        let fate = if request.wait_for_receipt {
            self.await_verdict(&received.id, received.request, received.verdict, deadline).await?
        } else {
            self.fate_of(Subject::Tx(received.id)).await?
        };
        Ok(SubmitResponse { tx_id: received.id.0.to_vec(), fate: Some((&fate).into()) })
    }

    /// Decodes a transaction, has its signatures checked and lets it wait for a block.
    pub(super) async fn receive(&self, bytes: Vec<u8>, wants_verdict: bool) -> Result<Received, Status> {
        let chain = self.inner.chain;
        if self.inner.applies {
            return Err(errors::takes_no_transactions());
        }
        let tx = self.measure_decode(|| decode(&chain, RawTx(bytes))).map_err(|refusal| {
            self.inner.metrics.on_refusal(refusal.reason);
            errors::refused(&refusal, None)
        })?;
        let id = tx.id();
        let request = (tx.envelope().request_scope().unwrap_or(RequestScope(0)), tx.envelope().request_id);
        let (reception, received) = oneshot::channel();
        let (commit, verdict) = oneshot::channel();
        let submission =
            Submission { tx, request, reception, commit: wants_verdict.then_some(commit), arrived: Instant::now() };
        self.inner.submissions.try_send(submission).map_err(|e| match e {
            tokio::sync::mpsc::error::TrySendError::Full(_) => errors::overloaded(&id),
            tokio::sync::mpsc::error::TrySendError::Closed(_) => errors::stopping(),
        })?;
        match received.await {
            Ok(Reception::Waiting) => Ok(Received { id, verdict: wants_verdict.then_some(verdict), request }),
            Ok(Reception::Known) => Ok(Received { id, verdict: None, request }),
            Ok(Reception::Refused(refusal)) => Err(errors::refused(&refusal, Some(&id))),
            Err(_) => Err(errors::stopping()),
        }
    }

    /// Waits for the verdict on a received transaction; its fate so far when the time is over.
    pub(super) async fn await_verdict(
        &self,
        id: &TxId,
        request: (RequestScope, RequestId),
        line: Option<VerdictLine>,
        deadline: Instant,
    ) -> Result<Fate, Status> {
        if let Some(line) = line {
            match tokio::time::timeout_at(deadline.into(), line).await {
                Ok(Ok(Err(refusal))) => return Err(errors::refused(&refusal, Some(id))),
                Ok(Err(_)) => return Err(errors::stopping()),
                Ok(Ok(Ok(notice))) => return Ok(in_block(*id, request, notice)),
                Err(_) => {}
            }
        }
        self.fate_of(Subject::Tx(*id)).await
    }

    pub(super) async fn wait_for_receipt(&self, request: WaitReceiptRequest) -> Result<WaitReceiptResponse, Status> {
        let subject = request.read_subject().map_err(errors::convert)?;
        self.at_height(request.read_options.as_ref()).await?;
        let deadline = Instant::now() + self.clamp_wait(request.timeout_ms);
        let mut committed = self.inner.committed.clone();
        let fate = loop {
            committed.mark_unchanged();
            let fate = self.fate_of(subject).await?;
            if fate.is_final() {
                break fate;
            }
            let more = tokio::time::timeout_at(deadline.into(), committed.changed()).await;
            if !matches!(more, Ok(Ok(()))) {
                break fate;
            }
        };
        Ok(WaitReceiptResponse { read_context: Some(self.context()), fate: Some((&fate).into()) })
    }

    pub(super) async fn fate(&self, request: GetFateRequest) -> Result<GetFateResponse, Status> {
        let subject = request.read_subject().map_err(errors::convert)?;
        self.at_height(request.read_options.as_ref()).await?;
        let mut fate = self.fate_of(subject).await?;
        let valid_until = request.valid_until_ms.and_then(|ms| u64::try_from(ms).ok());
        let now = self.inner.reader.tip().time;
        if fate.state == FateState::Unknown && can_no_longer_come(now, &subject, valid_until) {
            fate.state = FateState::Expired;
        }
        Ok(GetFateResponse { read_context: Some(self.context()), fate: Some((&fate).into()) })
    }

    pub(super) async fn transaction(&self, request: GetTransactionRequest) -> Result<GetTransactionResponse, Status> {
        let id = proto::convert::field::tx_id(&request.tx_id, "tx_id").map_err(errors::convert)?;
        self.at_height(request.read_options.as_ref()).await?;
        let found = self.read(move |reader| transactions::find(reader, &id).map_err(errors::store)).await?;
        let Some(found) = found else { return Err(errors::not_found("transaction")) };
        Ok(GetTransactionResponse {
            read_context: Some(self.context()),
            fate: Some((&found.fate()).into()),
            transaction: Some((&found.tx).into()),
        })
    }

    /// The fate from what is committed and what waits.
    pub(super) async fn fate_of(&self, subject: Subject) -> Result<Fate, Status> {
        // Waiting first, then committed: a transaction that moves from one to the other is not missed.
        let waiting = self.waiting(&subject);
        let committed = self
            .read(move |reader| {
                let id = match subject {
                    Subject::Tx(id) => Some(id),
                    Subject::Request(scope, id) => {
                        reader.request(scope, id).map_err(errors::store)?.map(|entry| entry.tx)
                    }
                };
                let Some(id) = id else { return Ok(None) };
                transactions::find(reader, &id).map_err(errors::store)
            })
            .await?;
        let request = match subject {
            Subject::Tx(_) => None,
            Subject::Request(scope, id) => Some((scope, id)),
        };
        Ok(match (committed, waiting) {
            (Some(found), _) => found.fate(),
            (None, Some(id)) => Fate { tx_id: Some(id), request, state: FateState::Pending },
            (None, None) => {
                let tx_id = if let Subject::Tx(id) = subject { Some(id) } else { None };
                Fate { tx_id, request, state: FateState::Unknown }
            }
        })
    }
}

/// How long a read waits for `min_height` at most.
pub(super) const MAX_HEIGHT_WAIT: Duration = Duration::from_secs(10);

fn in_block(id: TxId, request: (RequestScope, RequestId), notice: CommitNotice) -> Fate {
    let CommitNotice { height, index, time, receipt } = notice;
    Fate::in_block(id, request, InBlock { height, index, time, receipt })
}
