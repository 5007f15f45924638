//! Sends again what has no fate yet: after a crash, a lost reply, or a node that was away.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use ledger_types::{AccountId, RequestId};
use tokio::sync::watch;

use crate::desk::Desk;
use crate::store::outbox::OutboxEntry;

/// Most entries of one round.
const ROUND: u32 = 256;

/// The changes that are being sent now, so that a round does not send them twice at once.
#[derive(Clone, Default)]
pub(crate) struct InFlight {
    ids: Arc<Mutex<BTreeSet<(AccountId, RequestId)>>>,
}

/// Takes an id out again when dropped, if it was the one that put it in.
pub(crate) struct Guard {
    ids: InFlight,
    id: Option<(AccountId, RequestId)>,
}

fn id(entry: &OutboxEntry) -> (AccountId, RequestId) {
    (entry.account, entry.signed.request_id)
}

impl InFlight {
    /// Marks an entry as being sent.
    pub(crate) fn enter(&self, entry: &OutboxEntry) -> Guard {
        let fresh = self.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id(entry));
        Guard { ids: self.clone(), id: fresh.then(|| id(entry)) }
    }

    /// Whether somebody is sending it.
    pub(crate) fn contains(&self, entry: &OutboxEntry) -> bool {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).contains(&id(entry))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.ids.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        }
    }
}

/// Sends open entries at the start and then every so often, until `stopping`.
pub(crate) async fn run(desk: Arc<Desk>, mut stopping: watch::Receiver<bool>) {
    loop {
        if let Err(fault) = desk.resend_open(ROUND).await {
            tracing::error!(%fault, "the outbox cannot be read");
        }
        tokio::select! {
            () = tokio::time::sleep(desk.limits.resend_every) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use ledger_types::{Digest, RequestScope, TxId};
    use sdk::SignedTx;

    use super::*;

    #[test]
    fn the_one_that_put_it_in_takes_it_out() {
        let entry = OutboxEntry {
            account: AccountId(1),
            content: Digest::ZERO,
            signed: SignedTx {
                bytes: Vec::new(),
                id: TxId::ZERO,
                scope: RequestScope(1),
                request_id: RequestId::ZERO,
                valid_until_ms: 0,
                seals: None,
            },
            clear: None,
            is_final: false,
        };
        let ids = InFlight::default();
        let first = ids.enter(&entry);
        drop(ids.enter(&entry));
        assert!(ids.contains(&entry), "the second sender does not take the first one's mark away");
        drop(first);
        assert!(!ids.contains(&entry));
    }
}
