//! Key files and their passwords, as every command reads and writes them.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use crypto::{KeyUse, SecretString, SigningKey, SoftwareProvider, key_file};

use crate::failure::{Failure, exit};

/// The password of key files, as an argument.
#[derive(Args)]
pub(crate) struct Password {
    /// File with the password of the keys; TAXCHAIN_KEY_PASSWORD if absent.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Password {
    pub(crate) fn read(&self) -> Result<SecretString, Failure> {
        password(self.password_file.as_deref(), "--password-file")
    }
}

/// The password of key files: from a file, or from `TAXCHAIN_KEY_PASSWORD`; never from the command line. `option` is what
/// else may name the file.
pub(crate) fn password(file: Option<&Path>, option: &str) -> Result<SecretString, Failure> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|e| Failure::config(format!("{}: {e}", path.display())))?;
        return Ok(SecretString::from(text.trim_end().to_owned()));
    }
    let none = |_| Failure::config(format!("set TAXCHAIN_KEY_PASSWORD, or {option}"));
    std::env::var("TAXCHAIN_KEY_PASSWORD").map(SecretString::from).map_err(none)
}

/// A key from its file.
pub(crate) fn read(path: &Path, key_use: KeyUse, password: &SecretString) -> Result<SigningKey, Failure> {
    let key = key_file::read(path, password, &SoftwareProvider::shared(), key_use);
    key.map_err(|e| Failure::config(format!("{}: {e}", path.display())))
}

/// Writes a file that must not be there yet, durably.
pub(crate) fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let failed = |e| Failure::new(exit::IO, format!("{}: {e}", path.display()));
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}
