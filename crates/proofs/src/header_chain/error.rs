//! Why a header is refused.

use std::fmt;

use ledger_types::{ChainId, Height};

use crate::CertificateError;

/// Why a header does not continue the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// A format that this code does not know.
    Version(u16),
    /// The header is of another chain.
    OtherChain {
        /// The chain of the genesis document.
        trusted: ChainId,
        /// The chain in the header.
        found: ChainId,
    },
    /// It is not the next one.
    Height {
        /// The next one's.
        expected: Height,
        /// Its own.
        found: Height,
    },
    /// Newer rules than this software knows begin here.
    NewerProtocol {
        /// Where.
        height: Height,
        /// The protocol version.
        found: u32,
    },
    /// Its parent is another block.
    Parent(Height),
    /// Its time is not after its parent's.
    Time(Height),
    /// It is neither in the epoch of its parent nor at the beginning of the next.
    Epoch(Height),
    /// Its validators are not those that its parent named.
    Validators(Height),
    /// The next validators that came with it are not those that it names.
    NextValidators(Height),
    /// Fewer may certify from here on, and that was not shown to be approved.
    Approval {
        /// Where.
        height: Height,
        /// What is wrong.
        why: &'static str,
    },
    /// Its certificate does not make it final.
    Certificate {
        /// Of which header.
        height: Height,
        /// Why.
        error: CertificateError,
    },
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(found) => write!(f, "header version {found} is not known"),
            Self::OtherChain { trusted, found } => write!(f, "the header is of chain {found}, not {trusted}"),
            Self::Height { expected, found } => write!(f, "header {found} came where {expected} was expected"),
            Self::NewerProtocol { height, found } => {
                write!(f, "protocol version {found} begins at block {height}: newer software is needed")
            }
            Self::Parent(height) => write!(f, "block {height} has another parent than the block known before it"),
            Self::Time(height) => write!(f, "block {height} is not later than its parent"),
            Self::Epoch(height) => write!(f, "block {height} changes the rules without a new epoch"),
            Self::Validators(height) => write!(f, "block {height} has other validators than its parent named"),
            Self::NextValidators(height) => {
                write!(f, "the validators that came with block {height} are not those that it names")
            }
            Self::Approval { height, why } => {
                write!(f, "fewer may certify from block {height} on, but the approval of that does not hold: {why}")
            }
            Self::Certificate { height, error } => write!(f, "block {height} is not certified: {error}"),
        }
    }
}

impl std::error::Error for HeaderError {}
