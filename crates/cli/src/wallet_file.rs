//! The wallet of a home folder: `wallet.pem`, a key file under the folder's password, and `wallet.next`, the next index.

use std::path::PathBuf;

use crypto::{KeyUse, SigningKey, SoftwareProvider, Wallet};
use ledger_types::ChainId;
use sdk::Identity;

use crate::failure::Failure;
use crate::home::Home;
use crate::key_files;

fn key_path(home: &Home) -> PathBuf {
    home.dir().join("wallet.pem")
}

fn next_path(home: &Home) -> PathBuf {
    home.dir().join("wallet.next")
}

/// The folder's wallet.
pub(crate) fn open(home: &Home) -> Result<Wallet, Failure> {
    let path = key_path(home);
    if !path.exists() {
        return Err(Failure::not_found("this folder has no wallet yet: `taxchain claim --one-time` makes one"));
    }
    let key = key_files::read(&path, KeyUse::Encryption, &home.password()?)?;
    Wallet::of_key(&key).map_err(Failure::general)
}

/// The same, if there is one.
pub(crate) fn open_if_there(home: &Home) -> Result<Option<Wallet>, Failure> {
    if key_path(home).exists() { open(home).map(Some) } else { Ok(None) }
}

/// The same; made and on disk first where there is none.
pub(crate) fn open_or_make(home: &Home) -> Result<Wallet, Failure> {
    let path = key_path(home);
    if path.exists() {
        return open(home);
    }
    let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Encryption).map_err(Failure::general)?;
    crypto::key_file::write(&path, &key, &home.password()?).map_err(|e| Failure::config(e.to_string()))?;
    Wallet::of_key(&key).map_err(Failure::general)
}

/// The next index that no claim was signed for. Only a hint: what the chain has is found without it.
pub(crate) fn next_index(home: &Home) -> u32 {
    std::fs::read_to_string(next_path(home)).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// Notes that an index is used, before anything depends on it: an address is not used twice.
pub(crate) fn use_index(home: &Home, index: u32) -> Result<(), Failure> {
    let path = next_path(home);
    let new = path.with_extension("new");
    std::fs::write(&new, format!("{}\n", index.saturating_add(1)))?;
    std::fs::rename(new, path)?;
    Ok(())
}

/// The identity of one of the wallet's keys.
pub(crate) fn identity(home: &Home, chain: &ChainId, index: &str) -> Result<Identity, Failure> {
    let index = index.parse().map_err(|_| Failure::new(2, "write wallet/ and a number, e.g. wallet/0"))?;
    let key = open(home)?.key(chain, index, &SoftwareProvider::shared()).map_err(Failure::general)?;
    Ok(Identity::bare(key))
}
