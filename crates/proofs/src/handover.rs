//! That another key of the committee came into force (换钥证明), for those who follow headers.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{Change, Committee, Height, RegistryKey, RegistryValue};

use crate::log_tree::Step;
use crate::{HeaderChain, change_leaf, log_tree};

/// A change of the committee's entry: one of block `height`, under the changes root of the header after it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Handover {
    /// The last block under the former key.
    pub height: Height,
    /// The register's entry from then on.
    pub change: Change,
    /// From the change up to the root.
    pub path: Vec<Step>,
}

/// Why something does not prove another key of the committee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandoverError {
    /// The change is of something else.
    OtherChange,
    /// It is not among the changes of its block.
    NotInBlock,
    /// The header after its block was not followed yet.
    NotFollowed(Height),
}

impl fmt::Display for HandoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherChange => f.write_str("the change is not one of the committee's key"),
            Self::NotInBlock => f.write_str("the change is not among those of its block"),
            Self::NotFollowed(height) => write!(f, "the header after block {height} was not followed yet"),
        }
    }
}

impl std::error::Error for HandoverError {}

impl Handover {
    /// The committee that a change puts in force; none of any other change.
    #[must_use]
    pub fn committee(change: &Change) -> Option<Committee> {
        match change {
            Change::Registry { key: RegistryKey::Committee, value: Some(value), .. } => match &**value {
                RegistryValue::Committee(committee) => Some(*committee),
                _ => None,
            },
            _ => None,
        }
    }

    /// The key that is in force after [`Self::height`], by the headers followed.
    ///
    /// # Errors
    /// [`HandoverError`].
    pub fn verify(&self, headers: &HeaderChain) -> Result<Committee, HandoverError> {
        let committee = Self::committee(&self.change).ok_or(HandoverError::OtherChange)?;
        let after = headers.block(self.height.next()).ok_or(HandoverError::NotFollowed(self.height))?;
        let root = log_tree::climb(&change_leaf(&self.change), &self.path);
        if root == after.changes_root { Ok(committee) } else { Err(HandoverError::NotInBlock) }
    }
}
