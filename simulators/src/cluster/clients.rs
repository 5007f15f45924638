//! The genesis of a simulated chain, and the transactions of its clients.

use std::sync::Arc;

use crypto::{KeyProvider, KeyUse, SigningKey};
use ledger::StateView;
use ledger::admission::{AuthenticatedTx, RawTx, authenticate, decode};
use ledger_types::{
    AccountId, AccountKind, Area, ChainId, ChainParams, ClockMode, ConsensusKind, Genesis, GenesisAccount, KeyId,
    KeyRecord, Payload, RequestId, Validator, ValidatorSet,
};
use sdk::{Frame, Identity, sign_plain};

use super::START;
use super::seeded_keys::SeededKeys;
use crate::dice::Dice;

const AREA: Area = Area(4403);

/// Who signs, and the keys of the validators.
pub(super) struct Clients {
    bureau: SigningKey,
    wallets: Vec<SigningKey>,
    chain: ChainId,
    signers: sm::SignerCache,
}

/// Makes the chain.
pub(super) fn found(seed: u64, nodes: u16) -> (Genesis, Vec<SigningKey>, Clients) {
    let provider: Arc<dyn KeyProvider> = Arc::new(SeededKeys::new(seed));
    let key = |key_use| SigningKey::generate(&provider, key_use).expect("the provider of simulations makes any key");
    let votes: Vec<SigningKey> = (0..nodes).map(|_| key(KeyUse::Vote)).collect();
    let bureau = key(KeyUse::Transaction);
    let wallets = (0..8).map(|_| key(KeyUse::Transaction)).collect();
    let validators = votes.iter().map(|v| Validator { operator: AccountId(1), vote_key: v.public_key().0 }).collect();
    let genesis = Genesis {
        version: Genesis::VERSION,
        name: format!("simulated-{seed}"),
        time: START,
        clock: ClockMode::Wall,
        consensus: ConsensusKind::Bft,
        validators: ValidatorSet { validators },
        params: ChainParams { min_block_interval_ms: 100, heartbeat_ms: 5_000, ..ChainParams::default() },
        areas: vec![AREA],
        accounts: vec![GenesisAccount {
            kind: AccountKind::Bureau,
            area: AREA,
            tax_id: None,
            name: "bureau".to_owned(),
            keys: vec![KeyRecord::admin(KeyId(0), bureau.public_key().0)],
        }],
    };
    let chain = genesis.chain_id();
    (genesis, votes, Clients { bureau, wallets, chain, signers: sm::SignerCache::new(8, 64, 2) })
}

impl Clients {
    /// A transaction made at a time, as it comes out of room 2 of a node with this state.
    pub(super) fn next(&mut self, dice: &mut Dice, now_ms: u64, state: &dyn StateView) -> Option<AuthenticatedTx> {
        let wallet = &self.wallets[dice.below(self.wallets.len())];
        let payload = Payload::OpenAccount {
            kind: AccountKind::Person,
            area: AREA,
            tax_id: None,
            name: format!("person {}", dice.below(1_000)),
            keys: vec![KeyRecord::admin(KeyId(0), wallet.public_key().0)],
        };
        let mut random = [0; 10];
        random[..8].copy_from_slice(&dice.bits().to_be_bytes());
        let frame = Frame {
            chain: self.chain,
            area: AREA,
            request_id: RequestId::new(now_ms, random),
            valid_until_ms: now_ms + 120_000,
        };
        let bureau = Identity::account(AccountId(1), KeyId(0), self.bureau.clone());
        let tx = sign_plain(&frame, payload, &[&bureau]).ok()?;
        let decoded = decode(&self.chain, RawTx(tx.bytes)).ok()?;
        authenticate(vec![decoded], state, &mut self.signers).ok()?.into_iter().next()?.ok()
    }
}
