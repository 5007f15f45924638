//! Signatures that are valid by construction, for any key and any r and s: choose the digest last.

use sm::{PublicKey, Signature};
use sm2::{
    FieldBytes, ProjectivePoint, Scalar,
    elliptic_curve::{PrimeField, group::Group, ops::Reduce, point::AffineCoordinates, sec1::ToSec1Point},
};

/// The digest e = r - x1 that makes r || s valid; `None` if there is none (r + s = n, or the point at infinity).
pub(crate) fn digest_for(key: &ProjectivePoint, r: &Scalar, s: &Scalar) -> Option<[u8; 32]> {
    let t = *r + *s;
    let point = ProjectivePoint::GENERATOR * s + *key * t;
    if bool::from(t.is_zero()) || bool::from(point.is_identity()) {
        return None;
    }
    let x = <Scalar as Reduce<FieldBytes>>::reduce(&point.to_affine().x());
    Some((*r - x).to_repr().into())
}

/// r || s.
pub(crate) fn signature(r: &Scalar, s: &Scalar) -> Signature {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(&r.to_repr());
    bytes[32..].copy_from_slice(&s.to_repr());
    bytes
}

/// The scalar that `bytes` stand for modulo n.
pub(crate) fn scalar(bytes: [u8; 32]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(bytes))
}

/// The public key at a point.
pub(crate) fn public_key(point: &ProjectivePoint) -> PublicKey {
    PublicKey::from_sec1(point.to_affine().to_sec1_point(false).as_bytes()).unwrap()
}
