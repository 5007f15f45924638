//! A load that outlives its nodes: every transaction is sent, to one node or another, until its verdict is known.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ledger_types::{Height, TxId};
use sdk::{FateState, NodeClient, SignedTx};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::dice::Dice;
use crate::error::SimError;
use crate::load::{Sellers, Shape};

/// After the load is stopped, an open transaction is asked after for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// In a block, accepted or refused.
    InBlock(Height, u16),
    /// Refused before any block.
    NotTaken,
    /// Nobody said.
    Open,
}

/// A transaction and the first verdict on it.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Which.
    pub tx: TxId,
    /// What.
    pub outcome: Outcome,
    /// When.
    pub at: Instant,
}

/// A load under way.
pub struct Steady {
    stop: watch::Sender<bool>,
    lanes: Vec<JoinHandle<Result<(), SimError>>>,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Steady {
    /// Starts lanes that send one transaction after the other. Lanes begin with different nodes, and go on to the next
    /// node when one does not answer.
    pub fn start(clients: &[NodeClient], sellers: &Arc<Sellers>, lanes: usize, seed: u64) -> Self {
        let (stop, stopping) = watch::channel(false);
        let told = Arc::new(Mutex::new(Vec::new()));
        let lanes = (0..lanes)
            .map(|lane| {
                let lane = Lane {
                    clients: clients.to_vec(),
                    sellers: sellers.clone(),
                    next: lane,
                    dice: Dice::new(seed ^ lane as u64),
                    stopping: stopping.clone(),
                    told: told.clone(),
                };
                tokio::spawn(lane.run())
            })
            .collect();
        Self { stop, lanes, told }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Transactions whose verdict is known.
    pub fn told(&self) -> usize {
        self.lock().len()
    }

    /// Transactions in blocks, told since a moment.
    pub fn committed_since(&self, since: Instant) -> usize {
        self.lock().iter().filter(|t| t.at >= since && matches!(t.outcome, Outcome::InBlock(..))).count()
    }

    /// The longest time without a verdict from a moment on.
    pub fn longest_gap(&self, since: Instant) -> Duration {
        let mut last = since;
        let mut longest = Duration::ZERO;
        let told = self.lock();
        let mut times: Vec<_> = told.iter().map(|t| t.at).filter(|at| *at >= since).collect();
        times.sort_unstable();
        for at in times.into_iter().chain([Instant::now()]) {
            longest = longest.max(at.saturating_duration_since(last));
            last = at;
        }
        longest
    }

    /// Stops sending and waits until every verdict is known.
    ///
    /// # Errors
    /// A transaction could not be signed.
    pub async fn stop(self) -> Result<Vec<Told>, SimError> {
        self.stop.send_replace(true);
        for lane in self.lanes {
            match lane.await {
                Ok(ended) => ended?,
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(told.clone())
    }
}

struct Lane {
    clients: Vec<NodeClient>,
    sellers: Arc<Sellers>,
    next: usize,
    dice: Dice,
    stopping: watch::Receiver<bool>,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Lane {
    async fn run(mut self) -> Result<(), SimError> {
        while !*self.stopping.borrow() {
            let client = self.clients[self.next % self.clients.len()].clone();
            let tx = self.sellers.sign(&client, Shape::Single, &mut self.dice)?;
            let outcome = self.resolve(&tx).await;
            let told = Told { tx: tx.id, outcome, at: Instant::now() };
            self.told.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        }
        Ok(())
    }

    /// The same bytes, to node after node.
    async fn resolve(&mut self, tx: &SignedTx) -> Outcome {
        let mut give_up: Option<Instant> = None;
        loop {
            let client = &self.clients[self.next % self.clients.len()];
            if let Ok(fate) = client.submit_and_wait(tx).await {
                match fate.state {
                    FateState::Committed(block) | FateState::Refused(block) => {
                        return Outcome::InBlock(block.height, block.index);
                    }
                    _ if fate.is_final() => return Outcome::NotTaken,
                    _ => {}
                }
            }
            self.next += 1;
            if *self.stopping.borrow() {
                let until = *give_up.get_or_insert_with(|| Instant::now() + PATIENCE);
                if Instant::now() > until {
                    return Outcome::Open;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
