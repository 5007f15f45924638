//! Domain-separated hashes, addresses, the invoice hash.

use ledger_types::{
    AccountId, Canonical, Committee, Genesis, OwnerCondition, Purpose, RequestScope, RuleBook, Section, SectionKind,
    SignerIdentity, TxId,
    batch::BatchItemCommitment,
    canonical::CanonicalError,
    domain_hash, framed,
    invoice_hash::InvoiceHash,
    owner::{account_address, key_address},
    section::commit_section,
};
use serde_json::{Value, json};

use crate::{
    bytes, golden,
    samples::{CHAIN, address, buyer, facts, genesis, lines, public_key, seller_face},
    vector,
};

#[test]
fn frames_addresses_and_scopes() {
    let bare = SignerIdentity::BareKey(public_key());
    assert!(bare.request_scope().0 & RequestScope::BARE_KEY_BIT != 0);
    let vectors = json!({
        "chain_id": CHAIN,
        "framed_for_transaction_over_abc": hex::encode(framed(Purpose::Transaction, &CHAIN, b"abc")),
        "hash_for_tx_id_over_abc": domain_hash(Purpose::TxId, &CHAIN, b"abc"),
        "public_key": hex::encode(public_key()),
        "address_of_account_7": account_address(&CHAIN, AccountId(7)),
        "address_of_the_key": key_address(&CHAIN, &public_key()),
        "request_scope_of_the_key": bare.request_scope(),
        "rule_book": vector(&RuleBook::standard(ledger_types::Area(4403), 1, 0)),
        "rule_book_digest": RuleBook::standard(ledger_types::Area(4403), 1, 0).digest(&CHAIN),
    });
    golden("hashes.json", &vectors);
}

#[test]
fn the_genesis_document() {
    let genesis = genesis();
    let chain = genesis.chain_id();
    let vectors = json!({
        "genesis": vector(&genesis),
        "chain_id": chain,
        "validators_hash": genesis.validators.digest(&chain),
        "params_hash": genesis.params.digest(&chain),
    });
    golden("genesis.json", &vectors);
}

#[test]
fn the_genesis_document_with_a_committee() {
    let committee = Committee { epoch: Committee::FIRST, public_key: public_key() };
    let sealing = Genesis { version: Genesis::SEALING, committee: Some(committee), ..genesis() };
    assert_ne!(sealing.chain_id(), genesis().chain_id());
    // A document of version 1 has no place for one.
    let forgotten = Genesis { committee: Some(committee), ..genesis() };
    assert_eq!(Genesis::from_canonical(&forgotten.to_canonical()).unwrap(), genesis());
    golden("genesis_sealing.json", &json!({ "genesis": vector(&sealing), "chain_id": sealing.chain_id() }));
}

#[test]
fn owner_conditions() {
    let expiring = OwnerCondition::Expiring {
        until_ms: 10,
        first: Box::new(OwnerCondition::TokenKey(address(1))),
        fallback: address(2),
    };
    let conditions = [
        OwnerCondition::Address(address(1)),
        OwnerCondition::TokenKey(address(1)),
        OwnerCondition::AnyOf(vec![address(1), address(2)]),
        OwnerCondition::MOfN { threshold: 2, members: vec![address(1), address(2), address(3)] },
        expiring.clone(),
    ];
    let nested = OwnerCondition::Expiring { until_ms: 20, first: Box::new(expiring), fallback: address(3) };
    let refused = OwnerCondition::from_canonical(&nested.to_canonical());
    assert!(matches!(refused, Err(CanonicalError::Malformed(_))), "{refused:?}");
    let vectors: Vec<Value> =
        conditions.iter().map(|c| json!({ "condition": vector(c), "owner": vector(&c.to_owner(&CHAIN)) })).collect();
    golden("owner_condition.json", &json!({ "chain_id": CHAIN, "vectors": vectors }));
}

#[test]
fn sections_and_the_invoice_hash() {
    let salt = [7; 16];
    let contents = [
        (SectionKind::Facts, serde_json::to_value(facts()).unwrap(), bytes(&facts())),
        (SectionKind::Seller, serde_json::to_value(seller_face()).unwrap(), bytes(&seller_face())),
        (SectionKind::Buyer, serde_json::to_value(buyer()).unwrap(), bytes(&buyer())),
        (SectionKind::Lines, serde_json::to_value(lines()).unwrap(), bytes(&lines())),
    ];
    let commit = |kind, text: &str| commit_section(&CHAIN, kind, &salt, &hex::decode(text).unwrap());
    let sections: Vec<Value> = contents
        .iter()
        .map(|(kind, value, text)| {
            json!({ "kind": kind, "value": value, "canonical": text, "commitment": commit(*kind, text).commitment })
        })
        .collect();
    let commitments = contents.iter().map(|(kind, _, text)| commit(*kind, text)).collect();
    let item = BatchItemCommitment { index: 3, owner: OwnerCondition::TokenKey(address(1)), commitments };
    let (tx, hash) = (TxId([1; 33]), InvoiceHash::compute(&CHAIN, &TxId([1; 33]), 3, &facts().secret_salt));
    let vectors = json!({
        "chain_id": CHAIN,
        "salt": hex::encode(salt),
        "sections": sections,
        "erased": bytes(&Section::Erased { kind: SectionKind::Buyer }),
        "batch_item": { "canonical": bytes(&item), "digest": item.digest(&CHAIN) },
        "invoice_hash": {
            "tx": tx,
            "index": 3,
            "secret_salt": hex::encode(facts().secret_salt),
            "hash": hash,
            "check_code": hash.check_code(),
        },
    });
    golden("section.json", &vectors);
}
