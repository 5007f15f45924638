//! A block: transactions, receipts, header, certificate.

use ledger_types::{BatchItem, Block, Canonical, CommitCertificate, transaction::TxBody};
use proofs::{batch_root, certificate, receipts_root, tx_root};
use serde_json::{Value, json};

use super::golden;
use crate::{chain::Chain, story::tell};

#[test]
fn a_block_and_its_certificate() {
    let chain = tell(Chain::new("golden", 4));
    let (first, second) = (&chain.frames[0], &chain.frames[1]);
    let Block { header, txs, .. } = &second.block;
    let ids: Vec<_> = first.block.txs.iter().map(|tx| tx.envelope.tx_id()).collect();
    assert_eq!(tx_root(&ids), first.block.header.tx_root);
    assert_eq!(receipts_root(&first.receipts), header.receipts_root);
    let envelopes: Vec<Value> = first
        .block
        .txs
        .iter()
        .map(|tx| {
            let bytes = tx.envelope.to_canonical();
            json!({ "envelope": tx.envelope, "canonical": hex::encode(bytes), "tx_id": tx.envelope.tx_id() })
        })
        .collect();
    let vectors = json!({
        "chain_id": chain.id,
        "genesis": chain.genesis,
        "validators_hash": chain.genesis.validators.digest(&chain.id),
        "params_hash": chain.genesis.params.digest(&chain.id),
        "block_1": {
            "transactions": envelopes,
            "tx_root": tx_root(&ids),
            "receipts": first.receipts,
            "receipts_canonical": first.receipts.iter().map(|r| hex::encode(r.to_canonical())).collect::<Vec<_>>(),
            "receipts_root": receipts_root(&first.receipts),
            "batch": batch(&first.block.txs[2].body, &chain),
        },
        "block_2": {
            "header": header,
            "header_canonical": hex::encode(header.to_canonical()),
            "block_id": header.block_id(),
            "transactions": txs.len(),
            "certificate": certificate_vector(&chain, &second.certificate),
        },
    });
    let set = &chain.genesis.validators;
    assert_eq!(certificate::verify(&chain.id, &second.certificate, set, header), Ok(()));
    golden("block.json", &vectors);
}

fn certificate_vector(chain: &Chain, certificate: &CommitCertificate) -> Value {
    json!({
        "certificate": certificate,
        "canonical": hex::encode(certificate.to_canonical()),
        "digest": certificate.digest(&chain.id),
        "vote_message": hex::encode(certificate.vote().message(&chain.id)),
    })
}

fn batch(body: &TxBody, chain: &Chain) -> Value {
    let TxBody::Batch(items) = body else { panic!("the third transaction is a batch") };
    let digests: Vec<_> =
        items.iter().enumerate().map(|(i, item)| item.commitment(i as u16).digest(&chain.id)).collect();
    let bytes = |(i, item): (usize, &BatchItem)| hex::encode(item.commitment(i as u16).to_canonical());
    json!({
        "commitments": items.iter().enumerate().map(bytes).collect::<Vec<_>>(),
        "digests": digests,
        "root": batch_root(&digests),
    })
}
