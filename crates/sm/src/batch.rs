//! Many signatures at once.

use alloc::vec::Vec;

use ::sm2::{
    AffinePoint, ProjectivePoint,
    elliptic_curve::{BatchNormalize, ops::LinearCombination},
};

use crate::{KnownSigner, PublicKey, Signature, claim::Claim, light};

/// Signatures that share one field inversion. More would gain nothing: its share is below 1 % by then.
const GROUP: usize = 64;

/// One signature to verify.
#[derive(Clone, Copy, Debug)]
pub struct VerifyItem<'a> {
    /// Whose signature.
    pub key: VerifyKey<'a>,
    /// e = SM3(Z || message), see [`PublicKey::digest`].
    pub digest: [u8; 32],
    /// r || s.
    pub signature: Signature,
}

/// A key with or without a table.
#[derive(Clone, Copy, Debug)]
pub enum VerifyKey<'a> {
    /// Without.
    Plain(&'a PublicKey),
    /// With.
    Known(&'a KnownSigner),
}

impl VerifyKey<'_> {
    fn public_key(&self) -> &PublicKey {
        match self {
            Self::Known(signer) => signer.public_key(),
            Self::Plain(key) => key,
        }
    }

    /// s·G + t·P.
    fn point_of(&self, claim: &Claim) -> ProjectivePoint {
        match self {
            Self::Known(signer) => signer.point_of(claim),
            Self::Plain(key) => ProjectivePoint::lincomb_vartime(&[
                (ProjectivePoint::GENERATOR, claim.s),
                (key.point().into(), claim.t),
            ]),
        }
    }
}

/// Verifies each item by itself; the answers stand in the order of the items and are those of
/// [`PublicKey::verify_digest`].
#[must_use]
pub fn verify_batch(items: &[VerifyItem<'_>]) -> Vec<bool> {
    if light::is_in_use() {
        return items.iter().map(|item| item.key.public_key().verify_digest(&item.digest, &item.signature)).collect();
    }
    let mut verdicts = Vec::with_capacity(items.len());
    for group in items.chunks(GROUP) {
        match group {
            [item] => verdicts.push(verify_one(item)),
            _ => verify_group(group, &mut verdicts),
        }
    }
    verdicts
}

fn verify_one(item: &VerifyItem<'_>) -> bool {
    Claim::new(&item.digest, &item.signature).is_some_and(|claim| claim.holds_at(&item.key.point_of(&claim)))
}

fn verify_group(items: &[VerifyItem<'_>], verdicts: &mut Vec<bool>) {
    let claims: Vec<Option<Claim>> = items.iter().map(|item| Claim::new(&item.digest, &item.signature)).collect();
    let points: Vec<ProjectivePoint> = items
        .iter()
        .zip(&claims)
        .map(|(item, claim)| claim.as_ref().map_or(ProjectivePoint::IDENTITY, |claim| item.key.point_of(claim)))
        .collect();
    let points: Vec<AffinePoint> = <ProjectivePoint as BatchNormalize<[ProjectivePoint]>>::batch_normalize(&points);
    verdicts.extend(
        claims.iter().zip(&points).map(|(claim, point)| claim.as_ref().is_some_and(|claim| claim.holds_for(point))),
    );
}
