//! What one node's process is started with: a TOML file, and the genesis document and keys that it names.

mod error;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::{CommitteeKeys, KeyUse, SigningKey};
use ledger_types::{ChainId, Committee, CommitteeReady, Genesis};
use serde::{Deserialize, Serialize};
use sm::PublicKeyBytes;
use sm_tls::files::TlsFiles;
use sm_tls::{Live, Security};
use storage::{Incoming, Options, Shelf, Store, StoreError};
use tokio::net::TcpListener;

use crate::clock::wall_ms;
use crate::config::NodeConfig;
use crate::engines::bft::Pace;
use crate::mempool::MempoolLimits;
use crate::node::{Node, NodeSetup, NodeStartError};
use crate::node_keys::{self, NodeKeys};
use crate::peers::PeerId;
use crate::shell::beginning::begin_with_snapshot;
use crate::shell::{
    CommitteeFolder, KnownPeer, PeerSetup, RunningNode, ServeError, committee_key_epochs, committee_key_file,
    serve_among,
};

pub use error::NodeFileError;

/// A node's configuration file. Relative paths count from the folder of the file. In the place of a key file, `sdf:vote` or
/// `sdf:3` names a key in the device of `[sdf]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeFile {
    /// The genesis document (JSON).
    pub genesis: PathBuf,
    /// File with the password of the key files; none where all keys are in a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// The validator's voting key; none for an observer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vote_key: Option<PathBuf>,
    /// A key that signs reports of validators that contradict themselves; none to leave reporting to others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_key: Option<PathBuf>,
    /// Behave as software that knows protocol versions only up to this one: to rehearse an upgrade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_protocol: Option<u32>,
    /// Instead of `[tls]`: speak in clear, on addresses of this machine alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plaintext: bool,
    /// The committee's private keys: without that of the epoch in force the node can open no body, and does not start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub committee_keys: Vec<CommitteeKeyEntry>,
    /// The folder where `committee-<epoch>.pem` files of later epochs lie; one that appears there is taken without a restart.
    #[serde(default = "committee_key_folder")]
    pub committee_key_folder: PathBuf,
    /// Execute nothing: take what each block changed from peers and hold it against certified roots (观察节点). Such a node needs
    /// no key of the committee, opens nothing, and takes no transactions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apply_only: bool,
    /// Where it lives and listens.
    pub node: NodeConfig,
    /// Who it is on connections, and whom it believes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFiles>,
    /// Other nodes; none for a chain of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peers: Option<PeersSection>,
    /// Start sealed: the password of the key files is in a vault, and holders of shares open it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseal: Option<UnsealSection>,
    /// The cipher card or HSM that holds keys; none where all are in files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdf: Option<sdf::Settings>,
}

/// How a node that starts sealed is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsealSection {
    /// How many shares open it: the vault must say the same.
    pub shares: usize,
    /// The vault with the password of the key files.
    pub vault: PathBuf,
    /// The socket where shares are given and the node is sealed again, for the node's user only.
    #[serde(default = "unseal_socket")]
    pub socket: PathBuf,
}

fn committee_key_folder() -> PathBuf {
    "committee-keys".into()
}

fn unseal_socket() -> PathBuf {
    "unseal.sock".into()
}

/// A private key of the committee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitteeKeyEntry {
    /// The epoch of the key, as the chain counts them.
    pub epoch: u32,
    /// Its key file.
    pub key: PathBuf,
}

/// The other nodes of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeersSection {
    /// This node's number: its place among the validators, or from 65536 on for an observer.
    pub id: u32,
    /// Where this node listens for links.
    pub listen: SocketAddr,
    /// This node's peer key.
    pub key: PathBuf,
    /// Who may link with it.
    pub known: Vec<PeerEntry>,
}

/// Another node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerEntry {
    /// Its number.
    pub id: u32,
    /// Its public peer key, compressed, in hex.
    pub key: String,
    /// Its public voting key, compressed, in hex; none for an observer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vote_key: Option<String>,
    /// `host:port` where it listens for links. Of two nodes, the one with the greater number dials.
    pub address: String,
}

impl NodeFile {
    /// Reads a configuration file; its relative paths become those of its folder.
    ///
    /// # Errors
    /// The file cannot be read, or has a field that is unknown, missing or wrong; the message names the line.
    pub fn read(path: &Path) -> Result<Self, NodeFileError> {
        let text = read_text(path)?;
        let form = |why: String| NodeFileError::Form { path: path.to_owned(), why };
        let mut file: Self = toml::from_str(&text).map_err(|e| form(e.to_string()))?;
        let base = path.parent().unwrap_or(Path::new("."));
        for path in [&mut file.genesis, &mut file.node.data].into_iter().chain(&mut file.password_file) {
            *path = base.join(&*path);
        }
        for key in [&mut file.vote_key, &mut file.report_key].into_iter().flatten() {
            node_keys::place(key, base);
        }
        file.committee_key_folder = base.join(&file.committee_key_folder);
        file.committee_keys.iter_mut().for_each(|entry| node_keys::place(&mut entry.key, base));
        file.peers.iter_mut().for_each(|peers| node_keys::place(&mut peers.key, base));
        file.sdf = file.sdf.map(|sdf| sdf.within(base));
        if let Some(unseal) = &mut file.unseal {
            (unseal.vault, unseal.socket) = (base.join(&unseal.vault), base.join(&unseal.socket));
        }
        if file.unseal.is_some() && file.password_file.is_some() {
            return Err(form("give password_file or unseal, not both: a password on disk seals nothing".to_owned()));
        }
        if let Some(tls) = &mut file.tls {
            let mut key = tls.key.clone();
            node_keys::place(&mut key, base);
            *tls = TlsFiles { key, ..tls.resolved(base) };
        }
        file.check_doors().map_err(&form)?;
        for peer in file.peers.iter().flat_map(|p| &p.known) {
            peer.known().and_then(|_| peer.voter()).map_err(&form)?;
        }
        Ok(file)
    }

    /// As the text of a configuration file.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration is plain data")
    }

    /// The chain's genesis document.
    pub fn genesis(&self) -> Result<Genesis, NodeFileError> {
        let text = read_text(&self.genesis)?;
        let form = |e: serde_json::Error| NodeFileError::Form { path: self.genesis.clone(), why: e.to_string() };
        serde_json::from_str(&text).map_err(form)
    }

    /// Opens the store (made on first use) and starts serving.
    pub async fn serve(&self, options: Options) -> Result<RunningNode, NodeFileError> {
        self.serve_on(options, None).await
    }

    /// The same, listening for links where somebody listens already.
    pub async fn serve_on(
        &self,
        options: Options,
        listener: Option<TcpListener>,
    ) -> Result<RunningNode, NodeFileError> {
        self.serve_with(NodeKeys::open(self)?, options, listener).await
    }

    /// The same with keys that are open already: those of a node that was sealed.
    pub async fn serve_with(
        &self,
        keys: NodeKeys,
        options: Options,
        listener: Option<TcpListener>,
    ) -> Result<RunningNode, NodeFileError> {
        let genesis = self.genesis()?;
        let vote_key = self.voting_key(&keys)?;
        let security = self.security(&keys)?;
        let peers = match &self.peers {
            Some(peers) => Some(self.link_setup(peers, &keys, &security, listener).await?),
            None => None,
        };
        let (begun, peers) = match peers {
            Some(peers) if self.node.snapshots.sync => Box::pin(self.begin(&genesis, peers, options.clone())).await?,
            peers => (None, peers),
        };
        let store = match begun {
            Some(store) => store,
            None => Store::open_or_create(&self.node.data, &genesis, options)?,
        };
        if store.chain_id() != genesis.chain_id() {
            return Err(NodeFileError::OtherChain { path: self.node.data.clone() });
        }
        let (limits, pace, committee_keys) = (MempoolLimits::default(), Pace::default(), self.committee_keys(&keys)?);
        let applies = self.apply_only;
        let setup = NodeSetup { vote_key, committee_keys, applies, limits, pace, now_ms: wall_ms() };
        let shelf = Shelf::real(&self.node.data, &genesis.chain_id());
        let mut node = Node::new(store, setup)?.with_snapshots(self.node.snapshots, shelf);
        if let Some(known) = self.known_protocol {
            node = node.limit_protocol(known).map_err(NodeStartError::from)?;
        }
        if let Some(path) = &self.report_key {
            node = node.with_reporter(keys.key(path, KeyUse::Transaction)?);
        }
        for entry in self.peers.iter().flat_map(|p| &p.known) {
            let form = |why| NodeFileError::Form { path: self.node.data.clone(), why };
            if let Some(voter) = entry.voter().map_err(form)? {
                node.introduce(PeerId(entry.id), voter);
            }
        }
        let (folder, reader, held) = (self.committee_key_folder.clone(), node.reader(), node.committee_keys());
        let running = serve_among(node, &self.node, &security, peers).await?;
        if !applies {
            let seen = BTreeMap::new();
            running.follow_committee_keys(CommitteeFolder { folder, opener: keys, keys: held, reader, seen });
        }
        Ok(running)
    }

    /// In clear nobody else may listen or be called, and metrics never have a handshake.
    fn check_doors(&self) -> Result<(), String> {
        if self.tls.is_some() == self.plaintext {
            return Err(
                "one of the two: a [tls] section with chain, key and roots (taxchain ca), or plaintext = true \
                        for a node that only its own machine talks to"
                    .to_owned(),
            );
        }
        let own = [Some(self.node.listen), self.peers.as_ref().map(|p| p.listen)].into_iter().flatten();
        let mut clear = own.filter(|_| self.plaintext).chain(self.node.metrics_listen);
        match clear.find(|address| !address.ip().is_loopback()) {
            Some(address) => Err(format!(
                "{address} would be heard in clear by others: in clear (plaintext, metrics) a node listens on this \
                 machine alone, e.g. 127.0.0.1"
            )),
            None => Ok(()),
        }
    }

    fn security(&self, keys: &NodeKeys) -> Result<Security, NodeFileError> {
        let Some(files) = &self.tls else { return Ok(Security::Plaintext) };
        let keys = keys.clone();
        let open = move |path: &Path| keys.key(path, KeyUse::Tls).map_err(|e| e.to_string());
        Ok(Security::Tls(Live::follow(files.clone(), open)?))
    }

    fn voting_key(&self, keys: &NodeKeys) -> Result<Option<SigningKey>, NodeFileError> {
        self.vote_key.as_deref().map(|path| keys.key(path, KeyUse::Vote)).transpose()
    }

    /// The committee's private keys.
    fn committee_keys(&self, keys: &NodeKeys) -> Result<Arc<CommitteeKeys>, NodeFileError> {
        let held = CommitteeKeys::default();
        let named = self.committee_keys.iter().map(|entry| (entry.epoch, entry.key.clone()));
        let folder = &self.committee_key_folder;
        let in_folder =
            committee_key_epochs(folder).into_iter().map(|epoch| (epoch, committee_key_file(folder, epoch)));
        // What the file names comes last, and counts. Only the chain knows which is right.
        for (epoch, path) in in_folder.chain(named) {
            held.offer(epoch, keys.key(&path, KeyUse::Encryption)?)
                .map_err(|error| NodeFileError::Form { path: path.clone(), why: error.to_string() })?;
        }
        Ok(Arc::new(held))
    }

    /// That the node of this file has a key of the committee.
    ///
    /// # Errors
    /// A key file is missing or cannot be opened, the node has no voting key, or the committee's key is another.
    pub fn prove_committee_key(&self, chain: &ChainId, committee: Committee) -> Result<CommitteeReady, NodeFileError> {
        let keys = NodeKeys::open(self)?;
        let form = |why: String| NodeFileError::Form { path: self.committee_key_folder.clone(), why };
        let voter = self.voting_key(&keys)?.ok_or_else(|| form("this node has no vote_key".to_owned()))?;
        let held = self.committee_keys(&keys)?;
        let other =
            || form(format!("no key of epoch {} with fingerprint {}", committee.epoch, committee.fingerprint()));
        held.confirm(&committee);
        held.prove(chain, committee, &voter).map_err(|e| form(e.to_string()))?.ok_or_else(other)
    }

    /// Begins an empty data folder with a snapshot of the peers, if they have one that is worth it.
    async fn begin(
        &self,
        genesis: &Genesis,
        (setup, listener): (PeerSetup, TcpListener),
        options: Options,
    ) -> Result<(Option<Store>, Option<(PeerSetup, TcpListener)>), NodeFileError> {
        let incoming = match Incoming::real(&self.node.data, genesis.chain_id()) {
            Ok(incoming) => incoming,
            Err(StoreError::ChainExists { .. }) => return Ok((None, Some((setup, listener)))),
            Err(error) => return Err(error.into()),
        };
        let address = listener.local_addr().unwrap_or(([0, 0, 0, 0], 0).into());
        let again = |source| NodeFileError::Serve(ServeError::Listen { address, source });
        let listener = listener.into_std().map_err(again)?;
        let first = TcpListener::from_std(listener.try_clone().map_err(again)?).map_err(again)?;
        let rules = self.node.snapshots;
        let begun = begin_with_snapshot(incoming, genesis.clone(), rules, (setup.clone(), first), options).await?;
        Ok((begun, Some((setup, TcpListener::from_std(listener).map_err(again)?))))
    }

    /// The public voting key of this node; none for an observer.
    ///
    /// # Errors
    /// The password or key file cannot be read or opened.
    pub fn public_vote_key(&self) -> Result<Option<[u8; sm::PUBLIC_KEY_LEN]>, NodeFileError> {
        Ok(self.voting_key(&NodeKeys::open(self)?)?.map(|key| key.public_key().0))
    }

    async fn link_setup(
        &self,
        peers: &PeersSection,
        keys: &NodeKeys,
        security: &Security,
        listener: Option<TcpListener>,
    ) -> Result<(PeerSetup, TcpListener), NodeFileError> {
        let key = keys.key(&peers.key, KeyUse::Peer)?;
        let (mut known, mut dial) = (Vec::new(), Vec::new());
        for entry in &peers.known {
            let form = |why| NodeFileError::Form { path: self.node.data.clone(), why };
            let peer = entry.known().map_err(form)?;
            if entry.id < peers.id {
                dial.push((peer.clone(), entry.address.clone()));
            }
            known.push(peer);
        }
        let listener = match listener {
            Some(listener) => listener,
            None => TcpListener::bind(peers.listen)
                .await
                .map_err(|source| ServeError::Listen { address: peers.listen, source })?,
        };
        Ok((PeerSetup { key, known, dial, security: security.clone() }, listener))
    }
}

impl PeerEntry {
    /// What links need to know.
    fn known(&self) -> Result<KnownPeer, String> {
        Ok(KnownPeer { id: PeerId(self.id), key: PublicKeyBytes(self.bytes("key", &self.key)?) })
    }

    /// The key that it votes with.
    fn voter(&self) -> Result<Option<[u8; sm::PUBLIC_KEY_LEN]>, String> {
        self.vote_key.as_deref().map(|text| self.bytes("vote_key", text)).transpose()
    }

    fn bytes(&self, field: &str, text: &str) -> Result<[u8; sm::PUBLIC_KEY_LEN], String> {
        let mut key = [0; sm::PUBLIC_KEY_LEN];
        hex::decode_to_slice(text, &mut key).map_err(|e| {
            format!("peers.known: {field} of node {}: {e}; {} bytes in hex are needed", self.id, sm::PUBLIC_KEY_LEN)
        })?;
        Ok(key)
    }
}

pub(crate) fn read_text(path: &Path) -> Result<String, NodeFileError> {
    std::fs::read_to_string(path).map_err(|source| NodeFileError::Io { path: path.to_owned(), source })
}
