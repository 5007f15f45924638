//! The bodies of a transaction, opened against their commitments.

use std::collections::BTreeSet;

use ledger_types::limits::MAX_BATCH_ITEMS;
use ledger_types::transaction::TxBody;
use ledger_types::{
    BatchItem, BuyerTitle, Canonical, ChainId, Fen, InvoiceFacts, InvoiceLine, OwnerCondition, Payload, RejectReason,
    Section, SectionCommitment, SectionKind, SectionSet, SellerFace, TitleKind, Transaction,
};
use proofs::batch_root;

/// One invoice in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenedInvoice {
    /// Who may claim or spend it first.
    pub(crate) owner: OwnerCondition,
    /// Kind, totals, remark.
    pub(crate) facts: InvoiceFacts,
    /// The seller's face, if it differs from the register.
    pub(crate) seller: Option<SellerFace>,
    /// The buyer's title.
    pub(crate) buyer: BuyerTitle,
    /// The lines.
    pub(crate) lines: Vec<InvoiceLine>,
    /// What was erased of it, and stands above as something empty: no rule is held against that.
    pub(crate) erased: SectionSet,
}

impl OpenedInvoice {
    /// What counts against the quota: the amount with tax less the tax, as the record keeps them. The stated net may be
    /// a fen away.
    pub(crate) fn net(&self) -> Fen {
        Fen(self.facts.total.0.saturating_sub(self.facts.tax.0))
    }
}

/// Opens the invoices a transaction carries. `titles` tells the kind of title of an item whose buyer was erased. One for `Apply` and `Issue`, `count` for a batch, none otherwise.
///
/// # Errors
/// Why the transaction may not stand in a block: `BAD_SECTIONS`, `COMMITMENT_MISMATCH`, `CANNOT_OPEN`, `MALFORMED`,
/// `BAD_FIELD`.
pub(crate) fn open(
    chain: &ChainId,
    tx: &Transaction,
    titles: &dyn Fn(u16) -> Option<TitleKind>,
) -> Result<Vec<OpenedInvoice>, RejectReason> {
    match (&tx.envelope.payload, &tx.body) {
        (Payload::Apply { request, .. } | Payload::Issue(request), TxBody::Sections(sections)) => {
            let invoice = open_invoice(chain, &request.owner, &tx.envelope.sections, sections, titles(0))?;
            Ok(vec![invoice])
        }
        (Payload::IssueBatch { count, root }, TxBody::Batch(items)) => {
            if !tx.envelope.sections.is_empty() {
                return Err(RejectReason::BadSections);
            }
            check_batch(chain, *count, root, items)?;
            let one = |(place, item): (u16, &BatchItem)| {
                open_invoice(chain, &item.owner, &item.commitments, &item.sections, titles(place))
            };
            (0u16..).zip(items).map(one).collect()
        }
        (Payload::Apply { .. } | Payload::Issue(_) | Payload::IssueBatch { .. }, _) => Err(RejectReason::BadSections),
        (payload @ (Payload::Claim { .. } | Payload::OfferTransfer { .. }), TxBody::Sections(sections))
            if !sections.is_empty() =>
        {
            let links = matches!(payload, Payload::Claim { .. });
            check_carried(chain, &tx.envelope.sections, sections, links).map(|()| Vec::new())
        }
        (_, TxBody::Sections(sections)) if sections.is_empty() && tx.envelope.sections.is_empty() => Ok(Vec::new()),
        _ => Err(RejectReason::BadSections),
    }
}

/// An opaque section for the next holder, and beside a claim one for the bureau: of 1 to 256 bytes, as committed to.
fn check_carried(
    chain: &ChainId,
    commitments: &[SectionCommitment],
    sections: &[Section],
    links: bool,
) -> Result<(), RejectReason> {
    let kinds: Vec<SectionKind> = sections.iter().map(Section::kind).collect();
    let known = match kinds[..] {
        [SectionKind::Access] => true,
        [SectionKind::Link] | [SectionKind::Access, SectionKind::Link] => links,
        _ => false,
    };
    if !known || !kinds.iter().eq(commitments.iter().map(|commitment| &commitment.kind)) {
        return Err(RejectReason::BadSections);
    }
    for (section, commitment) in sections.iter().zip(commitments) {
        let Section::Plain { kind, salt, bytes } = section else { return Err(RejectReason::BadSections) };
        if !(1..=256).contains(&bytes.len()) {
            return Err(RejectReason::BadField);
        }
        if ledger_types::section::commit_section(chain, *kind, salt, bytes) != *commitment {
            return Err(RejectReason::CommitmentMismatch);
        }
    }
    Ok(())
}

fn check_batch(
    chain: &ChainId,
    count: u16,
    root: &ledger_types::Digest,
    items: &[BatchItem],
) -> Result<(), RejectReason> {
    if count == 0 || count > MAX_BATCH_ITEMS {
        return Err(RejectReason::BadField);
    }
    if items.len() != usize::from(count) {
        return Err(RejectReason::BadSections);
    }
    let digests: Vec<_> = items.iter().zip(0u16..).map(|(item, index)| item.commitment(index).digest(chain)).collect();
    if batch_root(&digests) == *root { Ok(()) } else { Err(RejectReason::CommitmentMismatch) }
}

fn open_invoice(
    chain: &ChainId,
    owner: &OwnerCondition,
    commitments: &[SectionCommitment],
    sections: &[Section],
    title: Option<TitleKind>,
) -> Result<OpenedInvoice, RejectReason> {
    let kinds: Vec<SectionKind> = sections.iter().map(Section::kind).collect();
    let rising = kinds.is_sorted_by(|a, b| a < b);
    let same = kinds.iter().eq(commitments.iter().map(|c| &c.kind));
    let present: BTreeSet<SectionKind> = kinds.iter().copied().collect();
    let needed = [SectionKind::Facts, SectionKind::Buyer, SectionKind::Lines];
    let foreign = [SectionKind::Access, SectionKind::Link].iter().any(|kind| present.contains(kind));
    if !rising || !same || foreign || !needed.iter().all(|kind| present.contains(kind)) {
        return Err(RejectReason::BadSections);
    }
    let mut plain = Vec::with_capacity(sections.len());
    let gone: Vec<SectionKind> = sections.iter().filter(|s| s.is_erased()).map(Section::kind).collect();
    let erased = SectionSet::of(&gone);
    for (section, commitment) in sections.iter().zip(commitments).filter(|(section, _)| !section.is_erased()) {
        plain.push((section.kind(), open_section(chain, section, commitment)?));
    }
    if !owner.is_well_formed() {
        return Err(RejectReason::BadField);
    }
    let bytes = |kind| plain.iter().find(|(k, _)| *k == kind).map(|(_, bytes)| *bytes);
    Ok(OpenedInvoice {
        owner: owner.clone(),
        facts: read(bytes(SectionKind::Facts))?.ok_or(RejectReason::BadSections)?,
        seller: read(bytes(SectionKind::Seller))?,
        buyer: match erased.has(SectionKind::Buyer) {
            true => nobody(title.ok_or(RejectReason::BadSections)?),
            false => read(bytes(SectionKind::Buyer))?.ok_or(RejectReason::BadSections)?,
        },
        lines: match erased.has(SectionKind::Lines) {
            true => Vec::new(),
            false => read(bytes(SectionKind::Lines))?.ok_or(RejectReason::BadSections)?,
        },
        erased,
    })
}

/// In place of a buyer that was erased.
fn nobody(kind: TitleKind) -> BuyerTitle {
    BuyerTitle { kind, name: String::new(), tax_id: None, address_and_bank: String::new() }
}

fn open_section<'a>(
    chain: &ChainId,
    section: &'a Section,
    commitment: &SectionCommitment,
) -> Result<&'a [u8], RejectReason> {
    match section {
        Section::Sealed { .. } | Section::Erased { .. } => Err(RejectReason::BadSections),
        Section::Plain { kind, salt, bytes } => {
            if ledger_types::section::commit_section(chain, *kind, salt, bytes) == *commitment {
                Ok(bytes)
            } else {
                Err(RejectReason::CommitmentMismatch)
            }
        }
    }
}

fn read<T: Canonical>(bytes: Option<&[u8]>) -> Result<Option<T>, RejectReason> {
    bytes.map(|bytes| T::from_canonical(bytes).map_err(|_| RejectReason::Malformed)).transpose()
}
