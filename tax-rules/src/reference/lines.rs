//! What a line says besides its amounts: 511 to 518, 527, 528, 533.

use ledger_types::body::LineNature;
use ledger_types::refusal::Arg;
use ledger_types::{BlockTime, Field, InvoiceLine, Policy, RejectReason, TaxCode, TaxRate, ZeroKind};

use super::amounts::judge_discount;
use super::report::Report;
use crate::context::IssueContext;

pub(super) fn judge(ctx: &IssueContext<'_>, lines: &[InvoiceLine], index: usize, report: &mut Report) {
    let line = &lines[index];
    if let Some(args) = name_fault(&line.name, ctx.book.max_line_name as usize) {
        report.line(index, RejectReason::LineName, Field::LineName, args);
    }
    code_and_grants(ctx, line, index, report);
    rate_and_policy(ctx, line, index, report);
    pairs(lines, index, report);
    if let Some(code) = first_control(&line.name) {
        report.line(index, RejectReason::TextCharacters, Field::LineName, vec![Arg::Count(code)]);
    }
    if let Some(code) = first_control(&format!("{}{}", line.spec, line.unit)) {
        report.line(index, RejectReason::TextCharacters, Field::LineText, vec![Arg::Count(code)]);
    }
}

fn name_fault(name: &str, most: usize) -> Option<Vec<Arg>> {
    let chars: Vec<char> = name.chars().collect();
    let blank = |part: &[char]| part.iter().all(|c| c.is_whitespace());
    let sized = |fault, most: usize, found: usize| {
        Some(vec![Arg::Choice(fault), Arg::Count(most as u64), Arg::Count(found as u64)])
    };
    if blank(&chars) {
        return Some(vec![Arg::Choice(0)]);
    }
    if chars.len() > most {
        return sized(1, most, chars.len());
    }
    let stars: Vec<usize> = (0..chars.len()).filter(|i| chars[*i] == '*').collect();
    if stars.len() < 2 || stars[0] != 0 || blank(&chars[1..stars[1]]) || blank(&chars[stars[1] + 1..]) {
        return Some(vec![Arg::Choice(2)]);
    }
    let with_stars = stars[1] + 1;
    if with_stars > 17 {
        return sized(3, 17, with_stars);
    }
    if chars.len() - with_stars > 100 {
        return sized(4, 100, chars.len() - with_stars);
    }
    None
}

/// The nineteen digits of a code, if it is one.
fn digits(code: TaxCode) -> Option<String> {
    let text = code.value().to_string();
    let right = text.len() == 19 && ('1'..='6').contains(&text.chars().next()?);
    right.then_some(text)
}

fn starts_with(code: &str, prefix: u64, length: u8) -> bool {
    match length {
        0 => prefix == 0,
        1..=19 => code[..usize::from(length)] == format!("{prefix:0width$}", width = usize::from(length)),
        _ => false,
    }
}

fn code_and_grants(ctx: &IssueContext<'_>, line: &InvoiceLine, index: usize, report: &mut Report) {
    let code = Arg::TaxCode(line.tax_code);
    let Some(text) = digits(line.tax_code) else {
        report.line(index, RejectReason::TaxCodeInvalid, Field::LineTaxCode, vec![code]);
        return;
    };
    if text.starts_with('6') && !is_out_of_scope(line.rate) {
        let args = vec![Arg::Rate(TaxRate::Zero(ZeroKind::OutOfScope)), Arg::Rate(line.rate)];
        report.line(index, RejectReason::PrepaidNotOutOfScope, Field::LineRate, args);
    }
    let Some(profile) = ctx.profile else { return };
    if !profile.categories.is_empty() && !profile.categories.iter().any(|(p, d)| starts_with(&text, *p, *d)) {
        report.line(index, RejectReason::CategoryNotApproved, Field::LineTaxCode, vec![code]);
    }
    let mut fitting = profile.rates.clone();
    fitting.retain(|g| g.rate == line.rate);
    fitting.retain(|g| g.policy == line.policy);
    fitting.retain(|g| starts_with(&text, g.code_prefix, g.prefix_digits));
    let in_force = |from: u64, to: u64| !(ctx.now.0 < from || ctx.now.0 > to);
    if !fitting.iter().any(|g| in_force(g.valid_from_ms, g.valid_to_ms)) {
        let mut args = vec![Arg::Rate(line.rate), code, Arg::Choice(line.policy as u8)];
        if let Some(grant) = fitting.first() {
            args.push(Arg::Time(BlockTime(grant.valid_from_ms)));
            args.push(Arg::Time(BlockTime(grant.valid_to_ms)));
        }
        report.line(index, RejectReason::RateNotGranted, Field::LineRate, args);
    }
}

/// 01-18 with what they say of rates.
fn rate_and_policy(ctx: &IssueContext<'_>, line: &InvoiceLine, index: usize, report: &mut Report) {
    let no_rate = match line.rate {
        TaxRate::Percent(bp) => bp == 0 || bp > 10_000,
        TaxRate::Zero(_) => false,
    };
    if no_rate || ctx.book.rates.iter().all(|r| *r != line.rate) {
        report.line(index, RejectReason::RateUnknown, Field::LineRate, vec![Arg::Rate(line.rate)]);
    }
    let number = line.policy as u8;
    for (policy, bp) in [(8, 300), (9, 500), (10, 150)] {
        if number == policy && line.rate != TaxRate::Percent(bp) {
            let args = vec![Arg::Rate(TaxRate::Percent(bp)), Arg::Rate(line.rate)];
            report.line(index, RejectReason::PolicyRate, Field::LineRate, args);
        }
    }
    let (exempt, outside) = (TaxRate::Zero(ZeroKind::Exempt), TaxRate::Zero(ZeroKind::OutOfScope));
    let expected = if line.rate == exempt {
        (number != 3).then_some(Arg::Choice(3))
    } else if line.rate == outside {
        (number != 4).then_some(Arg::Choice(4))
    } else if line.rate == TaxRate::Zero(ZeroKind::Ordinary) {
        (number != 0).then_some(Arg::Choice(0))
    } else if number == 3 {
        Some(Arg::Rate(exempt))
    } else if number == 4 {
        Some(Arg::Rate(outside))
    } else {
        None
    };
    if let Some(expected) = expected {
        let args = vec![Arg::Rate(line.rate), Arg::Choice(number), expected];
        report.line(index, RejectReason::ZeroPolicy, Field::LinePolicy, args);
    }
}

/// A discounted line and its discount stand one behind the other and agree.
fn pairs(lines: &[InvoiceLine], index: usize, report: &mut Report) {
    let line = &lines[index];
    let before = index.checked_sub(1).map(|i| &lines[i]);
    let (neighbour, expected) = match line.nature {
        LineNature::Normal => return,
        LineNature::Discounted => (lines.get(index + 1), LineNature::Discount),
        LineNature::Discount => (before, LineNature::Discounted),
    };
    let paired = neighbour.is_some_and(|n| n.nature == expected);
    if !paired {
        let mut args = vec![Arg::Choice(expected as u8)];
        args.extend(neighbour.map(|n| Arg::Choice(n.nature as u8)));
        report.line(index, RejectReason::DiscountPair, Field::LineNature, args);
    }
    let reason = RejectReason::DiscountMismatch;
    if line.nature == LineNature::Discount && (line.quantity, line.price) != (None, None) {
        report.line(index, reason, Field::LineQuantity, vec![]);
    }
    if let (true, LineNature::Discount, Some(full)) = (paired, line.nature, before) {
        if full.name != line.name {
            report.line(index, reason, Field::LineName, vec![]);
        }
        let compared = [
            (Field::LineTaxCode, Arg::TaxCode(full.tax_code), Arg::TaxCode(line.tax_code)),
            (Field::LineRate, Arg::Rate(full.rate), Arg::Rate(line.rate)),
            (Field::LinePolicy, Arg::Choice(full.policy as u8), Arg::Choice(line.policy as u8)),
        ];
        for (field, wanted, found) in compared {
            if wanted != found {
                report.line(index, reason, field, vec![wanted, found]);
            }
        }
        judge_discount(full, line, index, report);
    }
}

pub(super) fn is_out_of_scope(rate: TaxRate) -> bool {
    matches!(rate, TaxRate::Zero(ZeroKind::OutOfScope))
}

/// 01, 08, 09 and 10.
pub(super) fn is_simplified(policy: Policy) -> bool {
    [1, 8, 9, 10].contains(&(policy as u8))
}

/// The first character that a printed text may not hold.
pub(super) fn first_control(text: &str) -> Option<u64> {
    const FORBIDDEN: [(u32, u32); 8] = [
        (0x0000, 0x001F), // C0: tab, line feed …
        (0x007F, 0x009F), // delete and C1
        (0x061C, 0x061C), // Arabic letter mark
        (0x200E, 0x200F), // left-to-right and right-to-left marks
        (0x2028, 0x2029), // line and paragraph separators
        (0x202A, 0x202E), // embeddings and overrides of direction
        (0x2066, 0x2069), // isolates of direction
        (0xFEFF, 0xFEFF), // byte order mark
    ];
    let code = |c: &char| FORBIDDEN.iter().any(|(from, to)| (*from..=*to).contains(&(*c as u32)));
    text.chars().find(code).map(|c| u64::from(c as u32))
}
