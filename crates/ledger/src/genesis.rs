//! Genesis: the state at height 0.

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::limits::{MAX_NAME_BYTES, MAX_VALIDATORS};
use ledger_types::registry::{Counters, RuleBookHead};
use ledger_types::{
    Account, AccountId, AccountKind, ApplicationId, Area, Change, ChangeSet, Committee, ConsensusKind, FormId, Genesis,
    GenesisAccount, RegistryKey, RegistryValue, Slot, TaxId,
};
use sm::{PublicKey, PublicKeyBytes};
use std::collections::{BTreeMap, BTreeSet};

use crate::account_rules::{identity_fits, keys_fit};
use crate::governance::params_fault;
use crate::numbering;

/// Why a genesis document is no start of a chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// A version this code does not know.
    #[error("genesis version {0} is not known")]
    Version(u16),
    /// No bureau, so nobody could open accounts or publish rules.
    #[error("genesis names no tax bureau")]
    NoBureau,
    /// No areas, or not strictly rising.
    #[error("the areas must be given in rising order, none twice, at least one")]
    AreasUnsorted,
    /// An area that does not fit into an invoice code.
    #[error("area {0} has more than four digits")]
    AreaRange(Area),
    /// An account's kind, tax id or name contradict each other, or are malformed.
    #[error("account {0} has a name or tax id that does not go with its kind")]
    Identity(AccountId),
    /// A tax id that stands twice.
    #[error("account {0} has the tax id of another")]
    TaxIdTwice(AccountId),
    /// Ids not 0, 1, …, a key twice, or no administrator.
    #[error("account {0} has an invalid list of keys")]
    KeyList(AccountId),
    /// A key that is no point of the curve.
    #[error("account {0} has a key that is no point of the curve")]
    BadKey(AccountId),
    /// No validator, more than 256, or not exactly one for a solo chain.
    #[error("{found} validators do not go with {consensus:?} consensus")]
    ValidatorCount {
        /// How many.
        found: usize,
        /// How blocks are agreed.
        consensus: ConsensusKind,
    },
    /// A validator whose key is no point of the curve or stands twice, or whose operator has no account.
    #[error("validator {0} has a bad or repeated key, or an operator without an account")]
    Validator(usize),
    /// A committee in a document of version 1, none in one of version 2, an epoch that is not the first, or no point.
    #[error("version {0} does not go with this committee or none, or the committee's key or epoch is wrong")]
    Committee(u16),
    /// Parameters beyond the protocol's limits.
    #[error("the parameter {0} is zero or beyond the protocol's limit")]
    Params(&'static str),
}

/// The changes that make the state at height 0.
///
/// # Errors
/// [`GenesisError`] names the first thing wrong.
pub fn genesis_changes(genesis: &Genesis) -> Result<ChangeSet, GenesisError> {
    check(genesis)?;
    let mut entries: BTreeMap<RegistryKey, RegistryValue> = BTreeMap::new();
    let counters = Counters {
        account: AccountId(genesis.accounts.len() as u32 + 1),
        slot: Slot(0),
        application: ApplicationId(1),
        form: FormId(1),
        timer: 0,
    };
    entries.insert(RegistryKey::Counters, RegistryValue::Counters(counters));
    entries.insert(RegistryKey::Params, RegistryValue::Params(genesis.params.clone()));
    entries.insert(RegistryKey::Validators, RegistryValue::Validators(genesis.validators.clone()));
    if let Some(committee) = genesis.committee {
        entries.insert(RegistryKey::Committee, RegistryValue::Committee(committee));
    }
    for area in &genesis.areas {
        let numbering = numbering::first(*area, genesis.time).ok_or(GenesisError::AreaRange(*area))?;
        entries.insert(RegistryKey::Numbering(*area), RegistryValue::Numbering(numbering));
        let head = RuleBookHead { active: 0, published: 0 };
        entries.insert(RegistryKey::RuleBookHead(*area), RegistryValue::RuleBookHead(head));
    }
    for (id, account) in numbered(&genesis.accounts) {
        if let Some(tax_id) = &account.tax_id {
            let key = RegistryKey::AccountOfTaxId(tax_id.clone());
            if entries.insert(key, RegistryValue::AccountOfTaxId(id)).is_some() {
                return Err(GenesisError::TaxIdTwice(id));
            }
        }
        entries.insert(RegistryKey::Account(id), RegistryValue::Account(opened(id, account)));
    }
    let change = |(key, value)| Change::Registry { cause: SYSTEM_CAUSE, key, value: Some(Box::new(value)) };
    Ok(ChangeSet { changes: entries.into_iter().map(change).collect() })
}

fn numbered(accounts: &[GenesisAccount]) -> impl Iterator<Item = (AccountId, &GenesisAccount)> {
    (1..).map(AccountId).zip(accounts)
}

fn opened(id: AccountId, account: &GenesisAccount) -> Account {
    Account {
        id,
        kind: account.kind,
        area: account.area,
        tax_id: account.tax_id.clone(),
        name: account.name.clone(),
        open: true,
        keys: account.keys.clone(),
    }
}

fn check(genesis: &Genesis) -> Result<(), GenesisError> {
    if !matches!(genesis.version, Genesis::VERSION | Genesis::SEALING) {
        return Err(GenesisError::Version(genesis.version));
    }
    check_committee(genesis)?;
    if genesis.areas.is_empty() || !genesis.areas.is_sorted_by(|a, b| a < b) {
        return Err(GenesisError::AreasUnsorted);
    }
    check_params(genesis)?;
    if !genesis.accounts.iter().any(|a| a.kind == AccountKind::Bureau) {
        return Err(GenesisError::NoBureau);
    }
    for (id, account) in numbered(&genesis.accounts) {
        check_account(genesis, id, account)?;
    }
    check_validators(genesis)
}

fn check_committee(genesis: &Genesis) -> Result<(), GenesisError> {
    let goes_with = genesis.version == Genesis::version_with(genesis.committee.as_ref());
    let usable = |c: &Committee| c.epoch == Committee::FIRST && is_point(&c.public_key);
    let fits = goes_with && genesis.committee.as_ref().is_none_or(usable);
    if fits { Ok(()) } else { Err(GenesisError::Committee(genesis.version)) }
}

fn check_params(genesis: &Genesis) -> Result<(), GenesisError> {
    params_fault(&genesis.params).map_or(Ok(()), |name| Err(GenesisError::Params(name)))
}

fn check_account(genesis: &Genesis, id: AccountId, account: &GenesisAccount) -> Result<(), GenesisError> {
    let tax_id = account.tax_id.as_ref();
    let well_formed = tax_id.is_none_or(|t: &TaxId| t.check().is_ok()) && account.name.len() <= MAX_NAME_BYTES;
    if !well_formed || !identity_fits(account.kind, tax_id, &account.name) {
        return Err(GenesisError::Identity(id));
    }
    if !keys_fit(&account.keys, genesis.time.0) {
        return Err(GenesisError::KeyList(id));
    }
    if account.keys.iter().all(|key| is_point(&key.public_key)) { Ok(()) } else { Err(GenesisError::BadKey(id)) }
}

fn check_validators(genesis: &Genesis) -> Result<(), GenesisError> {
    let validators = &genesis.validators.validators;
    let fits = match genesis.consensus {
        ConsensusKind::Solo => validators.len() == 1,
        ConsensusKind::Bft | ConsensusKind::CrashFault | ConsensusKind::Adaptive => {
            (1..=MAX_VALIDATORS).contains(&validators.len())
        }
    };
    if !fits {
        return Err(GenesisError::ValidatorCount { found: validators.len(), consensus: genesis.consensus });
    }
    let mut seen = BTreeSet::new();
    for (i, validator) in validators.iter().enumerate() {
        let known = (1..=genesis.accounts.len() as u64).contains(&u64::from(validator.operator.0));
        if !known || !is_point(&validator.vote_key) || !seen.insert(validator.vote_key) {
            return Err(GenesisError::Validator(i));
        }
    }
    Ok(())
}

fn is_point(key: &[u8; 33]) -> bool {
    PublicKey::from_bytes(&PublicKeyBytes(*key)).is_ok()
}
