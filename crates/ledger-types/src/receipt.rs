//! Receipts: the verdict on each transaction, and on each begin-block task.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ApplicationId, FormId, ProposalId, Slot, TxId};
use crate::invoice_number::{InvoiceCode, InvoiceNumber};
use crate::refusal::Refusal;
use crate::timer::TimerTask;

/// What a receipt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ReceiptSubject {
    /// A transaction.
    Tx(TxId) = 0,
    /// A task that fell due.
    System(TimerTask) = 1,
    /// A proposal whose height came.
    Change(ProposalId) = 2,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Receipt {
    /// Format version, 1.
    pub version: u16,
    /// For what.
    pub subject: ReceiptSubject,
    /// The verdict.
    pub verdict: Verdict,
}

/// Accepted or refused.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Verdict {
    /// It took effect.
    Accepted(TxOutcome) = 0,
    /// It changed nothing but the request log; at least one refusal is an error.
    Refused(Vec<Refusal>) = 1,
}

/// An invoice as issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Issued {
    /// Its slot for life.
    pub slot: Slot,
    /// Its code.
    pub code: InvoiceCode,
    /// Its number.
    pub number: InvoiceNumber,
}

/// What an accepted transaction made.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum TxOutcome {
    /// Nothing new has an id.
    Done = 0,
    /// An account.
    AccountOpened(AccountId) = 1,
    /// An application.
    Applied(ApplicationId) = 2,
    /// An invoice.
    Issued(Issued) = 3,
    /// A batch: the first; the others follow in slot and number.
    BatchIssued {
        /// The first invoice.
        first: Issued,
        /// How many.
        count: u16,
    } = 4,
    /// A payment record.
    PaymentRecorded(Slot) = 5,
    /// Outputs stepped on: slot and new sequence, in the transaction's order.
    Stepped(Vec<(Slot, u32)>) = 6,
    /// A red-letter form.
    FormOpened(FormId) = 7,
    /// A red invoice.
    RedIssued {
        /// The red invoice.
        red: Issued,
        /// The blue invoice.
        blue: Slot,
    } = 8,
    /// A proposal to change the chain's rules.
    Proposed(ProposalId) = 9,
}

impl Receipt {
    /// The version this code writes.
    pub const VERSION: u16 = 1;

    /// True if it took effect.
    pub fn is_accepted(&self) -> bool {
        matches!(self.verdict, Verdict::Accepted(_))
    }

    /// The refusals, empty if accepted.
    pub fn refusals(&self) -> &[Refusal] {
        match &self.verdict {
            Verdict::Accepted(_) => &[],
            Verdict::Refused(list) => list,
        }
    }
}
