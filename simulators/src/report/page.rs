//! The page: facts, four charts and the violations, in Chinese and English.

use super::DayReport;
use super::chart::{bars, escape, lines};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}\
h1{font-size:1.5em}h2{font-size:1.1em;margin-top:2em}svg{background:#fafafa;border:1px solid #ddd}\
svg text{font:12px system-ui,sans-serif}svg .end{text-anchor:end}svg .mid{text-anchor:middle}svg .grid{stroke:#e5e5e5}\
table{border-collapse:collapse}td,th{border:1px solid #ddd;padding:.2em .8em;text-align:left}td.n{text-align:right}\
.ok{color:#176b2c}.bad{color:#b3261e}";

/// The Chinese name of an accepted step.
pub(super) fn flow_zh(name: &str) -> &'static str {
    match name {
        "claimed" => "已认领",
        "offered" => "已提交流转",
        "transferred" => "已流转",
        "locked" => "已锁定",
        "booked" => "已入账",
        "reimbursed" => "已报销",
        "red" => "已红冲",
        "red_asked" => "红字确认单",
        "red_confirmed" => "红字已确认",
        "repeated" => "重复提交（同一结果）",
        _ => "其他",
    }
}

/// The whole page.
pub(super) fn render(report: &DayReport) -> String {
    let facts = [
        ("申请开票 attempted", report.attempted.to_string()),
        ("已开票 issued", report.issued.to_string()),
        ("开票被拒 refused", report.refused.to_string()),
        ("交易 transactions", report.transactions.to_string()),
        ("商户 merchants", report.merchants.to_string()),
        ("企业 companies", report.companies.to_string()),
        ("个人 persons", report.persons.to_string()),
        ("种子 seed", report.seed.to_string()),
        ("用时 took", format!("{:.1} s · {:.0} tx/s", report.wall_seconds, report.rate)),
        ("延迟 latency p50 / p90 / p99", latency(report)),
    ];
    let facts: String =
        facts.iter().map(|(name, value)| format!("<tr><th>{name}</th><td class=\"n\">{value}</td></tr>")).collect();
    let day = lines(&[
        ("交易 / 分钟 · transactions a minute", "#1f5fbf", report.per_minute.clone()),
        ("开票 / 分钟 · invoices issued a minute", "#c2571a", report.issued_per_minute.clone()),
    ]);
    let buckets: Vec<_> = report.latency_buckets.iter().map(|(bound, n)| (format!("< {bound} ms"), *n)).collect();
    let refusals: Vec<_> = report.refusals.iter().map(|r| (format!("{} {}", r.number, r.name), r.count)).collect();
    let flows: Vec<_> = report.flows.iter().map(|(name, n)| (format!("{} {name}", flow_zh(name)), *n)).collect();
    format!(
        "<!doctype html>\n<html lang=\"zh\"><head><meta charset=\"utf-8\"><title>税务链模拟日报 · taxchain day</title>\
<style>{STYLE}</style></head><body>\n<h1>税务链模拟日报 · A day on the tax chain</h1>\n{}\n<table>{facts}</table>\n\
<h2>每分钟吞吐 · Throughput by minute</h2>\n{day}\n<h2>延迟分布 · Latency histogram</h2>\n{}\n\
<h2>拒绝原因 · Refusals by reason</h2>\n{}\n{}\n<h2>流转 · Flows</h2>\n{}\n<h2>作弊者 · Cheats</h2>\n{}\n{}</body></html>\n",
        verdict(report),
        bars(&buckets, "#4b7f52"),
        bars(&refusals, "#b3261e"),
        reasons(report),
        bars(&flows, "#5a4fa3"),
        cheats(report),
        violations(report),
    )
}

fn latency(report: &DayReport) -> String {
    let l = &report.latency;
    format!("{:.1} / {:.1} / {:.1} ms", l.p50_ms, l.p90_ms, l.p99_ms)
}

fn verdict(report: &DayReport) -> String {
    if report.is_as_expected() {
        return "<p class=\"ok\">所有结果均符合预期 · every outcome was as expected</p>".to_owned();
    }
    format!("<p class=\"bad\">{0} 个意外结果 · {0} outcomes were not as expected</p>", report.violations_total)
}

fn reasons(report: &DayReport) -> String {
    let row = |r: &super::Refused| {
        format!("<tr><td>{} {}</td><td>{}</td><td>{}</td></tr>", r.number, r.name, escape(&r.zh), escape(&r.en))
    };
    format!("<table>{}</table>", report.refusals.iter().map(row).collect::<String>())
}

fn cheats(report: &DayReport) -> String {
    let row = |c: &super::Cheated| {
        format!("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>", c.name, c.tried, c.refused)
    };
    let head = "<tr><th>作弊 cheat</th><th>尝试 tried</th><th>被拒 refused</th></tr>";
    format!("<table>{head}{}</table>", report.cheats.iter().map(row).collect::<String>())
}

fn violations(report: &DayReport) -> String {
    if report.violations.is_empty() {
        return String::new();
    }
    let row = |v: &crate::tally::Violation| {
        let cells = [v.invoice.to_string(), escape(&v.what), escape(&v.expected), escape(&v.seen)];
        format!("<tr>{}</tr>", cells.map(|c| format!("<td>{c}</td>")).concat())
    };
    let rows: String = report.violations.iter().map(row).collect();
    format!("<h2 class=\"bad\">意外结果 · Unexpected outcomes</h2>\n<table>{rows}</table>\n")
}
