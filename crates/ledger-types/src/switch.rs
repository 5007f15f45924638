//! Requests to change the kind of consensus, and the certificate (切换证书) that enough of them make. It proves itself, so
//! anyone may hand it in.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use sm::{PublicKey, PublicKeyBytes};

use crate::adaptive::SwitchWay;
use crate::canonical::Canonical;
use crate::domain::{Purpose, framed};
use crate::ids::{BlockId, ChainId, Height};
use crate::limits::MAX_VALIDATORS;

/// The last block that a validator precommitted, decided or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SignedAck {
    /// Its height.
    pub height: Height,
    /// The round.
    pub round: u32,
    /// The block.
    pub block_id: BlockId,
}

/// What a validator says when it wants the chain to change its kind of consensus. Two of one validator contradict nothing:
/// it is a wish, not a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SwitchBody {
    /// The epoch that is to end.
    pub epoch: u64,
    /// Which way.
    pub way: SwitchWay,
    /// The signer's newest block.
    pub tip: Height,
    /// The highest acknowledgement it signed in this process' life; none if there was none.
    pub ack: Option<SignedAck>,
}

/// A signed wish.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SwitchRequest {
    /// Format version, 1.
    pub version: u16,
    /// The validator's voting key, compressed SEC1.
    #[serde(with = "crate::hex_bytes")]
    pub vote_key: [u8; 33],
    /// What it says.
    pub body: SwitchBody,
    /// Raw r||s over the body's message.
    #[serde(with = "crate::hex_bytes")]
    pub signature: [u8; 64],
}

/// Requests of several validators, by rising key. Whether they are enough is the chain's to know.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SwitchCertificate {
    /// At least one.
    pub requests: Vec<SwitchRequest>,
}

/// Why something is no switch certificate. Places count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchError {
    /// The format of a request is not known.
    Version(u16),
    /// There are none or too many, or they are of different epochs or ways.
    Mixed,
    /// A key comes twice, or not in rising order.
    Repeated(usize),
    /// A key is no SM2 key.
    Key(usize),
    /// A request is not signed by its key, for this purpose and chain.
    Signature(usize),
}

impl fmt::Display for SwitchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(found) => write!(f, "switch request version {found} is not known"),
            Self::Mixed => f.write_str("the switch requests are none, too many, or of different epochs or ways"),
            Self::Repeated(place) => write!(f, "the key of switch request {place} does not rise above the one before"),
            Self::Key(place) => write!(f, "the key of switch request {place} is not an SM2 key"),
            Self::Signature(place) => write!(f, "switch request {place} is not signed by its key"),
        }
    }
}

impl std::error::Error for SwitchError {}

impl SwitchBody {
    /// The message that the validator signs.
    pub fn message(&self, chain: &ChainId) -> Vec<u8> {
        framed(Purpose::SwitchRequest, chain, &self.to_canonical())
    }
}

impl SwitchRequest {
    /// The version this code writes.
    pub const VERSION: u16 = 1;

    /// Whose it is.
    #[must_use]
    pub fn vote_key(&self) -> PublicKeyBytes {
        PublicKeyBytes(self.vote_key)
    }

    /// Checks form and signature.
    ///
    /// # Errors
    /// [`SwitchError`] with place 0.
    pub fn verify(&self, chain: &ChainId) -> Result<(), SwitchError> {
        self.verify_at(0, chain)
    }

    fn verify_at(&self, place: usize, chain: &ChainId) -> Result<(), SwitchError> {
        if self.version != Self::VERSION {
            return Err(SwitchError::Version(self.version));
        }
        let key = PublicKey::from_bytes(&self.vote_key()).map_err(|_| SwitchError::Key(place))?;
        let signed = key.verify(&self.body.message(chain), &self.signature);
        if signed { Ok(()) } else { Err(SwitchError::Signature(place)) }
    }
}

impl SwitchCertificate {
    /// Of requests in any order.
    #[must_use]
    pub fn new(mut requests: Vec<SwitchRequest>) -> Self {
        requests.sort_by_key(|request| request.vote_key);
        Self { requests }
    }

    /// Checks it with nothing but the chain's id.
    ///
    /// # Errors
    /// The first thing that is wrong; signatures come last.
    pub fn verify(&self, chain: &ChainId) -> Result<(), SwitchError> {
        let first = self.requests.first().ok_or(SwitchError::Mixed)?.body;
        let like = |body: &SwitchBody| body.epoch == first.epoch && body.way.is_like(first.way);
        if self.requests.len() > MAX_VALIDATORS || !self.requests.iter().all(|r| like(&r.body)) {
            return Err(SwitchError::Mixed);
        }
        if let Some(place) = self.requests.windows(2).position(|pair| pair[0].vote_key >= pair[1].vote_key) {
            return Err(SwitchError::Repeated(place + 1));
        }
        self.requests.iter().enumerate().try_for_each(|(place, request)| request.verify_at(place, chain))
    }
}
