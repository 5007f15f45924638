//! 511: a line is printed as `*short name*item` (`*餐饮服务*餐费`). Arguments: the fault's number, the limit, the
//! characters found; the last two only for what is too long.

use ledger_types::refusal::Arg;
use ledger_types::{Field, Refusal, RejectReason};

use crate::context::{InvoiceInput, IssueContext};
use crate::scaled::count;

/// Most characters of the short name with its two stars, in the direct-connect (乐企) field list.
pub const SHORT_NAME_MAX_CHARS: usize = 17;
/// Most characters of the item after it.
pub const ITEM_MAX_CHARS: usize = 100;

/// What is wrong with a line's name; the number is the refusal's first argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LineNameFault {
    /// Empty or blank.
    Empty = 0,
    /// Longer than the rule book allows.
    TooLong = 1,
    /// Not a star, a short name, a star and an item; blanks alone are neither.
    Shape = 2,
    /// The short name with its stars is too long.
    ShortNameTooLong = 3,
    /// The item is too long.
    ItemTooLong = 4,
}

pub(crate) fn judge(ctx: &IssueContext<'_>, invoice: &InvoiceInput<'_>, out: &mut Vec<Refusal>) {
    for (number, line) in invoice.numbered() {
        if let Err((fault, lengths)) = check(&line.name, usize::from(ctx.book.max_line_name)) {
            let args = std::iter::once(Arg::Choice(fault as u8))
                .chain(lengths.into_iter().flat_map(|(limit, found)| [count(limit), count(found)]));
            let refusal = Refusal::new(RejectReason::LineName, Field::LineName).with(args);
            out.push(refusal.at_line(number));
        }
    }
}

/// The first fault, with limit and length where the length is the fault.
fn check(name: &str, max_chars: usize) -> Result<(), (LineNameFault, Option<(usize, usize)>)> {
    if name.trim().is_empty() {
        return Err((LineNameFault::Empty, None));
    }
    let chars = name.chars().count();
    if chars > max_chars {
        return Err((LineNameFault::TooLong, Some((max_chars, chars))));
    }
    let Some((short, item)) = name.strip_prefix('*').and_then(|rest| rest.split_once('*')) else {
        return Err((LineNameFault::Shape, None));
    };
    if short.trim().is_empty() || item.trim().is_empty() {
        return Err((LineNameFault::Shape, None));
    }
    let (short, item) = (short.chars().count() + 2, item.chars().count());
    if short > SHORT_NAME_MAX_CHARS {
        return Err((LineNameFault::ShortNameTooLong, Some((SHORT_NAME_MAX_CHARS, short))));
    }
    if item > ITEM_MAX_CHARS {
        return Err((LineNameFault::ItemTooLong, Some((ITEM_MAX_CHARS, item))));
    }
    Ok(())
}
