//! What a provider is asked to sign.

use ledger_types::Purpose;

/// A framed message and its purpose. Only this crate makes one, from a typed value, so that a provider is never
/// asked to sign bytes of somebody's choice.
pub struct SignRequest {
    purpose: Purpose,
    message: Vec<u8>,
}

impl SignRequest {
    pub(crate) fn new(purpose: Purpose, message: Vec<u8>) -> Self {
        Self { purpose, message }
    }

    /// What it is for; a provider refuses a key of another use.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The message; what is signed is SM3(Z || message).
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }
}
