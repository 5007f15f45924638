//! What an audit found.

use std::collections::BTreeMap;
use std::fmt;

use ledger_types::{AccountId, ChainId, Fen, Height, InspectionId, KeyId, RejectReason, SectionSet, Slot};

/// Something stored that the auditor judges otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The block.
    pub height: Height,
    /// The transaction's place in the block, if it is about one.
    pub tx: Option<u16>,
    /// What differs, e.g. `verdict`, `output 7`, `header: tx root`.
    pub what: String,
    /// What the chain's files say.
    pub stored: String,
    /// What the auditor found.
    pub expected: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "height {}", self.height)?;
        if let Some(tx) = self.tx {
            write!(f, ", transaction {tx}")?;
        }
        write!(f, ": {}: stored {}, expected {}", self.what, self.stored, self.expected)
    }
}

/// Contents of invoices that a bureau's auditors put on record to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The block.
    pub height: Height,
    /// The transaction's place in the block.
    pub tx: u16,
    /// The bureau.
    pub bureau: AccountId,
    /// The keys of its auditors.
    pub auditors: Vec<KeyId>,
    /// Under which inspection.
    pub inspection: InspectionId,
    /// Which invoices.
    pub slots: Vec<Slot>,
    /// Not what they say, but which claims are of the wallets that claimed them.
    pub links: bool,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |ids: Vec<String>| ids.join(" ");
        let keys = list(self.auditors.iter().map(ToString::to_string).collect());
        let slots = list(self.slots.iter().map(ToString::to_string).collect());
        let what = if self.links { "wallets asked for" } else { "read" };
        let Self { height, tx, bureau, .. } = self;
        write!(f, "{what} at height {height}, transaction {tx}: bureau {bureau}, auditors' keys {keys}")?;
        write!(f, ", inspection {}, slots {slots}", self.inspection)
    }
}

/// An order that contents of invoices be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasing {
    /// The block.
    pub height: Height,
    /// The transaction's place in the block.
    pub tx: u16,
    /// The bureau.
    pub bureau: AccountId,
    /// What of the invoices.
    pub sections: SectionSet,
    /// Which invoices.
    pub slots: Vec<Slot>,
}

impl fmt::Display for Erasing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots: Vec<String> = self.slots.iter().map(ToString::to_string).collect();
        write!(f, "erasure ordered at height {}, transaction {}: bureau {}", self.height, self.tx, self.bureau)?;
        write!(f, ", sections {:#b}, slots {}", self.sections.0, slots.join(" "))
    }
}

/// Sums over the final state, fen, with tax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Blue invoices, reversed ones included.
    pub issued: i128,
    /// Red invoices: negative.
    pub red: i128,
    /// Invoices closed by reimbursement.
    pub reimbursed: i128,
}

/// The result of an audit. Its text ends with `auditor: N issued, D differences`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// The chain, if there was a genesis to name it.
    pub chain: Option<ChainId>,
    /// Blocks judged.
    pub blocks: u64,
    /// Transactions judged.
    pub transactions: u64,
    /// Begin-block tasks carried out.
    pub tasks: u64,
    /// Transactions accepted, by the auditor's own verdict.
    pub accepted: u64,
    /// Transactions refused.
    pub refused: u64,
    /// Refused transactions by reason; one with several counts under each.
    pub refused_by_reason: BTreeMap<RejectReason, u64>,
    /// Blue invoices issued.
    pub issued: u64,
    /// Red invoices issued.
    pub red: u64,
    /// Invoices reimbursed.
    pub reimbursed: u64,
    /// Signatures verified.
    pub signatures: u64,
    /// Times the state root was rebuilt and compared.
    pub roots: u64,
    /// Sums over the final state.
    pub sums: Sums,
    /// Stored verdicts that were altered on purpose after reading.
    pub planted: u64,
    /// Bytes behind the last whole frame, left by a crash: file and place.
    pub torn_tail: Option<String>,
    /// Access of auditors to contents, in order.
    pub readings: Vec<Reading>,
    /// The epoch of the committee's key that was missing: the audit ended there.
    pub missing_key: Option<u32>,
    /// Orders that contents be deleted, in order.
    pub erasures: Vec<Erasing>,
    /// Sections that were deleted: their rules could not be judged again.
    pub erased: u64,
    /// What differs, in the order found.
    pub differences: Vec<Difference>,
}

impl AuditReport {
    /// True if the chain is what it says.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty() && self.missing_key.is_none()
    }

    /// The last line: `auditor: N issued, D differences`.
    pub fn last_line(&self) -> String {
        format!("auditor: {} issued, {} differences", self.issued, self.differences.len())
    }

    pub(crate) fn add(
        &mut self,
        height: Height,
        tx: Option<u16>,
        what: impl Into<String>,
        stored: impl ToString,
        expected: impl ToString,
    ) {
        self.differences.push(Difference {
            height,
            tx,
            what: what.into(),
            stored: stored.to_string(),
            expected: expected.to_string(),
        });
    }
}

/// Yuan, for a sum that may be beyond one amount.
fn yuan(sum: i128) -> String {
    match i64::try_from(sum) {
        Ok(fen) => Fen(fen).to_string(),
        Err(_) => format!("{sum} fen"),
    }
}

impl fmt::Display for AuditReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(chain) = &self.chain {
            writeln!(f, "chain {chain}")?;
        }
        writeln!(f, "blocks        {:>12}", self.blocks)?;
        writeln!(f, "transactions  {:>12}", self.transactions)?;
        writeln!(f, "  accepted    {:>12}", self.accepted)?;
        writeln!(f, "  refused     {:>12}", self.refused)?;
        for (reason, count) in &self.refused_by_reason {
            writeln!(f, "    {:<26}{count:>10}", reason.name())?;
        }
        writeln!(f, "timed tasks   {:>12}", self.tasks)?;
        writeln!(f, "issued        {:>12}   {} yuan", self.issued, yuan(self.sums.issued))?;
        writeln!(f, "red           {:>12}   {} yuan", self.red, yuan(self.sums.red))?;
        writeln!(f, "reimbursed    {:>12}   {} yuan", self.reimbursed, yuan(self.sums.reimbursed))?;
        writeln!(f, "signatures    {:>12}", self.signatures)?;
        writeln!(f, "state roots   {:>12}", self.roots)?;
        writeln!(f, "access records{:>12}", self.readings.len())?;
        for reading in &self.readings {
            writeln!(f, "  {reading}")?;
        }
        writeln!(f, "erased parts  {:>12}   by {} orders", self.erased, self.erasures.len())?;
        for erasure in &self.erasures {
            writeln!(f, "  {erasure}")?;
        }
        if self.planted > 0 {
            writeln!(f, "planted       {:>12}   stored verdicts altered on purpose", self.planted)?;
        }
        if let Some(place) = &self.torn_tail {
            writeln!(f, "after the last block a write was cut off: {place}")?;
        }
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        write!(f, "{}", self.last_line())
    }
}
