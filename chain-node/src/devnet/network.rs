//! Several validators of a development chain, linked on loopback.

use std::net::SocketAddr;
use std::path::PathBuf;

use crypto::KeyUse;
use storage::Options;
use tokio::net::TcpListener;

use super::{DevChain, DevChainError, vote_key_name, write_whole};
use crate::config::NodeConfig;
use crate::node_file::{NodeFile, PeerEntry, PeersSection};
use crate::peers::PeerId;
use crate::shell::{KnownPeer, PeerSetup, RunningNode, ServeError, serve_among};

/// Where the validators listen for each other.
pub struct DevNetwork {
    addresses: Vec<SocketAddr>,
    /// Taken by the first start of each.
    listeners: Vec<Option<TcpListener>>,
}

/// A validator does not start.
#[derive(Debug, thiserror::Error)]
pub enum DevNetworkError {
    /// Its chain does not open.
    #[error(transparent)]
    Chain(#[from] DevChainError),
    /// It does not serve.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// It cannot listen for the others.
    #[error("cannot listen for the other validators: {0}")]
    Listen(#[from] std::io::Error),
}

impl DevNetwork {
    /// Takes a port for each validator of the chain.
    pub async fn open(chain: &DevChain) -> Result<Self, DevNetworkError> {
        let (mut addresses, mut listeners) = (Vec::new(), Vec::new());
        for _ in &chain.genesis().validators.validators {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            addresses.push(listener.local_addr()?);
            listeners.push(Some(listener));
        }
        Ok(Self { addresses, listeners })
    }

    /// Where a validator listens for the others.
    pub fn address(&self, place: u16) -> SocketAddr {
        self.addresses[usize::from(place)]
    }

    /// How many validators there are.
    pub fn len(&self) -> u16 {
        u16::try_from(self.addresses.len()).unwrap_or(u16::MAX)
    }

    /// True of no chain.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// Writes the file with which a validator's node runs as a process of its own, and says where it is.
    pub fn write_node_file(&self, chain: &DevChain, place: u16, node: NodeConfig) -> Result<PathBuf, DevNetworkError> {
        let mut known = Vec::new();
        for other in (0..self.len()).filter(|other| *other != place) {
            let key = hex::encode(chain.key(&peer_key_name(other), KeyUse::Peer)?.public_key().0);
            let address = self.addresses[usize::from(other)].to_string();
            let vote_key = Some(hex::encode(chain.key(&vote_key_name(other), KeyUse::Vote)?.public_key().0));
            known.push(PeerEntry { id: u32::from(other), key, vote_key, address });
        }
        // Made on first use, before another process looks for it.
        chain.key(&peer_key_name(place), KeyUse::Peer)?;
        chain.key(&vote_key_name(place), KeyUse::Vote)?;
        let report = format!("report-{place}");
        chain.key(&report, KeyUse::Transaction)?;
        let listen = self.addresses[usize::from(place)];
        let key = chain.key_path(&peer_key_name(place));
        let file = NodeFile {
            genesis: chain.genesis_path(),
            password_file: chain.password_path(),
            vote_key: Some(chain.key_path(&vote_key_name(place))),
            report_key: Some(chain.key_path(&report)),
            node,
            peers: Some(PeersSection { id: u32::from(place), listen, key, known }),
        };
        let path = chain.dir().join(format!("node-{place}.toml"));
        write_whole(&path, &file.to_toml(), 0o644)?;
        Ok(path)
    }

    /// Gives up the port of a validator that runs as a process of its own.
    pub fn release(&mut self, place: u16) {
        self.listeners[usize::from(place)] = None;
    }

    /// Starts a validator, also again.
    pub async fn serve(
        &mut self,
        chain: &DevChain,
        place: u16,
        options: Options,
        config: &NodeConfig,
    ) -> Result<RunningNode, DevNetworkError> {
        let node = chain.validator(place, options)?;
        if self.len() <= 1 {
            return Ok(serve_among(node, config, None).await?);
        }
        let own = usize::from(place);
        let listener = match self.listeners[own].take() {
            Some(listener) => listener,
            None => TcpListener::bind(self.addresses[own]).await?,
        };
        let mut known = Vec::new();
        for other in (0..self.len()).filter(|other| *other != place) {
            let key = chain.key(&peer_key_name(other), KeyUse::Peer)?.public_key();
            known.push(KnownPeer { id: PeerId::validator(other), key });
        }
        let dial = known
            .iter()
            .filter(|peer| peer.id < PeerId::validator(place))
            .map(|peer| (peer.clone(), self.addresses[peer.id.0 as usize].to_string()))
            .collect();
        let key = chain.key(&peer_key_name(place), KeyUse::Peer)?;
        let setup = PeerSetup { key, known, dial };
        Ok(serve_among(node, config, Some((setup, listener))).await?)
    }
}

fn peer_key_name(place: u16) -> String {
    format!("peer-{place}")
}
