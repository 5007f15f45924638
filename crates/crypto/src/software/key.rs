//! One key in memory.

use sm::{PublicKeyBytes, Signature};
use sm2::{
    FieldBytes, ProjectivePoint, Scalar,
    elliptic_curve::{PrimeField, group::Group, ops::Reduce, point::AffineCoordinates},
};
use zeroize::{Zeroize, Zeroizing};

use crate::{KeyError, KeyUse, SecretScalar, agreement, nonce::Nonces, random, random::RandomError, wipe::wiping};

/// A private key with what signing needs of it.
pub(super) struct SoftwareKey {
    pub(super) key_use: KeyUse,
    pub(super) public: sm::PublicKey,
    secret: SecretScalar,
    /// (1 + d)^-1: as secret as d. Kept because the inversion is a tenth of a signature.
    inverse: Box<Scalar>,
}

impl SoftwareKey {
    pub(super) fn new(key_use: KeyUse, secret: SecretScalar) -> Self {
        let public = secret.public_key();
        let inverse = wiping(|| {
            let inverse: Option<Scalar> = (*secret.scalar() + Scalar::ONE).invert().into();
            Box::new(inverse.expect("a secret scalar is below n - 1, so 1 + d is not zero"))
        });
        Self { key_use, public, secret, inverse }
    }

    pub(super) fn secret(&self) -> SecretScalar {
        self.secret.clone()
    }

    /// The x coordinate of d·`other`.
    pub(super) fn agree(&self, other: &PublicKeyBytes) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let other = sm2::PublicKey::from_sec1_bytes(&other.0).map_err(|_| KeyError::BadPeer)?;
        Ok(agreement::shared_x(&self.secret, &other))
    }

    /// Signs a digest e = SM3(Z || message).
    pub(super) fn sign(&self, digest: &[u8; 32]) -> Result<Signature, RandomError> {
        let mut fresh = Zeroizing::new([0; 32]);
        random::fill(fresh.as_mut_slice())?;
        Ok(wiping(|| self.sign_digest(digest, &fresh)))
    }

    fn sign_digest(&self, digest: &[u8; 32], fresh: &[u8; 32]) -> Signature {
        let e = Scalar::reduce(&FieldBytes::from(*digest));
        let secret = self.secret.to_bytes();
        let mut nonces = Nonces::new(&secret, &e.to_repr().into(), fresh);
        loop {
            if let Some(signature) = self.sign_with_nonce(&e, &nonces.next()) {
                return signature;
            }
        }
    }

    /// Steps A4 to A7 of GB/T 32918.2, 6.1; `None` sends back to A3. The last formula is the standard's
    /// s = (1 + d)^-1 (k - r d), written as (1 + d)^-1 (k + r) - r.
    fn sign_with_nonce(&self, e: &Scalar, k: &Scalar) -> Option<Signature> {
        let x1 = ProjectivePoint::mul_by_generator(k).to_affine().x();
        let r = *e + Scalar::reduce(&x1);
        let sum = Zeroizing::new(r + *k);
        if bool::from(r.is_zero() | sum.is_zero()) {
            return None;
        }
        let s = *self.inverse * *sum - r;
        if bool::from(s.is_zero()) {
            return None;
        }
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r.to_repr());
        signature[32..].copy_from_slice(&s.to_repr());
        Some(signature)
    }
}

impl Drop for SoftwareKey {
    fn drop(&mut self) {
        self.inverse.zeroize();
    }
}

#[cfg(test)]
#[path = "key_test.rs"]
mod key_test;
