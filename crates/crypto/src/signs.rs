//! What a signature is for.

use std::fmt;

use ledger_types::Purpose;

/// What a signature is for (签名用途). Messages of different kinds never look alike: those of the chain are framed with
/// its name, a handshake begins with 64 spaces, and a certificate with the tag of a DER sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signs {
    /// A message of the chain's own.
    Chain(Purpose),
    /// The handshake of a connection: CertificateVerify of TLS 1.3, under the user id of RFC 8998.
    Handshake,
    /// A certificate (X.509), or a list of revoked ones.
    Certificate,
    /// A request for a certificate (PKCS #10), by the key that it is for.
    CertificateRequest,
}

impl Signs {
    /// Every one of them.
    pub const ALL: [Self; 17] = [
        Self::Chain(Purpose::Transaction),
        Self::Chain(Purpose::Vote),
        Self::Chain(Purpose::Proposal),
        Self::Chain(Purpose::SwitchRequest),
        Self::Chain(Purpose::LedgerStatement),
        Self::Chain(Purpose::PeerHello),
        Self::Chain(Purpose::GovernanceApproval),
        Self::Chain(Purpose::Webhook),
        Self::Chain(Purpose::CheckpointWitness),
        Self::Chain(Purpose::Release),
        Self::Chain(Purpose::Complaint),
        Self::Chain(Purpose::ContentQuestion),
        Self::Chain(Purpose::LinkStatement),
        Self::Chain(Purpose::LinkQuestion),
        Self::Handshake,
        Self::Certificate,
        Self::CertificateRequest,
    ];

    /// The user id that goes into Z.
    #[must_use]
    pub fn user_id(self) -> &'static str {
        if self == Self::Handshake { sm::TLS_USER_ID } else { sm::USER_ID }
    }
}

impl fmt::Display for Signs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chain(purpose) => write!(f, "{purpose:?}"),
            other => write!(f, "{other:?}"),
        }
    }
}
