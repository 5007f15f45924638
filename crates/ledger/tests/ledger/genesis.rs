//! Genesis: the state at height 0, and documents that start no chain.

use ledger::{GenesisError, MemoryState, StateView, genesis_changes};
use ledger_types::registry::Numbering;
use ledger_types::*;

use crate::world::{AREA, Key, genesis};

#[test]
fn genesis_fills_the_register() {
    let genesis = genesis();
    let changes = genesis_changes(&genesis).unwrap();
    assert!(changes.changes.iter().all(|c| matches!(c, Change::Registry { value: Some(_), .. })));
    let keys: Vec<_> = changes.registry().map(|(key, _)| key.clone()).collect();
    assert!(keys.is_sorted_by(|a, b| a < b));
    let mut state = MemoryState::new();
    state.apply(&changes);
    let get = |key| state.registry(&key).unwrap();
    let Some(RegistryValue::Counters(counters)) = get(RegistryKey::Counters) else { panic!("no counters") };
    assert_eq!((counters.account, counters.slot), (AccountId(13), Slot(0)));
    let first = Numbering { code: "144032609110".parse().unwrap(), next: Some(InvoiceNumber::FIRST) };
    assert_eq!(get(RegistryKey::Numbering(AREA)), Some(RegistryValue::Numbering(first)));
    let Some(RegistryValue::Account(shop)) = get(RegistryKey::Account(AccountId(4))) else { panic!("no shop") };
    let of_tax_id = get(RegistryKey::AccountOfTaxId(shop.tax_id.unwrap()));
    assert_eq!(of_tax_id, Some(RegistryValue::AccountOfTaxId(AccountId(4))));
    assert_eq!(ledger::active_rule_books(&state, &genesis.areas), Ok(vec![]));
}

/// A change to a genesis document.
type Spoil = fn(&mut Genesis);

#[test]
fn what_starts_no_chain_is_named() {
    let shop = AccountId(4);
    let cases: [(Spoil, GenesisError); 19] = [
        (|g| g.version = 3, GenesisError::Version(3)),
        (|g| g.accounts.retain(|a| a.kind != AccountKind::Bureau), GenesisError::NoBureau),
        (|g| g.areas.clear(), GenesisError::AreasUnsorted),
        (|g| g.areas.reverse(), GenesisError::AreasUnsorted),
        (|g| g.areas = vec![AREA, AREA], GenesisError::AreasUnsorted),
        (|g| g.areas.push(Area(10_000)), GenesisError::AreaRange(Area(10_000))),
        (|g| g.accounts[3].tax_id = None, GenesisError::Identity(shop)),
        (|g| g.accounts[3].name.clear(), GenesisError::Identity(shop)),
        (|g| g.accounts[3].name = "名".repeat(101), GenesisError::Identity(shop)),
        (|g| g.accounts[4].tax_id = g.accounts[3].tax_id.clone(), GenesisError::TaxIdTwice(AccountId(5))),
        (|g| g.accounts[3].keys.clear(), GenesisError::KeyList(shop)),
        (|g| g.accounts[3].keys.swap(0, 1), GenesisError::KeyList(shop)),
        (|g| g.accounts[3].keys[1].public_key[0] = 7, GenesisError::BadKey(shop)),
        (
            |g| g.validators.validators.clear(),
            GenesisError::ValidatorCount { found: 0, consensus: ConsensusKind::Solo },
        ),
        (
            |g| {
                let second = Validator { operator: AccountId(11), vote_key: Key::of("vote2").bytes() };
                g.validators.validators.push(second);
            },
            GenesisError::ValidatorCount { found: 2, consensus: ConsensusKind::Solo },
        ),
        (|g| g.validators.validators[0].operator = AccountId(13), GenesisError::Validator(0)),
        (|g| g.validators.validators[0].vote_key = [0; 33], GenesisError::Validator(0)),
        (|g| g.params.max_block_bytes = u32::MAX, GenesisError::Params("max_block_bytes")),
        (|g| g.params.max_block_txs = 0, GenesisError::Params("max_block_txs")),
    ];
    for (spoil, expected) in cases {
        let mut genesis = genesis();
        spoil(&mut genesis);
        assert_eq!(genesis_changes(&genesis), Err(expected));
    }
}

#[test]
fn several_validators_go_with_bft_but_none_twice() {
    let mut genesis = genesis();
    genesis.consensus = ConsensusKind::Bft;
    let second = Validator { operator: AccountId(11), vote_key: Key::of("vote2").bytes() };
    genesis.validators.validators.push(second.clone());
    assert!(genesis_changes(&genesis).is_ok());
    genesis.validators.validators.push(second);
    assert_eq!(genesis_changes(&genesis), Err(GenesisError::Validator(2)));
}
