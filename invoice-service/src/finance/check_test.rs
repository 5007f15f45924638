//! Each check fails for its own reason, and strangers learn little.
#![allow(clippy::unwrap_used)]

use ledger_types::{AccountKind, Area, FormId, InvoiceRecord, Slot, TaxId};

use super::*;
use crate::test_invoice::{HOLDER, invoice};

fn company() -> Account {
    Account {
        id: AccountId(8),
        kind: AccountKind::Enterprise,
        area: Area(4403),
        tax_id: Some("91350100M000100Y43".parse::<TaxId>().unwrap()),
        name: "深圳市甲有限公司".into(),
        open: true,
        keys: Vec::new(),
    }
}

fn own_title() -> BuyerTitle {
    let company = company();
    BuyerTitle {
        kind: TitleKind::Organisation,
        name: company.name,
        tax_id: company.tax_id,
        address_and_bank: String::new(),
    }
}

fn with(change: impl FnOnce(&mut InvoiceRecord)) -> Held {
    let mut held = invoice();
    change(&mut held.invoice);
    held
}

fn failed(held: &Held, title: &BuyerTitle, paper: Option<i64>, address: Address) -> Vec<(CheckKind, String)> {
    let company = company();
    let checker = Checker { company: &company, address, paper_total: paper.map(Fen) };
    let checks = checker.run(held, title);
    for check in &checks {
        assert_eq!(check.passed, check.detail_zh.is_empty() && check.detail_en.is_empty(), "a reason for each failure");
    }
    checks.into_iter().filter(|c| !c.passed).map(|c| (c.kind(), c.detail_en)).collect()
}

#[test]
fn an_own_unused_invoice_passes() {
    assert_eq!(failed(&invoice(), &own_title(), Some(19_800), HOLDER), []);
    assert_eq!(failed(&invoice(), &own_title(), None, HOLDER), []);
}

#[test]
fn each_fault_fails_its_own_check() {
    let (a, b) = (AccountId(9), AccountId(8));
    let lock = |by| ReimbursementState::Locked { by, until_ms: 1, reason: 0 };
    let closed = ReimbursementState::Closed { by: b, at_ms: 1 };
    let cases: [(Held, Option<CheckKind>); 9] = [
        (with(|i| i.face = FaceState::Reversed { by: Slot(1) }), Some(CheckKind::Face)),
        (with(|i| i.face = FaceState::Red { of: Slot(1) }), Some(CheckKind::Face)),
        (with(|i| i.red_form = Some(FormId(1))), Some(CheckKind::Face)),
        (with(|i| i.claim = ClaimState::Unclaimed), Some(CheckKind::Held)),
        (with(|i| i.reimbursement = lock(a)), Some(CheckKind::Unlocked)),
        (with(|i| i.reimbursement = lock(b)), None),
        (with(|i| i.reimbursement = closed), Some(CheckKind::NotReimbursed)),
        (with(|i| i.booking = BookingState::BookedDeductible { by: a, at_ms: 1 }), Some(CheckKind::NotBooked)),
        (with(|i| i.booking = BookingState::BookedDeductible { by: b, at_ms: 1 }), None),
    ];
    for (held, kind) in cases {
        let found: Vec<CheckKind> = failed(&held, &own_title(), None, HOLDER).into_iter().map(|f| f.0).collect();
        assert_eq!(found, Vec::from_iter(kind), "{:?}", held.invoice);
    }
}

#[test]
fn the_title_must_be_the_companys_own_to_the_letter() {
    let titles = [
        BuyerTitle { kind: TitleKind::Individual, ..own_title() },
        BuyerTitle { name: "深圳市甲公司".into(), ..own_title() },
        BuyerTitle { tax_id: None, ..own_title() },
        BuyerTitle { tax_id: Some("9144030071526726XG".parse().unwrap()), ..own_title() },
    ];
    for title in titles {
        let found = failed(&invoice(), &title, None, HOLDER);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, CheckKind::Title);
    }
}

#[test]
fn the_papers_amount_is_held_against_the_chains() {
    let found = failed(&invoice(), &own_title(), Some(19_801), HOLDER);
    assert_eq!(found, [(CheckKind::Amount, "paper 198.01 yuan, chain 198.00 yuan".to_owned())]);
}

#[test]
fn strangers_need_the_amount_and_learn_no_names() {
    let company = company();
    let stranger = Address([1; 32]);
    let may = |paper: Option<i64>, address| {
        Checker { company: &company, address, paper_total: paper.map(Fen) }.may_see(&invoice())
    };
    assert!(may(None, HOLDER) && may(Some(1), HOLDER));
    assert!(may(Some(19_800), stranger));
    assert!(!may(Some(19_801), stranger) && !may(None, stranger));
    let locked =
        with(|i| i.reimbursement = ReimbursementState::Locked { by: AccountId(4_711), until_ms: 1, reason: 0 });
    let detail = |address| failed(&locked, &own_title(), Some(19_800), address).pop().unwrap().1;
    assert!(detail(HOLDER).contains("account 4711"));
    assert!(!detail(stranger).contains("4711") && detail(stranger).contains("another account"));
}

#[test]
fn an_offer_to_the_company_can_be_seen_but_is_not_held_yet() {
    let me = Address([2; 32]);
    let offered = with(|i| i.claim = ClaimState::Offered { from: HOLDER, to: me, until_ms: 1 });
    let company = company();
    assert!(Checker { company: &company, address: me, paper_total: None }.may_see(&offered));
    assert_eq!(failed(&offered, &own_title(), None, me)[0].0, CheckKind::Held);
}
