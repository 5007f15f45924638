//! The thin tokio shell: sockets, threads and the host's clock around the node.

pub mod admission_thread;
mod allowance;
pub mod beginning;
mod committee_files;
pub mod core_thread;
mod cross_check;
mod erasing;
pub mod gossip_thread;
mod grpc;
pub mod handshake;
pub mod http;
pub mod links;
pub mod peer_service;
pub mod peer_table;
mod refusals;
mod registered;
mod self_check;
mod snapshot_threads;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use futures::StreamExt;
use ledger_types::Height;
use sm_tls::{Door, Limits, Security};
use storage::Shelf;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::commit::NodeFault;
use crate::config::NodeConfig;
use crate::gateway::{Ends, NodeGateway};
use crate::metrics::Metrics;
use crate::node::Node;
use crate::snapshots::SnapshotServer;
use crate::stage_times::StageTimes;
use crate::submission::{Submission, WaitingIndex};
use core_thread::{Command, Core};
use cross_check::CrossCheck;
use grpc::{GrpcServer, serve_grpc};
use links::Links;
use peer_service::{LinkEnds, Listening};
use peer_table::PeerTable;
use refusals::{Refusals, watch_certificate};
use registered::Registered;

pub(crate) use committee_files::CommitteeFolder;
pub use committee_files::{committee_key_epochs, committee_key_file};
pub use handshake::KnownPeer;
pub use peer_service::PeerSetup;
pub use registered::RegisteredCaller;

/// Commands that may wait for the core thread.
const COMMANDS: usize = 64;

/// A node that is serving. [`RunningNode::stop`] stops it gracefully; dropped, it stops taking calls and closes its store.
pub struct RunningNode {
    /// Where gRPC listens.
    pub address: SocketAddr,
    url: String,
    opened_at: Height,
    /// Where metrics listen, if they do.
    pub metrics_address: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    commands: std::sync::mpsc::SyncSender<Command>,
    server: GrpcServer,
    admission: Option<JoinHandle<Result<(), NodeFault>>>,
    /// None once joined.
    core: Option<JoinHandle<Result<(), NodeFault>>>,
    failed: watch::Receiver<bool>,
    readers: storage::ReaderWatch,
}

/// A node cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address cannot be used.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The gRPC server failed.
    #[error("the gRPC server failed: {0}")]
    Server(#[from] tonic::transport::Error),
    /// Reflection could not be built.
    #[error("the reflection service failed: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
    /// The node stopped by itself.
    #[error("the node stopped: {0}")]
    Fault(#[from] NodeFault),
    /// A thread died.
    #[error("the {0} thread panicked; the store keeps every acknowledged block")]
    Panicked(&'static str),
}

/// Starts serving, without peers.
pub async fn serve(node: Node, config: &NodeConfig, security: &Security) -> Result<RunningNode, ServeError> {
    serve_among(node, config, security, None).await
}

/// Starts serving among peers.
pub async fn serve_among(
    node: Node,
    config: &NodeConfig,
    security: &Security,
    peers: Option<(PeerSetup, TcpListener)>,
) -> Result<RunningNode, ServeError> {
    let (grpc, http) = listen_all(config).await?;
    let links = Links::default();
    let metrics = Metrics::new(config.data.clone());
    let (reader, committee_keys, applies) = (node.reader(), node.committee_keys(), node.applies());
    let (opened_at, readers) = (reader.tip().height, reader.watch());
    let (committed, committed_height) = watch::channel(opened_at);
    let (commands, command_queue) = std::sync::mpsc::sync_channel(COMMANDS);
    let (submissions, submission_queue) = mpsc::channel(config.limits.submissions_in_flight);
    let ((stop, stopping), (fail, failed)) = (watch::channel(false), watch::channel(false));
    let times = Arc::new(Mutex::new(StageTimes::default()));
    watch_certificate(security, &metrics);
    let waiting = Arc::new(Mutex::new(WaitingIndex::default()));
    let core = Core {
        node,
        commands: command_queue,
        committed,
        metrics: metrics.clone(),
        waiting: waiting.clone(),
        other_times: times.clone(),
        links: links.clone(),
        snapshots: snapshot_threads::Maker::new(stopping.clone()),
    };
    let core = spawn_vital("core", &fail, move || core.run())?;
    let ends = Ends {
        reader,
        submissions,
        commands: commands.clone(),
        committed: committed_height,
        waiting,
        times,
        committee_keys,
        applies,
        peers: PeerTable::new(links.clone()),
        stopping: stopping.clone(),
    };
    let admission = admit(&ends, submission_queue, &fail)?;
    let registered = Registered::following(&ends, security);
    if let Some(peers) = peers {
        let shelf = Shelf::real(&config.data, &ends.reader.chain_id());
        link(&ends, &metrics, links, peers, shelf, (registered.clone(), fail.clone()))?;
    }
    check_oneself(&ends, &metrics, fail)?;
    let gateway = NodeGateway::new(ends, metrics.clone(), config.limits.clone());
    let metrics_address = http.map(|(listener, address)| {
        http::serve(listener, metrics.clone(), gateway.clone(), stopping.clone());
        address
    });
    let (address, url) = (grpc.1, security.calls().url(grpc.1));
    let doors = (grpc.0, security.for_callers(), registered);
    let server = Box::pin(serve_grpc(gateway, config, doors, metrics, stopping)).await?;
    Ok(RunningNode {
        address,
        url,
        opened_at,
        metrics_address,
        stop,
        commands,
        server,
        admission: Some(admission),
        core: Some(core),
        failed,
        readers,
    })
}

/// Starts the threads that go through the blocks on the disk: one reads all, one erases what is ordered.
fn check_oneself(ends: &Ends, metrics: &Metrics, fail: watch::Sender<bool>) -> Result<(), ServeError> {
    let (reader, checked, stop) = (ends.reader.clone(), metrics.clone(), ends.stopping.clone());
    let (eraser, erased, stop_erasing, failed) = (reader.eraser(), checked.clone(), stop.clone(), fail.clone());
    spawn("self-check", move || self_check::run(&reader, &checked, &stop, &fail))?;
    spawn("erasing", move || erasing::run(eraser, &erased, &stop_erasing, &failed)).map(drop)
}

/// A listener, and where it is.
type Bound = (TcpListener, SocketAddr);

/// Before any thread: a node that cannot listen must not leave one behind.
async fn listen_all(config: &NodeConfig) -> Result<(Bound, Option<Bound>), ServeError> {
    let grpc = listen(config.listen).await?;
    let http = match config.metrics_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    Ok((grpc, http))
}

async fn listen(address: SocketAddr) -> Result<Bound, ServeError> {
    let error = |source| ServeError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(error)?;
    let bound = listener.local_addr().map_err(error)?;
    Ok((listener, bound))
}

fn spawn<T: Send + 'static>(
    name: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, ServeError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(ServeError::Thread)
}

/// A thread whose end is the node's.
fn spawn_vital<T: Send + 'static>(
    name: &'static str,
    fail: &watch::Sender<bool>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, ServeError> {
    let ended = fail.clone();
    spawn(name, move || {
        let result = work();
        ended.send_replace(true);
        result
    })
}

/// Starts the thread that checks what clients submit.
fn admit(
    ends: &Ends,
    queue: mpsc::Receiver<Submission>,
    fail: &watch::Sender<bool>,
) -> Result<JoinHandle<Result<(), NodeFault>>, ServeError> {
    let (reader, commands, times) = (ends.reader.clone(), ends.commands.clone(), ends.times.clone());
    let keys = ends.committee_keys.clone();
    spawn_vital("admission", fail, move || admission_thread::run(queue, &reader, &commands, &times, &keys))
}

/// Links with the other nodes, and what only they make necessary.
fn link(
    ends: &Ends,
    metrics: &Metrics,
    links: Links,
    (setup, listener): (PeerSetup, TcpListener),
    shelf: Shelf,
    (registered, fail): (Registered, watch::Sender<bool>),
) -> Result<(), ServeError> {
    let gossip = check_gossip(ends, fail)?;
    let (questions, asked) = std::sync::mpsc::sync_channel(snapshot_threads::WAITING);
    let outgoing = links.clone();
    spawn("snapshots", move || snapshot_threads::serve(&asked, SnapshotServer::new(shelf), &outgoing))?;
    let checks = CrossCheck::new(ends.reader.clone(), metrics.clone());
    let (commands, stopping) = (ends.commands.clone(), ends.stopping.clone());
    tokio::spawn(checks.clone().run(setup.key.clone(), links.clone(), stopping.clone()));
    let (chain, known, table) = (ends.reader.chain_id(), Arc::new(setup.known), ends.peers.clone());
    table.know(known.iter().map(|peer| peer.id).collect());
    let key = setup.key;
    let checks = Some(checks);
    let transport = setup.security.calls();
    let registered = Some(registered);
    let ends = LinkEnds {
        chain,
        key,
        transport,
        known,
        links,
        table,
        commands,
        gossip,
        checks,
        questions,
        registered,
        stopping,
    };
    serve_peers(ends, setup.dial, listener, setup.security.for_peers(), Refusals(Some(metrics.clone())));
    Ok(())
}

/// Starts the thread that checks peers' transactions. It ends with the links.
fn check_gossip(
    ends: &Ends,
    fail: watch::Sender<bool>,
) -> Result<std::sync::mpsc::SyncSender<gossip_thread::Heard>, ServeError> {
    let (gossip, heard) = std::sync::mpsc::sync_channel(gossip_thread::WAITING);
    let (reader, commands, times) = (ends.reader.clone(), ends.commands.clone(), ends.times.clone());
    let (keys, applies) = (ends.committee_keys.clone(), ends.applies);
    spawn("gossip", move || {
        if let Err(error) = gossip_thread::run(&heard, &reader, &commands, &times, (&keys, applies)) {
            tracing::error!(%error, "peers' transactions cannot be checked");
            fail.send_replace(true);
        }
    })?;
    Ok(gossip)
}

/// Listens for links and dials those that are this node's to dial.
fn serve_peers(ends: LinkEnds, dial: Vec<(KnownPeer, String)>, listener: TcpListener, door: Door, refusals: Refusals) {
    for (peer, address) in dial {
        tokio::spawn(ends.clone().dial(peer, address));
    }
    let (mut stopping, registered) = (ends.stopping.clone(), ends.registered.clone());
    let router = tonic::transport::Server::builder()
        .tcp_nodelay(true)
        .initial_stream_window_size(4 * 1024 * 1024)
        .initial_connection_window_size(16 * 1024 * 1024)
        .http2_keepalive_interval(Some(Duration::from_secs(5)))
        .http2_keepalive_timeout(Some(Duration::from_secs(5)))
        .add_service(Listening::service(ends));
    tokio::spawn(async move {
        let stop = async move { drop(stopping.wait_for(|stop| *stop).await) };
        let incoming = sm_tls::accept(listener, door, Limits::default(), move |address, cause| {
            refusals.note("peers", address, cause)
        });
        let incoming = incoming.map(move |one| match &registered {
            Some(registered) => one.map(|accepted| registered.hold(accepted)),
            None => one,
        });
        if let Err(error) = router.serve_with_incoming_shutdown(incoming, stop).await {
            tracing::error!(%error, "the server for peers failed");
        }
    });
}

impl RunningNode {
    /// What clients call.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The newest height when it started.
    pub fn opened_at(&self) -> Height {
        self.opened_at
    }

    /// Resolves when the node stops by itself because of a fault.
    pub async fn failed(&self) {
        let mut failed = self.failed.clone();
        drop(failed.wait_for(|f| *f).await);
    }

    /// Threads and links end by themselves once the node stops; until then they read its files.
    async fn files_are_free(&self) {
        for _ in 0..500 {
            if self.readers.is_gone() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tracing::warn!("somebody still reads the store five seconds after the node stopped");
    }

    /// Stops gracefully: no new calls, waiting verdicts are delivered, a checkpoint is written.
    pub async fn stop(mut self) -> Result<(), ServeError> {
        self.stop.send_replace(true);
        // Streams and waits end by themselves once `stop` is set; a client that does not read is not waited for.
        match tokio::time::timeout(Duration::from_secs(10), &mut self.server).await {
            Ok(Ok(result)) => result?,
            Ok(Err(_)) => return Err(ServeError::Panicked("server")),
            Err(_) => self.server.abort(),
        }
        let (core, admission) = (self.core.take(), self.admission.take());
        let commands = self.commands.clone();
        let threads = tokio::task::spawn_blocking(move || {
            drop(commands.send(Command::Stop));
            (core.map(JoinHandle::join), admission.map(JoinHandle::join))
        });
        let (core, admission) = threads.await.map_err(|_| ServeError::Panicked("shutdown"))?;
        if let Some(core) = core {
            core.map_err(|_| ServeError::Panicked("core"))??;
        }
        self.files_are_free().await;
        match admission.map(|a| a.map_err(|_| ServeError::Panicked("admission"))).transpose()? {
            None | Some(Ok(()) | Err(NodeFault::RoomGone(_))) => Ok(()),
            Some(Err(fault)) => Err(fault.into()),
        }
    }
}

impl Drop for RunningNode {
    /// The process must not end while the core thread is inside RocksDB: its static objects would be gone.
    fn drop(&mut self) {
        if let Some(core) = self.core.take() {
            self.stop.send_replace(true);
            self.server.abort();
            drop(self.commands.send(Command::Stop));
            // Its fault, if it has one, was logged where it came up.
            drop(core.join());
        }
    }
}
