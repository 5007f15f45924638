//! What the command line chooses from.

use clap::ValueEnum;
use crypto::x509::{Profile, Reason};
use ledger_types::CertificateUse;

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum For {
    /// Called and calling: a node, a service.
    Node,
    /// Called only.
    Server,
    /// Calling only.
    Client,
}

impl From<For> for Profile {
    fn from(what: For) -> Self {
        match what {
            For::Node => Self::Node,
            For::Server => Self::Server,
            For::Client => Self::Client,
        }
    }
}

/// Why.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Why {
    /// Not said.
    Unspecified,
    /// Somebody else may have the key.
    KeyCompromise,
    /// Its holder does something else now.
    AffiliationChanged,
    /// There is a newer one.
    Superseded,
    /// What it was for is no more.
    CessationOfOperation,
}

impl From<Why> for Reason {
    fn from(why: Why) -> Self {
        match why {
            Why::Unspecified => Self::Unspecified,
            Why::KeyCompromise => Self::KeyCompromise,
            Why::AffiliationChanged => Self::AffiliationChanged,
            Why::Superseded => Self::Superseded,
            Why::CessationOfOperation => Self::CessationOfOperation,
        }
    }
}

impl Why {
    /// As RFC 5280 numbers it (5.3.1).
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
        }
    }
}

/// What a registered certificate is shown for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Shown {
    /// By who calls.
    Client,
    /// By a node.
    Node,
    /// By an invoice service.
    Service,
}

impl From<Shown> for CertificateUse {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Client => Self::Client,
            Shown::Node => Self::Node,
            Shown::Service => Self::Service,
        }
    }
}
