//! What was proven, in a form for programs; `docs/formats.md` lists the fields.

use ledger_types::{
    AccountId, BlockId, BlockTime, BuyerTitle, ChainId, CheckCode, CivilDate, FaceState, Height, InvoiceCode,
    InvoiceFacts, InvoiceHash, InvoiceKind, InvoiceLine, InvoiceNumber, OutputRecord, SellerFace, Slot, TxId,
};
use proofs::{ProvenInvoice, invoice_proof::ProvenTx};
use serde::Serialize;

/// A proven invoice. Money is in fen, times are milliseconds since 1970.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Always true: there is no report without a proof.
    pub verified: bool,
    /// The chain.
    pub chain: ChainId,
    /// Its name in the genesis document.
    pub chain_name: String,
    /// True if the chain's invoices are samples (样票).
    pub sample: bool,
    /// Invoice code (发票代码).
    pub code: InvoiceCode,
    /// Invoice number (发票号码).
    pub number: InvoiceNumber,
    /// Kind of invoice.
    pub kind: InvoiceKind,
    /// Date of issue in Asia/Shanghai.
    pub issue_date: String,
    /// The issuer's account.
    pub seller: AccountId,
    /// Amount with tax, fen.
    pub total_fen: i64,
    /// Tax, fen.
    pub tax_fen: i64,
    /// Slot of the invoice.
    pub slot: Slot,
    /// The transaction that carried the body.
    pub body: TxPlace,
    /// The transaction that issued it.
    pub issue: TxPlace,
    /// The state that was proven.
    pub state: StateReport,
    /// What the maker of the proof opened of the face.
    pub face: FaceReport,
}

/// A transaction in a final block.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TxPlace {
    /// Its id.
    pub tx: TxId,
    /// Height of its block.
    pub height: Height,
    /// Its block.
    pub block: BlockId,
    /// Block time.
    pub time_ms: u64,
}

/// The invoice after a height.
#[derive(Clone, Debug, Serialize)]
pub struct StateReport {
    /// The height.
    pub height: Height,
    /// The block there.
    pub block: BlockId,
    /// Time of the next block, which commits to the state.
    pub confirmed_ms: u64,
    /// `blue`, `reversed` or `red`.
    pub face: &'static str,
    /// `unclaimed`, `claimed` or `offered`.
    pub claim: &'static str,
    /// `open`, `locked` or `closed`.
    pub reimbursement: &'static str,
    /// `not_booked`, `booked_deductible`, `booked_not_deductible` or `unbooked`.
    pub booking: &'static str,
    /// The red invoice that reversed this one.
    pub reversed_by: Option<Slot>,
    /// The invoice that this red one reverses.
    pub reverses: Option<Slot>,
    /// The whole record as in the slot.
    pub record: OutputRecord,
}

/// The opened face.
#[derive(Clone, Debug, Serialize)]
pub struct FaceReport {
    /// The invoice hash of face and QR code.
    pub invoice_hash: Option<InvoiceHash>,
    /// The check code (校验码).
    pub check_code: Option<CheckCode>,
    /// Totals and what belongs to the whole invoice.
    pub facts: Option<InvoiceFacts>,
    /// The seller's printed face.
    pub seller: Option<SellerFace>,
    /// The buyer's title.
    pub buyer: Option<BuyerTitle>,
    /// The lines.
    pub lines: Option<Vec<InvoiceLine>>,
}

impl Report {
    pub(crate) fn new(shown: &ProvenInvoice) -> Self {
        let invoice = &shown.invoice;
        Self {
            verified: true,
            chain: shown.chain,
            chain_name: shown.chain_name.clone(),
            sample: shown.sample,
            code: invoice.code,
            number: invoice.number,
            kind: invoice.kind,
            issue_date: issue_date(invoice.issued_ms).to_string(),
            seller: invoice.seller,
            total_fen: shown.record.amount.0,
            tax_fen: invoice.tax.0,
            slot: shown.slot,
            body: TxPlace::new(&shown.body),
            issue: TxPlace::new(&shown.issue),
            state: StateReport::new(shown),
            face: FaceReport {
                invoice_hash: shown.face.hash,
                check_code: shown.face.check_code(),
                facts: shown.face.facts.clone(),
                seller: shown.face.seller.clone(),
                buyer: shown.face.buyer.clone(),
                lines: shown.face.lines.clone(),
            },
        }
    }

    /// For programs.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a report has no map with keys that are not text")
    }

    /// For people, in Chinese and English.
    #[must_use]
    pub fn to_table(&self) -> String {
        crate::table::table(self)
    }
}

fn issue_date(issued_ms: u64) -> CivilDate {
    BlockTime(issued_ms).civil_date()
}

impl TxPlace {
    fn new(tx: &ProvenTx) -> Self {
        Self { tx: tx.tx, height: tx.height, block: tx.block, time_ms: tx.time.0 }
    }
}

impl StateReport {
    fn new(shown: &ProvenInvoice) -> Self {
        let [face, claim, reimbursement, booking] = shown.invoice.state_names();
        let (reversed_by, reverses) = match shown.invoice.face {
            FaceState::Blue => (None, None),
            FaceState::Reversed { by } => (Some(by), None),
            FaceState::Red { of } => (None, Some(of)),
        };
        Self {
            height: shown.state_height,
            block: shown.state_block,
            confirmed_ms: shown.state_time.0,
            face,
            claim,
            reimbursement,
            booking,
            reversed_by,
            reverses,
            record: shown.record,
        }
    }
}
