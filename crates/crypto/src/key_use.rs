//! What a key may sign.

use std::fmt;

use ledger_types::Purpose;

/// What a key is for (密钥用途). One key, one use: the purposes of two uses overlap only for
/// [`KeyUse::OrderToken`], which signs transactions because a claim is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyUse {
    /// Transactions of an account or of a person's wallet.
    Transaction,
    /// A validator's votes and proposals, and its wishes to change the kind of consensus.
    Vote,
    /// A node among its peers: first messages and ledger statements.
    Peer,
    /// Decryption (from stage 3): signs nothing.
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
}

impl KeyUse {
    /// Every use.
    pub const ALL: [Self; 10] = [
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
    ];

    /// The purposes that a key of this use signs for.
    #[must_use]
    pub fn purposes(self) -> &'static [Purpose] {
        match self {
            Self::Transaction | Self::OrderToken => &[Purpose::Transaction],
            Self::Vote => &[Purpose::Vote, Purpose::Proposal, Purpose::SwitchRequest],
            Self::Peer => &[Purpose::PeerHello, Purpose::LedgerStatement],
            Self::Encryption => &[],
            Self::Governance => &[Purpose::GovernanceApproval],
            Self::Webhook => &[Purpose::Webhook],
            Self::Witness => &[Purpose::CheckpointWitness],
            Self::Release => &[Purpose::Release],
            Self::Observer => &[Purpose::Complaint],
        }
    }

    /// Whether a key of this use signs for `purpose`.
    #[must_use]
    pub fn allows(self, purpose: Purpose) -> bool {
        self.purposes().contains(&purpose)
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
    fn no_two_uses_share_a_purpose_but_the_claim() {
        for (index, a) in KeyUse::ALL.iter().enumerate() {
            for b in &KeyUse::ALL[index + 1..] {
                let both = (*a, *b) == (KeyUse::Transaction, KeyUse::OrderToken);
                assert_eq!(a.purposes().iter().any(|p| b.allows(*p)), both, "{a} and {b}");
                assert_ne!(a.name(), b.name());
            }
        }
    }
}
