//! The thread that checks what waits at peers, so that votes do not wait for signature checks.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crypto::CommitteeKeys;
use ledger::admission::{RawTx, authenticate, decode};
use ledger_types::{Refusal, TxId};
use storage::Reader;

use super::core_thread::Command;
use crate::commit::NodeFault;
use crate::node::passed_on;
use crate::peer_message::MAX_TXS;
use crate::peers::PeerId;
use crate::signers;
use crate::stage_times::{Stage, StageTimes};

/// Transactions that a peer passes on, as bytes.
pub(super) type Heard = (PeerId, Vec<Vec<u8>>);

/// Messages that may wait for this thread.
pub(super) const WAITING: usize = 64;

/// Runs until everybody who could pass something on is gone.
pub(super) fn run(
    heard: &Receiver<Heard>,
    reader: &Reader,
    core: &SyncSender<Command>,
    times: &Arc<Mutex<StageTimes>>,
    (committee_keys, applies): (&CommitteeKeys, bool),
) -> Result<(), NodeFault> {
    let mut cache = signers::of_everybody();
    let mut recent = Recent::new(Instant::now());
    let chain = reader.chain_id();
    while let Ok((peer, list)) = heard.recv() {
        if applies {
            continue;
        }
        let mut spent = StageTimes::default();
        recent.turn(Instant::now());
        let decoded: Result<Vec<_>, _> = spent
            .measure(Stage::Decode, || list.into_iter().take(MAX_TXS).map(|raw| decode(&chain, RawTx(raw))).collect());
        let command = match decoded {
            Ok(mut txs) => {
                // Its block may have been here first.
                let mut fault = None;
                txs.retain(|tx| {
                    if recent.contains(&tx.id()) {
                        return false;
                    }
                    let (scope, id) = (tx.envelope().request_scope(), tx.envelope().request_id);
                    match scope.map(|scope| reader.request(scope, id)).transpose() {
                        Ok(known) => known.flatten().is_none(),
                        Err(error) => {
                            fault.get_or_insert(error);
                            false
                        }
                    }
                });
                if let Some(error) = fault {
                    return Err(error.into());
                }
                spent.checked += txs.len() as u64;
                let view = reader.view();
                let verdicts = spent.measure(Stage::Verify, || authenticate(txs, &view, &mut cache, committee_keys));
                match passed_on(verdicts?) {
                    Ok(txs) => {
                        txs.iter().for_each(|tx| recent.insert(tx.id()));
                        Command::Gossiped(txs)
                    }
                    Err(refusal) => fault_of(peer, &refusal),
                }
            }
            Err(refusal) => fault_of(peer, &refusal),
        };
        times.lock().unwrap_or_else(PoisonError::into_inner).add(&spent);
        if core.send(command).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn fault_of(peer: PeerId, refusal: &Refusal) -> Command {
    Command::PeerFault(peer, format!("a transaction: {}", refusal.reason.name()))
}

/// What was checked a short time ago: said again and again, it is not checked again and again.
struct Recent {
    young: BTreeSet<TxId>,
    old: BTreeSet<TxId>,
    turned: Instant,
}

impl Recent {
    /// A transaction for which there was no room is taken again after this time, at the latest after twice as long.
    const TURN: Duration = Duration::from_secs(5);
    /// Most of each age.
    const MOST: usize = 50_000;

    fn new(now: Instant) -> Self {
        Self { young: BTreeSet::new(), old: BTreeSet::new(), turned: now }
    }

    fn turn(&mut self, now: Instant) {
        if self.young.len() >= Self::MOST || now.saturating_duration_since(self.turned) >= Self::TURN {
            self.old = std::mem::take(&mut self.young);
            self.turned = now;
        }
    }

    fn contains(&self, id: &TxId) -> bool {
        self.young.contains(id) || self.old.contains(id)
    }

    fn insert(&mut self, id: TxId) {
        self.young.insert(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_checked_is_forgotten_after_a_while() {
        let began = Instant::now();
        let (mut recent, id) = (Recent::new(began), TxId([7; 33]));
        assert!(!recent.contains(&id));
        recent.insert(id);
        for (turns, known) in [(0, true), (1, true), (2, false)] {
            recent.turn(began + turns * Recent::TURN);
            assert_eq!(recent.contains(&id), known, "{turns}");
        }
    }
}
