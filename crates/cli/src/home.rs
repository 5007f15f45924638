//! The command line's folder: where the node is, who one is, what was signed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::{KeyUse, SecretString, SenderKey, SigningKey};
use ledger_types::{AccountId, Area, ChainId, KeyId};
use sdf::SdfProvider;
use sdk::{Identity, Outbox, TrustFiles};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::key_files;

/// `home.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HomeFile {
    /// The node, e.g. `https://127.0.0.1:7000`.
    pub node: String,
    /// The invoice service.
    pub service: String,
    /// The chain; a node of another is refused.
    pub chain: ChainId,
    /// The area of new transactions.
    pub area: Area,
    /// The genesis document, relative to the folder.
    pub genesis: PathBuf,
    /// File with the password of the key files, relative to the folder; asked from the environment if absent.
    pub password_file: Option<PathBuf>,
    /// Whom one believes, relative to the folder; none if all calls are in clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustFiles>,
    /// The cipher card or HSM that holds keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdf: Option<sdf::Settings>,
    /// Who one can be.
    pub identities: BTreeMap<String, IdentityEntry>,
}

/// One identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IdentityEntry {
    /// The account.
    pub account: AccountId,
    /// Which of its keys.
    pub key_id: KeyId,
    /// The encrypted key file, relative to the folder; or `sdf:` and the name of a key in the device.
    pub key_file: PathBuf,
    /// That of the key which seals what this identity issues, if it issues on a chain whose bodies are sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal_key_file: Option<PathBuf>,
    /// What it may do, for people.
    pub role: String,
}

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    dir: PathBuf,
    /// Its file.
    pub file: HomeFile,
}

/// Names the folder of the last `taxchain dev`.
fn pointer() -> Option<PathBuf> {
    std::env::home_dir().map(|h| h.join(".taxchain").join("current"))
}

impl Home {
    /// Opens a folder: the one given, or that of the last `taxchain dev`.
    pub(crate) fn open(dir: Option<&Path>) -> Result<Self, Failure> {
        let dir = match dir {
            Some(dir) => dir.to_owned(),
            None => pointer()
                .and_then(|p| std::fs::read_to_string(p).ok())
                .map(|text| PathBuf::from(text.trim_end()))
                .ok_or_else(|| Failure::config("no home folder: start `taxchain dev`, or give --home DIR"))?,
        };
        let path = dir.join("home.json");
        let text = std::fs::read_to_string(&path).map_err(|e| {
            Failure::config(format!("{}: {e}; start `taxchain dev --data {}` first", path.display(), dir.display()))
        })?;
        let file = serde_json::from_str(&text).map_err(|e| Failure::config(format!("{}: {e}", path.display())))?;
        Ok(Self { dir, file })
    }

    /// Writes a folder's file and makes it the current one.
    pub(crate) fn create(dir: &Path, file: HomeFile, make_current: bool) -> Result<Self, Failure> {
        let home = Self { dir: dir.to_owned(), file };
        let text = serde_json::to_string_pretty(&home.file).expect("plain data");
        std::fs::write(dir.join("home.json"), text + "\n")?;
        if let (true, Some(pointer)) = (make_current, pointer()) {
            if let Some(parent) = pointer.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(pointer, format!("{}\n", dir.display()))?;
        }
        Ok(home)
    }

    /// The folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The genesis document.
    pub(crate) fn genesis_path(&self) -> PathBuf {
        self.dir.join(&self.file.genesis)
    }

    /// Whom one believes.
    pub(crate) fn trust(&self) -> Option<TrustFiles> {
        self.file.trust.as_ref().map(|trust| trust.resolved(&self.dir))
    }

    /// What was signed here.
    pub(crate) fn outbox(&self) -> Result<Outbox, Failure> {
        Ok(Outbox::open(&self.dir.join("outbox"))?)
    }

    /// Loads an identity's key.
    pub(crate) fn identity(&self, name: &str) -> Result<Identity, Failure> {
        let entry = self.entry(name)?;
        Ok(Identity::account(entry.account, entry.key_id, self.key(&entry.key_file, KeyUse::Transaction)?))
    }

    /// Loads an identity's key and the one that it seals with: opening a key file takes a moment, and only who issues
    /// needs the second.
    pub(crate) fn sender(&self, name: &str) -> Result<Identity, Failure> {
        let identity = self.identity(name)?;
        let Some(file) = &self.entry(name)?.seal_key_file else { return Ok(identity) };
        let key = SenderKey::new(self.key(file, KeyUse::Encryption)?).map_err(Failure::general)?;
        Ok(identity.sealing_with(key))
    }

    fn entry(&self, name: &str) -> Result<&IdentityEntry, Failure> {
        self.file.identities.get(name).ok_or_else(|| {
            let known: Vec<_> = self.file.identities.keys().map(String::as_str).collect();
            Failure::not_found(format!("no identity {name:?}; there are: {}", known.join(", ")))
        })
    }

    /// A key of a file, or of the device.
    fn key(&self, file: &Path, key_use: KeyUse) -> Result<SigningKey, Failure> {
        if let Some(name) = sdf::device_key_name(file) {
            return self.device_key(name, key_use);
        }
        key_files::read(&self.dir.join(file), key_use, &self.password()?)
    }

    fn device_key(&self, name: &str, key_use: KeyUse) -> Result<SigningKey, Failure> {
        let none = || Failure::config(format!("home.json names the key sdf:{name} and has no sdf section"));
        let settings = self.file.sdf.clone().ok_or_else(none)?.within(&self.dir);
        let device = SdfProvider::open(settings).map_err(|e| Failure::config(e.to_string()))?;
        Arc::new(device).key(name, key_use).map_err(|e| Failure::config(format!("sdf:{name}: {e}")))
    }

    /// The account of an identity.
    pub(crate) fn account(&self, name: &str) -> Result<AccountId, Failure> {
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let entry = self.file.identities.get(name);
        entry.map(|e| e.account).ok_or_else(|| Failure::not_found(format!("{name:?} is no identity and no account id")))
    }

    /// The password of the key files: from the file, or from `TAXCHAIN_KEY_PASSWORD`; never from the command line.
    pub(crate) fn password(&self) -> Result<SecretString, Failure> {
        let file = self.file.password_file.as_ref().map(|file| self.dir.join(file));
        key_files::password(file.as_deref(), "password_file in home.json")
    }
}
