//! Everything claimed must fit, and something secret must be claimed.
#![allow(clippy::unwrap_used)]

use ledger_types::body::EntryMode;
use ledger_types::{BuyerTitle, ChainId, InvoiceFacts, InvoiceKind, TxId};

use super::*;
use crate::bodies::Body;
use crate::test_invoice::invoice;

fn opened() -> Opened {
    let facts = InvoiceFacts {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Gross,
        net: Fen(18_679),
        tax: Fen(1_121),
        total: Fen(19_800),
        remark: String::new(),
        drawer: String::new(),
        special_element: 0,
        deduction: None,
        secret_salt: [3; 16],
    };
    let buyer = BuyerTitle {
        kind: ledger_types::TitleKind::Individual,
        name: "张三".into(),
        tax_id: None,
        address_and_bank: String::new(),
    };
    let tx = TxId([2; 33]);
    Opened {
        tx,
        hash: InvoiceHash::compute(&ChainId([1; 32]), &tx, 0, &facts.secret_salt),
        body: Body { facts, seller: None, buyer, lines: Vec::new() },
        payments: Vec::new(),
    }
}

fn seller() -> TaxId {
    "91350100M000100Y43".parse().unwrap()
}

fn right() -> Claimed {
    Claimed {
        hash: Some(opened().hash),
        check_code: Some(opened().hash.check_code()),
        net: Some(Fen(18_679)),
        total: Some(Fen(19_800)),
        date: Some(BlockTime(1_793_462_400_000).civil_date()),
        seller: Some(seller()),
    }
}

fn fits(claimed: &Claimed) -> bool {
    claimed.fits(&invoice(), &opened(), Some(&seller()))
}

#[test]
fn one_wrong_value_is_enough_to_fail() {
    assert!(fits(&right()));
    let mut hash = opened().hash;
    hash.0[32] ^= 1;
    let wrong: [fn(&mut Claimed); 5] = [
        |c| c.net = Some(Fen(18_680)),
        |c| c.total = Some(Fen(19_801)),
        |c| c.date = Some(BlockTime(1_793_462_399_999).civil_date()),
        |c| c.seller = Some("9144030071526726XG".parse().unwrap()),
        |c| c.check_code = Some("00000".parse().unwrap()),
    ];
    for change in wrong {
        let mut claimed = right();
        change(&mut claimed);
        assert!(!fits(&claimed));
    }
    assert!(!fits(&Claimed { hash: Some(hash), ..right() }));
}

#[test]
fn public_facts_alone_open_nothing() {
    assert!(!fits(&Claimed { hash: None, check_code: None, ..right() }));
    assert!(fits(&Claimed { hash: None, ..right() }));
    assert!(fits(&Claimed { check_code: None, net: None, date: None, seller: None, ..right() }));
    assert!(!right().fits(&invoice(), &opened(), None), "a seller without a tax id");
}

#[test]
fn the_one_answer_for_all_that_does_not_match() {
    let status = Status::from(mismatch());
    assert_eq!(proto::ErrorReport::from_status(&status).reason_name, "VERIFY_MISMATCH");
    assert_eq!(status.code(), tonic::Code::NotFound);
}

#[test]
fn the_day_ends_at_midnight_in_shenzhen() {
    assert_eq!(until_midnight(BlockTime(1_793_462_399_999)), Duration::from_millis(1));
    assert_eq!(until_midnight(BlockTime(1_793_462_400_000)), Duration::from_millis(86_400_000));
}
