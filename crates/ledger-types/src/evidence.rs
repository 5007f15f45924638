//! Evidence (举证) that a validator contradicted itself, which anybody can check who knows the chain.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use sm::{PublicKey, PublicKeyBytes};

use crate::canonical::Canonical;
use crate::certificate::{ProposalBody, VoteBody};
use crate::governance::OffencePlace;
use crate::header::ConsensusKind;
use crate::ids::ChainId;

/// Two statements that one key signed and that no correct validator signs both.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Evidence {
    /// Format version, 1.
    pub version: u16,
    /// The key that signed both, compressed SEC1.
    #[serde(with = "crate::hex_bytes")]
    pub vote_key: [u8; 33],
    /// The two.
    pub pair: Contradiction,
}

/// The two statements, the one with the lesser bytes first, so that one contradiction has one form.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Contradiction {
    /// Two votes of one step.
    Votes([Signed<VoteBody>; 2]) = 0,
    /// Two proposals of one round.
    Proposals([Signed<ProposalBody>; 2]) = 1,
}

/// A statement and its signature.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Signed<T> {
    /// What was said.
    pub body: T,
    /// Raw r||s over its message.
    #[serde(with = "crate::hex_bytes")]
    pub signature: [u8; 64],
}

impl<T> From<(T, [u8; 64])> for Signed<T> {
    fn from((body, signature): (T, [u8; 64])) -> Self {
        Self { body, signature }
    }
}

/// Why something is not evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvidenceError {
    /// The format is not known.
    Version(u16),
    /// The two stand at different places: both may be signed.
    Place,
    /// The two say the same, or stand in the wrong order.
    Order,
    /// The key is no SM2 key.
    Key,
    /// A signature does not verify.
    Signature(usize),
}

impl fmt::Display for EvidenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(found) => write!(f, "evidence version {found} is not known"),
            Self::Place => f.write_str("the two statements are of different epochs, kinds, heights, rounds or steps"),
            Self::Order => f.write_str("the two statements do not differ, or are not in order"),
            Self::Key => f.write_str("the vote key is not an SM2 key"),
            Self::Signature(place) => write!(f, "statement {place} is not signed by the key"),
        }
    }
}

impl std::error::Error for EvidenceError {}

impl Evidence {
    /// The version this code writes.
    pub const VERSION: u16 = 1;

    /// Of two votes, in any order.
    #[must_use]
    pub fn of_votes(vote_key: PublicKeyBytes, a: (VoteBody, [u8; 64]), b: (VoteBody, [u8; 64])) -> Self {
        let pair = if a.0.to_canonical() <= b.0.to_canonical() { [a, b] } else { [b, a] };
        Self { version: Self::VERSION, vote_key: vote_key.0, pair: Contradiction::Votes(pair.map(Into::into)) }
    }

    /// Of two proposals, in any order.
    #[must_use]
    pub fn of_proposals(vote_key: PublicKeyBytes, a: (ProposalBody, [u8; 64]), b: (ProposalBody, [u8; 64])) -> Self {
        let pair = if a.0.to_canonical() <= b.0.to_canonical() { [a, b] } else { [b, a] };
        Self { version: Self::VERSION, vote_key: vote_key.0, pair: Contradiction::Proposals(pair.map(Into::into)) }
    }

    /// Whose key it was.
    #[must_use]
    pub fn vote_key(&self) -> PublicKeyBytes {
        PublicKeyBytes(self.vote_key)
    }

    /// The two statements.
    #[must_use]
    pub fn contradiction(&self) -> &Contradiction {
        &self.pair
    }

    /// Where it happened.
    #[must_use]
    pub fn place(&self) -> OffencePlace {
        let vote_key = self.vote_key;
        match &self.pair {
            Contradiction::Votes([a, _]) => {
                let VoteBody { epoch, height, round, step, .. } = a.body;
                OffencePlace { vote_key, epoch, height, round, step }
            }
            Contradiction::Proposals([a, _]) => {
                let ProposalBody { epoch, height, round, .. } = a.body;
                OffencePlace { vote_key, epoch, height, round, step: 0 }
            }
        }
    }

    /// Under which kind of consensus both were said.
    #[must_use]
    pub fn kind(&self) -> ConsensusKind {
        match &self.pair {
            Contradiction::Votes([a, _]) => a.body.kind,
            Contradiction::Proposals([a, _]) => a.body.kind,
        }
    }

    /// Checks it, with nothing but the chain's id. Whether the key was a validator's then is the chain's to know.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn verify(&self, chain: &ChainId) -> Result<(), EvidenceError> {
        if self.version != Self::VERSION {
            return Err(EvidenceError::Version(self.version));
        }
        let key = PublicKey::from_bytes(&self.vote_key()).map_err(|_| EvidenceError::Key)?;
        let statements = match &self.pair {
            Contradiction::Votes([a, b]) => {
                let place = |v: &VoteBody| (v.epoch, v.kind, v.step, v.height, v.round);
                check_pair(place(&a.body) == place(&b.body), &a.body, &b.body)?;
                [(a.body.message(chain), a.signature), (b.body.message(chain), b.signature)]
            }
            Contradiction::Proposals([a, b]) => {
                let place = |p: &ProposalBody| (p.epoch, p.kind, p.height, p.round);
                check_pair(place(&a.body) == place(&b.body), &a.body, &b.body)?;
                [(a.body.message(chain), a.signature), (b.body.message(chain), b.signature)]
            }
        };
        match statements.iter().position(|(message, signature)| !key.verify(message, signature)) {
            Some(bad) => Err(EvidenceError::Signature(bad)),
            None => Ok(()),
        }
    }
}

fn check_pair<T: Canonical>(one_place: bool, a: &T, b: &T) -> Result<(), EvidenceError> {
    if !one_place {
        return Err(EvidenceError::Place);
    }
    if a.to_canonical() >= b.to_canonical() {
        return Err(EvidenceError::Order);
    }
    Ok(())
}
