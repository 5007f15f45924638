//! Parts (a) and (b): the body's transaction and the verdict that issued the invoice.

use ledger_types::{
    ApplicationId, Digest, Envelope, FaceState, Height, InvoiceCode, InvoiceNumber, InvoiceRecord, Payload, Receipt,
    SectionCommitment, Slot, TxId, TxOutcome, Verdict,
    receipt::{Issued, ReceiptSubject},
};

use super::{ApplicationProof, InvoiceProof, IssueProof, ItemProof, ProofError, ReceiptProof, trusted::TrustedBlocks};
use crate::{leaf_hash, log_tree, receipt_leaf, tx_leaf};

/// What the chain said when it issued the invoice.
pub(super) struct Issuance<'a> {
    /// Slot, code and number.
    pub(super) issued: Issued,
    /// The transaction that carried the body.
    pub(super) body_tx: TxId,
    /// The transaction that issued: the same, or a later one.
    pub(super) issue_tx: TxId,
    /// The commitments to the body's sections.
    pub(super) commitments: &'a [SectionCommitment],
}

pub(super) fn check<'a>(
    blocks: &TrustedBlocks<'_>,
    proof: &'a InvoiceProof,
    invoice: &InvoiceRecord,
) -> Result<Issuance<'a>, ProofError> {
    let body = &proof.body;
    let body_tx = body.envelope.tx_id();
    let body_height = invoice.origin.height;
    let root = log_tree::fold(&tx_leaf(&body_tx), u64::from(invoice.origin.tx), &body.path);
    if root != Some(blocks.header(body_height)?.tx_root) {
        return Err(ProofError::TransactionNotInBlock(body_height));
    }
    let issue_tx = match &proof.issue.from_application {
        Some(application) => check_application(blocks, proof, application, &body_tx, body_height)?,
        None if proof.issue.height == body_height => body_tx,
        None => return Err(ProofError::NotIssued("the transaction stands in another block than its receipt")),
    };
    let outcome = outcome(blocks, &proof.issue.receipt, &issue_tx, proof.issue.height)?;
    let issued = match (&body.envelope.payload, &body.item) {
        (Payload::IssueBatch { count, root }, Some(item)) => {
            check_item(blocks, item, invoice.origin.item, *count, root)?;
            issued_in_batch(outcome, *count, invoice.origin.item)?
        }
        (payload, None) if invoice.origin.item == 0 => issued_alone(payload, outcome, invoice, &proof.issue)?,
        _ => return Err(ProofError::NotIssued("a batch has items and nothing else does")),
    };
    let commitments = body.item.as_ref().map_or(&body.envelope.sections, |item| &item.commitment.commitments);
    Ok(Issuance { issued, body_tx, issue_tx, commitments })
}

/// The accepted outcome in a receipt, once the receipt is shown to be this transaction's.
fn outcome<'a>(
    blocks: &TrustedBlocks<'_>,
    proof: &'a ReceiptProof,
    tx: &TxId,
    height: Height,
) -> Result<&'a TxOutcome, ProofError> {
    let Receipt { subject, verdict, .. } = &proof.receipt;
    if log_tree::climb(&receipt_leaf(&proof.receipt), &proof.path) != blocks.header_after(height)?.receipts_root {
        return Err(ProofError::ReceiptNotInBlock(height));
    }
    if *subject != ReceiptSubject::Tx(*tx) {
        return Err(ProofError::NotIssued("the receipt is another transaction's"));
    }
    match verdict {
        Verdict::Accepted(outcome) => Ok(outcome),
        Verdict::Refused(_) => Err(ProofError::NotIssued("the transaction was refused")),
    }
}

/// The issuing transaction, tied to the body's by the id of the application that one made and the other issued.
fn check_application(
    blocks: &TrustedBlocks<'_>,
    proof: &InvoiceProof,
    application: &ApplicationProof,
    body_tx: &TxId,
    body_height: Height,
) -> Result<TxId, ProofError> {
    let applied = outcome(blocks, &application.applied, body_tx, body_height)?;
    let issue_tx = application.envelope.tx_id();
    let issue_height = proof.issue.height;
    if log_tree::climb(&tx_leaf(&issue_tx), &application.path) != blocks.header(issue_height)?.tx_root {
        return Err(ProofError::TransactionNotInBlock(issue_height));
    }
    match (applied_for(&proof.body.envelope, applied), &application.envelope.payload) {
        (Some(made), Payload::IssueApplied { application }) if made == *application => Ok(issue_tx),
        _ => Err(ProofError::NotIssued("the issuing transaction is not for this application")),
    }
}

fn applied_for(envelope: &Envelope, outcome: &TxOutcome) -> Option<ApplicationId> {
    match (&envelope.payload, outcome) {
        (Payload::Apply { .. }, TxOutcome::Applied(id)) => Some(*id),
        _ => None,
    }
}

fn check_item(
    blocks: &TrustedBlocks<'_>,
    item: &ItemProof,
    place: u16,
    count: u16,
    root: &Digest,
) -> Result<(), ProofError> {
    let leaf = leaf_hash(&item.commitment.digest(&blocks.chain).0);
    let in_batch = log_tree::verify(&leaf, u64::from(place), u64::from(count), &item.path, root);
    if item.commitment.index == place && in_batch { Ok(()) } else { Err(ProofError::NotInBatch) }
}

/// The invoice at `place` of a batch: slots and numbers follow those of the first.
fn issued_in_batch(outcome: &TxOutcome, count: u16, place: u16) -> Result<Issued, ProofError> {
    let TxOutcome::BatchIssued { first, count: issued } = outcome else {
        return Err(ProofError::NotIssued("the receipt is not that of a batch"));
    };
    if *issued != count {
        return Err(ProofError::NotIssued("the receipt is for another number of invoices"));
    }
    follow(first, place).ok_or(ProofError::NotIssued("the batch goes past the last slot or number"))
}

/// The invoice `steps` after `first` of the same block: the next slots, and the next numbers, which go on in the next
/// code when one is used up.
fn follow(first: &Issued, steps: u16) -> Option<Issued> {
    let slot = Slot(first.slot.0.checked_add(u64::from(steps))?);
    let number = first.number.value().checked_add(u32::from(steps))?;
    let last = InvoiceNumber::LAST.value();
    let (code, number) = if number <= last {
        (first.code, number)
    } else {
        let next = first.code.batch() + 1;
        (InvoiceCode::build(first.code.area(), first.code.year(), next).ok()?, number - last)
    };
    Some(Issued { slot, code, number: InvoiceNumber::new(number).ok()? })
}

fn issued_alone(
    payload: &Payload,
    outcome: &TxOutcome,
    invoice: &InvoiceRecord,
    issue: &IssueProof,
) -> Result<Issued, ProofError> {
    match (payload, outcome, issue.from_application.is_some()) {
        (Payload::Issue(_), TxOutcome::Issued(issued), false) => Ok(*issued),
        (Payload::Apply { .. }, TxOutcome::Issued(issued), true) => Ok(*issued),
        (Payload::IssueRed { invoice: blue, .. }, TxOutcome::RedIssued { red, blue: reversed }, false)
            if blue == reversed && invoice.face == (FaceState::Red { of: *blue }) =>
        {
            Ok(*red)
        }
        _ => Err(ProofError::NotIssued("transaction and receipt do not go together")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn issued(slot: u64, code: &str, number: &str) -> Issued {
        Issued { slot: Slot(slot), code: code.parse().unwrap(), number: number.parse().unwrap() }
    }

    #[test]
    fn a_receipt_for_another_number_of_invoices_is_refused() {
        let outcome = TxOutcome::BatchIssued { first: issued(7, "144032609110", "00000001"), count: 3 };
        assert_eq!(issued_in_batch(&outcome, 3, 2).unwrap().slot, Slot(9));
        assert!(issued_in_batch(&outcome, 4, 2).is_err());
        assert!(issued_in_batch(&TxOutcome::Done, 3, 2).is_err());
    }

    #[test]
    fn numbers_of_a_batch_go_on_in_the_next_code() {
        let first = issued(7, "144032609110", "99999998");
        assert_eq!(follow(&first, 0), Some(first));
        assert_eq!(follow(&first, 1), Some(issued(8, "144032609110", "99999999")));
        assert_eq!(follow(&first, 2), Some(issued(9, "144032609210", "00000001")));
        assert_eq!(follow(&issued(7, "144032609910", "99999999"), 1), None, "there is no tenth code");
        assert_eq!(follow(&issued(u64::MAX, "144032609110", "00000001"), 1), None);
    }
}
