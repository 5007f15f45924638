//! A stored receipt against the auditor's own verdict.

use ledger_types::receipt::{Issued, ReceiptSubject};
use ledger_types::timer::TimerTask;
use ledger_types::{PayloadKind, ProposalId, Receipt, Refusal, RejectReason, TxId, TxOutcome, Verdict};

use crate::reasons::{Mark, Reasons};

/// What is stored and what was expected, as text.
pub(crate) type Gap = (String, String);

/// Holds a transaction's receipt against the auditor's verdict: subject, verdict, reasons and outcome, as one.
pub(crate) fn compare(
    kind: PayloadKind,
    id: &TxId,
    stored: &Receipt,
    reasons: &Reasons,
    outcome: &TxOutcome,
) -> Option<Gap> {
    let expected = || if reasons.is_empty() { accepted(outcome) } else { refused(reasons) };
    if stored.version != Receipt::VERSION {
        return Some((format!("receipt version {}", stored.version), Receipt::VERSION.to_string()));
    }
    if stored.subject != ReceiptSubject::Tx(*id) {
        return Some((format!("a receipt of {}", subject(&stored.subject)), format!("a receipt of transaction {id}")));
    }
    match &stored.verdict {
        Verdict::Accepted(given) if reasons.is_empty() && given == outcome => None,
        Verdict::Accepted(given) => Some((accepted(given), expected())),
        Verdict::Refused(given) if reasons.justify(kind, given) => None,
        Verdict::Refused(given) => Some((refused_as(given), expected())),
    }
}

/// Holds a task's receipt against what the task did.
pub(crate) fn compare_task(stored: &Receipt, task: &TimerTask, outcome: &TxOutcome) -> Option<Gap> {
    let same = stored.subject == ReceiptSubject::System(*task);
    let told = match &stored.verdict {
        Verdict::Accepted(given) => given == outcome || *given == TxOutcome::Done,
        Verdict::Refused(_) => false,
    };
    if same && told && stored.version == Receipt::VERSION {
        return None;
    }
    let given = match &stored.verdict {
        Verdict::Accepted(given) => accepted(given),
        Verdict::Refused(given) => refused_as(given),
    };
    Some((format!("{} {given}", subject(&stored.subject)), format!("{task:?} {}", accepted(outcome))))
}

/// Holds the receipt of a proposal whose height came against what became of it.
pub(crate) fn compare_change(stored: &Receipt, id: ProposalId, fault: Option<RejectReason>) -> Option<Gap> {
    let told = match (&stored.verdict, fault) {
        (Verdict::Accepted(given), None) => *given == TxOutcome::Done,
        (Verdict::Refused(given), Some(fault)) => given.len() == 1 && given[0].reason == fault,
        _ => false,
    };
    if told && stored.subject == ReceiptSubject::Change(id) && stored.version == Receipt::VERSION {
        return None;
    }
    let given = match &stored.verdict {
        Verdict::Accepted(given) => accepted(given),
        Verdict::Refused(given) => refused_as(given),
    };
    let expected = fault.map_or_else(|| "accepted".to_owned(), |fault| format!("refused: {fault}"));
    Some((format!("{} {given}", subject(&stored.subject)), format!("proposal {id} {expected}")))
}

/// For what a receipt is.
pub(crate) fn subject(subject: &ReceiptSubject) -> String {
    match subject {
        ReceiptSubject::Tx(id) => format!("transaction {id}"),
        ReceiptSubject::System(task) => format!("{task:?}"),
        ReceiptSubject::Change(id) => format!("proposal {id}"),
    }
}

fn issued(of: &Issued) -> String {
    format!("slot {}, code {}, number {}", of.slot, of.code, of.number)
}

fn accepted(outcome: &TxOutcome) -> String {
    let made = match outcome {
        TxOutcome::Done => return "accepted".to_owned(),
        TxOutcome::AccountOpened(id) => format!("account {id}"),
        TxOutcome::Applied(id) => format!("application {id}"),
        TxOutcome::Issued(one) => format!("issued {}", issued(one)),
        TxOutcome::BatchIssued { first, count } => format!("issued {count} from {}", issued(first)),
        TxOutcome::PaymentRecorded(slot) => format!("payment in slot {slot}"),
        TxOutcome::Stepped(steps) => {
            let steps: Vec<String> = steps.iter().map(|(slot, sequence)| format!("{slot}.{sequence}")).collect();
            format!("stepped {}", steps.join(" "))
        }
        TxOutcome::FormOpened(id) => format!("form {id}"),
        TxOutcome::Proposed(id) => format!("proposal {id}"),
        TxOutcome::RedIssued { red, blue } => format!("red {} for slot {blue}", issued(red)),
    };
    format!("accepted: {made}")
}

fn list(marks: impl Iterator<Item = Mark>) -> String {
    let texts: Vec<String> = marks
        .map(|mark| {
            let item = mark.item.map_or(String::new(), |item| format!(" item {item}"));
            let line = mark.line.map_or(String::new(), |line| format!(" line {line}"));
            format!("{}{item}{line}", mark.reason)
        })
        .collect();
    if texts.is_empty() { "refused without a reason".to_owned() } else { format!("refused: {}", texts.join(", ")) }
}

fn refused(reasons: &Reasons) -> String {
    list(reasons.deciding().copied())
}

fn refused_as(stored: &[Refusal]) -> String {
    list(stored.iter().map(|refusal| Mark { reason: refusal.reason, item: refusal.item, line: refusal.line }))
}
