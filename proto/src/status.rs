//! Errors on the wire: a gRPC status with google.rpc details, built here and read back by [`ErrorReport`].

mod details;
mod edge_error;
mod report;

use ledger_types::{Arg, ChainId, Digest, Field, Refusal, RejectReason, TxId};
use tonic::Status;

pub use edge_error::EdgeError;
pub use report::ErrorReport;

use crate::catalogue::{Lang, Reason, render};
use crate::convert::refusal_list;
use crate::limits::MAX_STATUS_DETAIL_BYTES;
use details::Details;

/// The domain of every `ErrorInfo`.
pub const DOMAIN: &str = "taxchain";
/// The page that `Help` links into.
pub const HELP_PAGE: &str = "docs/errors.md";

/// The link to a reason's section.
pub fn help_link(reason: Reason) -> String {
    format!("{HELP_PAGE}#{}", reason.name().to_ascii_lowercase())
}

/// A status for what the ledger refused. The first refusal that is an error gives code, message and next action; as
/// many as fit follow in the details, and `metadata.refusals` says how many there are.
pub fn refused(refusals: &[Refusal], tx: Option<&TxId>) -> Status {
    let Some(first) =
        refusals.iter().find(|r| r.level == ledger_types::refusal::Level::Error).or_else(|| refusals.first())
    else {
        return EdgeError::new(crate::EdgeReason::Internal).detail("a refusal without a reason").into();
    };
    let text = render(first, Lang::En);
    let mut shown = refusals.len();
    loop {
        let details = refused_details(first, &refusals[..shown], refusals.len(), tx);
        if shown == 0 || details.encoded_len(&text) <= MAX_STATUS_DETAIL_BYTES {
            return details.into_status(text);
        }
        shown /= 2;
    }
}

fn refused_details(first: &Refusal, shown: &[Refusal], total: usize, tx: Option<&TxId>) -> Details {
    let reason = Reason::Ledger(first.reason);
    let mut details = Details::new(reason);
    details.meta("field", first.field.path());
    details.meta("refusals", total);
    if let Some(item) = first.item {
        details.meta("item", item);
    }
    if let Some(line) = first.line {
        details.meta("line", line);
    }
    if let Some(tx) = tx {
        details.meta("tx_id", tx);
    }
    // Texts and arguments travel once more as they are; these are for tools that know google.rpc alone.
    if !first.args.is_empty() {
        details.meta("args", first.args.iter().take(8).map(arg_text).collect::<Vec<_>>().join(","));
    }
    details.texts(render(first, Lang::Zh), render(first, Lang::En));
    details.helpful(&field_path(first), &render(first, Lang::En), None);
    for refusal in shown {
        details.violation(field_path(refusal), render(refusal, Lang::En), refusal.reason.name());
    }
    if !shown.is_empty() {
        details.refusals(refusal_list(shown, shown.len()), total);
    }
    details
}

/// The field's path with its index: `lines[].rate` in line 3 is `lines[2].rate`.
pub fn field_path(refusal: &Refusal) -> String {
    let path = refusal.field.path();
    let index = refusal.line.map(|l| l.saturating_sub(1)).or(refusal.item);
    match (path.split_once("[]"), index) {
        (Some((head, tail)), Some(index)) => format!("{head}[{index}]{tail}"),
        _ => path.to_owned(),
    }
}

/// An argument for machines: no unit, no language.
fn arg_text(arg: &Arg) -> String {
    match arg {
        Arg::Count(n) => n.to_string(),
        Arg::Money(fen) => fen.0.to_string(),
        Arg::Time(t) => t.0.to_string(),
        Arg::Account(a) => a.to_string(),
        Arg::Key(k) => k.to_string(),
        Arg::Slot(s) => s.to_string(),
        Arg::Sequence(n) => n.to_string(),
        Arg::Tx(id) => id.to_string(),
        Arg::Rate(r) => r.basis_points().to_string(),
        Arg::TaxCode(c) => c.to_string(),
        Arg::Code(c) => c.to_string(),
        Arg::Number(n) => n.to_string(),
        Arg::Digest(d) => d.to_string(),
        Arg::Choice(n) => n.to_string(),
    }
}

/// The status for a request that names another chain: says which chain this is.
pub fn wrong_chain(ours: &ChainId) -> Status {
    refused(&[Refusal::new(RejectReason::WrongChain, Field::ChainId).with([Arg::Digest(Digest(ours.0))])], None)
}

/// Refuses a request that names another chain than `ours`; none named is fine.
pub fn check_chain(named: Option<ChainId>, ours: &ChainId) -> Result<(), Box<Status>> {
    match named {
        Some(chain) if chain != *ours => Err(Box::new(wrong_chain(ours))),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "status/status_test.rs"]
mod status_test;
