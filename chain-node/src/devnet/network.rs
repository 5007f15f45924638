//! Several validators of a development chain, linked on loopback.

use std::net::SocketAddr;
use std::path::PathBuf;

use crypto::KeyUse;
use storage::Options;
use tokio::net::TcpListener;

use super::{DevChain, DevChainError, committee_key_name, report_key_name, vote_key_name, write_whole};
use crate::config::NodeConfig;
use crate::node_file::{CommitteeKeyEntry, NodeFile, NodeFileError, PeerEntry, PeersSection};
use crate::shell::RunningNode;

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
    /// It does not start.
    #[error(transparent)]
    Node(#[from] NodeFileError),
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
        let path = chain.dir().join(format!("node-{place}.toml"));
        write_whole(&path, &self.node_file(chain, place, node)?.to_toml(), 0o644)?;
        Ok(path)
    }

    fn node_file(&self, chain: &DevChain, place: u16, node: NodeConfig) -> Result<NodeFile, DevNetworkError> {
        let own = |name: String, key_use| -> Result<PathBuf, DevNetworkError> {
            // Made on first use, before another process looks for it.
            chain.make_key(&name, key_use)?;
            Ok(chain.key_path(&name))
        };
        let mut known = Vec::new();
        for (other, validator) in (0..).zip(&chain.genesis().validators.validators) {
            if other != place {
                let key = hex::encode(chain.key(&peer_key_name(other), KeyUse::Peer)?.public_key().0);
                let vote_key = Some(hex::encode(validator.vote_key));
                known.push(PeerEntry { id: u32::from(other), key, vote_key, address: self.address(other).to_string() });
            }
        }
        let peers = match known.is_empty() {
            true => None,
            false => Some(PeersSection {
                id: u32::from(place),
                listen: self.address(place),
                key: own(peer_key_name(place), KeyUse::Peer)?,
                known,
            }),
        };
        let committee_keys = chain.genesis().committee.iter().map(|committee| CommitteeKeyEntry {
            epoch: committee.epoch,
            key: chain.key_path(&committee_key_name(committee.epoch)),
        });
        Ok(NodeFile {
            genesis: chain.genesis_path(),
            password_file: Some(chain.password_path()),
            vote_key: Some(own(vote_key_name(place), KeyUse::Vote)?),
            report_key: Some(own(report_key_name(place), KeyUse::Transaction)?),
            known_protocol: None,
            plaintext: false,
            tls: Some(chain.tls(&node_name(place))?),
            committee_keys: committee_keys.collect(),
            committee_key_folder: chain.committee_key_folder(place),
            apply_only: false,
            node: NodeConfig { data: chain.data_dir_of(place), ..node },
            peers,
            unseal: None,
            sdf: None,
        })
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
        let file = self.node_file(chain, place, config.clone())?;
        Ok(file.serve_on(options, self.listeners[usize::from(place)].take()).await?)
    }
}

/// What a validator's node is called in its certificate.
fn node_name(place: u16) -> String {
    format!("node-{place}")
}

fn peer_key_name(place: u16) -> String {
    format!("peer-{place}")
}
