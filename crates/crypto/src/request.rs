//! What a provider is asked to sign.

use sm::PublicKey;

use crate::Signs;

/// A message and what its signature is for. Only this crate makes one, from a typed value, so that a provider is never
/// asked to sign bytes of somebody's choice.
pub struct SignRequest {
    signs: Signs,
    message: Vec<u8>,
}

impl SignRequest {
    pub(crate) fn new(signs: Signs, message: Vec<u8>) -> Self {
        Self { signs, message }
    }

    /// What it is for; a provider refuses a key of another use.
    #[must_use]
    pub fn signs(&self) -> Signs {
        self.signs
    }

    /// The message; what is signed is SM3(Z || message), where Z is over the user id of [`Signs::user_id`].
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// e: what a key signs.
    #[must_use]
    pub fn digest(&self, key: &PublicKey) -> [u8; 32] {
        key.digest_as(self.signs.user_id(), &self.message)
    }
}
