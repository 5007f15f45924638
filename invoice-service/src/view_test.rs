//! What strangers see of a buyer.
#![allow(clippy::unwrap_used)]

use ledger_types::body::EntryMode;
use ledger_types::{BuyerTitle, Fen, InvoiceFacts, InvoiceKind};

use super::*;

fn body(kind: TitleKind, name: &str) -> Body {
    Body {
        facts: InvoiceFacts {
            kind: InvoiceKind::BlockchainOrdinary,
            entry: EntryMode::Net,
            net: Fen(1),
            tax: Fen(0),
            total: Fen(1),
            remark: String::new(),
            drawer: String::new(),
            special_element: 0,
            deduction: None,
            secret_salt: [0; 16],
        },
        seller: None,
        buyer: BuyerTitle { kind, name: name.into(), tax_id: None, address_and_bank: String::new() },
        lines: Vec::new(),
    }
}

#[test]
fn a_persons_name_is_masked_and_an_organisations_is_not() {
    let cases = [
        (TitleKind::Individual, "张小三", "张**"),
        (TitleKind::Individual, "李", "李"),
        (TitleKind::Individual, "", ""),
        (TitleKind::Individual, "个人", "个人"),
        (TitleKind::Organisation, "深圳市某某有限公司", "深圳市某某有限公司"),
    ];
    for (kind, name, shown) in cases {
        assert_eq!(masked_buyer(&body(kind, name)), shown);
    }
}
