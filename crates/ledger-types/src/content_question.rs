//! A reader's question for the contents of an invoice: signed, so that it needs no other proof of who asks, and is
//! evidence of the asking by itself.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::canonical::Canonical;
use crate::domain::{Purpose, framed};
use crate::envelope::SignerIdentity;
use crate::ids::{ChainId, Slot};

/// What is asked (查看请求). What is signed is frame 12 of its canonical bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ContentQuestion {
    /// Format version, 1.
    pub version: u16,
    /// The invoice.
    pub slot: Slot,
    /// Who asks: a key of an account, or a key that is nobody's account.
    pub reader: SignerIdentity,
    /// When, ms since 1970; at most [`ContentQuestion::MAX_SKEW_MS`] from block time or the clock of who answers.
    pub time_ms: u64,
    /// Random: no two questions are alike.
    pub nonce: [u8; 16],
}

impl ContentQuestion {
    /// The version this code writes.
    pub const VERSION: u16 = 1;
    /// A question is answered for so long before and after its time, ms.
    pub const MAX_SKEW_MS: u64 = 300_000;

    /// The message that the reader signs.
    pub fn message(&self, chain: &ChainId) -> Vec<u8> {
        framed(Purpose::ContentQuestion, chain, &self.to_canonical())
    }

    /// The message that an auditor signs who asks which claims are of the wallet that claimed the invoice.
    pub fn link_message(&self, chain: &ChainId) -> Vec<u8> {
        framed(Purpose::LinkQuestion, chain, &self.to_canonical())
    }
}

/// A question with its reader's raw r||s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedQuestion {
    /// What is asked.
    pub question: ContentQuestion,
    /// By the reader's key.
    pub signature: [u8; 64],
}
