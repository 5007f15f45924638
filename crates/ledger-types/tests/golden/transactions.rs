//! A transaction: envelope, id, signing message, SM2 signature.

use ledger_types::{
    AccountId, Area, BatchItem, Canonical, Digest, Envelope, KeyId, OwnerCondition, Payload, Section, SectionKind,
    Signer, SignerIdentity, SignerRole, Transaction, envelope::transaction_message, payload::InvoiceRequest,
    section::commit_section, transaction::TxBody,
};
use serde_json::json;
use sm2::dsa::{Signature, signature::Signer as _};

use crate::{
    bytes, golden,
    samples::{CHAIN, NOW_MS, address, buyer, facts, lines, public_key, request_id, secret},
    vector,
};

pub(crate) fn sections() -> Vec<Section> {
    let contents = [
        (SectionKind::Facts, facts().to_canonical()),
        (SectionKind::Buyer, buyer().to_canonical()),
        (SectionKind::Lines, lines().to_canonical()),
    ];
    contents.map(|(kind, bytes)| Section::Plain { kind, salt: [kind as u8; 16], bytes }).to_vec()
}

pub(crate) fn envelope() -> Envelope {
    let commitments = sections()
        .into_iter()
        .filter_map(|section| match section {
            Section::Plain { kind, salt, bytes } => Some(commit_section(&CHAIN, kind, &salt, &bytes)),
            Section::Sealed { .. } | Section::Erased { .. } => None,
        })
        .collect();
    let owner = OwnerCondition::TokenKey(address(0xaa));
    Envelope {
        version: Envelope::VERSION,
        chain_id: CHAIN,
        area: Area(4403),
        request_id: request_id(),
        signers: vec![
            Signer {
                identity: SignerIdentity::Account { account: AccountId(7), key: KeyId(1) },
                role: SignerRole::Owner,
                acting_for: None,
            },
            Signer {
                identity: SignerIdentity::BareKey(public_key()),
                role: SignerRole::CoSigner,
                acting_for: Some(AccountId(8)),
            },
        ],
        valid_until_ms: NOW_MS + 3_600_000,
        payload: Payload::Issue(InvoiceRequest { owner, order_ref: Digest([9; 32]), payments: Vec::new() }),
        sections: commitments,
    }
}

#[test]
fn a_signed_transaction() {
    let envelope = envelope();
    let message = transaction_message(&CHAIN, &envelope.tx_id());
    let key = sm::PublicKey::from_bytes(&sm::PublicKeyBytes(public_key())).unwrap();
    let signature: Signature = secret().sign(&message);
    let signature: [u8; 64] = signature.to_bytes().into();
    assert!(key.verify(&message, &signature));
    assert!(!key.verify(&transaction_message(&ledger_types::ChainId([1; 32]), &envelope.tx_id()), &signature));
    let transaction = Transaction {
        envelope: envelope.clone(),
        body: TxBody::Sections(sections()),
        signatures: vec![signature, signature],
    };
    let vectors = json!({
        "envelope": vector(&envelope),
        "tx_id": envelope.tx_id(),
        "signing_message": hex::encode(&message),
        "user_id": sm::USER_ID,
        "public_key": hex::encode(public_key()),
        "z": hex::encode(key.z()),
        "e": hex::encode(key.digest(&message)),
        "signature": hex::encode(signature),
        "about_signature": "one good signature of many: SM2 signatures are made with a random or derived number",
        "transaction_canonical": bytes(&transaction),
    });
    golden("transaction.json", &vectors);
}

#[test]
fn sealed_sections_and_batches() {
    let sealed = Section::Sealed { kind: SectionKind::Buyer, ciphertext: vec![5; 20] };
    let item = BatchItem {
        owner: OwnerCondition::TokenKey(address(1)),
        commitments: envelope().sections,
        sections: sections(),
    };
    let vectors = json!({
        "sealed_section": bytes(&sealed),
        "plain_section": bytes(&sections()[0]),
        "batch_item": bytes(&item),
        "batch_body": bytes(&TxBody::Batch(vec![item.clone()])),
        "no_body": bytes(&TxBody::Sections(Vec::new())),
    });
    golden("body.json", &vectors);
}
