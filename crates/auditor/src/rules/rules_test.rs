//! Each rule on both sides of its limit.

#![allow(clippy::unwrap_used)]

use ledger_types::body::EntryMode;
use ledger_types::taxpayer::{KindApproval, RateGrant};
use ledger_types::{
    Area, BlockTime, BuyerTitle, CreditGrade, Fen, InvoiceFacts, InvoiceKind, InvoiceLine, LineNature, OwnerCondition,
    Policy, Quantity, RejectReason, RiskLevel, RuleBook, TaxRate, TaxpayerKind, TaxpayerProfile, TaxpayerStatus,
    TitleKind, ZeroKind,
};

use super::{Judgement, Used, judge};
use crate::opened::OpenedInvoice;
use crate::reasons::Reasons;

const SIX: TaxRate = TaxRate::Percent(600);
const NOW: BlockTime = BlockTime(1_793_462_400_000);

fn grant(rate: TaxRate, policy: Policy) -> RateGrant {
    RateGrant { code_prefix: 3, prefix_digits: 1, rate, policy, valid_from_ms: 0, valid_to_ms: u64::MAX }
}

fn profile() -> TaxpayerProfile {
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::A,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(1_000_000) }],
        monthly_quota: Fen(2_000_000),
        daily_count: 10,
        burst_per_minute: 5,
        rates: vec![
            grant(SIX, Policy::None),
            grant(TaxRate::Percent(300), Policy::Simplified3),
            grant(TaxRate::Zero(ZeroKind::Exempt), Policy::Exempt),
            grant(TaxRate::Zero(ZeroKind::OutOfScope), Policy::OutOfScope),
            grant(TaxRate::Zero(ZeroKind::Ordinary), Policy::None),
            grant(TaxRate::Zero(ZeroKind::Export), Policy::None),
        ],
        categories: vec![(307, 3), (6, 1)],
    }
}

fn line(net: i64, tax: i64) -> InvoiceLine {
    InvoiceLine {
        nature: LineNature::Normal,
        name: "*餐饮服务*餐费".to_owned(),
        tax_code: "3070401000000000000".parse().unwrap(),
        spec: String::new(),
        unit: String::new(),
        quantity: None,
        price: None,
        net: Fen(net),
        rate: SIX,
        policy: Policy::None,
        tax: Fen(tax),
    }
}

fn invoice(lines: Vec<InvoiceLine>) -> OpenedInvoice {
    let sum = |part: fn(&InvoiceLine) -> i64| lines.iter().map(part).sum::<i64>();
    let (net, tax) = (sum(|l| l.net.0), sum(|l| l.tax.0));
    OpenedInvoice {
        owner: OwnerCondition::Address(ledger_types::Address([1; 32])),
        facts: InvoiceFacts {
            kind: InvoiceKind::BlockchainOrdinary,
            entry: EntryMode::Net,
            net: Fen(net),
            tax: Fen(tax),
            total: Fen(net + tax),
            remark: String::new(),
            drawer: String::new(),
            special_element: 0,
            deduction: None,
            secret_salt: [0; 16],
        },
        seller: None,
        buyer: BuyerTitle {
            kind: TitleKind::Individual,
            name: "个人".to_owned(),
            tax_id: None,
            address_and_bank: String::new(),
        },
        lines,
        erased: ledger_types::SectionSet(0),
    }
}

fn broken_by(
    used: Used,
    profile: Option<&TaxpayerProfile>,
    invoice: &OpenedInvoice,
) -> Vec<(RejectReason, Option<u16>)> {
    let book = RuleBook::standard(Area(4403), 1, 0);
    let mut found = Reasons::default();
    judge(&Judgement { book: &book, profile, used, now: NOW, counts: true }, invoice, &mut found);
    found.deciding().map(|mark| (mark.reason, mark.line)).collect()
}

fn broken(invoice: &OpenedInvoice) -> Vec<RejectReason> {
    broken_by(Used::default(), Some(&profile()), invoice).into_iter().map(|(reason, _)| reason).collect()
}

/// One line, changed, totals fitted to it afterwards.
fn broken_line(change: impl FnOnce(&mut InvoiceLine)) -> Vec<RejectReason> {
    let mut line = line(10_000, 600);
    change(&mut line);
    broken(&invoice(vec![line]))
}

fn broken_invoice(change: impl FnOnce(&mut OpenedInvoice)) -> Vec<RejectReason> {
    let mut invoice = invoice(vec![line(10_000, 600)]);
    change(&mut invoice);
    broken(&invoice)
}

#[test]
fn a_plain_invoice_breaks_nothing() {
    assert_eq!(broken_invoice(|_| {}), []);
}

#[test]
fn a_sellers_standing_kinds_and_limits() {
    use RejectReason::*;
    let plain = invoice(vec![line(10_000, 600)]);
    let with = |change: fn(&mut TaxpayerProfile)| {
        let mut profile = profile();
        change(&mut profile);
        broken_by(Used::default(), Some(&profile), &plain).into_iter().map(|(r, _)| r).collect::<Vec<_>>()
    };
    assert_eq!(broken_by(Used::default(), None, &plain), [(TaxpayerNotApproved, None)]);
    assert_eq!(with(|p| p.status = TaxpayerStatus::Suspended), [TaxpayerBlocked]);
    assert_eq!(with(|p| p.risk = RiskLevel::High), [TaxpayerRisk]);
    assert_eq!(with(|p| p.risk = RiskLevel::Medium), []);
    assert_eq!(with(|p| p.kinds.clear()), [KindNotApproved]);
    assert_eq!(with(|p| p.kinds[0].max_amount = Fen(10_000)), []);
    assert_eq!(with(|p| p.kinds[0].max_amount = Fen(9_999)), [OverInvoiceLimit]);
    assert_eq!(with(|p| p.categories = vec![(308, 3)]), [CategoryNotApproved]);
    assert_eq!(with(|p| p.categories.clear()), []);
    assert_eq!(with(|p| p.rates[0].valid_to_ms = NOW.0), []);
    assert_eq!(with(|p| p.rates[0].valid_to_ms = NOW.0 - 1), [RateNotGranted]);
    assert_eq!(with(|p| p.rates[0].valid_from_ms = NOW.0 + 1), [RateNotGranted]);
    assert_eq!(with(|p| p.rates[0].code_prefix = 4), [RateNotGranted]);
}

#[test]
fn quota_and_counts_end_exactly_at_their_limit() {
    use RejectReason::*;
    let plain = invoice(vec![line(10_000, 600)]);
    let after = |used: Used| broken_by(used, Some(&profile()), &plain).into_iter().map(|(r, _)| r).collect::<Vec<_>>();
    assert_eq!(after(Used { month: 1_990_000, day_count: 9, minute_count: 4 }), []);
    assert_eq!(after(Used { month: 1_990_001, ..Used::default() }), [OverQuota]);
    assert_eq!(after(Used { day_count: 10, ..Used::default() }), [OverDailyCount]);
    assert_eq!(after(Used { minute_count: 5, ..Used::default() }), [OverBurst]);
    let mut unlimited = profile();
    (unlimited.daily_count, unlimited.burst_per_minute) = (0, 0);
    let many = Used { month: 0, day_count: 1_000_000, minute_count: 1_000_000 };
    assert_eq!(broken_by(many, Some(&unlimited), &plain), []);
}

#[test]
fn a_line_may_be_six_fen_off_its_rate_and_a_discount_one() {
    use RejectReason::LineTax;
    assert_eq!(broken_line(|l| l.tax = Fen(606)), []);
    assert_eq!(broken_line(|l| l.tax = Fen(607)), [LineTax]);
    assert_eq!(broken_line(|l| l.tax = Fen(594)), []);
    assert_eq!(broken_line(|l| l.tax = Fen(593)), [LineTax]);
    // 10,001 at 6 % is 600.06: six fen and a bit.
    assert_eq!(broken_line(|l| (l.net, l.tax) = (Fen(10_001), Fen(606))), []);
    assert_eq!(broken_line(|l| (l.net, l.tax) = (Fen(10_001), Fen(594))), [LineTax]);
    let pair = |tax: i64| {
        let whole = InvoiceLine { nature: LineNature::Discounted, ..line(10_000, 600) };
        let less = InvoiceLine { nature: LineNature::Discount, ..line(-1_000, tax) };
        broken(&invoice(vec![whole, less]))
    };
    assert_eq!(pair(-61), []);
    assert_eq!(pair(-62), [LineTax]);
}

#[test]
fn an_invoice_may_be_127_fen_off_in_all() {
    use RejectReason::InvoiceTax;
    let of = |lines: usize, last: i64| {
        let mut all = vec![line(10_000, 606); lines];
        all.push(line(10_000, last));
        broken(&invoice(all))
    };
    assert_eq!(of(21, 601), [], "21 times 6 and 1");
    assert_eq!(of(21, 602), [InvoiceTax]);
}

#[test]
fn sums_may_be_a_fen_apart() {
    use RejectReason::Totals;
    assert_eq!(broken_invoice(|i| i.facts.total = Fen(10_601)), []);
    assert_eq!(broken_invoice(|i| i.facts.total = Fen(10_602)), [Totals]);
    assert_eq!(broken_invoice(|i| (i.facts.net, i.facts.total) = (Fen(10_001), Fen(10_601))), []);
    assert_eq!(broken_invoice(|i| (i.facts.net, i.facts.total) = (Fen(10_002), Fen(10_602))), [Totals]);
    assert_eq!(broken_invoice(|i| (i.facts.tax, i.facts.total) = (Fen(602), Fen(10_602))), [Totals]);
}

#[test]
fn the_four_zeros_and_their_policies() {
    use RejectReason::*;
    let zero = |kind, policy| broken_line(|l| (l.rate, l.tax, l.policy) = (TaxRate::Zero(kind), Fen(0), policy));
    assert_eq!(zero(ZeroKind::Exempt, Policy::Exempt), []);
    assert_eq!(zero(ZeroKind::Exempt, Policy::None), [RateNotGranted, ZeroPolicy]);
    assert_eq!(zero(ZeroKind::OutOfScope, Policy::OutOfScope), []);
    assert_eq!(zero(ZeroKind::Ordinary, Policy::None), []);
    assert_eq!(zero(ZeroKind::Export, Policy::None), []);
    assert_eq!(zero(ZeroKind::Ordinary, Policy::Exempt), [RateNotGranted, ZeroPolicy]);
    assert_eq!(broken_line(|l| l.policy = Policy::Exempt), [RateNotGranted, ZeroPolicy]);
    let three =
        |l: &mut InvoiceLine| (l.rate, l.tax, l.policy) = (TaxRate::Percent(300), Fen(300), Policy::Simplified3);
    assert_eq!(broken_line(|l| three(l)), []);
    assert_eq!(broken_line(|l| (l.rate, l.tax) = (TaxRate::Percent(700), Fen(700))), [RateUnknown, RateNotGranted]);
}

#[test]
fn prepaid_codes_are_out_of_scope_and_some_lines_stand_alone() {
    use RejectReason::*;
    let prepaid = "6010000000000000000".parse().unwrap();
    let out = |l: &mut InvoiceLine| {
        (l.rate, l.tax, l.policy) = (TaxRate::Zero(ZeroKind::OutOfScope), Fen(0), Policy::OutOfScope);
    };
    assert_eq!(broken_line(|l| l.tax_code = prepaid), [RateNotGranted, PrepaidNotOutOfScope]);
    let mut first = line(10_000, 600);
    out(&mut first);
    assert_eq!(broken(&invoice(vec![first, line(10_000, 600)])), [OutOfScopeMixed]);
    let mut simple = line(10_000, 300);
    (simple.rate, simple.policy) = (TaxRate::Percent(300), Policy::Simplified3);
    assert_eq!(broken(&invoice(vec![simple.clone(), simple.clone()])), []);
    assert_eq!(broken(&invoice(vec![simple, line(10_000, 600)])), [SimplifiedMixed]);
}

#[test]
fn signs_quantities_and_prices() {
    use RejectReason::*;
    assert_eq!(broken_line(|l| (l.net, l.tax) = (Fen(0), Fen(0))), [LineSign]);
    assert_eq!(broken_line(|l| (l.net, l.tax) = (Fen(-10_000), Fen(-600))), [LineSign, AmountRange]);
    let two = Some(Quantity::new(2, 0).unwrap());
    assert_eq!(broken_line(|l| l.quantity = two), [QuantityPrice]);
    assert_eq!(broken_line(|l| l.price = two), [QuantityPrice]);
    let price = |text: &str| Some(text.parse::<Quantity>().unwrap());
    assert_eq!(broken_line(|l| (l.quantity, l.price) = (two, price("50.005"))), []);
    assert_eq!(broken_line(|l| (l.quantity, l.price) = (two, price("50.0051"))), [LineProduct]);
}

#[test]
fn discount_pairs() {
    use RejectReason::*;
    let whole = || InvoiceLine { nature: LineNature::Discounted, ..line(10_000, 600) };
    let less = |net: i64| InvoiceLine { nature: LineNature::Discount, ..line(net, net * 6 / 100) };
    let of = |lines: Vec<InvoiceLine>| broken_by(Used::default(), Some(&profile()), &invoice(lines));
    assert_eq!(of(vec![whole(), less(-10_000), line(100, 6)]), []);
    assert_eq!(of(vec![whole(), less(-10_100)]), [(DiscountMismatch, Some(2)), (AmountRange, None)]);
    assert_eq!(of(vec![whole(), line(100, 6), less(-100)]), [(DiscountPair, Some(1)), (DiscountPair, Some(3))]);
    assert_eq!(of(vec![whole()]), [(DiscountPair, Some(1))]);
    let renamed = InvoiceLine { name: "*餐饮服务*酒水".to_owned(), ..less(-100) };
    assert_eq!(of(vec![whole(), renamed]), [(DiscountMismatch, Some(2))]);
    let counted = InvoiceLine { quantity: Quantity::new(1, 0).ok(), price: Quantity::new(-1, 0).ok(), ..less(-100) };
    assert_eq!(of(vec![whole(), counted]), [(DiscountMismatch, Some(2))]);
}

#[test]
fn names_remarks_and_titles() {
    use RejectReason::*;
    let name = |name: &str| broken_line(|l| l.name = name.to_owned());
    for bad in ["", "餐费", "*餐费", "**餐费", "*餐饮服务*"] {
        assert_eq!(name(bad), [LineName], "{bad}");
    }
    let long = |characters: usize| format!("*餐*{}", "费".repeat(characters - 3));
    assert_eq!(name(&long(103)), []);
    assert_eq!(name(&long(104)), [LineName]);
    assert_eq!(broken_invoice(|i| i.facts.remark = "注".repeat(450)), []);
    assert_eq!(broken_invoice(|i| i.facts.remark = "注".repeat(451)), [RemarkTooLong]);
    assert_eq!(broken_invoice(|i| i.facts.remark = "一\n二".to_owned()), [TextCharacters]);
    assert_eq!(broken_line(|l| l.unit = "\u{7f}".to_owned()), [TextCharacters]);
    assert_eq!(broken_invoice(|i| i.buyer.kind = TitleKind::Organisation), [BuyerTitle]);
    let company = |i: &mut OpenedInvoice| {
        i.buyer.kind = TitleKind::Organisation;
        i.buyer.tax_id = Some("91350100M000100Y43".parse().unwrap());
    };
    assert_eq!(broken_invoice(company), []);
    assert_eq!(broken_invoice(|i| i.buyer.name = "名".repeat(301)), [BuyerTitle]);
    assert_eq!(broken_invoice(|i| i.buyer.name = "名".repeat(300)), []);
    assert_eq!(broken_invoice(|i| i.buyer.name.clear()), []);
    let unnamed = |i: &mut OpenedInvoice| {
        company(i);
        i.buyer.name.clear();
    };
    assert_eq!(broken_invoice(unnamed), [BuyerTitle]);
}

#[test]
fn what_is_reserved_and_what_is_beyond_money() {
    use RejectReason::*;
    assert_eq!(broken_invoice(|i| i.facts.special_element = 1), [Reserved]);
    assert_eq!(broken_invoice(|i| i.facts.deduction = Some(Fen(0))), [Reserved]);
    assert_eq!(broken(&invoice(Vec::new())), [LineCount]);
    let many = vec![line(100, 6); 2_001];
    assert_eq!(broken(&invoice(many[..2_000].to_vec())), []);
    assert_eq!(broken(&invoice(many)), [LineCount]);
    let huge = invoice(vec![line(i64::MAX / 4, i64::MAX / 400 * 6)]);
    assert!(broken(&huge).contains(&AmountRange));
}
