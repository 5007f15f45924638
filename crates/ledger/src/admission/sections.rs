//! Body sections: the right ones, matching their commitments, and read.

use ledger_types::key_wrap::MAX_WRAP_BYTES;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::section::commit_section;
use ledger_types::transaction::TxBody;
use ledger_types::{
    BatchItem, BuyerTitle, Canonical, ChainId, Envelope, InvoiceFacts, InvoiceLine, Payload, RejectReason, Section,
    SectionCommitment, SectionKind, SellerFace, Transaction,
};

use super::opened::{OpenedBody, OpenedInvoice};

/// Largest opaque section (contacts, attachments), bytes.
const MAX_OPAQUE_BYTES: usize = 4 * 1024;

/// What a body may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowed {
    /// Nothing.
    Whole,
    /// Sections that were deleted by order.
    Erased,
}

/// Opens the body that this kind of transaction must have, if it is in clear; none if it is sealed. Checks all of it that
/// needs no key.
pub(super) fn open(chain: &ChainId, tx: &Transaction, allowed: Allowed) -> Result<Option<OpenedBody>, Refusal> {
    let lacks = tx.has_erased();
    if lacks && allowed == Allowed::Whole {
        return Err(bad_sections());
    }
    check_seal(&tx.body)?;
    let commitments = &tx.envelope.sections;
    match (&tx.envelope.payload, &tx.body) {
        (
            Payload::Apply { .. } | Payload::Issue(_),
            TxBody::Sections(sections) | TxBody::SealedSections { sections, .. },
        ) => check_kinds(commitments, sections)?,
        (Payload::IssueBatch { count, root }, TxBody::Batch(items) | TxBody::SealedBatch { items, .. })
            if commitments.is_empty() =>
        {
            if items.len() != usize::from(*count) {
                let args = [Arg::Count(items.len() as u64), Arg::Count(u64::from(*count))];
                return Err(Refusal::new(RejectReason::BadField, Field::Batch).with(args));
            }
            check_root(chain, items, root)?;
            for (i, item) in items.iter().enumerate() {
                check_kinds(&item.commitments, &item.sections).map_err(|r| r.at_item(i as u16))?;
            }
        }
        (Payload::Apply { .. } | Payload::Issue(_) | Payload::IssueBatch { .. }, _) => return Err(bad_sections()),
        (Payload::Claim { .. }, TxBody::Sections(sections)) if !sections.is_empty() => {
            let kinds = [SectionKind::Access, SectionKind::Link];
            return check_carried(chain, commitments, sections, &kinds).map(|()| Some(OpenedBody::None));
        }
        (Payload::OfferTransfer { .. }, TxBody::Sections(sections)) if !sections.is_empty() => {
            let kinds = [SectionKind::Access];
            return check_carried(chain, commitments, sections, &kinds).map(|()| Some(OpenedBody::None));
        }
        (_, TxBody::Sections(sections)) if sections.is_empty() && commitments.is_empty() => {
            return Ok(Some(OpenedBody::None));
        }
        _ => return Err(bad_sections()),
    }
    if lacks || tx.body.seal().is_some() {
        return Ok(None);
    }
    match_body(chain, &tx.envelope, &tx.body).map(Some)
}

/// Reads a body in clear, or one that was unsealed, against its commitments.
pub(super) fn match_body(chain: &ChainId, envelope: &Envelope, body: &TxBody) -> Result<OpenedBody, Refusal> {
    match body {
        TxBody::Batch(items) => {
            let opened = items.iter().enumerate().map(|(i, item)| {
                open_invoice(chain, &item.commitments, &item.sections).map_err(|r| r.at_item(i as u16))
            });
            opened.collect::<Result<_, _>>().map(OpenedBody::Batch)
        }
        TxBody::Sections(sections) => {
            let invoice = open_invoice(chain, &envelope.sections, sections)?;
            Ok(OpenedBody::Invoice(Box::new(invoice)))
        }
        TxBody::SealedSections { .. } | TxBody::SealedBatch { .. } => Err(bad_sections()),
    }
}

/// A sealed body is sealed in all its parts, and has a place for a holder's key for each invoice.
fn check_seal(body: &TxBody) -> Result<(), Refusal> {
    let of_batch = body.batch_items().iter().flat_map(|item| &item.sections);
    let sealed = body.seal().is_some();
    let consistent =
        body.sections().iter().chain(of_batch).all(|s| s.is_erased() || matches!(s, Section::Sealed { .. }) == sealed);
    let held = body.seal().is_none_or(|seal| seal.for_holders.len() == body.invoices());
    if consistent && held { Ok(()) } else { Err(bad_sections()) }
}

fn bad_sections() -> Refusal {
    Refusal::new(RejectReason::BadSections, Field::Sections)
}

fn check_root(chain: &ChainId, items: &[BatchItem], root: &ledger_types::Digest) -> Result<(), Refusal> {
    let digests: Vec<_> = items.iter().enumerate().map(|(i, item)| item.commitment(i as u16).digest(chain)).collect();
    if proofs::batch_root(&digests) == *root {
        Ok(())
    } else {
        Err(Refusal::new(RejectReason::CommitmentMismatch, Field::Batch))
    }
}

/// The sections are those that were committed to, in order and once.
fn check_kinds(commitments: &[SectionCommitment], sections: &[Section]) -> Result<(), Refusal> {
    let in_order = commitments.is_sorted_by(|a, b| a.kind < b.kind);
    let same_kinds =
        commitments.len() == sections.len() && commitments.iter().zip(sections).all(|(c, s)| c.kind == s.kind());
    if in_order && same_kinds { Ok(()) } else { Err(bad_sections()) }
}

/// What stands beside a claim or an offer: in clear as it is covered already, opaque, and of these kinds.
fn check_carried(
    chain: &ChainId,
    commitments: &[SectionCommitment],
    sections: &[Section],
    kinds: &[SectionKind],
) -> Result<(), Refusal> {
    check_kinds(commitments, sections)?;
    for (commitment, section) in commitments.iter().zip(sections) {
        let Section::Plain { kind, salt, bytes } = section else { return Err(bad_sections()) };
        if !kinds.contains(kind) {
            return Err(bad_sections());
        }
        if bytes.is_empty() || bytes.len() > MAX_WRAP_BYTES {
            let args = [Arg::Count(bytes.len() as u64), Arg::Count(MAX_WRAP_BYTES as u64)];
            return Err(of_kind(RejectReason::BadField, *kind).with(args));
        }
        if commit_section(chain, *kind, salt, bytes) != *commitment {
            return Err(of_kind(RejectReason::CommitmentMismatch, *kind));
        }
    }
    Ok(())
}

fn open_invoice(
    chain: &ChainId,
    commitments: &[SectionCommitment],
    sections: &[Section],
) -> Result<OpenedInvoice, Refusal> {
    let mut parts = Parts::default();
    for (commitment, section) in commitments.iter().zip(sections) {
        let Section::Plain { kind, salt, bytes } = section else { return Err(bad_sections()) };
        if commit_section(chain, *kind, salt, bytes) != *commitment {
            return Err(of_kind(RejectReason::CommitmentMismatch, *kind));
        }
        parts.read(*kind, bytes)?;
    }
    parts.into_invoice().ok_or_else(bad_sections)
}

pub(super) fn of_kind(reason: RejectReason, kind: SectionKind) -> Refusal {
    Refusal::new(reason, Field::Sections).with([Arg::Choice(kind as u8)])
}

/// The sections read so far.
#[derive(Default)]
struct Parts {
    facts: Option<InvoiceFacts>,
    seller: Option<SellerFace>,
    buyer: Option<BuyerTitle>,
    lines: Option<Vec<InvoiceLine>>,
}

impl Parts {
    fn read(&mut self, kind: SectionKind, bytes: &[u8]) -> Result<(), Refusal> {
        match kind {
            SectionKind::Facts => self.facts = Some(strict(kind, bytes)?),
            SectionKind::Seller => self.seller = Some(strict(kind, bytes)?),
            SectionKind::Buyer => self.buyer = Some(strict(kind, bytes)?),
            SectionKind::Lines => self.lines = Some(strict(kind, bytes)?),
            SectionKind::Contacts | SectionKind::Attachments => {
                if bytes.len() > MAX_OPAQUE_BYTES {
                    let args = [Arg::Count(bytes.len() as u64), Arg::Count(MAX_OPAQUE_BYTES as u64)];
                    return Err(of_kind(RejectReason::BadField, kind).with(args));
                }
            }
            SectionKind::Access | SectionKind::Link => return Err(bad_sections()),
        }
        Ok(())
    }

    /// Facts, buyer and lines must be there.
    fn into_invoice(self) -> Option<OpenedInvoice> {
        Some(OpenedInvoice { facts: self.facts?, seller: self.seller, buyer: self.buyer?, lines: self.lines? })
    }
}

fn strict<T: Canonical>(kind: SectionKind, bytes: &[u8]) -> Result<T, Refusal> {
    T::from_canonical(bytes).map_err(|_| of_kind(RejectReason::Malformed, kind))
}
