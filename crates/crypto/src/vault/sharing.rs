//! Splitting a scalar into shares, checking one, and joining them: Shamir with Feldman's commitments, by `vsss-rs`.

use std::convert::Infallible;

use sm2::{
    ProjectivePoint, Scalar,
    elliptic_curve::{
        PrimeField,
        rand_core::{TryCryptoRng, TryRng},
    },
};
use vsss_rs::{
    DefaultShare, Feldman, FeldmanVerifierSet, IdentifierPrimeField, ReadableShareSet, Shamir, ShareVerifierGroup,
};
use zeroize::Zeroize;

use super::{MAX_HOLDERS, SecretScalarOrZero};
use crate::{SecretScalar, random, random::RandomError, wipe::wiping};

type Number = IdentifierPrimeField<Scalar>;
type Share = DefaultShare<Number, Number>;
type Commitment = ShareVerifierGroup<ProjectivePoint>;

/// The library's scheme with its polynomial on the stack, where we clear it.
struct OnStack;

impl Shamir<Share> for OnStack {
    type InnerPolynomial = [Share; MAX_HOLDERS];
    type ShareSet = Vec<Share>;
}

impl Feldman<Share, Commitment> for OnStack {
    type VerifierSet = Vec<Commitment>;
}

/// What a dealer hands out.
pub(super) struct Dealt {
    pub(super) shares: Vec<SecretScalarOrZero>,
    pub(super) commitments: Vec<ProjectivePoint>,
}

/// Shares 1 to `holders` of `secret`, of which any `threshold` are enough.
pub(super) fn split(secret: &SecretScalar, threshold: usize, holders: usize) -> Result<Dealt, RandomError> {
    let mut source = Source { failed: None };
    let (shares, commitments) = wiping(|| {
        let secret = IdentifierPrimeField(*secret.scalar());
        let dealt = OnStack::split_secret_with_verifier(threshold, holders, &secret, None, &mut source);
        let (mut made, verifiers): (Vec<Share>, Vec<Commitment>) =
            dealt.expect("2 <= threshold <= holders <= MAX_HOLDERS, which was checked");
        let shares = made.iter_mut().map(|share| {
            let value = SecretScalarOrZero(Box::new(share.value.0));
            share.value.0.zeroize();
            value
        });
        let shares: Vec<_> = shares.collect();
        // The first is the generator.
        (shares, verifiers[1..].iter().map(|point| point.0).collect())
    });
    let dealt = Dealt { shares, commitments };
    source.failed.map_or(Ok(dealt), Err)
}

/// Whether a share fits the commitments.
pub(super) fn fits(index: u8, value: &Scalar, commitments: &[ProjectivePoint]) -> bool {
    wiping(|| {
        let mut verifiers = vec![Commitment::from(ProjectivePoint::GENERATOR)];
        verifiers.extend(commitments.iter().copied().map(Commitment::from));
        let set: &Vec<Commitment> = &verifiers;
        FeldmanVerifierSet::<Share, Commitment>::verify_share(set, &share(index, value)).is_ok()
    })
}

/// What the shares make; all of them were found to fit, and their indexes differ.
pub(super) fn join(shares: &[(u8, &SecretScalarOrZero)]) -> Option<SecretScalar> {
    wiping(|| {
        let mut all: Vec<Share> = shares.iter().map(|(index, value)| share(*index, &value.0)).collect();
        let joined = all.combine();
        all.iter_mut().for_each(|share| share.value.0.zeroize());
        let mut joined = joined.ok()?.0;
        let mut bytes: [u8; 32] = joined.to_repr().into();
        joined.zeroize();
        let secret = SecretScalar::from_bytes(&bytes);
        bytes.zeroize();
        secret
    })
}

fn share(index: u8, value: &Scalar) -> Share {
    DefaultShare {
        identifier: IdentifierPrimeField(Scalar::from(u64::from(index))),
        value: IdentifierPrimeField(*value),
    }
}

/// The random numbers of [`random`], for a library that cannot hear of failures: those are told afterwards.
struct Source {
    failed: Option<RandomError>,
}

impl TryRng for Source {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        if let Err(error) = random::fill(out) {
            // Nothing that is made of this gets out; it only must not loop for ever.
            out.fill(1);
            self.failed = Some(error);
        }
        Ok(())
    }
}

impl TryCryptoRng for Source {}
