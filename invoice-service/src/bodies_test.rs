//! What a merchant signed opens again, item by item.
#![allow(clippy::unwrap_used)]

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger_types::body::EntryMode;
use ledger_types::payload::InvoiceRequest;
use ledger_types::{
    AccountId, Address, Area, BlockTime, ChainId, Digest, InvoiceKind, KeyId, LineNature, OwnerCondition, Policy,
    RequestId, TaxRate, TitleKind,
};
use sdk::{Frame, Identity, InvoiceDraft, sign_batch, sign_invoice};

use super::*;
use crate::merchant::random;

const CHAIN: ChainId = ChainId([5; 32]);

fn line(net: i64, quantity: Option<&str>) -> InvoiceLine {
    InvoiceLine {
        nature: LineNature::Normal,
        name: "*餐饮服务*餐费".into(),
        tax_code: "3070401000000000000".parse().unwrap(),
        spec: String::new(),
        unit: String::new(),
        quantity: quantity.map(|q| q.parse().unwrap()),
        price: quantity.map(|_| "1.5".parse().unwrap()),
        net: Fen(net),
        rate: TaxRate::Percent(600),
        policy: Policy::None,
        tax: Fen(net * 6 / 100),
    }
}

fn draft(buyer: &str, net: i64) -> InvoiceDraft {
    InvoiceDraft {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Net,
        buyer: BuyerTitle {
            kind: TitleKind::Individual,
            name: buyer.into(),
            tax_id: None,
            address_and_bank: String::new(),
        },
        seller: None,
        lines: vec![line(net, Some("2"))],
        remark: String::new(),
        drawer: String::new(),
        token: None,
    }
}

fn signer() -> Identity {
    let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Transaction).unwrap();
    Identity::account(AccountId(3), KeyId(0), key)
}

fn frame() -> Frame {
    let request_id = RequestId::new(BlockTime(1).0, [1; 10]);
    Frame { chain: CHAIN, area: Area(4403), request_id, valid_until_ms: 9, committee: None }
}

fn decoded(signed: &sdk::SignedTx) -> Transaction {
    Transaction::from_canonical(&signed.bytes).unwrap()
}

fn opened(tx: &Transaction, item: u16) -> Result<Opened, BodyFault> {
    open_body(&CHAIN, tx, &Contents::in_clear(tx, item).unwrap())
}

#[test]
fn a_single_invoice_opens_with_its_hash() {
    let owner = OwnerCondition::Address(Address([1; 32]));
    let request = InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() };
    let draft = draft("张三", 300);
    let signed = sign_invoice(&frame(), Payload::Issue(request), &draft, &[&signer()], &mut random).unwrap();
    let opened = opened(&decoded(&signed), 0).unwrap();
    assert_eq!(opened.body.buyer.name, "张三");
    assert_eq!(opened.body.lines, draft.lines);
    assert_eq!((opened.body.facts.net, opened.body.facts.total), (Fen(300), Fen(318)));
    let salt = &opened.body.facts.secret_salt;
    assert_eq!(opened.hash, InvoiceHash::compute(&CHAIN, &signed.id, 0, salt));
    assert_ne!(opened.hash, InvoiceHash::compute(&ChainId([6; 32]), &signed.id, 0, salt));
}

#[test]
fn each_invoice_of_a_batch_opens_alone() {
    let owner = OwnerCondition::Address(Address([1; 32]));
    let drafts = [(owner.clone(), draft("张三", 100)), (owner, draft("李四", 200))];
    let signed = sign_batch(&frame(), &drafts, &[&signer()], &mut random).unwrap();
    let tx = decoded(&signed);
    let opened_each: Vec<Opened> = (0..2).map(|i| opened(&tx, i).unwrap()).collect();
    assert_eq!(opened_each[0].body.buyer.name, "张三");
    assert_eq!(opened_each[1].body.buyer.name, "李四");
    assert_ne!(opened_each[0].hash, opened_each[1].hash);
    let fault = opened(&tx, 2).unwrap_err();
    assert_eq!(fault, BodyFault { tx: signed.id, item: 2, section: "facts" });
}

#[test]
fn a_red_face_turns_amounts_and_quantities_but_not_prices() {
    let body = Body {
        facts: draft("x", 300).facts([0; 16]),
        seller: None,
        buyer: draft("x", 300).buyer,
        lines: vec![line(200, Some("2")), line(100, None)],
    };
    let red = body.clone().turned();
    assert_eq!((red.facts.net, red.facts.tax, red.facts.total), (Fen(-300), Fen(-18), Fen(-318)));
    assert_eq!((red.lines[0].net, red.lines[0].tax), (Fen(-200), Fen(-12)));
    assert_eq!(red.lines[0].quantity.unwrap().to_string(), "-2");
    assert_eq!(red.lines[0].price, body.lines[0].price);
    assert_eq!(red.lines[1].quantity, None);
    assert_eq!(red.turned(), body);
}

#[test]
fn what_was_erased_is_shown_as_such_and_the_rest_as_it_was() {
    use ledger_types::{ErasedBy, ErasedSections, ErasureId, SectionSet};
    let contents = Contents {
        tx: TxId([1; 33]),
        item: 0,
        sections: vec![
            Section::Plain { kind: SectionKind::Facts, salt: [1; 16], bytes: vec![1] },
            Section::Plain { kind: SectionKind::Buyer, salt: [2; 16], bytes: vec![2] },
        ],
        erased: Vec::new(),
    };
    let (erasures, slot) = (Erasures::default(), Slot(7));
    assert_eq!(erasures.without(slot, &contents), contents);
    let order = ErasureId { height: Height(9), tx: 1 };
    let sections = SectionSet::of(&[SectionKind::Buyer, SectionKind::Lines]);
    erasures.note(slot, ErasedSections { orders: vec![ErasedBy { order, sections }] });
    let left = erasures.without(slot, &contents);
    assert_eq!((left.sections.len(), left.has(SectionKind::Facts)), (1, true));
    assert!(left.is_erased(SectionKind::Buyer) && left.is_erased(SectionKind::Lines));
    assert_eq!(left.erased[0].order, Some(order));
    assert_eq!(erasures.without(Slot(8), &contents), contents, "another invoice");
}

#[tokio::test]
async fn what_was_sent_loses_what_was_erased_and_keeps_its_id() {
    use crate::store::outbox::OutboxEntry;
    use ledger_types::SectionSet;
    let (_dir, store) = crate::store::tests::fresh().await;
    let request = InvoiceRequest {
        owner: OwnerCondition::Address(Address([1; 32])),
        order_ref: Digest::ZERO,
        payments: Vec::new(),
    };
    let signed =
        sign_invoice(&frame(), Payload::Issue(request), &draft("张三", 300), &[&signer()], &mut random).unwrap();
    let (id, request) = (signed.id, signed.request_id);
    // As of a merchant with own keys: the copy in clear has it too.
    let clear = Some(signed.bytes.clone());
    let entry = OutboxEntry { account: AccountId(3), content: Digest([1; 32]), signed, clear, is_final: true };
    store.store_outbox(entry.clone(), &[]).await.unwrap();
    let buyer = SectionSet::of(&[SectionKind::Buyer]);
    assert_eq!(store.erase_outbox(&TxId([9; 33]), 0, buyer).await.unwrap(), 0, "another transaction");
    assert_eq!(store.erase_outbox(&id, 0, buyer).await.unwrap(), 1);
    assert_eq!(store.erase_outbox(&id, 0, buyer).await.unwrap(), 0, "again");
    let left = store.outbox(AccountId(3), request).await.unwrap().unwrap();
    let tx = decoded(&left.signed);
    assert_eq!((tx.envelope.tx_id(), left.is_final, left.content), (id, true, entry.content));
    let contents = Contents::in_clear(&tx, 0).unwrap();
    assert!(contents.is_erased(SectionKind::Buyer) && contents.has(SectionKind::Facts));
    let opened = open_body(&CHAIN, &tx, &contents).unwrap();
    assert_eq!((opened.body.buyer.name.as_str(), opened.body.lines.len()), ("已依法删除", 1));
    let named = |bytes: &[u8]| bytes.windows(6).any(|window| window == "张三".as_bytes());
    assert!(named(entry.clear.as_ref().unwrap()), "it was there");
    assert!(!named(&left.signed.bytes) && !named(left.clear.as_ref().unwrap()));
}
