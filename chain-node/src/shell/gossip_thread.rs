//! The thread that checks what waits at peers, so that votes do not wait for signature checks.

use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use ledger::admission::{RawTx, authenticate, decode};
use storage::Reader;

use super::core_thread::Command;
use crate::commit::NodeFault;
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
) -> Result<(), NodeFault> {
    let mut cache = signers::of_everybody();
    let chain = reader.chain_id();
    while let Ok((peer, list)) = heard.recv() {
        let mut spent = StageTimes::default();
        let decoded: Result<Vec<_>, _> = spent
            .measure(Stage::Decode, || list.into_iter().take(MAX_TXS).map(|raw| decode(&chain, RawTx(raw))).collect());
        let command = match decoded {
            Ok(mut txs) => {
                // Its block may have been here first.
                let mut fault = None;
                txs.retain(|tx| {
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
                let verdicts = spent.measure(Stage::Verify, || authenticate(txs, &view, &mut cache));
                // A signer that this node does not know yet may be in a block it has yet to hear of: no fault of the
                // peer.
                let txs = verdicts.map_err(NodeFault::State)?.into_iter().filter_map(Result::ok).collect();
                Command::Gossiped(txs)
            }
            Err(refusal) => Command::PeerFault(peer, format!("a transaction: {}", refusal.reason.name())),
        };
        times.lock().unwrap_or_else(PoisonError::into_inner).add(&spent);
        if core.send(command).is_err() {
            return Ok(());
        }
    }
    Ok(())
}
