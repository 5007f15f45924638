//! Keys and texts on disk.

use std::io::Write;
use std::path::Path;

use crypto::{KeyUse, SecretString, SigningKey, SoftwareProvider, key_file};

use crate::failure::{Failure, exit};

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::new(exit::IO, format!("{}: {e}", path.display())))
}

/// Writes a file that must not be there yet, durably.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |e| Failure::new(exit::IO, format!("{}: {e}", path.display()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// Writes a file in the place of an older one, durably: there is always one of the two.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    if beside.exists() {
        // Of a run that was cut short.
        std::fs::remove_file(&beside)?;
    }
    write_new(&beside, text)?;
    std::fs::rename(&beside, path).map_err(|e| Failure::new(exit::IO, format!("{}: {e}", path.display())))
}

/// A key from its file.
pub(super) fn key(path: &Path, key_use: KeyUse, password: &SecretString) -> Result<SigningKey, Failure> {
    let key = key_file::read(path, password, &SoftwareProvider::shared(), key_use);
    key.map_err(|e| Failure::config(format!("{}: {e}", path.display())))
}

/// A key from its file, which is made if it is not there.
pub(super) fn key_or_new(path: &Path, key_use: KeyUse, password: &SecretString) -> Result<SigningKey, Failure> {
    if path.exists() {
        return key(path, key_use, password);
    }
    new_key(path, key_use, password)
}

/// A new key in a new file.
pub(super) fn new_key(path: &Path, key_use: KeyUse, password: &SecretString) -> Result<SigningKey, Failure> {
    let key = SigningKey::generate(&SoftwareProvider::shared(), key_use).map_err(Failure::general)?;
    key_file::write(path, &key, password).map_err(|e| Failure::new(exit::IO, format!("{}: {e}", path.display())))?;
    Ok(key)
}
