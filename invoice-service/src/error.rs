//! Why the service does not start or stops: faults of the surroundings, for the operator.

use std::net::SocketAddr;

use ledger_types::{AccountId, Role};

use crate::master_secret::MasterSecretError;
use crate::store::StoreError;

/// The service cannot start or go on. Every text is a sentence for the operator and holds no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The node does not answer, or is of another chain.
    #[error("the service's node: {0}")]
    Node(#[from] sdk::ClientError),
    /// The service's own store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The master secret is missing.
    #[error(transparent)]
    MasterSecret(#[from] MasterSecretError),
    /// A key cannot be made, sealed or opened.
    #[error("hosted key: {0}")]
    KeyFile(#[from] crypto::key_file::KeyFileError),
    /// A key cannot be used.
    #[error("hosted key: {0}")]
    Key(#[from] crypto::KeyError),
    /// No good random numbers.
    #[error(transparent)]
    Random(#[from] crypto::random::RandomError),
    /// The token is another account's.
    #[error("the API token belongs to an account other than {0}")]
    TokenTaken(AccountId),
    /// No such account, or one whose kind has no such role.
    #[error("account {account} is not there or has no {role}")]
    RoleMisfit {
        /// Which.
        account: AccountId,
        /// Asked for.
        role: Role,
    },
    /// The audit log cannot be opened, or is not what it was.
    #[error(transparent)]
    Audit(#[from] crate::audit_log::AuditFault),
    /// The server of the calls failed.
    #[error("the service's server: {0}")]
    Server(#[from] tonic::transport::Error),
    /// A task of the service ended before it should.
    #[error("a task of the service ended early; see its log")]
    Stopped,
}
