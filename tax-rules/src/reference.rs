//! The rules once more, slowly and obviously, written from the text of the law and of the direct-connect (乐企) rule pack
//! and not from the fast code: decimal numbers of any size instead of scaled integers, texts of digits instead of
//! divisions, one question after the other for every line. It shares only the nouns with the fast code, and a property
//! test holds the two against each other on random and on slightly wrong invoices.

mod amounts;
mod decimal;
mod lines;
mod report;
mod seller;
mod whole;

use crate::context::{InvoiceInput, IssueContext};
use crate::verdict::Verdict;
use report::Report;

/// The same as [`crate::evaluate`].
pub fn evaluate(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>) -> Verdict {
    let mut report = Report::default();
    if seller::no_book_yet(ctx, &mut report) {
        return report.verdict();
    }
    seller::judge(ctx, invoice, &mut report);
    whole::judge(ctx, invoice, &mut report);
    amounts::judge_whole(ctx, invoice, &mut report);
    if invoice.lines.len() <= ctx.book.max_lines as usize {
        for index in 0..invoice.lines.len() {
            lines::judge(ctx, invoice.lines, index, &mut report);
            amounts::judge_line(ctx, &invoice.lines[index], index, &mut report);
        }
    }
    report.verdict()
}
