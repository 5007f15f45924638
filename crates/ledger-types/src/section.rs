//! Body sections and their commitments: what may be sealed, pruned or lawfully deleted without changing an id.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::domain::{Purpose, domain_hash_parts};
use crate::ids::{ChainId, Digest};

/// The parts of a body, each committed to on its own.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SectionKind {
    /// Kind, totals, remark, secret salt: [`crate::InvoiceFacts`].
    Facts = 0,
    /// The seller's face, where it differs from the register: [`crate::SellerFace`].
    Seller = 1,
    /// The buyer's title: [`crate::BuyerTitle`].
    Buyer = 2,
    /// The lines: a sequence of [`crate::InvoiceLine`].
    Lines = 3,
    /// Telephone and e-mail for delivery.
    Contacts = 4,
    /// Hashes of attached files.
    Attachments = 5,
    /// A content key covered for the next holder, of a claim or an offer: [`crate::KeyWrap`].
    Access = 6,
    /// Whose a claim to a one-time address is, sealed for the committee: [`crate::LinkTag`].
    Link = 7,
}

/// The salted SM3 commitment to one section, in the envelope.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct SectionCommitment {
    /// Which section.
    pub kind: SectionKind,
    /// SM3(domain, kind, salt, canonical section).
    pub commitment: Digest,
}

/// A body section as carried beside the envelope.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Section {
    /// In clear.
    Plain {
        /// Which section.
        kind: SectionKind,
        /// 16 random bytes: the commitment reveals nothing of short contents.
        salt: [u8; 16],
        /// The canonical bytes of the section.
        bytes: Vec<u8>,
    } = 0,
    /// Encrypted under the content key of its invoice, see [`crate::seal`].
    Sealed {
        /// Which section.
        kind: SectionKind,
        /// `salt | bytes` under SM4-GCM, then the tag.
        ciphertext: Vec<u8>,
    } = 1,
    /// Deleted by order (see [`crate::erasure`]): only the commitment is left. It stands in stored blocks alone; a
    /// transaction that comes with it is refused.
    Erased {
        /// Which section.
        kind: SectionKind,
    } = 2,
}

impl Section {
    /// Which section this is.
    pub fn kind(&self) -> SectionKind {
        match self {
            Self::Plain { kind, .. } | Self::Sealed { kind, .. } | Self::Erased { kind } => *kind,
        }
    }

    /// Whether it was deleted by order.
    pub fn is_erased(&self) -> bool {
        matches!(self, Self::Erased { .. })
    }
}

impl std::fmt::Debug for Section {
    /// Bodies hold taxpayers' data: only the kind shows.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Section({:?})", self.kind())
    }
}

/// Computes the commitment to a section's plaintext.
pub fn commit_section(chain: &ChainId, kind: SectionKind, salt: &[u8; 16], bytes: &[u8]) -> SectionCommitment {
    let commitment = domain_hash_parts(Purpose::Section, chain, &[&[kind as u8], salt, bytes]);
    SectionCommitment { kind, commitment }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_salt_and_bytes_are_all_bound() {
        let c = ChainId([1; 32]);
        let base = commit_section(&c, SectionKind::Facts, &[0; 16], b"a").commitment;
        assert_ne!(base, commit_section(&c, SectionKind::Lines, &[0; 16], b"a").commitment);
        assert_ne!(base, commit_section(&c, SectionKind::Facts, &[1; 16], b"a").commitment);
        assert_ne!(base, commit_section(&c, SectionKind::Facts, &[0; 16], b"b").commitment);
    }
}
