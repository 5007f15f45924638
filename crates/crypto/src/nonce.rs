//! Nonces: RFC 6979 with SM3, and fresh random bytes mixed in (its section 3.6). If the random bytes were ever
//! bad the nonce would still differ for each message and stay secret; if the hash of two messages were ever the
//! same (or a fault forced it) the random bytes keep the nonces apart.

use hmac::{Hmac, KeyInit, Mac};
use sm2::{FieldBytes, Scalar, elliptic_curve::PrimeField};
use sm3::Sm3;
use zeroize::Zeroizing;

/// The generator of candidates: HMAC-DRBG.
pub(crate) struct Nonces {
    k: Zeroizing<[u8; 32]>,
    v: Zeroizing<[u8; 32]>,
}

impl Nonces {
    /// For one signature: the private scalar, the digest modulo n, both big-endian, and fresh random bytes.
    pub(crate) fn new(secret: &[u8; 32], digest: &[u8; 32], fresh: &[u8; 32]) -> Self {
        let mut this = Self { k: Zeroizing::new([0; 32]), v: Zeroizing::new([1; 32]) };
        for round in [0, 1] {
            this.k = this.mac(&[this.v.as_slice(), &[round], secret, digest, fresh]);
            this.v = this.mac(&[this.v.as_slice()]);
        }
        this
    }

    /// The next scalar in [1, n-1].
    pub(crate) fn next(&mut self) -> Zeroizing<Scalar> {
        loop {
            self.v = self.mac(&[self.v.as_slice()]);
            let candidate: Option<Scalar> = Scalar::from_repr(FieldBytes::from(*self.v)).into();
            self.k = self.mac(&[self.v.as_slice(), &[0]]);
            self.v = self.mac(&[self.v.as_slice()]);
            if let Some(k) = candidate.filter(|k| !bool::from(k.is_zero())) {
                return Zeroizing::new(k);
            }
        }
    }

    fn mac(&self, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut mac = Hmac::<Sm3>::new_from_slice(self.k.as_slice()).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(part);
        }
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}
