//! What a proof shows.

use ledger_types::{
    BlockId, BlockTime, BuyerTitle, ChainId, CheckCode, Genesis, Height, InvoiceFacts, InvoiceHash, InvoiceLine,
    InvoiceRecord, OutputRecord, SellerFace, Slot, TxId,
};

use super::{InvoiceProof, ProofError, issuing::Issuance, trusted::TrustedBlocks};

/// Everything that a proof shows of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenInvoice {
    /// The chain.
    pub chain: ChainId,
    /// Its name in the genesis document.
    pub chain_name: String,
    /// True if the chain's invoices are samples (样票).
    pub sample: bool,
    /// The invoice's slot for life.
    pub slot: Slot,
    /// The output as it stands after `state_height`: amount with tax, owner, sequence and the invoice's record.
    pub record: OutputRecord,
    /// The same invoice record: code, number, issuer, tax, the four states.
    pub invoice: InvoiceRecord,
    /// The transaction that carried the body.
    pub body: ProvenTx,
    /// The transaction that issued it: the same, or a later one that issued the application.
    pub issue: ProvenTx,
    /// The height after which the states are proven.
    pub state_height: Height,
    /// The block at that height.
    pub state_block: BlockId,
    /// Time of the block that follows and commits to the state.
    pub state_time: BlockTime,
    /// The sections that the maker of the proof opened.
    pub face: OpenedFace,
}

/// A transaction in a final block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvenTx {
    /// Its id.
    pub tx: TxId,
    /// Its block's height.
    pub height: Height,
    /// Its block.
    pub block: BlockId,
    /// Its block's time.
    pub time: BlockTime,
}

/// The face, as far as it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenedFace {
    /// Totals and what belongs to the whole invoice.
    pub facts: Option<InvoiceFacts>,
    /// The seller's printed face.
    pub seller: Option<SellerFace>,
    /// The buyer's title.
    pub buyer: Option<BuyerTitle>,
    /// The lines.
    pub lines: Option<Vec<InvoiceLine>>,
    /// The hash on the face and in the QR code; known where the facts are.
    pub hash: Option<InvoiceHash>,
}

impl OpenedFace {
    /// The check code (校验码).
    #[must_use]
    pub fn check_code(&self) -> Option<CheckCode> {
        self.hash.map(|hash| hash.check_code())
    }
}

pub(super) fn report(
    genesis: &Genesis,
    blocks: &TrustedBlocks<'_>,
    proof: &InvoiceProof,
    invoice: &InvoiceRecord,
    issuance: &Issuance<'_>,
    face: OpenedFace,
) -> Result<ProvenInvoice, ProofError> {
    let next = blocks.header_after(proof.state.height)?;
    Ok(ProvenInvoice {
        chain: blocks.chain,
        chain_name: genesis.name.clone(),
        sample: genesis.params.sample,
        slot: issuance.issued.slot,
        record: proof.state.record,
        invoice: *invoice,
        body: proven_tx(blocks, issuance.body_tx, invoice.origin.height)?,
        issue: proven_tx(blocks, issuance.issue_tx, proof.issue.height)?,
        state_height: proof.state.height,
        state_block: next.parent,
        state_time: next.time,
        face,
    })
}

fn proven_tx(blocks: &TrustedBlocks<'_>, tx: TxId, height: Height) -> Result<ProvenTx, ProofError> {
    let header = blocks.header(height)?;
    Ok(ProvenTx { tx, height, block: header.block_id(), time: header.time })
}
