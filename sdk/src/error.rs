//! What can go wrong between a client and a node.

use ledger_types::{ChainId, RejectReason, TxId};
use proto::catalogue::{Reason, Retry};
use proto::convert::ConvertError;
use proto::node::v1::SubmitFailure;
use proto::status::ErrorReport;
use sm_tls::{Cause, ConnectError};
use tonic::{Code, Status};

/// A call failed. A receipt that refuses is not a failure: it is a fate.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The endpoint is not an address.
    #[error("{endpoint} is not an address such as https://127.0.0.1:7000: {why}")]
    Endpoint {
        /// What was given.
        endpoint: String,
        /// Why not.
        why: String,
    },
    /// Nobody answers there.
    #[error("nobody answers at {endpoint} ({why}); is the node running? try `taxchain doctor`")]
    Unreachable {
        /// Where.
        endpoint: String,
        /// Why.
        why: String,
    },
    /// Somebody answers there, but no connection comes about.
    #[error("{endpoint}: {cause} ({})", cause.zh())]
    Handshake {
        /// Where.
        endpoint: String,
        /// Why.
        cause: Cause,
    },
    /// The node speaks for another chain.
    #[error("the node is of chain {found}, not {expected}; check the endpoint or the genesis document")]
    WrongChain {
        /// The chain meant.
        expected: ChainId,
        /// The chain found.
        found: ChainId,
    },
    /// The node or service refused or failed, with a reason.
    #[error("{0}")]
    Report(Box<ErrorReport>),
    /// The outcome is not known yet: ask for its fate.
    #[error("the fate of transaction {tx} is not known yet; ask again for it, do not make a new one")]
    Undecided {
        /// Which.
        tx: TxId,
    },
    /// An answer that this client does not understand.
    #[error("the node's answer is not understood: {what}: {why}")]
    BadAnswer {
        /// Which part.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// What says whom one believes cannot be used.
    #[error(transparent)]
    Trust(#[from] sm_tls::files::TlsFilesError),
    /// No randomness.
    #[error("the system gives no randomness: {0}")]
    Random(String),
    /// A service prepared something else than was asked for; nothing was signed.
    #[error(transparent)]
    NotAsAsked(#[from] crate::own_keys::NotAsAsked),
    /// A key cannot sign.
    #[error("{0}")]
    Key(#[from] crypto::KeyError),
}

impl ClientError {
    pub(crate) fn from_status(status: Status) -> Self {
        // A server refuses a client's certificate only after the client's own handshake.
        match Cause::in_chain(&status) {
            Some(cause) => Self::Handshake { endpoint: "the server".to_owned(), cause },
            None => Self::Report(Box::new(ErrorReport::from_status(&status))),
        }
    }

    pub(crate) fn from_connect(endpoint: &str, error: ConnectError) -> Self {
        let endpoint = endpoint.to_owned();
        match error {
            ConnectError::Handshake { cause, .. } => Self::Handshake { endpoint, cause },
            ConnectError::Network { error, .. } => Self::Unreachable { endpoint, why: error.to_string() },
            ConnectError::Http { why, .. } => Self::Unreachable { endpoint, why },
            wrong => Self::Endpoint { endpoint, why: wrong.to_string() },
        }
    }

    pub(crate) fn from_failure(failure: &SubmitFailure) -> Self {
        let status =
            Status::with_details(Code::from(failure.code), failure.message.clone(), failure.status.clone().into());
        Self::from_status(status)
    }

    pub(crate) fn from_convert(error: ConvertError) -> Self {
        Self::BadAnswer { what: "field", why: error.to_string() }
    }

    pub(crate) fn missing(what: &'static str) -> Self {
        Self::BadAnswer { what, why: "it is missing".to_owned() }
    }

    /// Whether the same bytes may be sent again.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Report(report) => report.retry() == Retry::Same,
            Self::Unreachable { .. } | Self::Undecided { .. } => true,
            Self::Handshake { cause, .. } => *cause == Cause::TooSlow,
            _ => false,
        }
    }

    /// Whether the body is sealed for a key of the committee that is not accepted: sealed again, the same transaction is.
    pub fn is_of_another_key(&self) -> bool {
        let wrong = RejectReason::WrongSealEpoch;
        match self {
            Self::Report(report) => {
                report.reason == Some(Reason::Ledger(wrong)) || report.refusals.iter().any(|r| r.reason == wrong)
            }
            _ => false,
        }
    }

    /// Whether the way to the node broke, rather than the node answering.
    pub fn is_transport(&self) -> bool {
        match self {
            Self::Report(report) => report.code == Code::Unavailable,
            Self::Unreachable { .. } | Self::Handshake { .. } => true,
            _ => false,
        }
    }
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        Self::from_status(status)
    }
}
