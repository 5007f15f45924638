//! Which changes are tried, and how often.

use ledger_types::{Fen, InvoiceKind, TaxRate, ZeroKind};
use proptest::prelude::*;
use proptest::sample::select;

use crate::change::Change;

fn step() -> impl Strategy<Value = i64> {
    -2i64..=2
}

/// Off by a tolerance and one beside it.
fn taxing() -> impl Strategy<Value = i64> {
    select(vec![-130i64, -8, -7, -6, -5, -2, -1, 0, 1, 2, 5, 6, 7, 8, 126, 127, 128, 129])
}

fn fens() -> impl Strategy<Value = i64> {
    let most = Fen::MAX.0;
    prop_oneof![
        2 => select(vec![0, 1, -1, most, most + 1, -most, -most - 1, i64::MAX, i64::MIN]),
        1 => any::<i64>(),
        2 => -10_000i64..1_000_000,
    ]
}

fn tax_rates() -> impl Strategy<Value = TaxRate> {
    use ZeroKind::{Exempt, Export, Ordinary, OutOfScope};
    let percents = vec![0u16, 1, 100, 150, 300, 500, 600, 900, 1000, 1300, 1700, 10_000, 10_001, u16::MAX];
    prop_oneof![
        select(percents).prop_map(TaxRate::Percent),
        select(vec![Export, Exempt, OutOfScope, Ordinary]).prop_map(TaxRate::Zero),
    ]
}

fn codes() -> impl Strategy<Value = u64> {
    let known = vec![
        0,
        u64::MAX,
        999_999_999_999_999_999,
        1_000_000_000_000_000_000,
        6_999_999_999_999_999_999,
        7_000_000_000_000_000_000,
        6_020_000_000_000_000_000,
        3_070_401_000_000_000_000,
        2_010_000_000_000_000_000,
    ];
    prop_oneof![select(known), any::<u64>()]
}

fn quantities() -> impl Strategy<Value = Option<(i64, u8)>> {
    let odd = vec![(0, 0), (0, 3), (-5, 0), (10, 1), (1, 14), (1, 255), (i64::MAX, 13), (i64::MIN, 0), (i64::MAX, 0)];
    prop_oneof![
        1 => Just(None),
        2 => select(odd).prop_map(Some),
        2 => (1i64..1_000, 0u8..3).prop_map(Some),
        1 => (any::<i64>(), any::<u8>()).prop_map(Some),
    ]
}

/// Texts as long as the limits, blank, with stars in odd places, with characters that do not print.
fn texts() -> impl Strategy<Value = String> {
    let long = (
        select(vec!["字", "a", "*", " "]),
        select(vec![0usize, 1, 3, 15, 16, 99, 100, 101, 117, 118, 300, 301, 450, 451]),
    );
    let odd = vec![
        "*a*b",
        "a*b",
        "**b",
        "*a*",
        "* *b",
        "*a* ",
        "*a*b*c",
        "*a",
        "个人",
        "\t",
        "a\nb",
        "\u{7f}",
        "\u{85}",
        "\u{202e}",
        "\u{2028}x",
        "\u{200d}",
        "\u{feff}",
        "\u{3000}",
        "*餐饮\u{0}*餐",
    ];
    prop_oneof![
        3 => select(odd).prop_map(str::to_owned),
        2 => long.prop_map(|(c, n)| c.repeat(n)),
        3 => (12usize..18, select(vec![1usize, 99, 100, 101])).prop_map(|(s, i)| format!("*{}*{}", "简".repeat(s), "项".repeat(i))),
        1 => any::<String>(),
    ]
}

fn tax_ids() -> impl Strategy<Value = Option<String>> {
    let known = vec!["91350100M000100Y43", "91350100M000100Y44", "", "12345678901234567", "91350100m000100y43", "４"];
    prop_oneof![
        1 => Just(None),
        4 => select(known).prop_map(|t| Some(t.to_owned())),
        1 => any::<String>().prop_map(Some),
    ]
}

fn categories() -> impl Strategy<Value = Vec<(u64, u8)>> {
    let known =
        vec![(3, 1), (30, 2), (3, 2), (0, 0), (1, 0), (307, 2), (3_070_401_000_000_000_000, 19), (3, 20), (3, 255)];
    prop::collection::vec(select(known), 0..3)
}

fn prefixes() -> impl Strategy<Value = Change> {
    (0usize..8, 0usize..3, prop_oneof![0u8..=20, any::<u8>()], any::<u64>())
        .prop_map(|(n, how, digits, any)| Change::GrantPrefix(n, how, digits, any))
}

fn rule_changes() -> impl Strategy<Value = Change> {
    use Change::*;
    let counts = (0u32..4, 0u32..4, 0u32..4, 0u32..4);
    prop_oneof![
        1 => step().prop_map(BookFrom),
        1 => (0usize..5, prop_oneof![step(), 0i64..200]).prop_map(|(w, fen)| Tolerance(w, fen)),
        1 => step().prop_map(TightInvoiceTax),
        4 => (0usize..6, step()).prop_map(|(w, s)| TightLimit(w, s)),
        1 => any::<bool>().prop_map(NeedsTaxId),
        1 => (0usize..11).prop_map(DropRate),
        1 => tax_rates().prop_map(NewRate),
        1 => Just(NoProfile),
        1 => (0usize..5).prop_map(Status),
        1 => (0usize..3).prop_map(Risk),
        1 => prop::collection::vec(select(InvoiceKind::ALL), 0..3).prop_map(Kinds),
        2 => step().prop_map(Quota),
        1 => (fens(), fens()).prop_map(|(r, c)| Used(r, c)),
        2 => counts.prop_map(|(d, n, b, m)| Counts(d, n, b, m)),
        2 => (0usize..8, step(), step()).prop_map(|(n, f, t)| GrantDates(n, f, t)),
        2 => prefixes(),
        1 => categories().prop_map(Categories),
        1 => Just(Apply),
    ]
}

fn line_changes() -> impl Strategy<Value = Change> {
    use Change::*;
    let at = || 0usize..40;
    prop_oneof![
        4 => (at(), taxing()).prop_map(|(n, s)| LineTax(n, s)),
        1 => (at(), fens()).prop_map(|(n, f)| LineNet(n, f)),
        2 => (at(), step()).prop_map(|(n, s)| LineNetBy(n, s)),
        2 => (at(), tax_rates()).prop_map(|(n, r)| Rate(n, r)),
        2 => (at(), 0u8..19).prop_map(|(n, p)| PolicyOf(n, p)),
        2 => (at(), codes()).prop_map(|(n, c)| Code(n, c)),
        2 => (at(), texts()).prop_map(|(n, t)| Name(n, t)),
        2 => (at(), 0u8..3).prop_map(|(n, k)| Nature(n, k)),
        2 => (at(), quantities()).prop_map(|(n, q)| QuantityOf(n, q)),
        1 => (at(), quantities()).prop_map(|(n, q)| Price(n, q)),
        2 => (at(), -3i64..=3).prop_map(|(n, s)| PriceBy(n, s)),
        1 => (at(), texts()).prop_map(|(n, t)| Spec(n, t)),
        1 => at().prop_map(Remove),
        1 => (at(), 0usize..4).prop_map(|(n, t)| Repeat(n, t)),
        1 => (at(), at()).prop_map(|(a, b)| Swap(a, b)),
        2 => (at(), step()).prop_map(|(n, s)| DiscountAll(n, s)),
    ]
}

fn whole_changes() -> impl Strategy<Value = Change> {
    use Change::*;
    prop_oneof![
        1 => Just(Kind),
        1 => (0usize..3, fens()).prop_map(|(w, f)| Total(w, f)),
        2 => (0usize..3, step()).prop_map(|(w, s)| TotalBy(w, s)),
        1 => any::<u8>().prop_map(SpecialElement),
        1 => fens().prop_map(Deduction),
        2 => texts().prop_map(Remark),
        1 => texts().prop_map(Drawer),
        1 => texts().prop_map(Face),
        1 => any::<bool>().prop_map(BuyerKind),
        2 => texts().prop_map(BuyerName),
        2 => tax_ids().prop_map(BuyerId),
        1 => texts().prop_map(BuyerAddress),
    ]
}

pub(crate) fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![3 => rule_changes(), 4 => line_changes(), 2 => whole_changes()]
}
