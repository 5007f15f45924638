//! What a change leaves behind.
#![allow(clippy::unwrap_used)]

use ledger_types::batch::BatchItem;
use ledger_types::envelope::Envelope;
use ledger_types::receipt::Issued;
use ledger_types::receipt::ReceiptSubject;
use ledger_types::transaction::TxBody;
use ledger_types::{BlockTime, ChainId, Digest, Height, InvoiceCode, InvoiceNumber, Receipt, RequestScope, TxId};

use super::*;

fn signed() -> SignedTx {
    SignedTx {
        bytes: Vec::new(),
        id: TxId([1; 33]),
        scope: RequestScope(1),
        request_id: RequestId([2; 16]),
        valid_until_ms: 9,
        seals: None,
    }
}

fn entry() -> OutboxEntry {
    OutboxEntry { account: AccountId(1), content: Digest::ZERO, signed: signed(), clear: None, is_final: false }
}

fn in_block(verdict: Verdict) -> Box<InBlock> {
    let receipt = Receipt { version: 1, subject: ReceiptSubject::Tx(TxId([1; 33])), verdict };
    Box::new(InBlock { height: Height(7), index: 3, time: BlockTime(1_793_462_400_000), receipt })
}

fn tx(payload: Payload, body: TxBody) -> Transaction {
    let envelope = Envelope {
        version: 1,
        chain_id: ChainId::ZERO,
        area: Area(4403),
        request_id: RequestId([2; 16]),
        signers: Vec::new(),
        valid_until_ms: 9,
        payload,
        sections: Vec::new(),
    };
    Transaction { envelope, body, signatures: Vec::new() }
}

fn issued(slot: u64) -> Issued {
    let code = InvoiceCode::build(Area(4403), 26, 1).unwrap();
    Issued { slot: Slot(slot), code, number: InvoiceNumber::FIRST }
}

#[test]
fn an_accepted_change_says_where_it_stands() {
    let done = finish(entry(), in_block(Verdict::Accepted(TxOutcome::Done))).unwrap();
    let operation = done.operation();
    assert_eq!(operation.state, types::FateState::Committed as i32);
    assert_eq!((operation.height, operation.index, operation.provable_at), (Some(7), Some(3), Some(8)));
    assert_eq!(operation.block_time, "2026-11-01 00:00:00.000");
    assert_eq!(operation.request_id, vec![2; 16]);
    let pending = entry().pending().operation();
    assert_eq!(pending.state, types::FateState::Pending as i32);
    assert_eq!((pending.height, pending.tx_id), (None, vec![1; 33]));
}

#[test]
fn a_refused_change_is_a_failure_with_every_reason() {
    let refusals = vec![Refusal::new(RejectReason::OverQuota, Field::Net); 2];
    let failure = finish(entry(), in_block(Verdict::Refused(refusals.clone()))).err().unwrap();
    assert!(matches!(failure, Failure::Refused(found, Some(id)) if found == refusals && id == TxId([1; 33])));
}

#[test]
fn token_addresses_are_noted_with_their_slots() {
    let (token, account) = (Address([1; 32]), Address([2; 32]));
    let request = |owner| InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() };
    let single = |owner| tx(Payload::Issue(request(owner)), TxBody::Sections(Vec::new()));
    let outcome = TxOutcome::Issued(issued(5));
    assert_eq!(claim_slots(&single(OwnerCondition::TokenKey(token)), &outcome), [(token, Slot(5))]);
    assert!(claim_slots(&single(OwnerCondition::Address(account)), &outcome).is_empty());
    let item = |owner| BatchItem { owner, commitments: Vec::new(), sections: Vec::new() };
    let items = vec![
        item(OwnerCondition::TokenKey(Address([3; 32]))),
        item(OwnerCondition::Address(account)),
        item(OwnerCondition::TokenKey(token)),
    ];
    let batch = tx(Payload::IssueBatch { count: 3, root: Digest::ZERO }, TxBody::Batch(items));
    let outcome = TxOutcome::BatchIssued { first: issued(10), count: 3 };
    assert_eq!(claim_slots(&batch, &outcome), [(Address([3; 32]), Slot(10)), (token, Slot(12))]);
}
