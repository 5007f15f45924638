//! The genesis document: what a chain starts from. Its SM3 is the chain id.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::account::{AccountKind, KeyRecord};
use crate::canonical::Canonical;
use crate::domain::{Purpose, domain_hash};
use crate::header::ConsensusKind;
use crate::ids::{Area, ChainId};
use crate::params::ChainParams;
use crate::tax_id::TaxId;
use crate::time::BlockTime;
use crate::validator::ValidatorSet;

/// Where block time comes from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ClockMode {
    /// The proposer's clock.
    Wall = 0,
    /// Set by call; development chains only, so that a month can pass in a minute on the real rules.
    Driven = 1,
}

/// An account that exists from the start; ids are 1, 2, … in order.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct GenesisAccount {
    /// What kind of party.
    pub kind: AccountKind,
    /// Home area.
    pub area: Area,
    /// Tax id, for enterprises.
    pub tax_id: Option<TaxId>,
    /// Name.
    pub name: String,
    /// Keys, ids 0, 1, ….
    pub keys: Vec<KeyRecord>,
}

/// The genesis document.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Genesis {
    /// Format version, 1.
    pub version: u16,
    /// A name for people, e.g. `shenzhen-dev`.
    pub name: String,
    /// Start of time (block time of height 0).
    pub time: BlockTime,
    /// Where block time comes from.
    pub clock: ClockMode,
    /// How blocks are agreed at first.
    pub consensus: ConsensusKind,
    /// The first validators.
    pub validators: ValidatorSet,
    /// Parameters.
    pub params: ChainParams,
    /// Issuing areas of this chain, rising.
    pub areas: Vec<Area>,
    /// First accounts: at least one bureau.
    pub accounts: Vec<GenesisAccount>,
}

impl Genesis {
    /// The version this code writes.
    pub const VERSION: u16 = 1;

    /// SM3 of the canonical document: the chain's name in every id and signature.
    pub fn chain_id(&self) -> ChainId {
        ChainId(domain_hash(Purpose::Genesis, &ChainId::ZERO, &self.to_canonical()).0)
    }
}
