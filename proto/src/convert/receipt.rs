//! Receipts.

use ledger_types::limits::{MAX_BATCH_ITEMS, MAX_REFUSALS};
use ledger_types::receipt::{Issued, ReceiptSubject};
use ledger_types::{ApplicationId, FormId, ProposalId, Receipt, Slot, TimerTask, TxOutcome, Verdict};

use super::error::ConvertError;
use super::field::{Read, account, area, list, list_with, message, parse, required, tx_id, u16_of};
use crate::types::v1 as wire;
use crate::types::v1::receipt::{Subject, Verdict as WireVerdict};
use crate::types::v1::timer_task::Task;
use crate::types::v1::tx_outcome::Outcome;

fn step((slot, sequence): (Slot, u32)) -> wire::SlotSequence {
    wire::SlotSequence { slot: slot.0, sequence }
}

impl From<&TimerTask> for wire::TimerTask {
    fn from(task: &TimerTask) -> Self {
        let task = match *task {
            TimerTask::ActivateRuleBook { area, version } => {
                Task::ActivateRuleBook(wire::ActivateRuleBook { area: area.0.into(), version })
            }
            TimerTask::LapseApplication(id) => Task::LapseApplication(id.0),
            TimerTask::LapseOffer { slot, sequence } => Task::LapseOffer(step((slot, sequence))),
            TimerTask::LapseLock { slot, sequence } => Task::LapseLock(step((slot, sequence))),
            TimerTask::LapseRedForm(id) => Task::LapseRedForm(id.0),
            TimerTask::DueRecovery { account, number } => {
                Task::DueRecovery(wire::RecoveryKey { account: account.0, number })
            }
            TimerTask::EndCommitteeOverlap { epoch } => Task::EndCommitteeOverlap(epoch),
        };
        Self { task: Some(task) }
    }
}

impl TryFrom<wire::TimerTask> for TimerTask {
    type Error = ConvertError;

    fn try_from(w: wire::TimerTask) -> Result<Self, ConvertError> {
        Ok(match required(w.task, "task")? {
            Task::ActivateRuleBook(a) => {
                Self::ActivateRuleBook { area: area(a.area, "activate_rule_book.area")?, version: a.version }
            }
            Task::LapseApplication(id) => Self::LapseApplication(ApplicationId(id)),
            Task::LapseOffer(s) => Self::LapseOffer { slot: Slot(s.slot), sequence: s.sequence },
            Task::LapseLock(s) => Self::LapseLock { slot: Slot(s.slot), sequence: s.sequence },
            Task::LapseRedForm(id) => Self::LapseRedForm(FormId(id)),
            Task::EndCommitteeOverlap(epoch) => Self::EndCommitteeOverlap { epoch },
            Task::DueRecovery(key) => {
                Self::DueRecovery { account: account(key.account, "due_recovery.account")?, number: key.number }
            }
        })
    }
}

impl From<&Issued> for wire::Issued {
    fn from(i: &Issued) -> Self {
        Self { slot: i.slot.0, code: i.code.to_string(), number: i.number.to_string() }
    }
}

impl TryFrom<wire::Issued> for Issued {
    type Error = ConvertError;

    fn try_from(w: wire::Issued) -> Result<Self, ConvertError> {
        Ok(Self { slot: Slot(w.slot), code: parse(&w.code, "code")?, number: parse(&w.number, "number")? })
    }
}

impl From<&TxOutcome> for wire::TxOutcome {
    fn from(outcome: &TxOutcome) -> Self {
        let outcome = match outcome {
            TxOutcome::Done => Outcome::Done(wire::Done {}),
            TxOutcome::AccountOpened(id) => Outcome::AccountOpened(id.0),
            TxOutcome::Applied(id) => Outcome::Applied(id.0),
            TxOutcome::Issued(i) => Outcome::Issued(i.into()),
            TxOutcome::BatchIssued { first, count } => {
                Outcome::BatchIssued(wire::BatchIssued { first: Some(first.into()), count: (*count).into() })
            }
            TxOutcome::PaymentRecorded(slot) => Outcome::PaymentRecorded(slot.0),
            TxOutcome::Stepped(steps) => {
                Outcome::Stepped(wire::Stepped { steps: steps.iter().copied().map(step).collect() })
            }
            TxOutcome::FormOpened(id) => Outcome::FormOpened(id.0),
            TxOutcome::Proposed(id) => Outcome::Proposed(id.0),
            TxOutcome::RedIssued { red, blue } => {
                Outcome::RedIssued(wire::RedIssued { red: Some(red.into()), blue: blue.0 })
            }
        };
        Self { outcome: Some(outcome) }
    }
}

impl TryFrom<wire::TxOutcome> for TxOutcome {
    type Error = ConvertError;

    fn try_from(w: wire::TxOutcome) -> Result<Self, ConvertError> {
        Ok(match required(w.outcome, "outcome")? {
            Outcome::Done(wire::Done {}) => Self::Done,
            Outcome::AccountOpened(id) => Self::AccountOpened(account(id, "account_opened")?),
            Outcome::Applied(id) => Self::Applied(ApplicationId(id)),
            Outcome::Issued(i) => Self::Issued(message(Some(i), "issued")?),
            Outcome::BatchIssued(b) => Self::BatchIssued {
                first: message(b.first, "batch_issued.first")?,
                count: u16_of(b.count, "batch_issued.count")?,
            },
            Outcome::PaymentRecorded(slot) => Self::PaymentRecorded(Slot(slot)),
            Outcome::Stepped(s) => Self::Stepped(steps(s)?),
            Outcome::FormOpened(id) => Self::FormOpened(FormId(id)),
            Outcome::Proposed(id) => Self::Proposed(ProposalId(id)),
            Outcome::RedIssued(r) => Self::RedIssued { red: message(r.red, "red_issued.red")?, blue: Slot(r.blue) },
        })
    }
}

fn steps(w: wire::Stepped) -> Read<Vec<(Slot, u32)>> {
    list_with(w.steps, MAX_BATCH_ITEMS.into(), "stepped.steps", |s| Ok((Slot(s.slot), s.sequence)))
}

impl From<&Receipt> for wire::Receipt {
    fn from(r: &Receipt) -> Self {
        Self {
            version: r.version.into(),
            subject: Some(match &r.subject {
                ReceiptSubject::Tx(id) => Subject::TxId(id.0.to_vec()),
                ReceiptSubject::System(task) => Subject::System(task.into()),
                ReceiptSubject::Change(id) => Subject::Change(id.0),
            }),
            verdict: Some(match &r.verdict {
                Verdict::Accepted(outcome) => WireVerdict::Accepted(outcome.into()),
                Verdict::Refused(list) => {
                    WireVerdict::Refused(wire::Refused { refusals: list.iter().map(Into::into).collect() })
                }
            }),
        }
    }
}

impl TryFrom<wire::Receipt> for Receipt {
    type Error = ConvertError;

    fn try_from(w: wire::Receipt) -> Result<Self, ConvertError> {
        Ok(Self {
            version: u16_of(w.version, "version")?,
            subject: match required(w.subject, "subject")? {
                Subject::TxId(id) => ReceiptSubject::Tx(tx_id(&id, "tx_id")?),
                Subject::System(task) => ReceiptSubject::System(message(Some(task), "system")?),
                Subject::Change(id) => ReceiptSubject::Change(ProposalId(id)),
            },
            verdict: match required(w.verdict, "verdict")? {
                WireVerdict::Accepted(outcome) => Verdict::Accepted(message(Some(outcome), "accepted")?),
                WireVerdict::Refused(r) => Verdict::Refused(list(r.refusals, MAX_REFUSALS, "refused.refusals")?),
            },
        })
    }
}
