//! Both QR codes read back to what was issued.
#![allow(clippy::unwrap_used)]

use ledger_types::body::EntryMode;
use ledger_types::{BuyerTitle, ChainId, InvoiceCode, InvoiceFacts, InvoiceKind, InvoiceNumber, Slot, TitleKind, TxId};

use super::*;

fn body(net: i64, tax: i64) -> Body {
    Body {
        facts: InvoiceFacts {
            kind: InvoiceKind::BlockchainOrdinary,
            entry: EntryMode::Gross,
            net: Fen(net),
            tax: Fen(tax),
            total: Fen(net + tax),
            remark: String::new(),
            drawer: String::new(),
            special_element: 0,
            deduction: None,
            secret_salt: [3; 16],
        },
        seller: None,
        buyer: BuyerTitle {
            kind: TitleKind::Individual,
            name: "个人".into(),
            tax_id: None,
            address_and_bank: String::new(),
        },
        lines: Vec::new(),
    }
}

fn answer(body: &Body, tax_id: Option<&TaxId>) -> pb::IssuedInvoice {
    let face = Face {
        issued: Issued {
            slot: Slot(9),
            code: InvoiceCode::build(ledger_types::Area(4403), 26, 1).unwrap(),
            number: InvoiceNumber::new(42).unwrap(),
        },
        body,
        hash: InvoiceHash::compute(&ChainId([1; 32]), &TxId([2; 33]), 0, &body.facts.secret_salt),
        seller_tax_id: tax_id,
        // 2026-11-01 00:00 in Shenzhen, still October in Greenwich.
        time: BlockTime(1_793_462_400_000),
        claim_token: "token".into(),
    };
    face.answer("http://127.0.0.1:8000/verify/scan")
}

#[test]
fn the_face_and_both_forms_say_the_same() {
    let tax_id: TaxId = "91350100M000100Y43".parse().unwrap();
    let issued = answer(&body(18_679, 1_121), Some(&tax_id));
    assert_eq!(issued.invoice_hash.len(), 66);
    assert!(issued.invoice_hash.ends_with(&issued.check_code) && issued.check_code.len() == 5);
    assert_eq!(issued.issued_date, "2026-11-01");
    let hash = &issued.invoice_hash;
    let base = "http://127.0.0.1:8000/verify/scan";
    assert_eq!(issued.qr_url, format!("{base}?hash={hash}&bill_num=00000042&total_amount=19800"));
    assert_eq!(issued.qr_text, format!("01,10,144032609110,00000042,91350100M000100Y43,186.79,20261101,{hash}"));
    let url = QrUrl::parse(&issued.qr_url).unwrap();
    assert_eq!((url.hash.to_string(), url.number.value(), url.total), (hash.clone(), 42, Fen(19_800)));
    let text = QrText::parse(&issued.qr_text).unwrap();
    assert_eq!((text.net, text.seller, text.date.compact()), (Fen(18_679), tax_id, 20_261_101));
    assert_eq!(text.face.code.to_string(), issued.face.unwrap().code);
    assert_eq!(text.hash, url.hash);
}

#[test]
fn a_red_face_has_negative_amounts_in_both_forms() {
    let tax_id: TaxId = "91350100M000100Y43".parse().unwrap();
    let issued = answer(&body(-18_679, -1_121), Some(&tax_id));
    assert!(issued.qr_url.ends_with("total_amount=-19800"));
    assert_eq!(QrUrl::parse(&issued.qr_url).unwrap().total, Fen(-19_800));
    assert_eq!(QrText::parse(&issued.qr_text).unwrap().net, Fen(-18_679));
}

#[test]
fn what_was_altered_on_the_way_does_not_read_back_the_same() {
    let tax_id: TaxId = "91350100M000100Y43".parse().unwrap();
    let issued = answer(&body(18_679, 1_121), Some(&tax_id));
    for bad in [
        issued.qr_text.replace("01,10,", "01,04,"),
        issued.qr_text.replace("20261101", "20261131"),
        issued.qr_text.replace("186.79", "186.791"),
        issued.qr_text.replace("Y43", "Y44"),
        format!("{},", issued.qr_text),
    ] {
        assert!(QrText::parse(&bad).is_err(), "{bad}");
    }
    for bad in [
        issued.qr_url.replace("&bill_num=00000042", ""),
        issued.qr_url.replace("00000042", "42"),
        issued.qr_url.replace("19800", "198.00"),
        format!("{}&hash=00", issued.qr_url),
    ] {
        assert!(QrUrl::parse(&bad).is_err(), "{bad}");
    }
}

#[test]
fn net_is_total_less_tax() {
    assert_eq!(net_of(Fen(19_800), Fen(1_121)), Fen(18_679));
    assert_eq!(net_of(Fen(-19_800), Fen(-1_121)), Fen(-18_679));
}
