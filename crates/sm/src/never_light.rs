//! Without threads nothing is light.

use crate::{PublicKeyBytes, Signature};

/// No key is.
pub(crate) fn is_adopted(_: &PublicKeyBytes) -> bool {
    false
}

/// No verdict.
pub(crate) fn verdict(_: &PublicKeyBytes, _: &[u8; 32], _: &Signature) -> Option<bool> {
    None
}
