//! Follows the chain's change sets: keeps the list of offers up to date, forgets what is ordered to be deleted, and says which
//! accounts changed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use ledger_types::{AccountId, ChangeSet, ClaimState, ErasedBy, Height, RegistryKey, RegistryValue, Slot};
use sdk::NodeClient;
use tokio::sync::{mpsc, watch};

use crate::erasures::Erasures;
use crate::error::ServiceError;
use crate::store::Store;

/// Longest pause before the stream is asked for again.
const MOST_PAUSE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Blocks without news for the list are noted this often, so that a restart does not read them all again.
const NOTE_EVERY: u64 = 1_000;

/// One who follows.
pub(crate) struct Follower {
    node: NodeClient,
    store: Store,
    reached: watch::Sender<Height>,
    /// Accounts that changed: some may be hosted.
    accounts: mpsc::Sender<AccountId>,
    /// Slots on offer: only blocks that touch them, or make new ones, are written down.
    offered: BTreeSet<Slot>,
    erasures: Arc<Erasures>,
}

impl Follower {
    /// Goes on where the store is.
    pub(crate) async fn new(
        node: NodeClient,
        store: Store,
        erasures: Arc<Erasures>,
        accounts: mpsc::Sender<AccountId>,
    ) -> Result<(Self, watch::Receiver<Height>), ServiceError> {
        for (order, erasure, _) in node.erasures().await? {
            let sections = erasure.sections;
            for slot in erasure.slots {
                erasures.add(slot, ErasedBy { order, sections });
            }
        }
        let offered = store.offered_slots().await?;
        let (reached, height) = watch::channel(store.offers_height().await?);
        Ok((Self { node, store, reached, accounts, offered, erasures }, height))
    }

    /// Follows until `stopping`; a broken stream is taken up again where it broke.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let before = *self.reached.borrow();
            let fault = tokio::select! {
                fault = self.follow() => fault,
                _ = stopping.wait_for(|stop| *stop) => return,
            };
            let moved = *self.reached.borrow() > before;
            pause = if moved { FIRST_PAUSE } else { (pause * 2).min(MOST_PAUSE) };
            match fault {
                Ok(()) => tracing::debug!("the node ended the stream of changes"),
                Err(fault) => tracing::warn!(%fault, "the stream of changes broke"),
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn follow(&mut self) -> Result<(), ServiceError> {
        let from = self.reached.borrow().next();
        let mut blocks = self.node.subscribe(from, false).await?;
        while let Some(block) = blocks.next().await {
            let block = block?;
            self.erase(&block.changes).await?;
            if self.take_in(&block.changes) || block.height.0 % NOTE_EVERY == 0 {
                self.store.apply_offers(block.height, &block.changes).await?;
            }
            for (key, _) in block.changes.registry() {
                if let RegistryKey::Account(account) = key {
                    self.accounts.send(*account).await.map_err(|_| ServiceError::Stopped)?;
                }
            }
            self.reached.send_replace(block.height);
        }
        Ok(())
    }

    /// Forgets what a block orders to be deleted, before it is noted as followed.
    async fn erase(&self, changes: &ChangeSet) -> Result<(), ServiceError> {
        for (key, value) in changes.registry() {
            let (RegistryKey::Erased(slot), Some(RegistryValue::Erased(erased))) = (key, value) else { continue };
            self.erasures.note(*slot, erased.clone());
            let invoice = self.node.output(*slot).await?.and_then(|record| record.invoice().copied());
            if let (Some(invoice), Some(tx)) = (invoice, self.node.body_tx(*slot).await?) {
                let rows = self.store.erase_outbox(&tx, invoice.origin.item, erased.sections()).await?;
                tracing::info!(slot = slot.0, rows, "forgot what was ordered to be erased");
            }
        }
        Ok(())
    }

    /// Whether a block changes the list.
    fn take_in(&mut self, changes: &ChangeSet) -> bool {
        let mut news = false;
        for (slot, record) in changes.outputs() {
            let Some(invoice) = record.invoice() else { continue };
            news |= match invoice.claim {
                ClaimState::Offered { .. } => {
                    self.offered.insert(slot);
                    true
                }
                _ => self.offered.remove(&slot),
            };
        }
        news
    }
}
