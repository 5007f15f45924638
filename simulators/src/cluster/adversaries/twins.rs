//! Two nodes with one key.

use super::Adversary;

/// Both are real; neither knows of the other.
pub(super) struct Twins;

impl Adversary for Twins {
    fn is_twin(&self) -> bool {
        true
    }
}
