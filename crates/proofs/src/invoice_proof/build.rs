//! From a node's records to a proof.

use std::{collections::BTreeSet, fmt};

use ledger_types::{
    BlockFrame, Digest, Envelope, Height, OutputRecord, Payload, Section, SectionKind, Transaction, output::Origin,
};

use super::{
    ApplicationProof, BodyProof, CertifiedHeader, InvoiceProof, IssueProof, ItemProof, OpenedSection, ReceiptProof,
    StateProof,
};
use crate::{
    StateRoots, leaf_hash,
    log_tree::{self, Step},
    receipt_leaf, tx_leaf,
};

/// What a node has of an invoice; [`InvoiceProof::build`] picks out what a proof needs.
#[derive(Clone, Debug)]
pub struct InvoiceProofParts<'a> {
    /// The block at the record's origin: with the transaction that carried the body.
    pub body_block: &'a BlockFrame,
    /// The block that issued the invoice; the same unless it was applied for before.
    pub issue_block: &'a BlockFrame,
    /// Place in `issue_block` of the transaction that issued it.
    pub issue_index: u16,
    /// The record and its path after some height.
    pub state: SlotState,
    /// Headers and certificates of at least [`needed_heights`], in any order.
    pub headers: Vec<CertifiedHeader>,
    /// Sections to show in clear: any of facts, seller, buyer and lines that the transaction carries.
    pub open: BTreeSet<SectionKind>,
}

/// A slot after a height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotState {
    /// The height.
    pub height: Height,
    /// The record in the slot.
    pub record: OutputRecord,
    /// Leaves of the slot tree.
    pub leaves: u64,
    /// The slot's siblings, from the leaf up.
    pub siblings: Vec<Digest>,
    /// The roots of the state's trees.
    pub roots: StateRoots,
}

/// Why no proof can be made of these parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildError {
    /// The slot holds no invoice.
    NotAnInvoice,
    /// A block given is not the one of the record's origin, or has no such transaction.
    WrongBlock,
    /// A header is missing: that of the height after the state comes with the next block.
    MissingHeader(Height),
    /// A section asked for is sealed, absent, or not one that proofs open.
    CannotOpen(SectionKind),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnInvoice => f.write_str("the slot holds no invoice"),
            Self::WrongBlock => f.write_str("the blocks do not hold the invoice's transactions"),
            Self::MissingHeader(height) => write!(f, "the header of block {height} is missing"),
            Self::CannotOpen(kind) => write!(f, "section {kind:?} cannot be opened"),
        }
    }
}

impl std::error::Error for BuildError {}

/// The heights whose headers a proof holds, rising: those of the body and of its receipts, of the issuing and of its
/// receipts, and the one after the state. `None` past the last height there is.
#[must_use]
pub fn needed_heights(body: Height, issued: Height, state: Height) -> Option<BTreeSet<Height>> {
    let after = |height: Height| height.0.checked_add(1).map(Height);
    let all = [Some(body), after(body), Some(issued), after(issued), after(state)];
    all.into_iter().collect()
}

impl InvoiceProof {
    /// Puts a proof together. It proves only what the parts do: check it with [`super::verify`].
    ///
    /// # Errors
    /// [`BuildError`] if parts are missing or do not belong together.
    pub fn build(parts: &InvoiceProofParts<'_>) -> Result<Self, BuildError> {
        let state = &parts.state;
        let origin = state.record.invoice().ok_or(BuildError::NotAnInvoice)?.origin;
        if parts.body_block.block.header.height != origin.height {
            return Err(BuildError::WrongBlock);
        }
        let body_tx = parts.body_block.block.txs.get(usize::from(origin.tx)).ok_or(BuildError::WrongBlock)?;
        let issue_height = parts.issue_block.block.header.height;
        Ok(Self {
            version: Self::VERSION,
            blocks: blocks(parts, needed_heights(origin.height, issue_height, state.height))?,
            body: body(parts, body_tx, origin)?,
            issue: issue(parts, origin)?,
            state: StateProof {
                height: state.height,
                record: state.record,
                leaves: state.leaves,
                siblings: state.siblings.clone(),
                roots: state.roots,
            },
            opened: opened(parts, body_tx, origin)?,
        })
    }
}

fn blocks(parts: &InvoiceProofParts<'_>, needed: Option<BTreeSet<Height>>) -> Result<Vec<CertifiedHeader>, BuildError> {
    let find = |height: Height| parts.headers.iter().find(|block| block.header.height == height).cloned();
    let needed = needed.ok_or(BuildError::WrongBlock)?;
    needed.into_iter().map(|height| find(height).ok_or(BuildError::MissingHeader(height))).collect()
}

fn tx_leaves(frame: &BlockFrame) -> Vec<Digest> {
    frame.block.txs.iter().map(|tx| tx_leaf(&tx.envelope.tx_id())).collect()
}

fn body(parts: &InvoiceProofParts<'_>, tx: &Transaction, origin: Origin) -> Result<BodyProof, BuildError> {
    let path = log_tree::path(&tx_leaves(parts.body_block), usize::from(origin.tx)).ok_or(BuildError::WrongBlock)?;
    let item = match &tx.envelope.payload {
        Payload::IssueBatch { .. } => Some(item(tx, origin)?),
        _ => None,
    };
    Ok(BodyProof { envelope: tx.envelope.clone(), path, item })
}

fn item(tx: &Transaction, origin: Origin) -> Result<ItemProof, BuildError> {
    let commitments: Vec<_> = (0..).zip(tx.batch_items()).map(|(index, item)| item.commitment(index)).collect();
    let leaf = |digest: Digest| leaf_hash(&digest.0);
    let leaves: Vec<_> = commitments.iter().map(|item| leaf(item.digest(&tx.envelope.chain_id))).collect();
    let place = usize::from(origin.item);
    let path = log_tree::path(&leaves, place).ok_or(BuildError::WrongBlock)?;
    Ok(ItemProof { commitment: commitments[place].clone(), path })
}

fn issue(parts: &InvoiceProofParts<'_>, origin: Origin) -> Result<IssueProof, BuildError> {
    let height = parts.issue_block.block.header.height;
    let receipt = receipt(parts.issue_block, parts.issue_index)?;
    let from_application = if (height, parts.issue_index) == (origin.height, origin.tx) {
        None
    } else {
        let (envelope, path) = transaction(parts.issue_block, parts.issue_index)?;
        let applied = self::receipt(parts.body_block, origin.tx)?;
        Some(ApplicationProof { applied, envelope, path })
    };
    Ok(IssueProof { height, receipt, from_application })
}

fn transaction(frame: &BlockFrame, index: u16) -> Result<(Envelope, Vec<Step>), BuildError> {
    let path = log_tree::steps(&tx_leaves(frame), usize::from(index)).ok_or(BuildError::WrongBlock)?;
    Ok((frame.block.txs[usize::from(index)].envelope.clone(), path))
}

/// The receipts of begin-block tasks stand before those of transactions.
fn receipt(frame: &BlockFrame, index: u16) -> Result<ReceiptProof, BuildError> {
    let before = frame.receipts.len().checked_sub(frame.block.txs.len()).ok_or(BuildError::WrongBlock)?;
    let place = before + usize::from(index);
    let leaves: Vec<_> = frame.receipts.iter().map(receipt_leaf).collect();
    let path = log_tree::steps(&leaves, place).ok_or(BuildError::WrongBlock)?;
    Ok(ReceiptProof { receipt: frame.receipts[place].clone(), path })
}

fn opened(parts: &InvoiceProofParts<'_>, tx: &Transaction, origin: Origin) -> Result<Vec<OpenedSection>, BuildError> {
    let item = tx.batch_items().get(usize::from(origin.item));
    let sections = item.map_or(tx.sections(), |item| &item.sections);
    let open = |wanted: &SectionKind| {
        let found = sections.iter().find_map(|section| match section {
            Section::Plain { kind, salt, bytes } if kind == wanted && *kind <= SectionKind::Lines => {
                Some(OpenedSection { kind: *kind, salt: *salt, bytes: bytes.clone() })
            }
            _ => None,
        });
        found.ok_or(BuildError::CannotOpen(*wanted))
    };
    parts.open.iter().map(open).collect()
}
