//! What a key may sign.

use std::fmt;

use ledger_types::Purpose;

use crate::Signs;

/// What a key is for (密钥用途). One key, one use. What two uses sign overlaps only for [`KeyUse::OrderToken`], which signs
/// transactions because a claim is one, and asks for what may be claimed, and for requests, which each key with a certificate signs for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyUse {
    /// Transactions of an account or of a person's wallet.
    Transaction,
    /// A validator's votes and proposals, its wishes to change the kind of consensus, and its word that it has a key of the
    /// committee.
    Vote,
    /// A node among its peers: first messages and ledger statements.
    Peer,
    /// Agreement on keys that seal and open contents: signs nothing but that somebody has it.
    Encryption,
    /// The claim of one invoice, derived from its order token.
    OrderToken,
    /// Approvals of changes of the chain's own rules.
    Governance,
    /// Webhook calls.
    Webhook,
    /// A witness's checkpoints.
    Witness,
    /// Releases of the software.
    Release,
    /// A light client's complaints about nodes.
    Observer,
    /// Who one is on a connection, proved in each handshake; also asks for its certificate.
    Tls,
    /// Certificates of others, and lists of those that were revoked (CA).
    Issuer,
    /// Opens the shares of other keys that its holder keeps: signs nothing.
    ShareHolder,
}

impl KeyUse {
    /// Every use.
    pub const ALL: [Self; 13] = [
        Self::Transaction,
        Self::Vote,
        Self::Peer,
        Self::Encryption,
        Self::OrderToken,
        Self::Governance,
        Self::Webhook,
        Self::Witness,
        Self::Release,
        Self::Observer,
        Self::Tls,
        Self::Issuer,
        Self::ShareHolder,
    ];

    /// What a key of this use signs.
    #[must_use]
    pub fn signs(self) -> &'static [Signs] {
        use Signs::Chain;
        match self {
            Self::OrderToken => &[Chain(Purpose::Transaction), Chain(Purpose::ContentQuestion)],
            Self::Transaction => &[
                Chain(Purpose::Transaction),
                Chain(Purpose::ContentQuestion),
                Chain(Purpose::LinkStatement),
                Chain(Purpose::LinkQuestion),
            ],
            Self::Vote => &[
                Chain(Purpose::Vote),
                Chain(Purpose::Proposal),
                Chain(Purpose::SwitchRequest),
                Chain(Purpose::KeyReadiness),
            ],
            Self::Peer => &[Chain(Purpose::PeerHello), Chain(Purpose::LedgerStatement)],
            Self::Encryption => &[Chain(Purpose::KeyPossession)],
            Self::ShareHolder => &[],
            Self::Governance => &[Chain(Purpose::GovernanceApproval)],
            Self::Webhook => &[Chain(Purpose::Webhook)],
            Self::Witness => &[Chain(Purpose::CheckpointWitness)],
            Self::Release => &[Chain(Purpose::Release)],
            Self::Observer => &[Chain(Purpose::Complaint)],
            Self::Tls => &[Signs::Handshake, Signs::CertificateRequest],
            Self::Issuer => &[Signs::Certificate, Signs::CertificateRequest],
        }
    }

    /// Whether a key of this use signs such a message.
    #[must_use]
    pub fn allows(self, signs: Signs) -> bool {
        self.signs().contains(&signs)
    }

    /// Whether a key of this use agrees on secrets.
    #[must_use]
    pub fn agrees(self) -> bool {
        matches!(self, Self::Encryption | Self::ShareHolder)
    }

    /// The use of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key_use| key_use.name() == name)
    }

    /// The name in key files and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Vote => "vote",
            Self::Peer => "peer",
            Self::Encryption => "encryption",
            Self::OrderToken => "order-token",
            Self::Governance => "governance",
            Self::Webhook => "webhook",
            Self::Witness => "witness",
            Self::Release => "release",
            Self::Observer => "observer",
            Self::Tls => "tls",
            Self::Issuer => "issuer",
            Self::ShareHolder => "share-holder",
        }
    }
}

impl fmt::Display for KeyUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_uses_share_what_they_sign_but_for_the_claim_and_requests() {
        for (index, a) in KeyUse::ALL.iter().enumerate() {
            for b in &KeyUse::ALL[index + 1..] {
                let shared: Vec<Signs> = a.signs().iter().copied().filter(|s| b.allows(*s)).collect();
                let wanted: &[Signs] = match (a, b) {
                    (KeyUse::Transaction, KeyUse::OrderToken) => {
                        &[Signs::Chain(Purpose::Transaction), Signs::Chain(Purpose::ContentQuestion)]
                    }
                    (KeyUse::Tls, KeyUse::Issuer) => &[Signs::CertificateRequest],
                    _ => &[],
                };
                assert_eq!(shared, wanted, "{a} and {b}");
                assert_ne!(a.name(), b.name());
            }
        }
    }
}
