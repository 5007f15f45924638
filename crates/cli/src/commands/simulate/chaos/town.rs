//! Several validators as processes, with wires between them that can be cut.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chain_node::NodeConfig;
use chain_node::devnet::{DEV_BUREAU, DevChain, DevChainPlan, DevNetwork};
use chain_node::node_file::NodeFile;
use chain_node::snapshots::SnapshotRules;
use crypto::{KeyUse, SigningKey};
use ledger_types::{Height, KeyId};
use sdk::{ConnectOptions, Identity, NodeClient, Transport};
use storage::Shelf;

use super::impostor::Impostor;
use super::wires::Wires;
use crate::failure::{Failure, exit};
use crate::processes::NodeProcess;

/// The nodes of a chain.
pub(in super::super) struct Town {
    chain: DevChain,
    files: Vec<PathBuf>,
    nodes: Vec<Option<NodeProcess>>,
    /// One client a node; it connects again by itself.
    pub(in super::super) clients: Vec<NodeClient>,
    pub(super) wires: Wires,
}

/// What a town is like.
#[derive(Clone, Copy)]
pub(in super::super) struct TownPlan {
    /// Validators.
    pub(in super::super) validators: u16,
    /// Snapshots that its nodes make.
    pub(in super::super) snapshots: SnapshotRules,
    /// Links are encrypted and bodies sealed, as everywhere but in a comparison.
    pub(in super::super) protected: bool,
}

/// Calls go on to another node after so long, ms.
const DEADLINE_MS: u64 = 4_000;
/// Nodes agree again within this time after a fault, or the drill failed.
const AGREE: Duration = Duration::from_secs(60);

impl Town {
    /// Makes a chain and starts its validators.
    pub(in super::super) async fn start(dir: &Path, plan: TownPlan) -> Result<Self, Failure> {
        let TownPlan { validators: n, snapshots, protected } = plan;
        let plan = DevChainPlan {
            name: "chaos".to_owned(),
            validators: n,
            plain_bodies: !protected,
            ..DevChainPlan::default()
        };
        let chain = DevChain::open_or_create(dir, &plan).map_err(Failure::general)?;
        let mut network = DevNetwork::open(&chain).await.map_err(Failure::general)?;
        let (mut files, mut wires) = (Vec::new(), Wires::default());
        for place in 0..n {
            let mut node = NodeConfig::local(chain.data_dir_of(place), true);
            // A port of its own, so that clients find it again after a restart.
            node.listen = free_port()?;
            let path = network.write_node_file(&chain, place, node).map_err(Failure::general)?;
            let mut file = NodeFile::read(&path).map_err(Failure::general)?;
            file.node.snapshots = snapshots;
            if !protected {
                (file.plaintext, file.tls) = (true, None);
            }
            for peer in file.peers.iter_mut().flat_map(|p| &mut p.known).filter(|p| p.id < u32::from(place)) {
                let target: SocketAddr = peer.address.parse().map_err(Failure::general)?;
                let to = u16::try_from(peer.id).map_err(Failure::general)?;
                peer.address = wires.lay(place, to, target).await?.to_string();
            }
            std::fs::write(&path, file.to_toml())?;
            files.push(path);
        }
        for place in 0..n {
            network.release(place);
        }
        let mut town = Self { chain, nodes: files.iter().map(|_| None).collect(), files, clients: Vec::new(), wires };
        town.start_all().await?;
        for node in town.nodes.iter().flatten() {
            let transport = match protected {
                true => town.chain.transport().map_err(Failure::general)?,
                false => Transport::Plaintext,
            };
            let chain = Some(town.chain.genesis().chain_id());
            let options = ConnectOptions { chain, deadline_ms: DEADLINE_MS, transport };
            town.clients.push(NodeClient::connect(&node.banner.node, options).await?);
        }
        town.agree(Height(1)).await?;
        Ok(town)
    }

    /// How many there are.
    pub(in super::super) fn len(&self) -> u16 {
        u16::try_from(self.nodes.len()).unwrap_or(u16::MAX)
    }

    /// The bureau's identity.
    pub(in super::super) fn bureau(&self) -> Result<Identity, Failure> {
        let key = self.chain.key("bureau", KeyUse::Transaction).map_err(Failure::general)?;
        Ok(Identity::account(DEV_BUREAU, KeyId(0), key))
    }

    /// A validator's voting key, for a drill that lies with it.
    pub(super) fn vote_key(&self, place: u16) -> Result<SigningKey, Failure> {
        self.chain.vote_key(place).map_err(Failure::general)
    }

    /// Somebody who has a node's peer key, for each of the others.
    pub(super) fn impostors(&self, place: u16) -> Result<Vec<Impostor>, Failure> {
        let file = NodeFile::read(&self.files[usize::from(place)]).map_err(Failure::general)?;
        let key = self.chain.key(&format!("peer-{place}"), KeyUse::Peer).map_err(Failure::general)?;
        let chain = self.chain.genesis().chain_id();
        let targets = file.peers.into_iter().flat_map(|peers| peers.known);
        let security = self.chain.security(&format!("node-{place}")).map_err(Failure::general)?;
        let calls = security.calls();
        Ok(targets.map(|target| Impostor { chain, key: key.clone(), calls: calls.clone(), target }).collect())
    }

    /// Whether a node with an empty disk begins with a snapshot; from its next start on.
    pub(in super::super) fn begins_with_snapshot(&self, place: u16, sync: bool) -> Result<(), Failure> {
        self.configure(place, |file| file.node.snapshots.sync = sync)
    }

    /// Whether a node is software that knows no newer protocol; from its next start on.
    pub(super) fn install(&self, place: u16, known_protocol: Option<u32>) -> Result<(), Failure> {
        self.configure(place, |file| file.known_protocol = known_protocol)
    }

    fn configure(&self, place: u16, change: impl FnOnce(&mut NodeFile)) -> Result<(), Failure> {
        let path = &self.files[usize::from(place)];
        let mut file = NodeFile::read(path).map_err(Failure::general)?;
        change(&mut file);
        Ok(std::fs::write(path, file.to_toml())?)
    }

    /// The newest snapshot of a node.
    pub(in super::super) fn newest_snapshot(&self, place: u16) -> Result<Height, Failure> {
        let shelf = Shelf::real(&self.data(place), &self.chain.genesis().chain_id());
        let heights = shelf.heights().map_err(Failure::general)?;
        Ok(heights.first().copied().unwrap_or(Height(0)))
    }

    /// Waits until every node but one has a snapshot of at least this height.
    pub(in super::super) async fn have_snapshots(&self, but: u16, least: Height) -> Result<Height, Failure> {
        let began = Instant::now();
        loop {
            let newest: Result<Vec<_>, _> =
                (0..self.len()).filter(|p| *p != but).map(|p| self.newest_snapshot(p)).collect();
            let newest = newest?.into_iter().min().unwrap_or(Height(0));
            if newest >= least {
                return Ok(newest);
            }
            if began.elapsed() > 3 * AGREE {
                return Err(Failure::new(exit::VERIFICATION, format!("no snapshot of height {least} is made")));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Where a node keeps its data.
    pub(in super::super) fn data(&self, place: u16) -> PathBuf {
        self.chain.data_dir_of(place)
    }

    /// A running node.
    pub(in super::super) fn node(&self, place: u16) -> Result<&NodeProcess, Failure> {
        let node = self.nodes.get(usize::from(place)).and_then(Option::as_ref);
        node.ok_or_else(|| Failure::new(exit::GENERAL, format!("node {place} does not run")))
    }

    /// kill -9.
    pub(in super::super) fn kill(&mut self, place: u16) -> Result<(), Failure> {
        match self.nodes[usize::from(place)].take() {
            Some(mut node) => node.kill(),
            None => Ok(()),
        }
    }

    /// Stops a node as its operator does.
    pub(super) async fn stop_one(&mut self, place: u16) -> Result<(), Failure> {
        match self.nodes[usize::from(place)].take() {
            Some(node) => node.stop().await,
            None => Ok(()),
        }
    }

    /// What a node logged, all its processes together.
    pub(super) fn log(&self, place: u16) -> Result<String, Failure> {
        Ok(std::fs::read_to_string(self.files[usize::from(place)].with_extension("log"))?)
    }

    /// Starts a node on what is on its disk.
    pub(in super::super) async fn start_one(&mut self, place: u16) -> Result<(), Failure> {
        let place = usize::from(place);
        self.nodes[place] = Some(NodeProcess::start(&self.files[place]).await?);
        Ok(())
    }

    /// Starts all that do not run, at once.
    pub(in super::super) async fn start_all(&mut self) -> Result<(), Failure> {
        let down: Vec<usize> = (0..self.nodes.len()).filter(|i| self.nodes[*i].is_none()).collect();
        let started = down.iter().map(|i| NodeProcess::start(&self.files[*i]));
        let started = futures::future::join_all(started).await;
        for (place, node) in down.into_iter().zip(started) {
            self.nodes[place] = Some(node?);
        }
        Ok(())
    }

    /// Whether a node's process still runs.
    pub(super) fn is_running(&mut self, place: u16) -> bool {
        self.nodes[usize::from(place)].as_mut().is_some_and(NodeProcess::is_running)
    }

    /// The greatest height that any node has.
    pub(in super::super) async fn best(&self) -> Height {
        let heights = self.clients.iter().map(NodeClient::stamp);
        let heights = futures::future::join_all(heights).await;
        heights.into_iter().flatten().map(|s| s.height).max().unwrap_or(Height(0))
    }

    /// Waits until every node has at least this height and all have the same block there.
    pub(in super::super) async fn agree(&self, least: Height) -> Result<Duration, Failure> {
        self.agree_within(least, AGREE).await
    }

    /// The same, with a time of the caller's.
    pub(in super::super) async fn agree_within(&self, least: Height, patience: Duration) -> Result<Duration, Failure> {
        let began = Instant::now();
        loop {
            let stamps = futures::future::join_all(self.clients.iter().map(NodeClient::stamp)).await;
            let common = stamps.iter().map(|s| s.as_ref().map_or(Height(0), |s| s.height)).min().unwrap_or(Height(0));
            if common >= least {
                let blocks = futures::future::join_all(self.clients.iter().map(|c| c.block(common))).await;
                let mut ids: Vec<_> =
                    blocks.into_iter().flatten().flatten().map(|b| (b.block_id, b.state_root)).collect();
                if ids.len() == self.clients.len() {
                    ids.dedup();
                    let differ = || Failure::new(exit::VERIFICATION, format!("the nodes differ at height {common}"));
                    return if ids.len() == 1 { Ok(began.elapsed()) } else { Err(differ()) };
                }
            }
            if began.elapsed() > patience {
                let seen: Vec<_> = stamps.iter().map(|s| s.as_ref().map_or(0, |s| s.height.0)).collect();
                let why = format!("the nodes do not all reach height {least}: they are at {seen:?}");
                return Err(Failure::new(exit::VERIFICATION, why));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Stops all gracefully.
    pub(in super::super) async fn stop(self) -> Result<(), Failure> {
        let stopped = futures::future::join_all(self.nodes.into_iter().flatten().map(NodeProcess::stop)).await;
        stopped.into_iter().collect()
    }
}

fn free_port() -> Result<SocketAddr, Failure> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
