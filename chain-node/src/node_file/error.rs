//! Why a node does not start from its file.

use std::path::PathBuf;

use crypto::key_file;
use sm_tls::files::TlsFilesError;
use storage::StoreError;

use crate::node::NodeStartError;
use crate::shell::ServeError;

/// A node cannot be started from its file.
#[derive(Debug, thiserror::Error)]
pub enum NodeFileError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {why}")]
    Form {
        /// Which.
        path: PathBuf,
        /// Why, and where.
        why: String,
    },
    /// A key file does not open.
    #[error("{path}: {source}")]
    Key {
        /// Which.
        path: PathBuf,
        /// Why.
        source: key_file::KeyFileError,
    },
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsFilesError),
    /// A key in a device cannot be used.
    #[error("{name}: {source}")]
    Device {
        /// Which.
        name: String,
        /// Why.
        source: sdf::SdfError,
    },
    /// A key file is named, and no password for it.
    #[error("{path} is a key file: say in password_file where its password is")]
    NoPassword {
        /// The key file.
        path: PathBuf,
    },
    /// The password is in a vault.
    #[error("the keys are sealed ({vault}): holders open a node that was started, with `taxchain node unseal`", vault = vault.display())]
    Sealed {
        /// The vault.
        vault: PathBuf,
    },
    /// The store failed.
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    /// The data are of another chain than the genesis document.
    #[error("{path} holds another chain than the genesis document: name the right folder or the right document")]
    OtherChain {
        /// The data folder.
        path: PathBuf,
    },
    /// The node does not start on this chain.
    #[error(transparent)]
    Start(#[from] NodeStartError),
    /// It does not serve.
    #[error(transparent)]
    Serve(#[from] ServeError),
}
