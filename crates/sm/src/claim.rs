//! What a signature claims: that the point s·G + t·P has a certain x coordinate.

use ::sm2::{
    AffinePoint, FieldBytes, ProjectivePoint, Scalar, Sm2, U256, dsa,
    elliptic_curve::{
        Curve, PrimeField,
        bigint::CheckedAdd,
        group::Group,
        ops::Reduce,
        point::{AffineCoordinates, DecompressPoint},
        subtle::Choice,
    },
};

use crate::{Signature, key::FIELD_PRIME};

/// A signature over a digest, in range, read as: x1 of s·G + t·P is `x` modulo n (GB/T 32918.2, 7.1).
pub(crate) struct Claim {
    pub(crate) s: Scalar,
    /// r + s, not zero.
    pub(crate) t: Scalar,
    /// r - e, from r = e + x1 modulo n.
    x: Scalar,
}

impl Claim {
    /// Steps B1 to B5; `None` if r or s is outside [1, n-1] or r + s = n.
    pub(crate) fn new(e: &[u8; 32], sig: &Signature) -> Option<Self> {
        let sig = dsa::Signature::from_slice(sig).ok()?;
        let (r, s) = sig.split_scalars();
        let t = *r + *s;
        if bool::from(t.is_zero()) {
            return None;
        }
        let e = Scalar::reduce(&FieldBytes::from(*e));
        Some(Self { s: *s, t, x: *r - e })
    }

    /// Step B7 for a point brought to affine form.
    pub(crate) fn holds_for(&self, point: &AffinePoint) -> bool {
        !bool::from(point.is_identity()) && Scalar::reduce(&point.x()) == self.x
    }

    /// Step B7 without the inversion of an affine form: find the points that would fit, and compare.
    /// A square root costs half as much as an inversion.
    pub(crate) fn holds_at(&self, point: &ProjectivePoint) -> bool {
        if bool::from(point.is_identity()) {
            return false;
        }
        let smallest = self.x.to_repr();
        fits(point, &smallest) || second_candidate(&smallest).is_some_and(|x| fits(point, &x))
    }
}

/// x + n, if that is below p too: one x1 in 2^128 lies between n and p.
fn second_candidate(x: &FieldBytes) -> Option<FieldBytes> {
    let sum = U256::from_be_slice(x).checked_add(&Sm2::ORDER).into_option()?;
    let bytes = sum.to_be_bytes();
    (bytes.as_ref() < FIELD_PRIME.as_slice()).then(|| bytes.into())
}

/// Whether `x` is the affine x coordinate of `point`.
fn fits(point: &ProjectivePoint, x: &FieldBytes) -> bool {
    AffinePoint::decompress(x, Choice::from(0)).into_option().is_some_and(|candidate| {
        let candidate = ProjectivePoint::from(candidate);
        candidate == *point || -candidate == *point
    })
}
