#![allow(clippy::unwrap_used)]

use ledger_types::{ChainId, TxId};

use super::*;

fn hash() -> InvoiceHash {
    InvoiceHash::compute(&ChainId([7; 32]), &TxId([1; 33]), 0, &[9; 16])
}

fn text() -> QrText {
    QrText {
        face: FaceNumber { code: "144031809110".parse().unwrap(), number: "00000198".parse().unwrap() },
        seller: "91350100M000100Y43".parse().unwrap(),
        net: Fen(18_679),
        date: CivilDate { year: 2026, month: 2, day: 28 },
        hash: hash(),
    }
}

#[test]
fn both_forms_of_the_qr_code_round_trip() {
    let url = QrUrl { hash: hash(), number: "00000198".parse().unwrap(), total: Fen(19_800) };
    let shown = url.to_url("https://example.invalid/verify/scan");
    assert!(shown.starts_with("https://example.invalid/verify/scan?hash=01"), "{shown}");
    assert!(shown.ends_with("&bill_num=00000198&total_amount=19800"), "{shown}");
    assert_eq!(QrUrl::parse(&shown).unwrap(), url);

    let text = text();
    let shown = text.to_string();
    assert!(shown.starts_with("01,10,144031809110,00000198,91350100M000100Y43,186.79,20260228,01"), "{shown}");
    assert_eq!(QrText::parse(&shown).unwrap(), text);
}

#[test]
fn other_texts_are_refused_by_field() {
    let good = QrUrl { hash: hash(), number: "00000198".parse().unwrap(), total: Fen(1) }.to_url("http://h");
    let cases = [
        (good.replace("hash=", "h="), "url"),
        (good.replace("total_amount=1", "total_amount=+1"), "total_amount"),
        (good.replace("total_amount=1", "total_amount=1.00"), "total_amount"),
        (good.replace("bill_num=00000198", "bill_num=198"), "bill_num"),
        (format!("{good}&hash={}", hash()), "url"),
        (format!("{good}&x=1"), "url"),
        (good.replace('?', ""), "url"),
        (format!("{good}{}", "0".repeat(1_024)), "url"),
    ];
    for (url, field) in cases {
        assert_eq!(QrUrl::parse(&url).unwrap_err().field, field, "{url}");
    }
    let good = text().to_string();
    let cases = [
        (good.replace("01,10,", "01,32,"), "text"),
        (good.replace("20260228", "20260229"), "date"),
        (good.replace("20260228", "2026-2-8"), "date"),
        (good.replace("186.79", "186.795"), "net"),
        (good.replace("Y43", "Y44"), "seller_tax_id"),
        (format!("{good},x"), "text"),
    ];
    for (text, field) in cases {
        assert_eq!(QrText::parse(&text).unwrap_err().field, field, "{text}");
    }
}

#[test]
fn a_typed_date_must_exist() {
    assert_eq!(dashed_date("2024-02-29").unwrap(), CivilDate { year: 2024, month: 2, day: 29 });
    for bad in ["2026-02-29", "2026-2-09", "20260209--", "2026/02/09", "0000-01-01", "2026-13-01"] {
        assert!(dashed_date(bad).is_err(), "{bad}");
    }
}
