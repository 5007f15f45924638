//! Part (c): the record in its slot, and that it is the invoice that was issued.

use ledger_types::InvoiceRecord;

use super::{InvoiceProof, ProofError, issuing::Issuance, trusted::TrustedBlocks};
use crate::{StateRoots, dense_tree, slot_leaf};

pub(super) fn check(
    blocks: &TrustedBlocks<'_>,
    proof: &InvoiceProof,
    invoice: &InvoiceRecord,
    issuance: &Issuance<'_>,
) -> Result<(), ProofError> {
    let state = &proof.state;
    if state.roots.combine(&blocks.chain) != blocks.header_after(state.height)?.state_root {
        return Err(ProofError::StateRoot(state.height));
    }
    let slots = &state.roots.0[StateRoots::SLOTS];
    let (leaf, slot) = (slot_leaf(&state.record), issuance.issued.slot.0);
    if !dense_tree::verify(&blocks.chain, leaf, slot, state.leaves, &state.siblings, slots) {
        return Err(ProofError::NotInSlot);
    }
    check_record(blocks, proof, invoice, issuance)
}

fn check_record(
    blocks: &TrustedBlocks<'_>,
    proof: &InvoiceProof,
    invoice: &InvoiceRecord,
    issuance: &Issuance<'_>,
) -> Result<(), ProofError> {
    let issued_at = blocks.header(proof.issue.height)?.time.0;
    let rules = [
        ("the record has another code than the receipt", invoice.code == issuance.issued.code),
        ("the record has another number than the receipt", invoice.number == issuance.issued.number),
        ("the record has another issue time than its block", invoice.issued_ms == issued_at),
        ("the state is older than the invoice", proof.state.height >= proof.issue.height),
        ("the invoice was issued before its body was on chain", proof.issue.height >= invoice.origin.height),
    ];
    match rules.into_iter().find(|(_, holds)| !holds) {
        Some((what, _)) => Err(ProofError::Contradiction(what)),
        None => Ok(()),
    }
}
