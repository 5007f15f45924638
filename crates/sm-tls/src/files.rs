//! Where certificates, keys and lists lie.

use std::path::{Path, PathBuf};

use crypto::SigningKey;
use crypto::x509::{Certificate, X509Error, list_from_pem};
use rustls::ClientConfig;
use serde::{Deserialize, Serialize};

use crate::config::{self, Identity, Trust};
use crate::live::Material;

/// Files of one who is called: a `[tls]` section. Texts are PEM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// One's own certificate, then those between it and the root.
    pub chain: PathBuf,
    /// Its key, an encrypted key file.
    pub key: PathBuf,
    /// Certificates of the authorities that are believed for their own sake.
    pub roots: PathBuf,
    /// Lists of what authorities revoked; if there is one, each authority of a chain needs one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<PathBuf>,
    /// Hear only callers whose certificate is registered on the chain: for nodes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub registered_only: bool,
}

/// Files that say whom one believes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustFiles {
    /// Certificates of the authorities that are believed for their own sake.
    pub roots: PathBuf,
    /// Lists of what authorities revoked; if there is one, each authority of a chain needs one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<PathBuf>,
}

/// Files that do not make a configuration.
#[derive(Debug, thiserror::Error)]
pub enum TlsFilesError {
    /// One cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// One is not what it should be.
    #[error("{path}: {source}")]
    Form {
        /// Which.
        path: PathBuf,
        /// Why.
        source: X509Error,
    },
    /// The key cannot be had.
    #[error("{path}: {why}")]
    Key {
        /// Its file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// They do not fit together.
    #[error("{path}: {why}; are certificate, key and roots of the same authority?")]
    Together {
        /// One's own certificate, or the roots.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl TlsFiles {
    /// With paths that count from a folder.
    #[must_use]
    pub fn resolved(&self, base: &Path) -> Self {
        let TrustFiles { roots, lists } = self.trust().resolved(base);
        Self {
            chain: base.join(&self.chain),
            key: base.join(&self.key),
            roots,
            lists,
            registered_only: self.registered_only,
        }
    }

    /// All of them.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut paths = vec![self.chain.clone(), self.key.clone(), self.roots.clone()];
        paths.extend(self.lists.iter().cloned());
        paths
    }

    /// Those that say whom one believes.
    #[must_use]
    pub fn trust(&self) -> TrustFiles {
        TrustFiles { roots: self.roots.clone(), lists: self.lists.clone() }
    }

    /// Reads them. `open` gets the key of a file.
    ///
    /// # Errors
    /// [`TlsFilesError`].
    pub fn read(&self, open: impl FnOnce(&Path) -> Result<SigningKey, String>) -> Result<Material, TlsFilesError> {
        self.read_with(open, &[])
    }

    /// The same, believing others too.
    ///
    /// # Errors
    /// [`TlsFilesError`].
    pub fn read_with(
        &self,
        open: impl FnOnce(&Path) -> Result<SigningKey, String>,
        also: &[Certificate],
    ) -> Result<Material, TlsFilesError> {
        let chain = certificates(&self.chain)?;
        let key = open(&self.key).map_err(|why| TlsFilesError::Key { path: self.key.clone(), why })?;
        let identity = Identity::new(&chain, key);
        let identity =
            identity.map_err(|e| TlsFilesError::Together { path: self.chain.clone(), why: e.to_string() })?;
        let mut trust = self.trust().read()?;
        trust.roots.extend_from_slice(also);
        Material::new(identity, chain, trust)
            .map_err(|e| TlsFilesError::Together { path: self.chain.clone(), why: e.to_string() })
    }
}

impl TrustFiles {
    /// Of one file of roots, without lists.
    #[must_use]
    pub fn of(roots: PathBuf) -> Self {
        Self { roots, lists: Vec::new() }
    }

    /// With paths that count from a folder.
    #[must_use]
    pub fn resolved(&self, base: &Path) -> Self {
        Self { roots: base.join(&self.roots), lists: self.lists.iter().map(|list| base.join(list)).collect() }
    }

    /// Reads them.
    ///
    /// # Errors
    /// [`TlsFilesError`].
    pub fn read(&self) -> Result<Trust, TlsFilesError> {
        let list = |path: &PathBuf| {
            list_from_pem(&text(path)?).map_err(|source| TlsFilesError::Form { path: path.clone(), source })
        };
        let revocation_lists = self.lists.iter().map(list).collect::<Result<_, _>>()?;
        Ok(Trust { roots: certificates(&self.roots)?, revocation_lists })
    }

    /// A client without a certificate of its own.
    ///
    /// # Errors
    /// [`TlsFilesError`].
    pub fn client(&self) -> Result<ClientConfig, TlsFilesError> {
        let together = |e: rustls::Error| TlsFilesError::Together { path: self.roots.clone(), why: e.to_string() };
        config::client(None, &self.read()?).map_err(together)
    }
}

fn text(path: &Path) -> Result<String, TlsFilesError> {
    std::fs::read_to_string(path).map_err(|source| TlsFilesError::Io { path: path.to_owned(), source })
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, TlsFilesError> {
    Certificate::chain_from_pem(&text(path)?).map_err(|source| TlsFilesError::Form { path: path.to_owned(), source })
}
