//! Signers whose signatures come often: a table for each.

use alloc::sync::Arc;
use core::fmt;

use ::sm2::ProjectivePoint;

use crate::{
    PublicKey, Signature,
    claim::Claim,
    multiples::{Multiples, sum_of_products},
};

/// A public key with a table of its multiples: several times faster than [`PublicKey::verify_digest`], with the
/// same answers. Building the table costs about one and a half plain verifications.
pub struct KnownSigner {
    key: PublicKey,
    multiples: Multiples,
    generator: Arc<Multiples>,
}

impl KnownSigner {
    /// Builds the table of `key`. Without the `std` feature this builds a table of the generator as well, which
    /// is eight times as large: there, take signers from a [`SignerCache`](crate::SignerCache), which shares it.
    #[must_use]
    pub fn new(key: &PublicKey) -> Self {
        Self::with_generator(key, Multiples::of_generator())
    }

    pub(crate) fn with_generator(key: &PublicKey, generator: Arc<Multiples>) -> Self {
        Self { key: key.clone(), multiples: Multiples::of_signer(key.point()), generator }
    }

    /// Whether `sig` is a signature of the message with digest `e`.
    #[must_use]
    pub fn verify_digest(&self, e: &[u8; 32], sig: &Signature) -> bool {
        Claim::new(e, sig).is_some_and(|claim| claim.holds_at(&self.point_of(&claim)))
    }

    /// The key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// Heap bytes of this signer's own table; the generator's is shared.
    #[must_use]
    pub fn table_bytes(&self) -> usize {
        self.multiples.bytes()
    }

    /// s·G + t·P.
    pub(crate) fn point_of(&self, claim: &Claim) -> ProjectivePoint {
        sum_of_products((&claim.s, &self.generator), (&claim.t, &self.multiples))
    }
}

impl fmt::Debug for KnownSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KnownSigner").field(&self.key.to_bytes()).finish()
    }
}
