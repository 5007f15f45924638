//! The one ordered list of issuing rules.

use ledger_types::Refusal;
use ledger_types::RejectReason::{
    self, AmountRange, BuyerTitle, CategoryNotApproved, DiscountMismatch, DiscountPair, InvoiceTax, KindNotApproved,
    LineCount, LineName, LineProduct, LineSign, LineTax, NoRuleBook, OutOfScopeMixed, OverBurst, OverDailyCount,
    OverInvoiceLimit, OverQuota, PolicyRate, PrepaidNotOutOfScope, QuantityPrice, RateNotGranted, RateUnknown,
    RemarkTooLong, Reserved, SimplifiedMixed, TaxCodeInvalid, TaxpayerBlocked, TaxpayerNotApproved, TaxpayerRisk,
    TextCharacters, Totals, ZeroPolicy,
};

use crate::context::{InvoiceInput, IssueContext};
use crate::rules;

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// If it fails, nothing else is judged.
    Gate,
    /// The seller's state or the invoice as a whole.
    Invoice,
    /// Single lines or neighbours; left out if there are too many lines.
    Lines,
}

/// A rule appends a refusal for each failure it finds.
pub(crate) type Judge = fn(&IssueContext<'_>, &InvoiceInput<'_>, &mut Vec<Refusal>);

/// One rule: its file under `rules/`, the reasons it gives, and its function.
pub struct Rule {
    /// The name of its file and of its folder of cases.
    pub name: &'static str,
    /// The reasons it may give.
    pub reasons: &'static [RejectReason],
    /// What it looks at.
    pub scope: Scope,
    pub(crate) judge: Judge,
}

const fn gate(name: &'static str, reasons: &'static [RejectReason], judge: Judge) -> Rule {
    Rule { name, reasons, scope: Scope::Gate, judge }
}

const fn invoice(name: &'static str, reasons: &'static [RejectReason], judge: Judge) -> Rule {
    Rule { name, reasons, scope: Scope::Invoice, judge }
}

const fn lines(name: &'static str, reasons: &'static [RejectReason], judge: Judge) -> Rule {
    Rule { name, reasons, scope: Scope::Lines, judge }
}

/// All rules, by their first reason.
pub const RULES: &[Rule] = &[
    gate("book", &[NoRuleBook], rules::book::judge),
    invoice("standing", &[TaxpayerNotApproved, TaxpayerBlocked, TaxpayerRisk], rules::standing::judge),
    invoice("kind", &[KindNotApproved, OverInvoiceLimit], rules::kind::judge),
    invoice("quota", &[OverQuota], rules::quota::judge),
    invoice("counts", &[OverDailyCount, OverBurst], rules::counts::judge),
    invoice("line_count", &[LineCount], rules::line_count::judge),
    lines("line_name", &[LineName], rules::line_name::judge),
    lines("tax_code", &[TaxCodeInvalid, CategoryNotApproved], rules::tax_code::judge),
    lines("rate", &[RateUnknown, RateNotGranted], rules::rate::judge),
    lines("policy", &[PolicyRate, ZeroPolicy], rules::policy::judge),
    lines("prepaid", &[PrepaidNotOutOfScope], rules::prepaid::judge),
    invoice("mixing", &[OutOfScopeMixed, SimplifiedMixed], rules::mixing::judge),
    lines("line_sign", &[LineSign], rules::line_sign::judge),
    lines("quantity", &[QuantityPrice, LineProduct], rules::quantity::judge),
    lines("line_tax", &[LineTax], rules::line_tax::judge),
    invoice("invoice_tax", &[InvoiceTax], rules::invoice_tax::judge),
    invoice("totals", &[Totals], rules::totals::judge),
    lines("discount", &[DiscountPair, DiscountMismatch], rules::discount::judge),
    invoice("remark", &[RemarkTooLong], rules::remark::judge),
    invoice("title", &[BuyerTitle], rules::title::judge),
    invoice("reserved", &[Reserved], rules::reserved::judge),
    invoice("amount_range", &[AmountRange], rules::amount_range::judge_totals),
    lines("amount_range", &[AmountRange], rules::amount_range::judge_lines),
    invoice("text", &[TextCharacters], rules::text::judge_invoice),
    lines("text", &[TextCharacters], rules::text::judge_lines),
];

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_types::ReasonClass;

    #[test]
    fn every_issuing_reason_belongs_to_one_rule_and_the_list_rises() {
        let mut listed: Vec<RejectReason> = RULES.iter().flat_map(|r| r.reasons.iter().copied()).collect();
        assert!(listed.is_sorted());
        listed.dedup();
        let all: Vec<RejectReason> =
            RejectReason::ALL.iter().copied().filter(|r| r.class() == ReasonClass::Rule).collect();
        assert_eq!(listed, all);
    }
}
