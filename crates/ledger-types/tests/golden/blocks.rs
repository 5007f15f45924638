//! Headers, certificates, votes, change sets, frames, statements.

use ledger_types::{
    Block, BlockFrame, BlockId, BlockTime, Change, ChangeSet, CommitCertificate, ConsensusKind, Header, Height,
    LedgerStatement, RegistryKey, RegistryValue, RequestEntry, RequestScope, Slot, TxId, change_set::SYSTEM_CAUSE,
    registry::OrderFate,
};
use serde_json::json;
use sm2::dsa::{Signature, signature::Signer as _};

use crate::{
    bytes, golden,
    samples::{CHAIN, NOW_MS, digest, issued_invoice, request_id, secret, validators},
    vector,
};

fn header() -> Header {
    Header {
        version: Header::VERSION,
        protocol: Header::PROTOCOL,
        chain_id: CHAIN,
        height: Height(2),
        epoch: 3,
        consensus: ConsensusKind::Solo,
        time: BlockTime(NOW_MS),
        parent: BlockId::from_digest(digest(1)),
        tx_root: digest(2),
        state_root: digest(3),
        receipts_root: digest(4),
        changes_root: digest(5),
        rule_books_root: digest(6),
        validators_hash: validators().digest(&CHAIN),
        next_validators_hash: validators().digest(&CHAIN),
        params_hash: digest(7),
        last_certificate_hash: digest(8),
        evidence_root: digest(9),
        proposer: 10,
    }
}

fn certificate() -> CommitCertificate {
    let mut certificate = CommitCertificate {
        version: CommitCertificate::VERSION,
        epoch: 3,
        kind: ConsensusKind::Solo,
        height: Height(2),
        round: 0,
        block_id: header().block_id(),
        bitmap: vec![1],
        signatures: Vec::new(),
    };
    let signature: Signature = secret().sign(&certificate.vote().message(&CHAIN));
    certificate.signatures.push(signature.to_bytes().into());
    certificate
}

fn changes() -> ChangeSet {
    let order = RegistryKey::Order { seller: ledger_types::AccountId(7), order_ref: digest(9) };
    let request = RequestEntry {
        scope: RequestScope(7),
        id: request_id(),
        tx: TxId([1; 33]),
        height: Height(2),
        index: 0,
        accepted: false,
    };
    let value = RegistryValue::Order(OrderFate::Issued(Slot(5)));
    ChangeSet {
        changes: vec![
            Change::Output { cause: SYSTEM_CAUSE, slot: Slot(5), record: issued_invoice() },
            Change::Registry { cause: 0, key: order.clone(), value: Some(Box::new(value)) },
            Change::Registry { cause: 1, key: order, value: None },
            Change::Request(request),
        ],
    }
}

#[test]
fn a_header_its_id_and_its_certificate() {
    let certificate = certificate();
    let key = sm::PublicKey::from_bytes(&sm::PublicKeyBytes(validators().validators[0].vote_key)).unwrap();
    let message = certificate.vote().message(&CHAIN);
    assert!(key.verify(&message, &certificate.signatures[0]));
    let vectors = json!({
        "header": vector(&header()),
        "block_id": header().block_id(),
        "validators": vector(&validators()),
        "validators_hash": validators().digest(&CHAIN),
        "vote": bytes(&certificate.vote()),
        "vote_message": hex::encode(message),
        "certificate": vector(&certificate),
        "certificate_hash": certificate.digest(&CHAIN),
    });
    golden("header.json", &vectors);
}

#[test]
fn change_sets_and_frames() {
    let block = Block { header: header(), txs: Vec::new(), last_certificate: Some(certificate()) };
    let frame = BlockFrame {
        version: BlockFrame::VERSION,
        block: block.clone(),
        certificate: certificate(),
        receipts: Vec::new(),
        changes: changes(),
        state_root: digest(3),
    };
    let vectors = json!({
        "changes": changes().changes.iter().map(vector).collect::<Vec<_>>(),
        "change_set": bytes(&changes()),
        "block": bytes(&block),
        "frame": bytes(&frame),
    });
    golden("frame.json", &vectors);
}

#[test]
fn a_ledger_statement() {
    let statement = LedgerStatement {
        version: 1,
        height: Height(2),
        block_id: header().block_id(),
        state_root: digest(3),
        build_hash: digest(4),
    };
    let message = hex::encode(statement.message(&CHAIN));
    golden("statement.json", &json!({ "statement": vector(&statement), "message": message }));
}
