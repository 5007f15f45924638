//! The committee's key: what bodies are sealed for.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The committee's public key of an epoch (委员会公钥): those who execute hold its private key, and open with it what
/// senders sealed. One key for all of them, so that they cannot disagree on what a body says.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Committee {
    /// The epoch of the key, from 1; another count than the epochs of the validators.
    pub epoch: u32,
    /// Compressed SEC1 point.
    #[serde(with = "crate::hex_bytes")]
    pub public_key: [u8; 33],
}

impl Committee {
    /// The first epoch.
    pub const FIRST: u32 = 1;
}
