//! SubmitStream: many transactions over one call, answered in order.

use std::pin::Pin;
use std::time::Instant;

use proto::convert::{Fate, FateState};
use proto::node::v1::*;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::{Status, Streaming};

use super::submit::Received;
use super::{NodeGateway, errors};

/// The stream of answers.
pub(super) type Answers = Pin<Box<dyn Stream<Item = Result<SubmitStreamResponse, Status>> + Send>>;

/// Transactions of one stream under way at once: the window of a slow reader.
const WINDOW: usize = 4_096;

type Underway = (u64, bool, tokio::task::JoinHandle<Result<Received, Status>>);

impl NodeGateway {
    pub(super) async fn submit_many(&self, requests: Streaming<SubmitStreamRequest>) -> Result<Answers, Status> {
        let permit = self.inner.streams.clone().try_acquire_owned().map_err(|_| errors::too_many_streams())?;
        let (underway, queue) = mpsc::channel::<Underway>(WINDOW);
        let (answer, answers) = mpsc::channel(WINDOW);
        tokio::spawn(self.clone().take_in(requests, underway));
        let gateway = self.clone();
        tokio::spawn(async move {
            gateway.answer_in_order(queue, answer).await;
            drop(permit);
        });
        Ok(Box::pin(ReceiverStream::new(answers)))
    }

    async fn take_in(self, mut requests: Streaming<SubmitStreamRequest>, underway: mpsc::Sender<Underway>) {
        while let Some(Ok(request)) = requests.next().await {
            let gateway = self.clone();
            let wants_verdict = request.wait_for_receipt;
            // The place in the queue is taken first: a full window holds the reader back, not the node's memory.
            let Ok(place) = underway.reserve().await else { return };
            let task = tokio::spawn(async move { gateway.receive(request.tx, wants_verdict).await });
            place.send((request.mark, wants_verdict, task));
        }
    }

    async fn answer_in_order(
        self,
        mut queue: mpsc::Receiver<Underway>,
        answers: mpsc::Sender<Result<SubmitStreamResponse, Status>>,
    ) {
        while let Some((mark, wants_verdict, task)) = queue.recv().await {
            let received = task.await.unwrap_or_else(|_| Err(errors::stopping()));
            let response = match received {
                Ok(received) => self.answer(mark, wants_verdict, received).await,
                Err(status) => failure(mark, Vec::new(), &status),
            };
            if answers.send(Ok(response)).await.is_err() {
                return;
            }
        }
    }

    async fn answer(&self, mark: u64, wants_verdict: bool, received: Received) -> SubmitStreamResponse {
        let tx_id = received.id.0.to_vec();
        let deadline = Instant::now() + self.clamp_wait(0);
        let fate = match (wants_verdict, received.verdict) {
            (false, None) => {
                Ok(Fate { tx_id: Some(received.id), request: Some(received.request), state: FateState::Pending })
            }
            (_, line) => self.await_verdict(&received.id, received.request, line, deadline).await,
        };
        match fate {
            Ok(fate) => {
                let result = Some(submit_stream_response::Result::Fate((&fate).into()));
                SubmitStreamResponse { mark, tx_id, result }
            }
            Err(status) => failure(mark, tx_id, &status),
        }
    }
}

fn failure(mark: u64, tx_id: Vec<u8>, status: &Status) -> SubmitStreamResponse {
    let failure = SubmitFailure {
        code: status.code() as i32,
        message: status.message().to_owned(),
        status: status.details().to_vec(),
    };
    SubmitStreamResponse { mark, tx_id, result: Some(submit_stream_response::Result::Failure(failure)) }
}
