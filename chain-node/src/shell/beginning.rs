//! A node before it has a state: it links with its peers and fetches a snapshot, and nothing else.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use ledger_types::{ChainId, Genesis, Height};
use proofs::header_chain::Check;
use storage::{Incoming, Options, Store, StoreError};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::core_thread::Command;
use super::links::Links;
use super::peer_service::{LinkEnds, PeerSetup};
use super::peer_table::PeerTable;
use super::refusals::Refusals;
use super::{COMMANDS, serve_peers};
use crate::clock::wall_ms;
use crate::node::Effect;
use crate::snapshots::{Fetched, SnapshotRules, SnapshotSync};

/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(50);

/// Fetches a snapshot into an empty data folder and makes a chain of it. None if the peers have none that is worth it:
/// then blocks will do.
///
/// # Errors
/// [`StoreError`] if the disk fails.
pub async fn begin_with_snapshot(
    incoming: Incoming,
    genesis: Genesis,
    rules: SnapshotRules,
    (setup, listener): (PeerSetup, TcpListener),
    options: Options,
) -> Result<Option<Store>, StoreError> {
    let (stop, stopping) = watch::channel(false);
    let (links, chain) = (Links::default(), genesis.chain_id());
    let queue = link(chain, &links, setup, listener, stopping.clone());
    let sync = SnapshotSync::new(incoming, genesis.clone(), rules.ahead, wall_ms())?;
    // Dropped, this future ends the thread with it.
    let alive = stop.clone();
    let work = tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        let Some(sync) = fetch(sync, &queue, &links, &stopping)? else { return Ok(None) };
        let (fetched, counts, to) = (began.elapsed(), sync.counts(), sync.headers_to());
        let store = sync.into_incoming().finish(&genesis, Check::Form, options)?;
        told(&store, fetched, began.elapsed() - fetched, counts, to);
        Ok(Some(store))
    });
    let guard = StopOnDrop(alive);
    let done = work.await.unwrap_or_else(|_| {
        Err(StoreError::Poisoned { cause: "the thread that fetches a snapshot panicked".to_owned() })
    });
    drop(guard);
    done
}

/// Ends links and thread, however the wait for them ends.
struct StopOnDrop(watch::Sender<bool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

fn link(
    chain: ChainId,
    links: &Links,
    setup: PeerSetup,
    listener: TcpListener,
    stopping: watch::Receiver<bool>,
) -> Receiver<Command> {
    let (commands, queue) = sync_channel(COMMANDS);
    // Nobody is there who could check transactions, and nothing to compare or to give.
    let (gossip, _) = sync_channel(1);
    let (questions, _) = sync_channel(1);
    let known = Arc::new(setup.known);
    let links = links.clone();
    let table = PeerTable::new(links.clone());
    let (key, transport) = (setup.key, setup.security.calls());
    let ends = LinkEnds {
        chain,
        key,
        transport,
        known,
        links,
        table,
        commands,
        gossip,
        checks: None,
        questions,
        registered: None,
        stopping,
    };
    serve_peers(ends, setup.dial, listener, setup.security.for_peers(), Refusals(None));
    queue
}

fn fetch(
    mut sync: SnapshotSync,
    queue: &Receiver<Command>,
    links: &Links,
    stopping: &watch::Receiver<bool>,
) -> Result<Option<SnapshotSync>, StoreError> {
    let mut fetched = Fetched::NotYet;
    while fetched == Fetched::NotYet {
        let mut next = match queue.recv_timeout(TICK) {
            Ok(command) => Some(command),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        };
        if *stopping.borrow() {
            return Ok(None);
        }
        while let Some(command) = next.take() {
            let effects = match command {
                Command::Peer(peer, message) => sync.hear(peer, message)?,
                Command::PeerUp(peer) => sync.peer_up(peer, wall_ms()),
                Command::PeerGone(peer) => {
                    sync.peer_gone(peer);
                    Vec::new()
                }
                Command::PeerFault(peer, why) => {
                    sync.peer_fault(peer);
                    vec![Effect::Misbehaved(peer, why)]
                }
                _ => Vec::new(),
            };
            carry_out(effects, links);
            next = queue.try_recv().ok();
        }
        let (effects, now) = sync.tick(wall_ms())?;
        carry_out(effects, links);
        fetched = now;
    }
    if fetched == Fetched::Whole {
        return Ok(Some(sync));
    }
    tracing::info!("the peers have no snapshot that is worth it: fetching blocks");
    sync.into_incoming().abandon()?;
    Ok(None)
}

fn carry_out(effects: Vec<Effect>, links: &Links) {
    for effect in effects {
        match effect {
            Effect::Send(to, message) => links.send(to, &message),
            Effect::Misbehaved(peer, why) => {
                tracing::warn!(peer = peer.0, why, "a peer broke the rules: its link ends");
                links.ban(peer);
            }
            _ => {}
        }
    }
}

fn told(store: &Store, fetched: Duration, applied: Duration, (chunks, bytes): (u64, u64), headers: Height) {
    let ms = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        height = store.tip().height.0,
        headers = headers.0,
        chunks,
        bytes,
        fetched_ms = ms(fetched),
        applied_ms = ms(applied),
        "begins with a snapshot"
    );
}
