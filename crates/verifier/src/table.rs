//! A report for people.

use std::fmt::Write as _;

use ledger_types::{BlockTime, Fen};

use crate::report::{FaceReport, Report, StateReport};

/// Lines of `label  value`.
struct Table(String);

impl Table {
    fn row(&mut self, label: &str, value: impl std::fmt::Display) {
        // Chinese characters are two columns wide: pad by columns, not by characters.
        let columns: usize = label.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
        let padding = LABEL_COLUMNS.saturating_sub(columns);
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "  {label}{:padding$}{}", "", printable(&value.to_string()));
    }

    fn title(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }
}

const LABEL_COLUMNS: usize = 28;

/// Text from a chain goes to a terminal: what could move the cursor or turn the direction of writing is replaced.
fn printable(text: &str) -> String {
    let harmless = |c: char| {
        !c.is_control() && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if harmless(c) { c } else { '\u{fffd}' }).collect()
}

pub(crate) fn table(report: &Report) -> String {
    let mut table = Table(String::new());
    table.title("验证通过 VERIFIED");
    invoice(&mut table, report);
    state(&mut table, &report.state);
    face(&mut table, &report.face);
    origin(&mut table, report);
    table.0
}

fn yuan(fen: i64) -> String {
    format!("{} 元 CNY", Fen(fen))
}

fn invoice(table: &mut Table, report: &Report) {
    if report.sample {
        table.row("样票 SAMPLE", "非正式发票 not a real invoice");
    }
    table.row("发票代码 Code", report.code);
    table.row("发票号码 Number", report.number);
    table.row("开票日期 Issued on", &report.issue_date);
    table.row("价税合计 Total", yuan(report.total_fen));
    table.row("税额 Tax", yuan(report.tax_fen));
    table.row("开票方账户 Issuer account", report.seller);
    if let Some(code) = report.face.check_code {
        table.row("校验码 Check code", code);
    }
}

fn state(table: &mut Table, state: &StateReport) {
    let confirmed = BlockTime(state.confirmed_ms);
    table.title(&format!("状态 State: 区块 block {} ({confirmed})", state.height));
    table.row("发票 Face", state_text(state.face));
    if let Some(slot) = state.reversed_by {
        table.row("红字发票位置 Red slot", slot);
    }
    if let Some(slot) = state.reverses {
        table.row("蓝字发票位置 Blue slot", slot);
    }
    table.row("认领 Claim", state_text(state.claim));
    table.row("报销 Reimbursement", state_text(state.reimbursement));
    table.row("入账 Booking", state_text(state.booking));
}

/// Both names of a state; names are unique over the four machines.
fn state_text(name: &'static str) -> String {
    let chinese = match name {
        "blue" => "正常",
        "reversed" => "已红冲",
        "red" => "红字发票",
        "unclaimed" => "待认领",
        "claimed" => "已认领",
        "offered" => "流转中",
        "open" => "未报销",
        "locked" => "已锁定",
        "closed" => "已报销",
        "not_booked" => "未入账",
        "booked_deductible" => "已入账（税前扣除）",
        "booked_not_deductible" => "已入账（不扣除）",
        "unbooked" => "入账撤销",
        _ => "",
    };
    format!("{chinese} {name}").trim_start().to_owned()
}

fn face(table: &mut Table, face: &FaceReport) {
    let opened = face.facts.is_some() || face.seller.is_some() || face.buyer.is_some() || face.lines.is_some();
    if !opened {
        table.title("票面未公开 The face was not opened");
        return;
    }
    table.title("票面 Face");
    if let Some(buyer) = &face.buyer {
        table.row("购买方 Buyer", &buyer.name);
        if let Some(id) = &buyer.tax_id {
            table.row("购买方税号 Buyer tax id", id);
        }
    }
    if let Some(seller) = &face.seller {
        table.row("销售方 Seller branch", &seller.branch);
    }
    if let Some(facts) = &face.facts {
        table.row("合计金额 Net", yuan(facts.net.0));
        table.row("开票人 Drawer", &facts.drawer);
        table.row("备注 Remark", &facts.remark);
    }
    for (i, line) in face.lines.iter().flatten().enumerate() {
        let label = format!("明细 Line {}", i + 1);
        table.row(&label, format!("{}  {}  {}  税额 tax {}", line.name, line.net, line.rate, line.tax));
    }
    if let Some(hash) = face.invoice_hash {
        table.row("发票哈希 Invoice hash", hash);
    }
}

fn origin(table: &mut Table, report: &Report) {
    table.title("出处 Origin");
    table.row("链 Chain", format!("{} ({})", report.chain_name, report.chain));
    table.row("位置 Slot", report.slot);
    if report.body.tx != report.issue.tx {
        table.row("申请交易 Application", report.body.tx);
        table.row("申请区块 Block", format!("{} {}", report.body.height, report.body.block));
    }
    table.row("开票交易 Issued by", report.issue.tx);
    let time = BlockTime(report.issue.time_ms);
    table.row("开票区块 Block", format!("{} {} ({time})", report.issue.height, report.issue.block));
    table.row("状态区块 State block", format!("{} {}", report.state.height, report.state.block));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn text_from_the_chain_cannot_drive_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\r\n\u{202e}c\u{2067}中"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}\u{fffd}c\u{fffd}中");
    }

    #[test]
    fn every_state_has_a_chinese_name() {
        let names = ledger_types::invoice_state::EDGES.iter().flat_map(|edge| [edge.1, edge.3]);
        for name in names.filter(|name| *name != "-") {
            assert!(state_text(name).chars().next().unwrap() > '\u{4e00}', "{name}");
        }
    }
}
