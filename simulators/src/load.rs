//! Load: sellers, pre-made owners, and pipelined streams of signed issues.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crypto::OrderToken;
use hdrhistogram::Histogram;
use ledger_types::payload::InvoiceRequest;
use ledger_types::{Address, Digest, Fen, OwnerCondition, Payload, TxOutcome};
use sdk::{Frame, Identity, InvoiceDraft, NodeClient, SignedTx};
use tokio::sync::mpsc;

use crate::city::{City, Merchant};
use crate::dice::Dice;
use crate::drafts;
use crate::error::SimError;
use crate::industry::Industry;
use crate::plan::{Plan, PlanOptions};
use crate::seen::Seen;
use crate::tally::{histogram, micros};

/// What a load sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One invoice, one signature: about 400 bytes of body and envelope.
    Single,
    /// So many invoices under one signature.
    Batch(u16),
}

/// Sellers with ample quotas, and owners for their invoices.
pub struct Sellers {
    merchants: Vec<Merchant>,
    area: ledger_types::Area,
    owners: Vec<(Address, OrderToken)>,
}

impl Sellers {
    /// Opens and approves them.
    pub async fn settle(client: &NodeClient, bureau: &Identity) -> Result<Self, SimError> {
        // A plan without invoices has twenty merchants and the rules; none of them has a small quota.
        let drawn = Plan::draw(PlanOptions { invoices: 0, days: 1, seed: 1 });
        let plan =
            Plan { merchants: vec![Industry::Catering; 8], tight: Vec::new(), companies: 0, persons: 0, ..drawn };
        let city = City::settle(client, bureau, &plan).await?;
        let owners = (0..64)
            .map(|_| OrderToken::generate().map(|token| (token.address(&client.chain_id()), token)))
            .collect::<Result<_, _>>()?;
        Ok(Self { merchants: city.merchants, area: city.area, owners })
    }

    /// Signs the next transaction.
    pub fn sign(&self, client: &NodeClient, shape: Shape, dice: &mut Dice) -> Result<SignedTx, SimError> {
        let frame: Frame = client.new_frame(self.area)?;
        let till = &self.merchants[dice.below(self.merchants.len())].till;
        let mut random = |out: &mut [u8]| crypto::random::fill(out).map_err(crypto::KeyError::from);
        // Ten yuan each: the quota of a seller lasts for a million of them.
        let (address, token) = &self.owners[dice.below(self.owners.len())];
        let draft = || InvoiceDraft { token: Some(token.clone()), ..drafts::small(Industry::Catering, Fen(1_000)) };
        let owner = OwnerCondition::TokenKey(*address);
        Ok(match shape {
            Shape::Single => {
                let request = InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() };
                sdk::sign_invoice(&frame, Payload::Issue(request), &draft(), &[till], &mut random)?
            }
            Shape::Batch(items) => {
                let drafts: Vec<_> = (0..items.max(1)).map(|_| (owner.clone(), draft())).collect();
                sdk::sign_batch(&frame, &drafts, &[till], &mut random)?
            }
        })
    }
}

/// When the next transaction is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many under way; the next when one comes back.
    Closed {
        /// How many.
        in_flight: usize,
    },
    /// So many a second, whether or not they come back; the times between follow Poisson's law.
    Open {
        /// How many.
        per_second: f64,
    },
}

/// A load.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// What.
    pub shape: Shape,
    /// When.
    pub pace: Pace,
    /// How long after warming up.
    pub duration: Duration,
    /// How long before counting begins.
    pub warm_up: Duration,
    /// Streams.
    pub lanes: usize,
    /// Seed of the dice.
    pub seed: u64,
}

impl Load {
    /// Batches for some seconds, to make a chain long.
    pub fn filling(in_flight: usize) -> Self {
        Self {
            shape: Shape::Batch(500),
            pace: Pace::Closed { in_flight },
            duration: Duration::from_secs(4),
            warm_up: Duration::ZERO,
            lanes: 4,
            seed: 1,
        }
    }
}

/// Fills a chain with at least so many invoices; returns how many it has then.
pub async fn fill(client: &NodeClient, sellers: &Arc<Sellers>, load: Load, invoices: u64) -> Result<u64, SimError> {
    loop {
        let slots = client.status().await?.slots;
        if slots >= invoices {
            return Ok(slots);
        }
        run(client, sellers.clone(), load).await?;
    }
}

/// What came of it within the time counted.
pub struct Measured {
    /// Transactions answered.
    pub transactions: u64,
    /// Invoices issued.
    pub invoices: u64,
    /// Answers that were no acceptance.
    pub failed: u64,
    /// The first of them.
    pub first_failure: Option<String>,
    /// Bytes sent.
    pub bytes: u64,
    /// From the moment it was due to be sent to the verdict, microseconds.
    pub latency: Histogram<u64>,
    /// The time counted.
    pub elapsed: Duration,
}

struct Sent {
    due: Instant,
    tx: SignedTx,
}

/// Runs a load and waits for every answer.
pub async fn run(client: &NodeClient, sellers: Arc<Sellers>, load: Load) -> Result<Measured, SimError> {
    let lanes = load.lanes.max(1);
    let begin = Instant::now() + load.warm_up;
    let end = begin + load.duration;
    let sent_bytes = Arc::new(AtomicU64::new(0));
    let mut readers = Vec::new();
    for lane in 0..lanes {
        let window = match load.pace {
            Pace::Closed { in_flight } => (in_flight / lanes).max(1),
            Pace::Open { .. } => 65_536,
        };
        let (to_node, mut fates) = client.submit_stream(true, window).await?;
        let (sent, mut waiting) = mpsc::channel::<Sent>(window);
        let bytes = sent_bytes.clone();
        let lane = Lane {
            client: client.clone(),
            sellers: sellers.clone(),
            load,
            end,
            dice: Dice::new(load.seed ^ lane as u64),
        };
        let sender = tokio::spawn(lane.feed(to_node, sent, bytes));
        let reader = client.clone();
        readers.push(tokio::spawn(async move {
            let mut measured = Measured::new();
            while let Some(sent) = waiting.recv().await {
                let answer = fates.recv().await;
                let seen = match answer.as_ref().and_then(Seen::of) {
                    Some(seen) => seen,
                    None => crate::lanes::resolve(&reader, &sent.tx).await,
                };
                let now = Instant::now();
                if now >= begin && now < end {
                    measured.take(&seen, now.saturating_duration_since(sent.due));
                }
            }
            match sender.await {
                Ok(result) => result.map(|()| measured),
                Err(_) => Err(SimError::Stalled(0)),
            }
        }));
    }
    let mut all = Measured::new();
    for reader in readers {
        all.add(reader.await.map_err(|_| SimError::Stalled(0))??);
    }
    all.elapsed = load.duration;
    all.bytes = sent_bytes.load(Ordering::Relaxed);
    Ok(all)
}

struct Lane {
    client: NodeClient,
    sellers: Arc<Sellers>,
    load: Load,
    end: Instant,
    dice: Dice,
}

impl Lane {
    /// Signs and sends until the time is over. In a closed loop the bounded line to the reader holds it back.
    async fn feed(
        mut self,
        to_node: mpsc::Sender<SignedTx>,
        sent: mpsc::Sender<Sent>,
        bytes: Arc<AtomicU64>,
    ) -> Result<(), SimError> {
        let mut due = Instant::now();
        loop {
            if let Pace::Open { per_second } = self.load.pace {
                let gap = self.dice.exponential() * self.load.lanes.max(1) as f64 / per_second.max(0.001);
                due += Duration::from_secs_f64(gap.min(60.0));
                tokio::time::sleep_until(due.min(self.end).into()).await;
            }
            if Instant::now() >= self.end {
                return Ok(());
            }
            let Ok(place) = sent.reserve().await else { return Ok(()) };
            if let Pace::Closed { .. } = self.load.pace {
                due = Instant::now();
            }
            let tx = self.sellers.sign(&self.client, self.load.shape, &mut self.dice)?;
            bytes.fetch_add(tx.bytes.len() as u64, Ordering::Relaxed);
            place.send(Sent { due, tx: tx.clone() });
            drop(to_node.send(tx).await);
        }
    }
}

impl Measured {
    fn new() -> Self {
        Self {
            transactions: 0,
            invoices: 0,
            failed: 0,
            first_failure: None,
            bytes: 0,
            latency: histogram(),
            elapsed: Duration::ZERO,
        }
    }

    fn take(&mut self, seen: &Seen, latency: Duration) {
        self.transactions += 1;
        self.latency.saturating_record(micros(latency));
        match seen {
            Seen::Accepted(TxOutcome::Issued(_)) => self.invoices += 1,
            Seen::Accepted(TxOutcome::BatchIssued { count, .. }) => self.invoices += u64::from(*count),
            other => {
                self.failed += 1;
                self.first_failure.get_or_insert_with(|| other.describe());
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.transactions += other.transactions;
        self.invoices += other.invoices;
        self.failed += other.failed;
        self.first_failure = self.first_failure.take().or(other.first_failure);
        self.latency.add(other.latency).expect("both have the same bounds");
    }

    /// Transactions a second.
    pub fn rate(&self) -> f64 {
        self.transactions as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Invoices a second.
    pub fn invoice_rate(&self) -> f64 {
        self.invoices as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}
