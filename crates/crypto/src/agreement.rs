//! Agreement on a secret with keys of one use: plain ECDH on the curve of SM2, as TLS 1.3 wants it (RFC 8998, 3.2.2).

use sm::PublicKeyBytes;
use sm2::{
    AffinePoint, ProjectivePoint,
    elliptic_curve::{group::Group, point::AffineCoordinates, sec1::ToSec1Point},
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{KeyError, SecretScalar, wipe::wiping};

/// Bytes of an uncompressed point.
pub const SHARE_LEN: usize = 65;

/// What the other side sent is no point of the curve, or not in the form 4 || x || y.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the other side's share is no uncompressed point of the curve")]
pub struct BadShare;

/// The other form of a public key; None for bytes that are no key.
pub(crate) fn decompressed(key: &PublicKeyBytes) -> Option<[u8; SHARE_LEN]> {
    let point = sm2::PublicKey::from_sec1_bytes(key.as_ref()).ok()?;
    point.to_sec1_point(false).as_bytes().try_into().ok()
}

/// The short form of a point; None for bytes that are no point in its long form.
pub(crate) fn compressed(point: &[u8; SHARE_LEN]) -> Option<PublicKeyBytes> {
    let point = sm2::PublicKey::from_sec1_bytes(point).ok().filter(|_| point[0] == 4)?;
    point.to_sec1_point(true).as_bytes().try_into().ok().map(PublicKeyBytes)
}

/// A key for one agreement (临时密钥), gone with it.
pub struct Ephemeral {
    secret: SecretScalar,
    share: [u8; SHARE_LEN],
}

impl Ephemeral {
    /// A new one.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn new() -> Result<Self, KeyError> {
        let secret = SecretScalar::random()?;
        let point = wiping(|| ProjectivePoint::mul_by_generator(secret.scalar()).to_affine());
        let mut share = [0; SHARE_LEN];
        share.copy_from_slice(point.to_sec1_point(false).as_bytes());
        Ok(Self { secret, share })
    }

    /// What the other side gets.
    #[must_use]
    pub fn share(&self) -> &[u8; SHARE_LEN] {
        &self.share
    }

    /// The secret with the other side: the x coordinate, big-endian.
    ///
    /// # Errors
    /// [`BadShare`].
    pub fn agree(self, other: &[u8]) -> Result<Zeroizing<[u8; 32]>, BadShare> {
        if other.len() != SHARE_LEN || other[0] != 4 {
            return Err(BadShare);
        }
        let other = sm2::PublicKey::from_sec1_bytes(other).map_err(|_| BadShare)?;
        Ok(shared_x(&self.secret, &other))
    }
}

/// The x coordinate of d·`other`, big-endian. The curve's cofactor is 1, so that a point of it is in its group.
pub(crate) fn shared_x(secret: &SecretScalar, other: &sm2::PublicKey) -> Zeroizing<[u8; 32]> {
    let point: AffinePoint = *other.as_affine();
    wiping(|| {
        let shared = (ProjectivePoint::from(point) * secret.scalar()).to_affine();
        Zeroizing::new(shared.x().into())
    })
}

impl std::fmt::Debug for Ephemeral {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ephemeral(hidden)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_come_to_the_same_secret_and_no_third() {
        let (a, b, c) = (Ephemeral::new().unwrap(), Ephemeral::new().unwrap(), Ephemeral::new().unwrap());
        let (for_a, for_b, for_c) = (*b.share(), *a.share(), *a.share());
        let secret = a.agree(&for_a).unwrap();
        assert_eq!(secret, b.agree(&for_b).unwrap());
        assert_ne!(secret, c.agree(&for_c).unwrap());
    }

    #[test]
    fn only_points_in_their_one_form_are_taken() {
        let share = *Ephemeral::new().unwrap().share();
        let mut off = share;
        off[64] ^= 1;
        let mut compressed = share[..33].to_vec();
        compressed[0] = 2 + (share[64] & 1);
        let mut hybrid = share;
        hybrid[0] = 6 + (share[64] & 1);
        for bad in [&off[..], &compressed, &hybrid, &[0], &[], &share[..64]] {
            assert_eq!(Ephemeral::new().unwrap().agree(bad).unwrap_err(), BadShare, "{} bytes", bad.len());
        }
    }
}
