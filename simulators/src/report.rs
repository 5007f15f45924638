//! What a day came to: counts, latencies, curves, violations; as a table, JSON, or a page.

mod chart;
mod page;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};
use ledger_types::RejectReason;
use proto::catalogue::{Lang, Reason, summary};
use serde::Serialize;

use crate::error::SimError;
use crate::plan::Plan;
use crate::tally::{Tally, Violation};

/// A latency distribution, milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half are faster.
    pub p50_ms: f64,
    /// Nine in ten are faster.
    pub p90_ms: f64,
    /// Ninety-nine in a hundred are faster.
    pub p99_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

impl Latency {
    /// Of a histogram in microseconds.
    pub fn of(histogram: &hdrhistogram::Histogram<u64>) -> Self {
        let at = |q| histogram.value_at_quantile(q) as f64 / 1_000.0;
        Self { p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), max_ms: histogram.max() as f64 / 1_000.0 }
    }
}

/// A refusal reason with its count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Stable number.
    pub number: u16,
    /// Stable name.
    pub name: &'static str,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Transactions refused by it.
    pub count: u64,
    /// Of these, attempts to issue.
    pub issues: u64,
}

/// A cheat with its counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cheated {
    /// Name.
    pub name: &'static str,
    /// Tried.
    pub tried: u64,
    /// Refused by the reason expected.
    pub refused: u64,
}

/// The result of a run.
#[derive(Clone, Debug, Serialize)]
pub struct DayReport {
    /// Seed of the dice.
    pub seed: u64,
    /// Days played.
    pub days: u32,
    /// Attempts to issue.
    pub attempted: u64,
    /// Invoices issued.
    pub issued: u64,
    /// Attempts to issue that were refused.
    pub refused: u64,
    /// Transactions sent and answered, steps included.
    pub transactions: u64,
    /// Merchants.
    pub merchants: usize,
    /// Companies.
    pub companies: usize,
    /// Wallets of persons.
    pub persons: usize,
    /// Refusals by reason.
    pub refusals: Vec<Refused>,
    /// Accepted steps by name.
    pub flows: BTreeMap<&'static str, u64>,
    /// Cheats by name.
    pub cheats: Vec<Cheated>,
    /// Latency of all transactions.
    pub latency: Latency,
    /// How many took up to so many milliseconds more than the bound before.
    pub latency_buckets: Vec<(f64, u64)>,
    /// Transactions by simulated minute.
    pub per_minute: Vec<u32>,
    /// Invoices issued by simulated minute.
    pub issued_per_minute: Vec<u32>,
    /// Seconds it took.
    pub wall_seconds: f64,
    /// Transactions a second of real time.
    pub rate: f64,
    /// The first outcomes that were not as expected.
    pub violations: Vec<Violation>,
    /// How many there were.
    pub violations_total: u64,
}

impl DayReport {
    /// Sums a run up.
    pub fn new(plan: &Plan, tally: &Tally, wall: Duration) -> Self {
        let issues = |reason: &RejectReason| tally.issue_refusals.get(reason).copied().unwrap_or(0);
        let refusals = tally.refusals.iter().map(|(reason, count)| Refused {
            number: reason.number(),
            name: reason.name(),
            zh: summary(Reason::Ledger(*reason), Lang::Zh).to_owned(),
            en: summary(Reason::Ledger(*reason), Lang::En).to_owned(),
            count: *count,
            issues: issues(reason),
        });
        let cheats =
            tally.cheats.iter().map(|(name, (tried, refused))| Cheated { name, tried: *tried, refused: *refused });
        let seconds = wall.as_secs_f64();
        Self {
            seed: plan.options.seed,
            days: plan.options.days,
            attempted: tally.attempted,
            issued: tally.issued,
            refused: tally.attempted - tally.issued,
            transactions: tally.transactions,
            merchants: plan.merchants.len(),
            companies: plan.companies,
            persons: plan.persons,
            refusals: refusals.collect(),
            flows: tally.flows.clone(),
            cheats: cheats.collect(),
            latency: Latency::of(&tally.latency),
            latency_buckets: buckets(&tally.latency),
            per_minute: tally.answered.clone(),
            issued_per_minute: tally.issued_by_minute.clone(),
            wall_seconds: seconds,
            rate: tally.transactions as f64 / seconds.max(1e-9),
            violations: tally.violations.clone(),
            violations_total: tally.violations_total,
        }
    }

    /// True if everything came as expected.
    pub fn is_as_expected(&self) -> bool {
        self.violations_total == 0
    }

    /// The counts as a table for people.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Disabled);
        let mut row = |zh: &str, en: &str, value: String| {
            table.add_row([zh.to_owned(), en.to_owned(), value]);
        };
        row("申请开票", "attempted to issue", self.attempted.to_string());
        row("已开票", "issued", self.issued.to_string());
        row("开票被拒", "refused to issue", self.refused.to_string());
        for refused in self.refusals.iter().filter(|r| r.issues > 0) {
            row(
                &format!("  {}", refused.zh),
                &format!("  {} {}", refused.number, refused.name),
                refused.issues.to_string(),
            );
        }
        for refused in self.refusals.iter().filter(|r| r.count > r.issues) {
            let (zh, en) =
                (format!("流转被拒 {}", refused.zh), format!("step refused {} {}", refused.number, refused.name));
            row(&zh, &en, (refused.count - refused.issues).to_string());
        }
        for (name, count) in &self.flows {
            row(page::flow_zh(name), name, count.to_string());
        }
        let (tried, refused) = self.cheats.iter().fold((0, 0), |(t, r), c| (t + c.tried, r + c.refused));
        row("作弊尝试 / 被拒", "cheats tried / refused", format!("{tried} / {refused}"));
        row("交易", "transactions", self.transactions.to_string());
        row("用时", "took", format!("{:.1} s, {:.0} tx/s", self.wall_seconds, self.rate));
        row("延迟", "latency p50 / p99", format!("{:.1} / {:.1} ms", self.latency.p50_ms, self.latency.p99_ms));
        row("意外结果", "unexpected outcomes", self.violations_total.to_string());
        table.to_string()
    }

    /// The report as one page that needs nothing else.
    pub fn html(&self) -> String {
        page::render(self)
    }

    /// Writes the page.
    pub fn write_html(&self, path: &Path) -> Result<(), SimError> {
        let io = |source| SimError::Io { path: path.display().to_string(), source };
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        std::fs::write(path, self.html()).map_err(io)
    }
}

/// Counts between bounds that double: 1, 2, 4 … ms.
fn buckets(histogram: &hdrhistogram::Histogram<u64>) -> Vec<(f64, u64)> {
    let (mut low, mut high, mut out) = (0u64, 1_000u64, Vec::new());
    while low <= histogram.max() && out.len() < 20 {
        out.push((high as f64 / 1_000.0, histogram.count_between(low, high - 1)));
        (low, high) = (high, high * 2);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::life::What;
    use crate::plan::PlanOptions;
    use crate::seen::{Expect, Seen};
    use crate::tally::Mark;

    fn report() -> DayReport {
        let plan = Plan::draw(PlanOptions { invoices: 100, days: 1, seed: 1 });
        let mut tally = Tally::new(1_440);
        tally.attempted = 2;
        let refused = Seen::Refused(vec![RejectReason::OverQuota]);
        let expect = Expect::Refused(RejectReason::OverQuota);
        tally.count(
            Mark { invoice: 0, what: What::Issue, expect, minute: 720 },
            Some("over_quota"),
            &refused,
            Duration::from_millis(3),
        );
        tally.violate(1, "Issue".into(), "<script>alert(1)</script>".into(), "accepted".into());
        DayReport::new(&plan, &tally, Duration::from_secs(2))
    }

    #[test]
    fn the_page_needs_nothing_from_outside_and_runs_no_foreign_text() {
        let page = report().html();
        for outside in ["src=", "href=", "@import", "url(", "http://", "https://", "<script", "<link", "<iframe"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("&lt;script&gt;"), "text is escaped");
        assert!(page.matches("<svg").count() >= 4 && page.matches("</svg>").count() >= 4);
        assert!(page.contains("OVER_QUOTA") && page.contains("lang=\"zh\""));
    }

    #[test]
    fn table_and_json_carry_the_counts() {
        let report = report();
        assert!(!report.is_as_expected());
        assert!(report.table().contains("OVER_QUOTA"));
        let json = serde_json::to_value(&report).expect("plain data");
        assert_eq!((json["attempted"].as_u64(), json["issued"].as_u64()), (Some(2), Some(0)));
        assert_eq!(json["refusals"][0]["number"].as_u64(), Some(507));
        assert_eq!(report.latency_buckets.iter().map(|b| b.1).sum::<u64>(), 1);
    }
}
