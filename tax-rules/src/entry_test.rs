#![allow(clippy::unwrap_used)]

use super::*;
use crate::{InvoiceInput, IssueContext, IssuePurpose, Verdict, evaluate};
use ledger_types::body::TitleKind;
use ledger_types::{
    Area, BlockTime, BuyerTitle, CreditGrade, KindApproval, RateGrant, RejectReason, RiskLevel, TaxpayerKind,
    TaxpayerProfile, TaxpayerStatus, Usage, ZeroKind,
};
use proptest::prelude::*;

fn label(rate: TaxRate, policy: Policy) -> LineLabel {
    LineLabel {
        name: "*餐饮服务*餐费".into(),
        tax_code: "3070401000000000000".parse().unwrap(),
        spec: "大".into(),
        unit: "份".into(),
        rate,
        policy,
    }
}

fn meal(percent: u16) -> LineLabel {
    label(TaxRate::Percent(percent), Policy::None)
}

fn quantity(text: &str) -> Option<Quantity> {
    Some(text.parse().unwrap())
}

/// The verdict of the standing rules for a seller who may do anything.
fn verdict(mode: EntryMode, lines: &[InvoiceLine]) -> Verdict {
    let book = RuleBook::standard(Area(4403), 1, 0);
    let grants = lines.iter().map(|l| RateGrant {
        code_prefix: 0,
        prefix_digits: 0,
        rate: l.rate,
        policy: l.policy,
        valid_from_ms: 0,
        valid_to_ms: u64::MAX,
    });
    let kind = InvoiceKind::BlockchainOrdinary;
    let profile = TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::A,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind, max_amount: Fen::MAX }],
        monthly_quota: Fen::MAX,
        daily_count: 0,
        burst_per_minute: 0,
        rates: grants.collect(),
        categories: vec![],
    };
    let buyer =
        BuyerTitle { kind: TitleKind::Individual, name: "个人".into(), tax_id: None, address_and_bank: "".into() };
    let ctx = IssueContext {
        book: &book,
        profile: Some(&profile),
        usage: Usage::default(),
        now: BlockTime(1),
        purpose: IssuePurpose::Issue,
    };
    let facts = facts(kind, mode, lines, [7; 16]).unwrap();
    evaluate(&ctx, &InvoiceInput { facts: &facts, seller: None, buyer: &buyer, lines })
}

#[test]
fn gross_stays_exact_and_net_is_kept() {
    let gross = line_from_gross(meal(600), quantity("3"), Fen(19_800)).unwrap();
    assert_eq!((gross.net, gross.tax), (Fen(18_679), Fen(1_121)), "the first invoice: 198.00");
    assert_eq!(gross.price, quantity("62.2633333333333"));
    let net = line_from_net(meal(1300), quantity("2.5"), Fen(50)).unwrap();
    assert_eq!((net.net, net.tax, net.price), (Fen(50), Fen(7), quantity("0.2")));
}

#[test]
fn a_full_discount_leaves_zero() {
    let book = RuleBook::standard(Area(4403), 1, 0);
    let item = Item { label: meal(1300), quantity: quantity("7"), amount: Fen(9_999), discount: Fen(9_999) };
    let lines = lines(&book, EntryMode::Gross, &[item]).unwrap();
    assert_eq!(lines[0].net.0 + lines[1].net.0, 0);
    assert_eq!((lines[1].quantity, lines[1].price, lines[1].nature), (None, None, LineNature::Discount));
    assert_eq!(verdict(EntryMode::Gross, &lines), Verdict::default());
}

/// 0.30 with 13 % is 0.27 and 0.03 where 0.0351 is due: two thousand of them are 10.20 off, far over 1.27.
#[test]
fn two_thousand_like_lines_stay_within_the_invoices_tolerance() {
    let book = RuleBook::standard(Area(4403), 1, 0);
    let plain: Vec<_> = (0..2_000).map(|_| line_from_gross(meal(1300), None, Fen(30)).unwrap()).collect();
    let reasons: Vec<_> = verdict(EntryMode::Gross, &plain).refusals.iter().map(|r| r.reason).collect();
    assert_eq!(reasons, [RejectReason::InvoiceTax]);

    let item = Item { label: meal(1300), quantity: None, amount: Fen(30), discount: Fen(0) };
    for mode in [EntryMode::Gross, EntryMode::Net] {
        let balanced = lines(&book, mode, &vec![item.clone(); 2_000]).unwrap();
        assert_eq!(verdict(mode, &balanced), Verdict::default(), "{mode:?}");
    }
}

#[test]
fn what_cannot_be_a_line_has_a_name() {
    let book = RuleBook::standard(Area(4403), 1, 0);
    let item =
        |amount, discount| Item { label: meal(600), quantity: None, amount: Fen(amount), discount: Fen(discount) };
    let made = |item: Item| lines(&book, EntryMode::Gross, &[item]).map(|l| l.len());
    assert_eq!(made(item(100, 100)), Ok(2));
    for bad in [item(0, 0), item(-1, 0), item(100, 101), item(100, -1), item(i64::MAX, 0)] {
        assert_eq!(made(bad), Err(EntryError::Amount));
    }
    assert_eq!(line_from_net(meal(0), None, Fen(1)).err(), Some(EntryError::Rate));
    for bad in ["0", "-1", "90000000000000000"] {
        assert_eq!(line_from_net(meal(600), quantity(bad), Fen(1)).err(), Some(EntryError::Quantity), "{bad}");
    }
    let trillion = |fen| line_from_net(meal(600), quantity("1000000000000"), Fen(fen)).map(|l| l.price);
    assert_eq!(trillion(20), Ok(quantity("0.0000000000002")));
    assert_eq!(trillion(16), Err(EntryError::Quantity), "13 decimals give 0.20 or 0.10");
    let rich = line_from_net(meal(600), None, Fen::MAX).unwrap();
    let sum = facts(InvoiceKind::BlockchainOrdinary, EntryMode::Net, &[rich.clone(), rich], [0; 16]);
    assert_eq!(sum.err(), Some(EntryError::Totals));
}

fn rates() -> impl Strategy<Value = (TaxRate, Policy)> {
    let percents = prop::sample::select(vec![1300u16, 900, 600, 500, 300, 150, 100]);
    prop_oneof![
        8 => percents.prop_map(|bp| (TaxRate::Percent(bp), Policy::None)),
        1 => Just((TaxRate::Zero(ZeroKind::Exempt), Policy::Exempt)),
        1 => Just((TaxRate::Zero(ZeroKind::Ordinary), Policy::None)),
    ]
}

/// Rate and policy, quantity, amount, discount: printed if a case fails, which items are not.
type Entered = ((TaxRate, Policy), Option<Quantity>, i64, i64);

fn entered() -> impl Strategy<Value = Vec<Entered>> {
    let quantities = prop_oneof![
        3 => Just(None),
        2 => (1i64..1_000, 0u8..3).prop_map(|(m, s)| Quantity::new(m, s).ok()),
        1 => (1i64..1_000_000_000, 0u8..=9).prop_map(|(m, s)| Quantity::new(m, s).ok()),
    ];
    let percent_off = prop_oneof![3 => Just(0), 1 => 0i64..=100];
    let one = (rates(), quantities, 1i64..100_000_000, percent_off);
    prop::collection::vec(one.prop_map(|(rate, q, amount, off)| (rate, q, amount, amount * off / 100)), 1..20)
}

fn item(((rate, policy), quantity, amount, discount): Entered) -> Item {
    Item { label: label(rate, policy), quantity, amount: Fen(amount), discount: Fen(discount) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    /// Whatever is entered in range, with a price that can be told, is passed by the standing rules, and what was
    /// entered stays.
    #[test]
    fn what_is_entered_passes(entered in entered(), gross: bool) {
        let book = RuleBook::standard(Area(4403), 1, 0);
        let mode = if gross { EntryMode::Gross } else { EntryMode::Net };
        let items: Vec<Item> = entered.into_iter().map(item).collect();
        let lines = match lines(&book, mode, &items) {
            Err(EntryError::Quantity) => return Ok(()),
            made => made.unwrap(),
        };
        prop_assert_eq!(verdict(mode, &lines), Verdict::default());
        let put_in: i64 = items.iter().map(|i| i.amount.0 - i.discount.0).sum();
        let kept: i64 = lines.iter().map(|l| l.net.0 + if gross { l.tax.0 } else { 0 }).sum();
        prop_assert_eq!(kept, put_in);
    }
}
