//! The private scalar, in the one place where it may be.

use std::fmt;

use sm2::{
    FieldBytes, ProjectivePoint, Scalar,
    elliptic_curve::{PrimeField, group::Group, sec1::ToSec1Point},
};
use zeroize::{Zeroize, Zeroizing};

use crate::{random, random::RandomError, wipe::wiping};

/// A private key in [1, n-2] (GB/T 32918.1, 6.1): wiped when dropped, with no way for other crates to look at
/// it. It stands in the interface of providers only so that keys can come from and go to encrypted files.
pub struct SecretScalar(Box<Scalar>);

impl SecretScalar {
    /// A new key, evenly distributed.
    pub(crate) fn random() -> Result<Self, RandomError> {
        let mut bytes = Zeroizing::new([0; 32]);
        loop {
            random::fill(bytes.as_mut_slice())?;
            if let Some(secret) = Self::from_bytes(&bytes) {
                return Ok(secret);
            }
        }
    }

    /// Reads a big-endian scalar; `None` outside [1, n-2].
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        wiping(|| {
            let secret = Self(Box::new(Option::from(Scalar::from_repr(FieldBytes::from(*bytes)))?));
            let usable = !(secret.0.is_zero() | (*secret.0 + Scalar::ONE).is_zero());
            bool::from(usable).then_some(secret)
        })
    }

    /// The scalar, big-endian.
    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        wiping(|| Zeroizing::new(self.0.to_repr().into()))
    }

    pub(crate) fn scalar(&self) -> &Scalar {
        &self.0
    }

    /// The point d·G.
    pub(crate) fn public_key(&self) -> sm::PublicKey {
        wiping(|| {
            let point = ProjectivePoint::mul_by_generator(&self.0).to_affine();
            sm::PublicKey::from_sec1(point.to_sec1_point(false).as_bytes())
                .expect("a multiple of the generator by a scalar in range is a point of the curve")
        })
    }
}

impl Clone for SecretScalar {
    fn clone(&self) -> Self {
        wiping(|| Self(self.0.clone()))
    }
}

impl Drop for SecretScalar {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for SecretScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretScalar(hidden)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// n, big-endian (GB/T 32918.5).
    const ORDER: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";

    fn below_order(by: u8) -> [u8; 32] {
        let mut bytes: [u8; 32] = hex::decode(ORDER).unwrap().try_into().unwrap();
        bytes[31] -= by;
        bytes
    }

    #[test]
    fn only_scalars_from_one_to_n_minus_two_are_keys() {
        assert!(SecretScalar::from_bytes(&[0; 32]).is_none());
        assert!(SecretScalar::from_bytes(&below_order(0)).is_none());
        assert!(SecretScalar::from_bytes(&below_order(1)).is_none(), "1 + d has no inverse");
        assert!(SecretScalar::from_bytes(&[0xff; 32]).is_none());
        let mut one = [0; 32];
        one[31] = 1;
        for good in [one, below_order(2)] {
            assert_eq!(*SecretScalar::from_bytes(&good).unwrap().to_bytes(), good);
        }
    }

    #[test]
    fn the_public_key_is_the_standards_own() {
        let d = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
        let secret = SecretScalar::from_bytes(&hex::decode(d).unwrap().try_into().unwrap()).unwrap();
        let x = "0309f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";
        assert_eq!(hex::encode(secret.public_key().to_bytes()), x);
    }
}
