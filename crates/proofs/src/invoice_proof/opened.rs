//! Part (d): sections in clear, held against their commitments and the record.

use ledger_types::{
    BuyerTitle, Canonical, ChainId, InvoiceFacts, InvoiceHash, InvoiceLine, InvoiceRecord, OutputRecord, SectionKind,
    SellerFace, section::commit_section,
};

use super::{InvoiceProof, OpenedFace, OpenedSection, ProofError, issuing::Issuance};

pub(super) fn check(
    chain: &ChainId,
    proof: &InvoiceProof,
    invoice: &InvoiceRecord,
    issuance: &Issuance<'_>,
) -> Result<OpenedFace, ProofError> {
    if !proof.opened.is_sorted_by(|a, b| a.kind < b.kind) {
        return Err(ProofError::Contradiction("the opened sections are not in order"));
    }
    let mut face = OpenedFace::default();
    for section in &proof.opened {
        let commitment = commit_section(chain, section.kind, &section.salt, &section.bytes);
        if !issuance.commitments.contains(&commitment) {
            return Err(fault(section, "is not what the transaction committed to"));
        }
        open(section, &mut face)?;
    }
    check_face(&face, &proof.state.record, invoice)?;
    face.hash = face
        .facts
        .as_ref()
        .map(|facts| InvoiceHash::compute(chain, &issuance.body_tx, invoice.origin.item, &facts.secret_salt));
    Ok(face)
}

fn open(section: &OpenedSection, face: &mut OpenedFace) -> Result<(), ProofError> {
    match section.kind {
        SectionKind::Facts => face.facts = Some(read::<InvoiceFacts>(section)?),
        SectionKind::Seller => face.seller = Some(read::<SellerFace>(section)?),
        SectionKind::Buyer => face.buyer = Some(read::<BuyerTitle>(section)?),
        SectionKind::Lines => face.lines = Some(read::<Vec<InvoiceLine>>(section)?),
        SectionKind::Contacts | SectionKind::Attachments | SectionKind::Access | SectionKind::Link => {
            return Err(fault(section, "is not one that proofs open"));
        }
    }
    Ok(())
}

fn read<T: Canonical>(section: &OpenedSection) -> Result<T, ProofError> {
    T::from_canonical(&section.bytes).map_err(|_| fault(section, "cannot be read"))
}

fn fault(section: &OpenedSection, fault: &'static str) -> ProofError {
    ProofError::Section { kind: section.kind, fault }
}

/// The chain keeps amounts, kind and title beside the commitments: both must say the same.
fn check_face(face: &OpenedFace, record: &OutputRecord, invoice: &InvoiceRecord) -> Result<(), ProofError> {
    let facts = face.facts.as_ref();
    let rules = [
        ("the face has another total than the record", facts.is_none_or(|f| f.total == record.amount)),
        ("the face has another tax than the record", facts.is_none_or(|f| f.tax == invoice.tax)),
        ("the face is of another kind than the record", facts.is_none_or(|f| f.kind == invoice.kind)),
        ("the buyer is of another kind than the record", face.buyer.as_ref().is_none_or(|b| b.kind == invoice.title)),
    ];
    match rules.into_iter().find(|(_, holds)| !holds) {
        Some((what, _)) => Err(ProofError::Contradiction(what)),
        None => Ok(()),
    }
}
