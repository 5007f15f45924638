//! The committee's key: what bodies are sealed for, and how another one takes its place.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use sm::{PublicKey, PublicKeyBytes};

use crate::canonical::Canonical;
use crate::domain::{Purpose, framed};
use crate::ids::{ChainId, Height};
use crate::limits::{MAX_COMMITTEE_OVERLAP_MS, MIN_COMMITTEE_OVERLAP_MS};
use crate::time::BlockTime;
use crate::validator::ValidatorSet;

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

    /// What people compare a key by: the first eight bytes of SM3 of the public key, in hexadecimal.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public_key)
    }
}

/// What people compare a public key by: the first eight bytes of its SM3, in hexadecimal.
pub fn fingerprint(public_key: &[u8; 33]) -> String {
    sm::sm3(public_key)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A change to the next epoch's key (换钥). In force once all validators showed that they have it, not before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct CommitteeChange {
    /// The key: of the epoch after the one in force.
    pub committee: Committee,
    /// For so long after it is in force, bodies sealed for the one before are still accepted, ms of block time.
    pub overlap_ms: u64,
}

impl CommitteeChange {
    /// The overlap where nobody says otherwise, ms: a day.
    pub const OVERLAP_MS: u64 = 86_400_000;

    /// A point, and an overlap that covers whatever was signed before.
    pub fn is_well_formed(&self) -> bool {
        let overlap = (MIN_COMMITTEE_OVERLAP_MS..=MAX_COMMITTEE_OVERLAP_MS).contains(&self.overlap_ms);
        overlap && PublicKey::from_bytes(&PublicKeyBytes(self.committee.public_key)).is_ok()
    }
}

/// A key that is named and not in force yet.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct NextCommittee {
    /// The key and its overlap.
    pub change: CommitteeChange,
    /// The first height at which it was named.
    pub named: Height,
    /// Voting keys that showed that they have it, rising.
    #[serde(with = "crate::hex_bytes::list")]
    pub ready: Vec<[u8; 33]>,
    /// From which height on it is in force; none while somebody is not ready.
    pub first: Option<Height>,
}

impl NextCommittee {
    /// A key of which nobody has shown anything.
    pub fn named(change: CommitteeChange, named: Height) -> Self {
        Self { change, named, ready: Vec::new(), first: None }
    }

    /// Whether this voting key showed that it has the key.
    pub fn is_ready(&self, vote_key: &[u8; 33]) -> bool {
        self.ready.binary_search(vote_key).is_ok()
    }

    /// Whether all of these validators did.
    pub fn are_ready(&self, set: &ValidatorSet) -> bool {
        set.validators.iter().all(|validator| self.is_ready(&validator.vote_key))
    }
}

/// A key that was in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PastCommittee {
    /// It.
    pub committee: Committee,
    /// Its last height.
    pub last: Height,
    /// Bodies sealed for it are accepted up to and including the first block after this time.
    pub until: BlockTime,
}

/// Former epochs that bodies may still be sealed for.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct AcceptedEpochs {
    /// Rising.
    pub epochs: Vec<u32>,
}

/// What a validator says when it has the next key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ReadyBody {
    /// The key.
    pub committee: Committee,
    /// The validator's voting key.
    #[serde(with = "crate::hex_bytes")]
    pub vote_key: [u8; 33],
}

impl ReadyBody {
    /// The message that the committee's private key signs: who has it can, bound to chain, epoch and validator.
    pub fn possession(&self, chain: &ChainId) -> Vec<u8> {
        framed(Purpose::KeyPossession, chain, &self.to_canonical())
    }

    /// The message that the validator's voting key signs.
    pub fn message(&self, chain: &ChainId) -> Vec<u8> {
        framed(Purpose::KeyReadiness, chain, &self.to_canonical())
    }
}

/// A validator's proof that it has the next private key (就绪证明). It proves itself, so anyone may hand it in.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct CommitteeReady {
    /// Format version, 1.
    pub version: u16,
    /// What it says.
    pub body: ReadyBody,
    /// Raw r||s of the committee's private key over the body as a possession.
    #[serde(with = "crate::hex_bytes")]
    pub possession: [u8; 64],
    /// Raw r||s of the voting key over the body's message.
    #[serde(with = "crate::hex_bytes")]
    pub signature: [u8; 64],
}

/// Why something is no proof of readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyError {
    /// The format is not known.
    Version(u16),
    /// A key is no SM2 key.
    Key,
    /// The committee's private key did not sign it, for this chain, epoch and validator.
    Possession,
    /// The voting key did not sign it.
    Signature,
}

impl fmt::Display for ReadyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(found) => write!(f, "version {found} of a proof of readiness is not known"),
            Self::Key => f.write_str("a key of the proof of readiness is not an SM2 key"),
            Self::Possession => f.write_str("the proof is not signed with the committee's private key"),
            Self::Signature => f.write_str("the proof is not signed by its validator"),
        }
    }
}

impl std::error::Error for ReadyError {}

impl CommitteeReady {
    /// The version this code writes.
    pub const VERSION: u16 = 1;

    /// Checks form and signatures.
    ///
    /// # Errors
    /// [`ReadyError`].
    pub fn verify(&self, chain: &ChainId) -> Result<(), ReadyError> {
        if self.version != Self::VERSION {
            return Err(ReadyError::Version(self.version));
        }
        let point = |bytes: [u8; 33]| PublicKey::from_bytes(&PublicKeyBytes(bytes)).map_err(|_| ReadyError::Key);
        let (committee, voter) = (point(self.body.committee.public_key)?, point(self.body.vote_key)?);
        if !committee.verify(&self.body.possession(chain), &self.possession) {
            return Err(ReadyError::Possession);
        }
        if voter.verify(&self.body.message(chain), &self.signature) { Ok(()) } else { Err(ReadyError::Signature) }
    }
}
