//! The genesis of a simulated chain: its validators, a bureau, shops and companies.

use std::sync::Arc;

use crypto::{KeyProvider, KeyUse, SigningKey};
use ledger_types::owner::account_address;
use ledger_types::{
    AccountId, AccountKind, Address, Area, ChainParams, ClockMode, ConsensusKind, Genesis, GenesisAccount, KeyId,
    KeyPurpose, KeyRecord, PayloadKind, Validator, ValidatorSet,
};
use sdk::Identity;

use super::START;
use super::seeded_keys::SeededKeys;
use crate::tax_ids::TaxIds;

/// The only area.
pub(super) const AREA: Area = Area(4403);
/// Operates all validators.
pub(super) const OPERATOR: AccountId = AccountId(1);
/// Shops, and as many companies.
const TRADERS: usize = 2;

/// An enterprise.
pub(super) struct Trader {
    pub(super) account: AccountId,
    pub(super) address: Address,
    pub(super) clerk: Identity,
}

/// Everybody who signs transactions.
pub(super) struct People {
    pub(super) chain: ledger_types::ChainId,
    pub(super) bureau: Identity,
    pub(super) shops: Vec<Trader>,
    pub(super) companies: Vec<Trader>,
    pub(super) wallets: Vec<SigningKey>,
    pub(super) tokens: Vec<Identity>,
}

/// The keys of a machine.
#[derive(Clone)]
pub(super) struct MachineKeys {
    pub(super) vote: SigningKey,
    /// Reports misbehaviour.
    pub(super) reporter: SigningKey,
}

/// Makes the chain. The machines stand in the order of the validators, then come those that are none yet.
pub(super) fn found(
    seed: u64,
    nodes: u16,
    machines: u16,
    kind: ConsensusKind,
    light: bool,
) -> (Genesis, Vec<MachineKeys>, People) {
    let provider: Arc<dyn KeyProvider> = Arc::new(SeededKeys::new(seed, light));
    let key = |key_use| SigningKey::generate(&provider, key_use).expect("the provider of simulations makes any key");
    let votes: Vec<SigningKey> = (0..machines).map(|_| key(KeyUse::Vote)).collect();
    let bureau = key(KeyUse::Transaction);
    let clerks: Vec<SigningKey> = (0..2 * TRADERS).map(|_| key(KeyUse::Transaction)).collect();
    let mut ids = TaxIds::new(seed);
    let mut accounts = vec![GenesisAccount {
        kind: AccountKind::Bureau,
        area: AREA,
        tax_id: None,
        name: "bureau".to_owned(),
        keys: vec![KeyRecord::admin(KeyId(0), bureau.public_key().0)],
    }];
    accounts.extend(clerks.iter().map(|clerk| GenesisAccount {
        kind: AccountKind::Enterprise,
        area: AREA,
        tax_id: Some(ids.next_id()),
        name: "enterprise".to_owned(),
        keys: vec![KeyRecord::admin(KeyId(0), bureau.public_key().0), operator(clerk)],
    }));
    let members = votes.iter().take(usize::from(nodes));
    let validators = members.map(|v| Validator { operator: OPERATOR, vote_key: v.public_key().0 }).collect();
    let genesis = Genesis {
        version: Genesis::VERSION,
        committee: None,
        name: format!("simulated-{seed}"),
        time: START,
        clock: ClockMode::Wall,
        consensus: kind,
        validators: ValidatorSet { validators },
        params: ChainParams { min_block_interval_ms: 1_000, heartbeat_ms: 5_000, ..ChainParams::default() },
        areas: vec![AREA],
        accounts,
    };
    let chain = genesis.chain_id();
    let mut traders: Vec<Trader> = (2..)
        .map(AccountId)
        .zip(clerks)
        .map(|(account, clerk)| Trader {
            account,
            address: account_address(&chain, account),
            clerk: Identity::account(account, KeyId(1), clerk),
        })
        .collect();
    let companies = traders.split_off(TRADERS);
    let people = People {
        chain,
        bureau: Identity::account(OPERATOR, KeyId(0), bureau),
        shops: traders,
        companies,
        wallets: (0..4).map(|_| key(KeyUse::Transaction)).collect(),
        tokens: (0..2).map(|_| Identity::bare(key(KeyUse::OrderToken))).collect(),
    };
    let machines = votes.into_iter().map(|vote| MachineKeys { vote, reporter: key(KeyUse::Transaction) }).collect();
    (genesis, machines, people)
}

fn operator(clerk: &SigningKey) -> KeyRecord {
    KeyRecord {
        purpose: KeyPurpose::Operator,
        kinds: PayloadKind::business_bits(),
        ..KeyRecord::admin(KeyId(1), clerk.public_key().0)
    }
}
