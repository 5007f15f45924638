//! The genesis document: what a chain starts from. Its SM3 is the chain id.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::account::{AccountKind, KeyRecord};
use crate::canonical::Canonical;
use crate::committee::Committee;
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// Format version: 1, or 2 with a committee.
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
    /// The committee that bodies are sealed for, in version 2; a chain of version 1 has plain bodies for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committee: Option<Committee>,
}

impl Genesis {
    /// The version without a committee.
    pub const VERSION: u16 = 1;
    /// The version with a committee.
    pub const SEALING: u16 = 2;

    /// The version of a document with this committee or none.
    #[must_use]
    pub fn version_with(committee: Option<&Committee>) -> u16 {
        if committee.is_some() { Self::SEALING } else { Self::VERSION }
    }

    /// SM3 of the canonical document: the chain's name in every id and signature.
    pub fn chain_id(&self) -> ChainId {
        ChainId(domain_hash(Purpose::Genesis, &ChainId::ZERO, &self.to_canonical()).0)
    }
}

impl BorshSerialize for Genesis {
    fn serialize<W: io::Write>(&self, w: &mut W) -> io::Result<()> {
        let head = (self.version, &self.name, self.time, self.clock, self.consensus);
        BorshSerialize::serialize(&head, w)?;
        let lists = (&self.validators, &self.params, &self.areas, &self.accounts);
        BorshSerialize::serialize(&lists, w)?;
        // Version 1 ends here, as it always did.
        if self.version == Self::VERSION { Ok(()) } else { BorshSerialize::serialize(&self.committee, w) }
    }
}

impl BorshDeserialize for Genesis {
    fn deserialize_reader<R: io::Read>(r: &mut R) -> io::Result<Self> {
        let (version, name, time, clock, consensus) = BorshDeserialize::deserialize_reader(r)?;
        let (validators, params, areas, accounts) = BorshDeserialize::deserialize_reader(r)?;
        let committee = if version == Self::VERSION { None } else { BorshDeserialize::deserialize_reader(r)? };
        Ok(Self { version, name, time, clock, consensus, validators, params, areas, accounts, committee })
    }
}
