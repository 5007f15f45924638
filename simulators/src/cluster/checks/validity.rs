//! The chain judged again from its genesis, by rules written a second time, comes to the same.

use auditor::{AuditReport, Options, audit};
use ledger_types::{BlockFrame, Height};

use super::{Check, Checker, Finish, Roles, Seen};

/// Needs no memory.
pub(super) struct Validity;

impl Checker for Validity {
    fn check(&self) -> Check {
        Check::Validity
    }

    fn see(&mut self, _: &Roles, seen: &Seen<'_>) -> Vec<String> {
        let Seen::Finished(finish) = seen else { return Vec::new() };
        judge(finish).map_or_else(Vec::new, |report| report.differences.iter().map(ToString::to_string).collect())
    }
}

/// The auditor's report on the chain of the node that is furthest.
fn judge(finish: &Finish<'_>) -> Option<AuditReport> {
    let (_, _, best) = finish.nodes.iter().max_by_key(|(_, _, n)| n.height())?;
    let reader = best.reader();
    let frames = (1..=best.height().0).map(|height| match reader.frame(Height(height)) {
        Ok(Some(frame)) => Ok(BlockFrame::clone(&frame)),
        Ok(None) => Err("missing".to_owned()),
        Err(e) => Err(e.to_string()),
    });
    let options = Options { signatures_one_in: 1, root_every: 0 };
    Some(audit(finish.genesis, frames, options, &ledger_types::seal::NoKeys, &mut |_| {}))
}
