//! Wraps of a content key, carried by who claims an invoice or hands it on: the next holder opens what a node stores
//! without asking it. Opaque to execution, committed to like every section.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::domain::{Purpose, framed};
use crate::ids::{ChainId, TxId};
use crate::seal::{CONTENT_KEY_LEN, place};

/// Most bytes of a section of this kind.
pub const MAX_WRAP_BYTES: usize = 256;
/// The place of a committee's epoch in an agreement with a holder's key: committees count from 1.
pub const HOLDER_EPOCH: u32 = 0;

/// A content key, covered for its next holder (密钥封装).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum KeyWrap {
    /// For the wallet that claims: content key XOR the first bytes of HMAC-SM3(wallet secret, frame 88 of {transaction id,
    /// u16 item} of the invoice). One place, one content key: it covers one thing only.
    Own {
        /// The covered key.
        covered: [u8; CONTENT_KEY_LEN],
    } = 0,
    /// For a registered encryption key: content key XOR the first bytes of HMAC-SM3(seal key, frame 89 of the same), the
    /// seal key agreed on with epoch [`HOLDER_EPOCH`].
    ToKey {
        /// The giver's public key of agreement, compressed SEC1.
        sender: [u8; 33],
        /// The covered key.
        covered: [u8; CONTENT_KEY_LEN],
    } = 1,
}

/// What a wallet covers its content keys with: HMAC-SM3 of this under its secret.
pub fn own_info(chain: &ChainId, tx: &TxId, item: u16) -> Vec<u8> {
    framed(Purpose::OwnCover, chain, &place(tx, item))
}

/// What a giver covers a content key with for another's key: HMAC-SM3 of this under what they agreed on.
pub fn key_info(chain: &ChainId, tx: &TxId, item: u16) -> Vec<u8> {
    framed(Purpose::KeyCover, chain, &place(tx, item))
}

/// What a wallet's key of a place is made of: HMAC-SM3 of this under its secret.
pub fn wallet_key_info(chain: &ChainId, index: u32, counter: u8) -> Vec<u8> {
    framed(Purpose::WalletKey, chain, &[&index.to_le_bytes()[..], &[counter]].concat())
}
