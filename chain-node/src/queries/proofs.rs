//! Collects what a proof of an invoice is made of.

use std::collections::BTreeSet;
use std::sync::Arc;

use ledger_types::{BlockFrame, Height, Section, SectionKind, SectionSet, Slot};
use proofs::invoice_proof::{BuildError, CertifiedHeader, InvoiceProof, InvoiceProofParts, SlotState, needed_heights};
use storage::{Reader, StoreError};

use super::contents::erased;

/// No proof of this slot.
#[derive(Debug, thiserror::Error)]
pub enum ProofFault {
    /// The slot holds no invoice.
    #[error("the slot holds no invoice")]
    NoInvoice,
    /// The store failed.
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    /// The parts do not fit together.
    #[error("proof: {0}")]
    Build(BuildError),
}

/// A path taken at a height, to be completed once the next header is there.
pub struct PendingProof {
    state: SlotState,
}

impl PendingProof {
    /// The height whose header completes the proof.
    pub fn needs(&self) -> Height {
        self.state.height.next()
    }
}

/// Takes the slot's record and path: from the state before the newest block where the block left the slot alone, since
/// its header proves that state now; else from the newest state, whose header is about to come.
pub fn begin(reader: &Reader, slot: Slot) -> Result<PendingProof, ProofFault> {
    let newest = reader.slot_path(slot)?.ok_or(ProofFault::NoInvoice)?;
    if newest.record.invoice().is_none() {
        return Err(ProofFault::NoInvoice);
    }
    let before = match newest.height.0.checked_sub(1) {
        Some(height) => reader.slot_path_at(slot, Height(height))?.filter(|p| p.record == newest.record),
        None => None,
    };
    let taken = before.unwrap_or(newest);
    let state = SlotState {
        height: taken.height,
        record: taken.record,
        leaves: taken.leaves,
        siblings: taken.siblings,
        roots: taken.roots,
    };
    Ok(PendingProof { state })
}

/// Completes a proof; `open` puts the body's sections into the file.
pub fn complete(reader: &Reader, slot: Slot, pending: PendingProof, open: bool) -> Result<Vec<u8>, ProofFault> {
    let record = pending.state.record.invoice().ok_or(ProofFault::NoInvoice)?;
    let first = reader.history(slot)?.into_iter().find(|s| s.record.sequence == 0).ok_or(ProofFault::NoInvoice)?;
    let body_block = frame(reader, record.origin.height)?;
    let issue_block = frame(reader, first.height)?;
    let heights = needed_heights(record.origin.height, first.height, pending.state.height);
    let mut headers = Vec::new();
    for height in heights.ok_or(ProofFault::Build(BuildError::WrongBlock))? {
        let found = frame(reader, height)?;
        headers.push(CertifiedHeader { header: found.block.header.clone(), certificate: found.certificate.clone() });
    }
    let parts = InvoiceProofParts {
        open: match open {
            true => sections_of(&body_block, record.origin, erased(&reader.now(), slot)?.sections()),
            false => BTreeSet::new(),
        },
        body_block: &body_block,
        issue_block: &issue_block,
        issue_index: first.cause,
        state: pending.state,
        headers,
    };
    InvoiceProof::build(&parts).map(|p| p.encode()).map_err(ProofFault::Build)
}

fn frame(reader: &Reader, height: Height) -> Result<Arc<BlockFrame>, ProofFault> {
    reader.frame(height)?.ok_or(ProofFault::Build(BuildError::MissingHeader(height)))
}

/// The sections that a proof can show and this invoice has in clear. What is sealed, its readers put in themselves; what
/// was ordered to be erased is shown no more.
fn sections_of(block: &BlockFrame, origin: ledger_types::output::Origin, erased: SectionSet) -> BTreeSet<SectionKind> {
    let Some(tx) = block.block.txs.get(usize::from(origin.tx)) else { return BTreeSet::new() };
    let shown = |section: &Section| match section {
        Section::Plain { kind, .. } => (*kind <= SectionKind::Lines).then_some(*kind),
        Section::Sealed { .. } | Section::Erased { .. } => None,
    };
    tx.sections_of(origin.item).iter().filter_map(shown).filter(|kind| !erased.has(*kind)).collect()
}
