//! Paths that carry their own directions.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::Digest;

use super::path;
use crate::hash::node_hash;

/// One step up: the sibling, and on which side it stands. A path of steps shows that a leaf is in a tree, not where;
/// nothing in it is redundant, so no byte of it can be changed unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Step {
    /// The sibling stands on the left.
    Left(Digest) = 0,
    /// The sibling stands on the right.
    Right(Digest) = 1,
}

/// The steps from leaf `index` up to the root, or `None` if there is no such leaf.
#[must_use]
pub fn steps(leaves: &[Digest], index: usize) -> Option<Vec<Step>> {
    let siblings = path(leaves, index)?;
    let (mut place, mut last, mut out) = (index, leaves.len() - 1, Vec::with_capacity(siblings.len()));
    for sibling in siblings {
        while place & 1 == 0 && place == last {
            (place, last) = (place / 2, last / 2);
        }
        out.push(if place & 1 == 1 { Step::Left(sibling) } else { Step::Right(sibling) });
        (place, last) = (place / 2, last / 2);
    }
    Some(out)
}

/// The root that the steps lead to.
#[must_use]
pub fn climb(leaf: &Digest, steps: &[Step]) -> Digest {
    steps.iter().fold(*leaf, |hash, step| match step {
        Step::Left(sibling) => node_hash(sibling, &hash),
        Step::Right(sibling) => node_hash(&hash, sibling),
    })
}
