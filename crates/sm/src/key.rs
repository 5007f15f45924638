//! SM2 public keys and the reference verification.

use core::{cmp::Ordering, fmt};

use ::sm2::{
    AffinePoint,
    dsa::{
        self, VerifyingKey,
        signature::{Verifier, hazmat::PrehashVerifier},
    },
    elliptic_curve::sec1::ToSec1Point,
};

use crate::{Sm2Error, light, sm3::sm3_parts};

/// Length of a compressed public key in bytes.
pub const PUBLIC_KEY_LEN: usize = 33;

/// The user id that goes into Z; GB/T 35276 fixes it and so do cards and certificates.
pub const USER_ID: &str = "1234567812345678";

/// The user id under which TLS 1.3 signs its handshakes (RFC 8998, 3.2.1).
pub const TLS_USER_ID: &str = "TLSv1.3+GM+Cipher+Suite";

/// A signature as r || s, each 32 bytes, big-endian.
pub type Signature = [u8; 64];

/// The field prime p of sm2p256v1, big-endian.
pub(crate) const FIELD_PRIME: [u8; 32] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, //
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
];

/// a || b || xG || yG of sm2p256v1 (GB/T 32918.5): the constant middle of Z.
const CURVE_FIELDS: [u8; 128] = [
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, //
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc, //
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7, //
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93, //
    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94, //
    0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7, //
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53, //
    0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
];

/// A compressed SEC1 public key as it is stored and sent; not yet known to be a point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKeyBytes(pub [u8; PUBLIC_KEY_LEN]);

impl AsRef<[u8]> for PublicKeyBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for PublicKeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A public key known to be a point of the curve, with its Z.
#[derive(Clone)]
pub struct PublicKey {
    verifying: VerifyingKey,
    bytes: PublicKeyBytes,
    z: [u8; 32],
}

impl PublicKey {
    /// Reads a compressed key.
    ///
    /// # Errors
    /// [`Sm2Error`] if the bytes are not the one encoding of a point other than the identity.
    pub fn from_bytes(bytes: &PublicKeyBytes) -> Result<Self, Sm2Error> {
        Self::from_sec1(&bytes.0)
    }

    /// Reads a compressed (33 bytes) or uncompressed (65 bytes) SEC1 key.
    ///
    /// # Errors
    /// As [`PublicKey::from_bytes`]. The compact and hybrid forms are refused.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, Sm2Error> {
        match (bytes.len(), bytes.first()) {
            (33, Some(2 | 3)) | (65, Some(4)) => {}
            (33 | 65, Some(form)) => return Err(Sm2Error::Form(*form)),
            (length, _) => return Err(Sm2Error::Length(length)),
        }
        if bytes[1..].chunks(32).any(|coordinate| coordinate.cmp(&FIELD_PRIME) != Ordering::Less) {
            return Err(Sm2Error::Coordinate);
        }
        let verifying = VerifyingKey::from_sec1_bytes(USER_ID, bytes).map_err(|_| Sm2Error::OffCurve)?;
        let z = z_of(USER_ID, verifying.as_affine());
        let mut compressed = [0; PUBLIC_KEY_LEN];
        compressed.copy_from_slice(verifying.as_affine().to_sec1_point(true).as_bytes());
        Ok(Self { verifying, bytes: PublicKeyBytes(compressed), z })
    }

    /// The compressed key.
    #[must_use]
    pub fn to_bytes(&self) -> PublicKeyBytes {
        self.bytes
    }

    /// Z: SM3 over the user id, the curve and the key. Every message is hashed after it.
    #[must_use]
    pub fn z(&self) -> &[u8; 32] {
        &self.z
    }

    /// e = SM3(Z || message): what is signed.
    #[must_use]
    pub fn digest(&self, message: &[u8]) -> [u8; 32] {
        sm3_parts(&[&self.z, message])
    }

    /// The same under any user id; another one than [`USER_ID`] costs another Z.
    #[must_use]
    pub fn digest_as(&self, user_id: &str, message: &[u8]) -> [u8; 32] {
        if user_id == USER_ID {
            return self.digest(message);
        }
        sm3_parts(&[&z_of(user_id, self.point()), message])
    }

    /// Whether `sig` is a signature of `message`. The plain call into the library, which also makes Z itself:
    /// the reference for all faster ways.
    #[must_use]
    pub fn verify(&self, message: &[u8], sig: &Signature) -> bool {
        if light::is_adopted(&self.bytes) {
            return self.verify_digest(&self.digest(message), sig);
        }
        dsa::Signature::from_slice(sig).is_ok_and(|sig| self.verifying.verify(message, &sig).is_ok())
    }

    /// Whether `sig` is a signature of the message with digest `e`; plain call, as [`PublicKey::verify`].
    #[must_use]
    pub fn verify_digest(&self, e: &[u8; 32], sig: &Signature) -> bool {
        if let Some(verdict) = light::verdict(&self.bytes, e, sig) {
            return verdict;
        }
        dsa::Signature::from_slice(sig).is_ok_and(|sig| self.verifying.verify_prehash(e, &sig).is_ok())
    }

    pub(crate) fn point(&self) -> &AffinePoint {
        self.verifying.as_affine()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.bytes).finish()
    }
}

/// Z = SM3(bit length of id || id || a || b || xG || yG || xP || yP), GB/T 32918.2, 5.5.
fn z_of(user_id: &str, point: &AffinePoint) -> [u8; 32] {
    let id_bits = (user_id.len() as u16 * 8).to_be_bytes();
    let uncompressed = point.to_sec1_point(false);
    sm3_parts(&[&id_bits, user_id.as_bytes(), &CURVE_FIELDS, &uncompressed.as_bytes()[1..]])
}
