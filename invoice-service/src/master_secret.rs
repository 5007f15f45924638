//! The secret under which hosted keys and claim tokens are kept.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crypto::SecretString;
use secrecy::ExposeSecret;
use zeroize::{Zeroize, Zeroizing};

/// A password or key text given by the operator: from a file or the environment, never on the command line. Whoever has
/// it and the store has every hosted key. `Debug` hides it.
#[derive(Clone, Debug)]
pub struct MasterSecret(SecretString);

/// Why there is no master secret. Never holds the secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MasterSecretError {
    /// Too short to protect anything.
    #[error("the master secret needs at least {least} characters", least = MasterSecret::LEAST_CHARS)]
    TooShort,
    /// The variable is not set, or is no text.
    #[error("the environment variable {name} is not set")]
    NotSet {
        /// Its name.
        name: String,
    },
    /// The file cannot be read or made.
    #[error("master secret file {path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("master secret file {path} is open to others (mode {mode:04o}): run chmod 600 on it", path = path.display())]
    OpenToOthers {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// No good random numbers for a new secret.
    #[error(transparent)]
    Random(#[from] crypto::random::RandomError),
}

impl MasterSecret {
    /// Fewest characters.
    pub const LEAST_CHARS: usize = 16;
    /// Longest file, bytes.
    const MAX_FILE_BYTES: u64 = 4_096;

    /// Takes a text.
    ///
    /// # Errors
    /// [`MasterSecretError::TooShort`].
    pub fn new(text: SecretString) -> Result<Self, MasterSecretError> {
        let long_enough = text.expose_secret().chars().count() >= Self::LEAST_CHARS;
        if long_enough { Ok(Self(text)) } else { Err(MasterSecretError::TooShort) }
    }

    /// Reads it from an environment variable.
    ///
    /// # Errors
    /// [`MasterSecretError::NotSet`], [`MasterSecretError::TooShort`].
    pub fn from_env(name: &str) -> Result<Self, MasterSecretError> {
        let text = std::env::var(name).map_err(|_| MasterSecretError::NotSet { name: name.to_owned() })?;
        Self::new(SecretString::from(text))
    }

    /// Reads it from a file that only its owner may read; line ends at the end do not count.
    ///
    /// # Errors
    /// [`MasterSecretError::File`], [`MasterSecretError::OpenToOthers`], [`MasterSecretError::TooShort`].
    pub fn from_file(path: &Path) -> Result<Self, MasterSecretError> {
        let fault = |source| MasterSecretError::File { path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(fault)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = file.metadata().map_err(fault)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(MasterSecretError::OpenToOthers { path: path.to_owned(), mode });
            }
        }
        let mut text = Zeroizing::new(String::new());
        file.take(Self::MAX_FILE_BYTES).read_to_string(&mut text).map_err(fault)?;
        Self::new(SecretString::from(text.trim_end_matches(['\r', '\n'])))
    }

    /// Reads the file, or makes it with a random secret: for development.
    ///
    /// # Errors
    /// As [`MasterSecret::from_file`], and [`MasterSecretError::Random`].
    pub fn from_file_or_new(path: &Path) -> Result<Self, MasterSecretError> {
        if path.exists() {
            return Self::from_file(path);
        }
        let mut bytes: [u8; 32] = crypto::random::array()?;
        let text = Zeroizing::new(hex::encode(bytes));
        bytes.zeroize();
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let write = || -> std::io::Result<()> {
            let mut file = options.open(path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        write().map_err(|source| MasterSecretError::File { path: path.to_owned(), source })?;
        Self::from_file(path)
    }

    /// The secret as the password of key files.
    pub(crate) fn password(&self) -> &SecretString {
        &self.0
    }

    /// The secret's bytes.
    pub(crate) fn expose(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn short_secrets_are_refused_and_none_is_shown() {
        assert!(matches!(MasterSecret::new("fifteen letters".into()), Err(MasterSecretError::TooShort)));
        let secret = MasterSecret::new("sixteen letters!".into()).unwrap();
        assert!(!format!("{secret:?}").contains("sixteen"));
    }

    #[test]
    fn a_new_file_is_for_its_owner_alone_and_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master");
        let made = MasterSecret::from_file_or_new(&path).unwrap();
        let read = MasterSecret::from_file_or_new(&path).unwrap();
        assert_eq!(made.expose(), read.expose());
        assert_eq!(made.expose().len(), 64);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            let error = MasterSecret::from_file(&path).unwrap_err();
            assert!(matches!(error, MasterSecretError::OpenToOthers { mode: 0o644, .. }), "{error}");
        }
    }

    #[test]
    fn line_ends_do_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("master");
        drop(MasterSecret::from_file_or_new(&path).unwrap());
        std::fs::write(&path, "a secret of an operator\r\n").unwrap();
        assert_eq!(MasterSecret::from_file(&path).unwrap().expose(), b"a secret of an operator");
    }
}
