//! Keys and texts on disk.

use std::path::Path;

use crypto::{KeyUse, SecretString, SigningKey, SoftwareProvider, key_file};

use crate::failure::{Failure, exit};
use crate::key_files;

pub(super) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::new(exit::IO, format!("{}: {e}", path.display())))
}

/// Writes a file that everybody may read and that must not be there yet, durably.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    key_files::write_new(path, text, 0o666)
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

/// A key from its file, which is made if it is not there.
pub(super) fn key_or_new(path: &Path, key_use: KeyUse, password: &SecretString) -> Result<SigningKey, Failure> {
    if path.exists() {
        return key_files::read(path, key_use, password);
    }
    new_key(path, key_use, password)
}

/// A new key in a new file.
pub(super) fn new_key(path: &Path, key_use: KeyUse, password: &SecretString) -> Result<SigningKey, Failure> {
    let key = SigningKey::generate(&SoftwareProvider::shared(), key_use).map_err(Failure::general)?;
    key_file::write(path, &key, password).map_err(|e| Failure::new(exit::IO, format!("{}: {e}", path.display())))?;
    Ok(key)
}
