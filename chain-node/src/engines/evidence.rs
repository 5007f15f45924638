//! Evidence (举证) that a validator contradicted itself, which anybody can check who knows the chain.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{Canonical, ChainId, ProposalBody, VoteBody};
use sm::{PublicKey, PublicKeyBytes};

/// Two statements that one key signed and that no correct validator signs both.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Evidence {
    /// Format version, 1.
    version: u16,
    /// The key that signed both, compressed SEC1.
    vote_key: [u8; 33],
    /// The two.
    pair: Contradiction,
}

/// The two statements, the one with the lesser bytes first, so that one contradiction has one form.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Contradiction {
    /// Two votes of one step.
    Votes([(VoteBody, [u8; 64]); 2]),
    /// Two proposals of one round.
    Proposals([(ProposalBody, [u8; 64]); 2]),
}

/// Why something is not evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The format is not known.
    #[error("evidence version {0} is not known")]
    Version(u16),
    /// The two stand at different places: both may be signed.
    #[error("the two statements are of different epochs, kinds, heights, rounds or steps")]
    Place,
    /// The two say the same, or stand in the wrong order.
    #[error("the two statements do not differ, or are not in order")]
    Order,
    /// The key is no SM2 key.
    #[error("the vote key is not an SM2 key")]
    Key,
    /// A signature does not verify.
    #[error("statement {0} is not signed by the key")]
    Signature(usize),
}

impl Evidence {
    /// The version this code writes.
    pub const VERSION: u16 = 1;

    /// Of two votes, in any order.
    #[must_use]
    pub fn of_votes(vote_key: PublicKeyBytes, a: (VoteBody, [u8; 64]), b: (VoteBody, [u8; 64])) -> Self {
        let pair = if a.0.to_canonical() <= b.0.to_canonical() { [a, b] } else { [b, a] };
        Self { version: Self::VERSION, vote_key: vote_key.0, pair: Contradiction::Votes(pair) }
    }

    /// Of two proposals, in any order.
    #[must_use]
    pub fn of_proposals(vote_key: PublicKeyBytes, a: (ProposalBody, [u8; 64]), b: (ProposalBody, [u8; 64])) -> Self {
        let pair = if a.0.to_canonical() <= b.0.to_canonical() { [a, b] } else { [b, a] };
        Self { version: Self::VERSION, vote_key: vote_key.0, pair: Contradiction::Proposals(pair) }
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
            Contradiction::Votes([(a, x), (b, y)]) => {
                let place = |v: &VoteBody| (v.epoch, v.kind, v.step, v.height, v.round);
                check_pair(place(a) == place(b), a, b)?;
                [(a.message(chain), x), (b.message(chain), y)]
            }
            Contradiction::Proposals([(a, x), (b, y)]) => {
                let place = |p: &ProposalBody| (p.epoch, p.kind, p.height, p.round);
                check_pair(place(a) == place(b), a, b)?;
                [(a.message(chain), x), (b.message(chain), y)]
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

#[cfg(test)]
#[path = "evidence_test.rs"]
mod evidence_test;
