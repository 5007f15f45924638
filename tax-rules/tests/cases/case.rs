//! A case as written, and the scene it makes.

use ledger_types::{BlockTime, BuyerTitle, InvoiceFacts, InvoiceLine, RuleBook, SellerFace, TaxpayerProfile, Usage};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tax_rules::{InvoiceInput, IssueContext, IssuePurpose};

use crate::{defaults, overrides};

#[derive(Deserialize)]
pub(crate) struct CaseFile {
    pub(crate) case: Vec<Case>,
}

/// Overrides of the valid invoice in `defaults.rs`; see `cases/README.md`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    #[serde(default)]
    book: Map<String, Value>,
    /// A table of overrides, or `false` for no profile.
    #[serde(default)]
    profile: Option<Value>,
    #[serde(default)]
    usage: Map<String, Value>,
    #[serde(default)]
    now: Option<u64>,
    #[serde(default)]
    apply: bool,
    #[serde(default)]
    facts: Map<String, Value>,
    #[serde(default)]
    seller: Option<Map<String, Value>>,
    #[serde(default)]
    buyer: Map<String, Value>,
    #[serde(default)]
    lines: Option<Vec<Map<String, Value>>>,
    /// The lines, this many times over.
    #[serde(default = "one")]
    repeat: usize,
    /// The refusals, in order; empty for an invoice that passes.
    #[serde(default)]
    pub(crate) expect: Vec<String>,
}

fn one() -> usize {
    1
}

/// All that a verdict depends on.
pub(crate) struct Scene {
    book: RuleBook,
    profile: Option<TaxpayerProfile>,
    usage: Usage,
    now: BlockTime,
    purpose: IssuePurpose,
    facts: InvoiceFacts,
    seller: Option<SellerFace>,
    buyer: BuyerTitle,
    lines: Vec<InvoiceLine>,
}

impl Scene {
    pub(crate) fn context(&self) -> IssueContext<'_> {
        IssueContext {
            book: &self.book,
            profile: self.profile.as_ref(),
            usage: self.usage,
            now: self.now,
            purpose: self.purpose,
        }
    }

    pub(crate) fn invoice(&self) -> InvoiceInput<'_> {
        InvoiceInput { facts: &self.facts, seller: self.seller.as_ref(), buyer: &self.buyer, lines: &self.lines }
    }
}

impl Case {
    pub(crate) fn scene(&self, name: &str) -> Scene {
        let written = self.lines.clone().unwrap_or_else(|| vec![Map::new()]);
        let one_round: Vec<InvoiceLine> = written.iter().map(|w| line(name, w)).collect();
        let lines = std::iter::repeat_n(one_round, self.repeat).flatten().collect::<Vec<_>>();
        let profile = match &self.profile {
            None => Some(defaults::profile()),
            Some(Value::Bool(false)) => None,
            Some(changes) => Some(overrides::merge(name, defaults::profile(), changes.as_object().unwrap())),
        };
        Scene {
            book: overrides::merge(name, defaults::book(), &self.book),
            profile,
            usage: overrides::merge(name, defaults::usage(), &self.usage),
            now: self.now.map_or(defaults::NOW, BlockTime),
            purpose: if self.apply { IssuePurpose::Apply } else { IssuePurpose::Issue },
            facts: facts(name, &lines, &self.facts),
            seller: self.seller.as_ref().map(|s| overrides::merge(name, defaults::seller(), s)),
            buyer: buyer(name, &self.buyer),
            lines,
        }
    }
}

/// Totals are those of the lines, unless they are written.
fn facts(name: &str, lines: &[InvoiceLine], changes: &Map<String, Value>) -> InvoiceFacts {
    let mut facts = defaults::facts();
    let sum = |of: fn(&InvoiceLine) -> i64| lines.iter().map(of).fold(0, i64::saturating_add);
    (facts.net.0, facts.tax.0) = (sum(|l| l.net.0), sum(|l| l.tax.0));
    let mut facts: InvoiceFacts = overrides::merge(name, facts, changes);
    if !changes.contains_key("total") {
        facts.total.0 = facts.net.0.saturating_add(facts.tax.0);
    }
    facts
}

/// The default line with overrides; the tax is that of the net amount, half up, unless it is written. What serde would
/// refuse is written with a `raw_` in front and goes around it.
fn line(name: &str, written: &Map<String, Value>) -> InvoiceLine {
    let mut changes = written.clone();
    let raw: Vec<(String, Value)> =
        ["raw_tax_code", "raw_quantity", "raw_price"].iter().filter_map(|k| changes.remove_entry(*k)).collect();
    if changes.get("nature") == Some(&json!("discount")) {
        changes.entry("net").or_insert(json!(-1_000));
    }
    let mut line: InvoiceLine = overrides::merge(name, defaults::line(), &changes);
    if !written.contains_key("tax") {
        let due = line.rate.tax_on_net(line.net.0.into());
        line.tax.0 = i64::try_from(due).unwrap_or(0);
    }
    for (key, value) in raw {
        match key.as_str() {
            "raw_tax_code" => line.tax_code = overrides::raw_code(&value),
            "raw_quantity" => line.quantity = Some(overrides::raw_quantity(&value)),
            _ => line.price = Some(overrides::raw_quantity(&value)),
        }
    }
    line
}

fn buyer(name: &str, written: &Map<String, Value>) -> BuyerTitle {
    let mut changes = written.clone();
    let raw = changes.remove("raw_tax_id");
    let mut buyer: BuyerTitle = overrides::merge(name, defaults::buyer(), &changes);
    if let Some(raw) = raw {
        buyer.tax_id = Some(overrides::raw_tax_id(&raw));
    }
    buyer
}
