//! Certificates of connections on the chain (链上证书): whose they are, that they are revoked, and which outside authorities
//! are trusted. From the height on that says so, and not when a list is fetched.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Digest, Height};

/// What a certificate is shown for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum CertificateUse {
    /// By who calls: it identifies the account.
    Client = 1,
    /// By a node to its peers and clients.
    Node = 2,
    /// By an invoice service.
    Service = 3,
}

impl CertificateUse {
    /// All uses, by number.
    pub const ALL: &'static [Self] = &[Self::Client, Self::Node, Self::Service];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Node => "node",
            Self::Service => "service",
        }
    }

    /// The use of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

/// What is registered of a certificate; the register knows it by SM3 of its DER form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct CertificateClaim {
    /// SM3 of the DER form.
    pub fingerprint: Digest,
    /// Its subject's key, a compressed SEC1 point.
    #[serde(with = "crate::hex_bytes")]
    pub public_key: [u8; 33],
    /// First moment of its own time, ms.
    pub not_before_ms: u64,
    /// Last moment of its own time, ms.
    pub not_after_ms: u64,
    /// What it is shown for.
    pub usage: CertificateUse,
}

/// A registered certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct CertificateRecord {
    /// Whose it is.
    pub account: AccountId,
    /// What it is.
    pub claim: CertificateClaim,
    /// The block that registered it.
    pub registered: Height,
    /// That it is revoked: for ever.
    pub revoked: Option<Revocation>,
}

/// That a certificate is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Revocation {
    /// The block that says so.
    pub height: Height,
    /// Why, as RFC 5280 numbers reasons (5.3.1).
    pub reason: u8,
}

/// The reasons of RFC 5280 (5.3.1) that fit here: not 6 and 8, which hold a certificate only for a while.
pub const REVOCATION_REASONS: [u8; 8] = [0, 1, 2, 3, 4, 5, 9, 10];

/// An outside authority (e.g. CFCA) whose certificates are accepted.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TrustAnchor {
    /// SM3 of `der`.
    pub fingerprint: Digest,
    /// Its certificate, DER, at most [`crate::limits::MAX_ANCHOR_BYTES`].
    pub der: Vec<u8>,
    /// What people call it.
    pub label: String,
}

/// The outside authorities in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TrustAnchors {
    /// By rising fingerprint, at most [`crate::limits::MAX_ANCHORS`].
    pub anchors: Vec<TrustAnchor>,
}

impl TrustAnchors {
    /// That the list is no longer than it may be, in order, and each anchor what its fingerprint says.
    pub fn is_well_formed(&self) -> bool {
        use crate::limits::{MAX_ANCHOR_BYTES, MAX_ANCHOR_LABEL_BYTES, MAX_ANCHORS};
        let one = |anchor: &TrustAnchor| {
            (1..=MAX_ANCHOR_BYTES).contains(&anchor.der.len())
                && (1..=MAX_ANCHOR_LABEL_BYTES).contains(&anchor.label.len())
                && !anchor.label.chars().any(char::is_control)
                && anchor.fingerprint.0 == sm::sm3(&anchor.der)
        };
        self.anchors.len() <= MAX_ANCHORS
            && self.anchors.is_sorted_by(|a, b| a.fingerprint < b.fingerprint)
            && self.anchors.iter().all(one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(der: &[u8]) -> TrustAnchor {
        TrustAnchor { fingerprint: Digest(sm::sm3(der)), der: der.to_vec(), label: "CA".to_owned() }
    }

    #[test]
    fn a_list_of_anchors_has_one_form() {
        let mut anchors = vec![anchor(b"one"), anchor(b"two")];
        anchors.sort_by_key(|a| a.fingerprint);
        let good = TrustAnchors { anchors };
        assert!(good.is_well_formed() && TrustAnchors::default().is_well_formed());
        type Spoil = fn(&mut Vec<TrustAnchor>);
        let spoils: [Spoil; 6] = [
            |list| list.reverse(),
            |list| list[1] = list[0].clone(),
            |list| list[0].der.push(0),
            |list| list[0] = anchor(&[7; 2_049]),
            |list| list[1].label.clear(),
            |list| list[1].label.push('\n'),
        ];
        for (i, spoil) in spoils.iter().enumerate() {
            let mut bad = good.clone();
            spoil(&mut bad.anchors);
            assert!(!bad.is_well_formed(), "{i}");
        }
    }

    #[test]
    fn uses_have_one_name() {
        for usage in CertificateUse::ALL {
            assert_eq!(CertificateUse::of_name(usage.name()), Some(*usage));
        }
        assert_eq!(CertificateUse::of_name("server"), None);
    }
}
