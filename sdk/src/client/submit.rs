//! Submitting: the same bytes for every retry, and the fate for every lost reply.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use proto::convert::{Fate, Subject};
use proto::node::v1::{GetFateRequest, SubmitRequest, SubmitStreamRequest, submit_stream_response};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::NodeClient;
use crate::draft::SignedTx;
use crate::error::ClientError;

/// A transaction is sealed again so often at most: nodes may be a block apart.
const MOST_SEALED_AGAIN: u32 = 3;

impl NodeClient {
    /// Hands in a transaction; answers once it waits for a block (or its fate, if it is known already).
    pub async fn submit(&self, tx: &SignedTx) -> Result<Fate, ClientError> {
        self.hear_committee().await;
        let mut tx = Cow::Borrowed(tx);
        for _ in 0..MOST_SEALED_AGAIN {
            match self.submit_once(&tx, false).await {
                Err(error) if error.is_of_another_key() => tx = Cow::Owned(self.again(&tx, error).await?),
                other => return other,
            }
        }
        self.submit_once(&tx, false).await
    }

    /// The transaction sealed for the key that the node wants, or the node's refusal if it cannot be.
    async fn again(&self, tx: &SignedTx, refusal: ClientError) -> Result<SignedTx, ClientError> {
        self.sealed_again(tx).await?.ok_or(refusal)
    }

    /// Hands in a transaction and waits for its verdict. Seals its body again if another key of the committee is in force
    /// (`tx.seals` at hand); sends the same bytes again after a transport fault, and
    /// asks for the fate after a lost reply; gives up at the deadline with [`ClientError::Undecided`], which can be
    /// resolved later with [`NodeClient::fate`]. A receipt that refuses is a fate here, not an error.
    pub async fn submit_and_wait(&self, tx: &SignedTx) -> Result<Fate, ClientError> {
        let deadline = Instant::now() + self.shared.deadline;
        let mut pause = Duration::from_millis(20);
        self.hear_committee().await;
        let (mut tx, mut sealed_again) = (Cow::Borrowed(tx), 0);
        loop {
            match self.submit_once(&tx, true).await {
                Ok(fate) if fate.is_final() => return Ok(fate),
                // Another key is in force: the same transaction, sealed for that one.
                Err(error) if error.is_of_another_key() && sealed_again < MOST_SEALED_AGAIN => {
                    sealed_again += 1;
                    tx = Cow::Owned(self.again(&tx, error).await?);
                    continue;
                }
                Err(error) if !error.is_retryable() => return Err(error),
                // Pending at the server's own time limit, or a fault on the way: ask and try again.
                Ok(_) | Err(_) => {}
            }
            if Instant::now() + pause >= deadline {
                return Err(ClientError::Undecided { tx: tx.id });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
            if let Ok(fate) = self.fate(Subject::Tx(tx.id), Some(tx.valid_until_ms)).await
                && fate.is_final()
            {
                return Ok(fate);
            }
        }
    }

    /// The fate of any transaction or request id, for ever. `valid_until_ms` lets the node say that an unseen one
    /// has expired.
    pub async fn fate(&self, subject: Subject, valid_until_ms: Option<u64>) -> Result<Fate, ClientError> {
        let request = GetFateRequest {
            subject: Some(subject.into()),
            read_options: Some(self.options()),
            valid_until_ms: valid_until_ms.and_then(|ms| i64::try_from(ms).ok()),
        };
        let answer = self.wire.clone().get_fate(request).await.map_err(ClientError::from_status)?.into_inner();
        self.hear(answer.read_context.as_ref())?;
        answer.fate.ok_or_else(|| ClientError::missing("fate"))?.try_into().map_err(ClientError::from_convert)
    }

    async fn submit_once(&self, tx: &SignedTx, wait: bool) -> Result<Fate, ClientError> {
        let request = SubmitRequest {
            tx: tx.bytes.clone(),
            wait_for_receipt: wait,
            wait_timeout_ms: 0,
            chain_id: self.shared.chain.0.to_vec(),
        };
        let answer = self.wire.clone().submit(request).await.map_err(ClientError::from_status)?.into_inner();
        answer.fate.ok_or_else(|| ClientError::missing("fate"))?.try_into().map_err(ClientError::from_convert)
    }

    /// Submits many over one stream: send transactions in, fates come out in the same order. Backpressure both ways.
    pub async fn submit_stream(
        &self,
        wait_for_receipts: bool,
        window: usize,
    ) -> Result<(mpsc::Sender<SignedTx>, mpsc::Receiver<Result<Fate, ClientError>>), ClientError> {
        let (transactions, queue) = mpsc::channel::<SignedTx>(window);
        let requests = ReceiverStream::new(queue).map(move |tx| SubmitStreamRequest {
            tx: tx.bytes,
            mark: 0,
            wait_for_receipt: wait_for_receipts,
        });
        // A stream outlives the deadline of a call.
        let mut call = tonic::Request::new(requests);
        call.set_timeout(Duration::from_secs(24 * 3_600));
        let mut wire = self.wire.clone();
        let (out, fates) = mpsc::channel(window);
        let mut answers = wire.submit_stream(call).await.map_err(ClientError::from_status)?.into_inner();
        tokio::spawn(async move {
            while let Some(answer) = answers.next().await {
                let fate = answer.map_err(ClientError::from_status).and_then(|a| match a.result {
                    Some(submit_stream_response::Result::Fate(fate)) => {
                        Fate::try_from(fate).map_err(ClientError::from_convert)
                    }
                    Some(submit_stream_response::Result::Failure(failure)) => Err(ClientError::from_failure(&failure)),
                    None => Err(ClientError::missing("result")),
                });
                let broken = matches!(&fate, Err(e) if e.is_transport());
                if out.send(fate).await.is_err() || broken {
                    return;
                }
            }
        });
        Ok((transactions, fates))
    }
}
