//! A development chain of one bureau and one or more validators: keys, genesis, stores, nodes.

mod certificates;
mod network;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crypto::{CommitteeKeys, KeyProvider, KeyUse, SecretString, SenderKey, SigningKey, SoftwareProvider, key_file};
use ledger_types::account::KeyRecord;
use ledger_types::{
    AccountId, AccountKind, Area, BlockTime, ChainParams, ClockMode, Committee, ConsensusKind, Genesis, GenesisAccount,
    KeyId, Validator, ValidatorSet,
};
use storage::{Options, Store};

pub use network::{DevNetwork, DevNetworkError};

use crate::clock::wall_ms;
use crate::engines::bft::Pace;
use crate::mempool::MempoolLimits;
use crate::node::{Node, NodeSetup};
use crate::shell::{committee_key_epochs, committee_key_file};

/// What a development chain is like.
#[derive(Clone, Debug)]
pub struct DevChainPlan {
    /// Name for people.
    pub name: String,
    /// Wall clock, or driven by call.
    pub clock: ClockMode,
    /// Block time of height 0; none for now.
    pub start: Option<BlockTime>,
    /// Issuing areas.
    pub areas: Vec<Area>,
    /// Where QR codes point.
    pub verify_base_url: String,
    /// Validators: one makes a solo chain, several agree by votes.
    pub validators: u16,
    /// Several validators reckon with crashes only, not with lies.
    pub crashes_only: bool,
    /// Bodies are not sealed: to compare with, and nothing else.
    pub plain_bodies: bool,
}

impl Default for DevChainPlan {
    fn default() -> Self {
        Self {
            name: "shenzhen-dev".to_owned(),
            clock: ClockMode::Wall,
            start: None,
            areas: vec![Area(4403)],
            verify_base_url: ChainParams::default().verify_base_url,
            validators: 1,
            crashes_only: false,
            plain_bodies: false,
        }
    }
}

/// The bureau's account on a development chain.
pub const DEV_BUREAU: AccountId = AccountId(1);

/// A development chain cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum DevChainError {
    /// The disk said no.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// Certificates cannot be made.
    #[error("certificate: {0}")]
    Certificate(#[from] crypto::x509::X509Error),
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] sm_tls::files::TlsFilesError),
    /// A key file failed.
    #[error("key file: {0}")]
    KeyFile(#[from] key_file::KeyFileError),
    /// A key could not be made.
    #[error("key: {0}")]
    Key(#[from] crypto::KeyError),
    /// No randomness.
    #[error("randomness: {0}")]
    Random(#[from] crypto::random::RandomError),
    /// The store failed.
    #[error("storage: {0}")]
    Store(#[from] storage::StoreError),
    /// The node cannot start.
    #[error(transparent)]
    Start(#[from] crate::node::NodeStartError),
    /// `genesis.json` is not a genesis document.
    #[error("{path}: not a genesis document: {why}")]
    Genesis {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// A folder with keys, genesis and data of a development chain.
pub struct DevChain {
    dir: PathBuf,
    password: SecretString,
    provider: Arc<dyn KeyProvider>,
    genesis: Genesis,
    /// Those opened or made: opening a file takes a moment on purpose.
    keys: Mutex<BTreeMap<String, SigningKey>>,
}

impl DevChain {
    /// Opens the chain in `dir`, or makes one.
    pub fn open_or_create(dir: &Path, plan: &DevChainPlan) -> Result<Self, DevChainError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| DevChainError::Io { path, source }
        };
        std::fs::create_dir_all(dir.join("keys")).map_err(io(dir))?;
        let password = password(&dir.join("keys/password"))?;
        let provider = SoftwareProvider::shared();
        let path = dir.join("genesis.json");
        let chain = |genesis| Self {
            dir: dir.to_owned(),
            password: password.clone(),
            provider: provider.clone(),
            genesis,
            keys: Mutex::default(),
        };
        if path.exists() {
            let text = std::fs::read_to_string(&path).map_err(io(&path))?;
            let genesis = serde_json::from_str(&text)
                .map_err(|e| DevChainError::Genesis { path: path.clone(), why: e.to_string() })?;
            return Ok(chain(genesis));
        }
        let mut new = chain(Genesis {
            version: Genesis::VERSION,
            name: plan.name.clone(),
            time: plan.start.unwrap_or_else(|| BlockTime(wall_ms())),
            clock: plan.clock,
            consensus: ConsensusKind::of_new_chain(usize::from(plan.validators), plan.crashes_only),
            validators: ValidatorSet { validators: Vec::new() },
            params: params(plan),
            areas: plan.areas.clone(),
            accounts: Vec::new(),
            committee: None,
        });
        if !plan.plain_bodies {
            let key = new.key(&committee_key_name(Committee::FIRST), KeyUse::Encryption)?;
            new.genesis.committee = Some(Committee { epoch: Committee::FIRST, public_key: key.public_key().0 });
            new.genesis.version = Genesis::SEALING;
        }
        let bureau = new.key("bureau", KeyUse::Transaction)?;
        for place in 0..plan.validators.max(1) {
            let vote_key = new.key(&vote_key_name(place), KeyUse::Vote)?.public_key().0;
            new.genesis.validators.validators.push(Validator { operator: DEV_BUREAU, vote_key });
        }
        new.genesis.accounts.push(GenesisAccount {
            kind: AccountKind::Bureau,
            area: plan.areas.first().copied().unwrap_or(Area(0)),
            tax_id: None,
            name: "开发税务局 (dev bureau)".to_owned(),
            keys: vec![KeyRecord::admin(KeyId(0), bureau.public_key().0)],
        });
        let text = serde_json::to_string_pretty(&new.genesis).expect("a genesis document is plain data");
        write_whole(&path, &(text + "\n"), 0o644)?;
        Ok(new)
    }

    /// The genesis document.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The chain's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the key of this name lies.
    pub fn key_path(&self, name: &str) -> PathBuf {
        self.dir.join("keys").join(format!("{name}.pem"))
    }

    /// Where the password of the keys lies.
    pub fn password_path(&self) -> PathBuf {
        self.dir.join("keys/password")
    }

    /// Where the genesis document lies.
    pub fn genesis_path(&self) -> PathBuf {
        self.dir.join("genesis.json")
    }

    /// Where the first node keeps its data.
    pub fn data_dir(&self) -> PathBuf {
        self.data_dir_of(0)
    }

    /// Where a validator's node keeps its data.
    pub fn data_dir_of(&self, place: u16) -> PathBuf {
        if place == 0 { self.dir.join("data") } else { self.dir.join(format!("data-{place}")) }
    }

    /// The provider that holds the keys.
    pub fn provider(&self) -> &Arc<dyn KeyProvider> {
        &self.provider
    }

    /// The key of this name, made on first use and kept in an encrypted file.
    pub fn key(&self, name: &str, key_use: KeyUse) -> Result<SigningKey, DevChainError> {
        let mut known = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(name).filter(|key| key.key_use() == key_use) {
            return Ok(key.clone());
        }
        let path = self.key_path(name);
        let key = if path.exists() {
            key_file::read(&path, &self.password, &self.provider, key_use)?
        } else {
            let key = SigningKey::generate(&self.provider, key_use)?;
            key_file::write(&path, &key, &self.password)?;
            key
        };
        known.insert(name.to_owned(), key.clone());
        Ok(key)
    }

    /// Makes the key of this name if there is none. Opening its file takes a moment, and is left out.
    fn make_key(&self, name: &str, key_use: KeyUse) -> Result<(), DevChainError> {
        if self.key_path(name).exists() { Ok(()) } else { self.key(name, key_use).map(drop) }
    }

    /// A validator's voting key.
    ///
    /// # Errors
    /// As for any key of this chain.
    pub fn vote_key(&self, place: u16) -> Result<SigningKey, DevChainError> {
        self.key(&vote_key_name(place), KeyUse::Vote)
    }

    /// The committee's private keys, for this chain's nodes; none on a chain of plain bodies.
    ///
    /// # Errors
    /// As for any key of this chain.
    pub fn committee_keys(&self) -> Result<Arc<CommitteeKeys>, DevChainError> {
        let mut keys = BTreeMap::new();
        if let Some(Committee { epoch, .. }) = self.genesis.committee {
            keys.insert(epoch, self.key(&committee_key_name(epoch), KeyUse::Encryption)?);
        }
        let folder = self.committee_key_folder(0);
        for epoch in committee_key_epochs(&folder) {
            let path = committee_key_file(&folder, epoch);
            keys.insert(epoch, key_file::read(&path, &self.password, &self.provider, KeyUse::Encryption)?);
        }
        Ok(Arc::new(CommitteeKeys::new(keys)?))
    }

    /// Where a validator's node finds keys of the committee of later epochs.
    pub fn committee_key_folder(&self, place: u16) -> PathBuf {
        if place == 0 { self.dir.join("committee-keys") } else { self.dir.join(format!("committee-keys-{place}")) }
    }

    /// Writes a key of the committee into a validator's folder: its node takes it without a restart.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn install_committee_key(&self, place: u16, epoch: u32, key: &SigningKey) -> Result<(), DevChainError> {
        let folder = self.committee_key_folder(place);
        let io = |source| DevChainError::Io { path: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(io)?;
        Ok(key_file::write(&committee_key_file(&folder, epoch), key, &self.password)?)
    }

    /// A sender's key of agreement, made on first use: what the holder of `name`'s key seals with.
    ///
    /// # Errors
    /// As for any key of this chain.
    pub fn sender_key(&self, name: &str) -> Result<SenderKey, DevChainError> {
        Ok(SenderKey::new(self.key(&sender_key_name(name), KeyUse::Encryption)?)?)
    }

    /// The first validator's node on its store, which is made on first use.
    pub fn node(&self, options: Options) -> Result<Node, DevChainError> {
        let store = Store::open_or_create(&self.data_dir(), &self.genesis, options)?;
        let setup = NodeSetup {
            vote_key: Some(self.key(&vote_key_name(0), KeyUse::Vote)?),
            committee_keys: self.committee_keys()?,
            applies: false,
            limits: MempoolLimits::default(),
            pace: Pace::default(),
            now_ms: wall_ms(),
        };
        let reporter = self.key(&report_key_name(0), KeyUse::Transaction)?;
        Ok(Node::new(store, setup)?.with_reporter(reporter))
    }
}

fn report_key_name(place: u16) -> String {
    format!("report-{place}")
}

fn committee_key_name(epoch: u32) -> String {
    format!("committee-{epoch}")
}

/// What the key file is called that `name` seals with.
#[must_use]
pub fn sender_key_name(name: &str) -> String {
    format!("{name}-seal")
}

fn vote_key_name(place: u16) -> String {
    if place == 0 { "vote".to_owned() } else { format!("vote-{place}") }
}

fn params(plan: &DevChainPlan) -> ChainParams {
    let usual = ChainParams { verify_base_url: plan.verify_base_url.clone(), ..ChainParams::default() };
    match plan.clock {
        ClockMode::Wall => usual,
        // A driven clock replays days in minutes: the host's time should hardly pace it.
        ClockMode::Driven => ChainParams { min_block_interval_ms: 4, ..usual },
    }
}

/// The password of the development keys: random, in a file only its owner reads.
fn password(path: &Path) -> Result<SecretString, DevChainError> {
    let io = |source| DevChainError::Io { path: path.to_owned(), source };
    if path.exists() {
        let text = std::fs::read_to_string(path).map_err(io)?;
        return Ok(SecretString::from(text.trim_end().to_owned()));
    }
    let bytes: [u8; 16] = crypto::random::array()?;
    let text: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    write_whole(path, &format!("{text}\n"), 0o600)?;
    Ok(SecretString::from(text))
}

/// Writes a file that is there whole or not at all, whenever the process is killed.
fn write_whole(path: &Path, text: &str, mode: u32) -> Result<(), DevChainError> {
    let io = |source| DevChainError::Io { path: path.to_owned(), source };
    let temporary = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut file = options.open(&temporary).map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
    std::fs::rename(&temporary, path).map_err(io)
}
