//! Lanes: a few pipelined streams to the node, each with its own task for signing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crypto::{OrderToken, SoftwareProvider};
use ledger_types::payload::InvoiceRequest;
use ledger_types::{Digest, OwnerCondition, Payload, RequestId};
use sdk::{ClientError, Fate, Frame, Identity, InvoiceDraft, NodeClient, SignedTx};
use tokio::sync::mpsc;

use crate::error::SimError;
use crate::seen::Seen;

/// What is to be signed and sent.
pub enum Content {
    /// A step, signed by one.
    Plain(Payload, Identity),
    /// A claim, signed with the order token's key.
    Claim(Payload, Arc<OrderToken>),
    /// A new invoice with a token of its own.
    Invoice {
        /// The invoice.
        draft: Box<InvoiceDraft>,
        /// The seller.
        seller: Identity,
        /// Change a byte of the last amount once signed.
        tamper: bool,
    },
    /// The same bytes once more.
    Again(Box<SignedTx>),
}

/// A job for a lane.
pub struct Job<T> {
    /// The caller's own mark.
    pub mark: T,
    /// Chain, area, request id, limit.
    pub frame: Frame,
    /// What.
    pub content: Content,
    /// Hand the signed bytes back.
    pub keep: bool,
}

/// A job that came back.
pub struct Done<T> {
    /// The caller's own mark.
    pub mark: T,
    /// What came of it.
    pub seen: Seen,
    /// From sending to the answer.
    pub latency: Duration,
    /// The request id it had.
    pub request_id: RequestId,
    /// The token of a new invoice.
    pub token: Option<Arc<OrderToken>>,
    /// The bytes, if they were to be kept.
    pub tx: Option<Box<SignedTx>>,
}

struct Sent<T> {
    job: T,
    at: Instant,
    tx: SignedTx,
    token: Option<Arc<OrderToken>>,
    keep: bool,
}

/// Open lanes; jobs go round in turn.
pub struct Lanes<T> {
    queues: Vec<mpsc::Sender<Job<T>>>,
    next: usize,
}

/// Jobs that wait for a lane's signing task.
const QUEUE: usize = 256;

impl<T: Send + 'static> Lanes<T> {
    /// Opens lanes; what comes back goes to `done`.
    pub async fn open(
        client: &NodeClient,
        lanes: usize,
        window: usize,
        done: &mpsc::UnboundedSender<Done<T>>,
    ) -> Result<Self, SimError> {
        let mut queues = Vec::new();
        for _ in 0..lanes.max(1) {
            let (to_node, fates) = client.submit_stream(true, window).await?;
            let (queue, jobs) = mpsc::channel(QUEUE);
            let (sent, waiting) = mpsc::channel(window);
            tokio::spawn(sign_and_send(client.clone(), jobs, to_node, sent, done.clone()));
            tokio::spawn(read_answers(client.clone(), waiting, fates, done.clone()));
            queues.push(queue);
        }
        Ok(Self { queues, next: 0 })
    }

    /// Hands a job to the next lane.
    pub async fn send(&mut self, job: Job<T>) -> Result<(), SimError> {
        self.next = (self.next + 1) % self.queues.len();
        self.queues[self.next].send(job).await.map_err(|_| SimError::Stalled(0))
    }
}

async fn sign_and_send<T: Send + 'static>(
    client: NodeClient,
    mut jobs: mpsc::Receiver<Job<T>>,
    to_node: mpsc::Sender<SignedTx>,
    sent: mpsc::Sender<Sent<T>>,
    done: mpsc::UnboundedSender<Done<T>>,
) {
    while let Some(job) = jobs.recv().await {
        let Job { mark, frame, content, keep } = job;
        match sign(&client, &frame, content) {
            Ok((tx, token)) => {
                let copy = tx.clone();
                if sent.send(Sent { job: mark, at: Instant::now(), tx, token, keep }).await.is_err() {
                    return;
                }
                // A broken stream is noticed by the reader, which then asks for each fate by itself.
                drop(to_node.send(copy).await);
            }
            Err(why) => {
                let seen = Seen::Failed(why.to_string());
                let (latency, request_id) = (Duration::ZERO, frame.request_id);
                drop(done.send(Done { mark, seen, latency, request_id, token: None, tx: None }));
            }
        }
    }
}

async fn read_answers<T: Send + 'static>(
    client: NodeClient,
    mut waiting: mpsc::Receiver<Sent<T>>,
    mut fates: mpsc::Receiver<Result<Fate, ClientError>>,
    done: mpsc::UnboundedSender<Done<T>>,
) {
    while let Some(sent) = waiting.recv().await {
        let answer = fates.recv().await;
        let seen = match answer.as_ref().and_then(Seen::of) {
            Some(seen) => seen,
            None => resolve(&client, &sent.tx).await,
        };
        let back = Done {
            mark: sent.job,
            seen,
            latency: sent.at.elapsed(),
            request_id: sent.tx.request_id,
            token: sent.token,
            tx: sent.keep.then(|| Box::new(sent.tx)),
        };
        if done.send(back).is_err() {
            return;
        }
    }
}

/// Sends the same bytes by a single call until there is a verdict: for lost answers and full waiting rooms.
pub async fn resolve(client: &NodeClient, tx: &SignedTx) -> Seen {
    for _ in 0..5 {
        let result = client.submit_and_wait(tx).await;
        if let Some(seen) = Seen::of(&result) {
            return seen;
        }
    }
    Seen::Failed(format!("transaction {} got no verdict", tx.id))
}

type Signed = (SignedTx, Option<Arc<OrderToken>>);

fn sign(client: &NodeClient, frame: &Frame, content: Content) -> Result<Signed, SimError> {
    match content {
        Content::Plain(payload, who) => Ok((sdk::sign_plain(frame, payload, &[&who])?, None)),
        Content::Claim(payload, token) => {
            let key = token.claim_key(&client.chain_id(), &SoftwareProvider::shared())?;
            Ok((sdk::sign_plain(frame, payload, &[&Identity::bare(key)])?, None))
        }
        Content::Invoice { draft, seller, tamper } => {
            let token = Arc::new(OrderToken::generate()?);
            let owner = OwnerCondition::TokenKey(token.address(&client.chain_id()));
            let request = InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() };
            let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
            let draft = sdk::InvoiceDraft { token: Some(OrderToken::clone(&token)), ..*draft };
            let mut tx = sdk::sign_invoice(frame, Payload::Issue(request), &draft, &[&seller], &mut random)?;
            if tamper {
                change_last_amount(&mut tx.bytes);
            }
            Ok((tx, Some(token)))
        }
        Content::Again(tx) => Ok((*tx, None)),
    }
}

/// Adds to the tax of the last line: eight bytes before the count and the one signature at the end.
fn change_last_amount(bytes: &mut [u8]) {
    const BEHIND: usize = 4 + 64;
    if let Some(place) = bytes.len().checked_sub(BEHIND + 8) {
        bytes[place] ^= 1;
    }
}
