//! What a prepared body says, against the invoice that was asked for.

use ledger_types::batch::BatchItem;
use ledger_types::transaction::TxBody;
use ledger_types::{
    BuyerTitle, Canonical, InvoiceFacts, InvoiceLine, Payload, Section, SectionCommitment, SectionKind, SellerFace,
    Transaction,
};
use proto::convert::DraftInvoice;
use proto::invoice::v1 as pb;

use super::{Ground, NotAsAsked};
use crate::draft::{commitments, root_of};
use crate::entry;
use crate::invoice_draft::InvoiceDraft;

/// Whether a body is in clear and is what its transaction commits to.
#[must_use]
pub fn body_fits(tx: &Transaction) -> bool {
    let chain = &tx.envelope.chain_id;
    match &tx.body {
        TxBody::Sections(sections) => commitments(chain, sections) == tx.envelope.sections,
        TxBody::Batch(items) => {
            let fits = |item: &BatchItem| commitments(chain, &item.sections) == item.commitments;
            let root = matches!(tx.envelope.payload, Payload::IssueBatch { count, root }
                if usize::from(count) == items.len() && root == root_of(chain, items));
            root && tx.envelope.sections.is_empty() && items.iter().all(fits)
        }
        TxBody::SealedSections { .. } | TxBody::SealedBatch { .. } => false,
    }
}

/// One invoice: its sections are those that the request gives, and committed to.
pub(super) fn invoice(
    at: &str,
    asked: Option<&pb::InvoiceInput>,
    (committed, sections): (&[SectionCommitment], &[Section]),
    ground: &Ground,
) -> Result<(), NotAsAsked> {
    let draft = drafted(at, asked, ground)?;
    if commitments(&ground.chain, sections) != committed {
        return Err(NotAsAsked::at(format!("{at}: the body is not what would be signed")));
    }
    let mut found = sections.iter();
    let facts: InvoiceFacts = next(&mut found, SectionKind::Facts, at)?;
    let expected = draft.facts(facts.secret_salt);
    for (name, same) in [
        ("kind", facts.kind == expected.kind),
        ("entry", facts.entry == expected.entry),
        ("net", facts.net == expected.net),
        ("tax", facts.tax == expected.tax),
        ("total", facts.total == expected.total),
        ("remark", facts.remark == expected.remark),
        ("drawer", facts.drawer == expected.drawer),
        ("facts", facts == expected),
    ] {
        same.then_some(()).ok_or_else(|| NotAsAsked::at(format!("{at}.{name}")))?;
    }
    if let Some(seller) = &draft.seller {
        same(&next::<SellerFace>(&mut found, SectionKind::Seller, at)?, seller, at, "seller")?;
    }
    same(&next::<BuyerTitle>(&mut found, SectionKind::Buyer, at)?, &draft.buyer, at, "buyer")?;
    let lines: Vec<InvoiceLine> = next(&mut found, SectionKind::Lines, at)?;
    let differs = (0..lines.len().max(draft.lines.len())).find(|n| lines.get(*n) != draft.lines.get(*n));
    match (differs, found.next()) {
        (Some(n), _) => Err(NotAsAsked::at(format!("{at}.lines[{n}]"))),
        (None, Some(more)) => Err(NotAsAsked::at(format!("{at}: a section {:?} that was not asked for", more.kind()))),
        (None, None) => Ok(()),
    }
}

/// The invoice as its request makes it, computed here.
fn drafted(at: &str, asked: Option<&pb::InvoiceInput>, ground: &Ground) -> Result<InvoiceDraft, NotAsAsked> {
    let unreadable = |_| NotAsAsked::at(format!("{at}: the request itself is not one"));
    let asked = asked.cloned().ok_or_else(|| NotAsAsked::at(format!("{at}: the request has none")))?;
    let asked = DraftInvoice::try_from(asked).map_err(unreadable)?;
    if entry::needs_book(&asked) && ground.book.is_none() {
        let why = "more than 64 lines without their tax are checked with the rule book alone";
        return Err(NotAsAsked::at(format!("{at}.lines: {why}")));
    }
    entry::draft(asked, ground.book.as_ref()).map_err(|_| NotAsAsked::at(format!("{at}: the request makes no invoice")))
}

fn next<'a, T: Canonical>(
    sections: &mut impl Iterator<Item = &'a Section>,
    wanted: SectionKind,
    at: &str,
) -> Result<T, NotAsAsked> {
    let read = sections.next().and_then(|section| match section {
        Section::Plain { kind, bytes, .. } if *kind == wanted => T::from_canonical(bytes).ok(),
        _ => None,
    });
    read.ok_or_else(|| NotAsAsked::at(format!("{at}: the section {wanted:?}")))
}

fn same<T: PartialEq>(found: &T, asked: &T, at: &str, name: &str) -> Result<(), NotAsAsked> {
    if found == asked { Ok(()) } else { Err(NotAsAsked::at(format!("{at}.{name}"))) }
}
