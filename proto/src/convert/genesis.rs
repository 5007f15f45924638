//! Genesis, parameters, validators.

use ledger_types::limits::{MAX_KEYS, MAX_NAME_BYTES, MAX_VALIDATORS};
use ledger_types::{
    AccountKind, BlockTime, ChainParams, ClockMode, Committee, ConsensusKind, Genesis, GenesisAccount, TaxId,
    Validator, ValidatorSet,
};

use super::error::ConvertError;
use super::field::{
    account, area, bytes, choice, list, list_with, message, ms, optional, parse_optional, text, u16_of, wire_ms,
};
use crate::types::v1 as wire;

const MAX_AREAS: usize = 9_999;
const MAX_GENESIS_ACCOUNTS: usize = u16::MAX as usize;
const MAX_URL_BYTES: usize = 1_024;

impl From<&ChainParams> for wire::ChainParams {
    fn from(p: &ChainParams) -> Self {
        Self {
            max_block_bytes: p.max_block_bytes,
            max_block_txs: p.max_block_txs.into(),
            min_block_interval_ms: p.min_block_interval_ms,
            heartbeat_ms: p.heartbeat_ms,
            verify_base_url: p.verify_base_url.clone(),
            sample: p.sample,
        }
    }
}

impl TryFrom<wire::ChainParams> for ChainParams {
    type Error = ConvertError;

    fn try_from(w: wire::ChainParams) -> Result<Self, ConvertError> {
        Ok(Self {
            max_block_bytes: w.max_block_bytes,
            max_block_txs: u16_of(w.max_block_txs, "max_block_txs")?,
            min_block_interval_ms: w.min_block_interval_ms,
            heartbeat_ms: w.heartbeat_ms,
            verify_base_url: text(w.verify_base_url, MAX_URL_BYTES, "verify_base_url")?,
            sample: w.sample,
        })
    }
}

impl From<&ValidatorSet> for wire::ValidatorSet {
    fn from(set: &ValidatorSet) -> Self {
        let one = |v: &Validator| wire::Validator { operator: v.operator.0, vote_key: v.vote_key.to_vec() };
        Self { validators: set.validators.iter().map(one).collect() }
    }
}

impl TryFrom<wire::Validator> for Validator {
    type Error = ConvertError;

    fn try_from(w: wire::Validator) -> Result<Self, ConvertError> {
        Ok(Self { operator: account(w.operator, "operator")?, vote_key: bytes(&w.vote_key, "vote_key")? })
    }
}

impl TryFrom<wire::ValidatorSet> for ValidatorSet {
    type Error = ConvertError;

    fn try_from(w: wire::ValidatorSet) -> Result<Self, ConvertError> {
        Ok(Self { validators: list(w.validators, MAX_VALIDATORS, "validators")? })
    }
}

impl From<&GenesisAccount> for wire::GenesisAccount {
    fn from(a: &GenesisAccount) -> Self {
        Self {
            kind: wire::AccountKind::from(a.kind).into(),
            area: a.area.0.into(),
            tax_id: a.tax_id.as_ref().map(|t| t.as_str().to_owned()),
            name: a.name.clone(),
            keys: a.keys.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<wire::GenesisAccount> for GenesisAccount {
    type Error = ConvertError;

    fn try_from(w: wire::GenesisAccount) -> Result<Self, ConvertError> {
        Ok(Self {
            kind: choice::<wire::AccountKind, AccountKind>(w.kind, "kind")?,
            area: area(w.area, "area")?,
            tax_id: parse_optional::<TaxId>(w.tax_id.as_deref(), "tax_id")?,
            name: text(w.name, MAX_NAME_BYTES, "name")?,
            keys: list(w.keys, MAX_KEYS, "keys")?,
        })
    }
}

impl From<&Committee> for wire::Committee {
    fn from(c: &Committee) -> Self {
        Self { epoch: c.epoch, public_key: c.public_key.to_vec() }
    }
}

impl TryFrom<wire::Committee> for Committee {
    type Error = ConvertError;

    fn try_from(w: wire::Committee) -> Result<Self, ConvertError> {
        Ok(Self { epoch: w.epoch, public_key: bytes(&w.public_key, "public_key")? })
    }
}

impl From<&Genesis> for wire::Genesis {
    fn from(g: &Genesis) -> Self {
        Self {
            version: g.version.into(),
            name: g.name.clone(),
            time_ms: wire_ms(g.time.0),
            clock: wire::ClockMode::from(g.clock).into(),
            consensus: wire::ConsensusKind::from(g.consensus).into(),
            validators: Some((&g.validators).into()),
            params: Some((&g.params).into()),
            areas: g.areas.iter().map(|a| a.0.into()).collect(),
            accounts: g.accounts.iter().map(Into::into).collect(),
            committee: g.committee.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<wire::Genesis> for Genesis {
    type Error = ConvertError;

    fn try_from(w: wire::Genesis) -> Result<Self, ConvertError> {
        Ok(Self {
            version: u16_of(w.version, "version")?,
            name: text(w.name, MAX_NAME_BYTES, "name")?,
            time: BlockTime(ms(w.time_ms, "time_ms")?),
            clock: choice::<wire::ClockMode, ClockMode>(w.clock, "clock")?,
            consensus: choice::<wire::ConsensusKind, ConsensusKind>(w.consensus, "consensus")?,
            validators: message(w.validators, "validators")?,
            params: message(w.params, "params")?,
            areas: list_with(w.areas, MAX_AREAS, "areas", |a| area(a, ""))?,
            accounts: list(w.accounts, MAX_GENESIS_ACCOUNTS, "accounts")?,
            committee: optional(w.committee, "committee")?,
        })
    }
}
