//! The contents of invoices: in clear, opened with one's own keys, or asked of a node.

use crypto::OrderToken;
use ledger_types::seal::{ContentKey, open_item};
use ledger_types::section::commit_section;
use ledger_types::{
    BuyerTitle, Canonical, ContentQuestion, ErasedBy, ErasureId, FaceState, InvoiceFacts, InvoiceLine, Section,
    SectionCommitment, SectionKind, SectionSet, SellerFace, SignedQuestion, Slot, Transaction, TxId,
};
use proofs::invoice_proof::InvoiceProof;
use proto::convert::field;
use proto::node::v1::OpenContentRequest;

use super::NodeClient;
use crate::draft::Identity;
use crate::error::ClientError;

/// What an invoice says: sections that match its commitments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The transaction that carried them.
    pub tx: TxId,
    /// The place of the invoice in it.
    pub item: u16,
    /// In clear, in order of kind.
    pub sections: Vec<Section>,
    /// What was deleted by order.
    pub erased: Vec<ErasedPart>,
}

/// Sections of an invoice that were deleted by order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasedPart {
    /// Which.
    pub sections: SectionSet,
    /// By which order, as the node says; none where only their absence from the transaction is known.
    pub order: Option<ErasureId>,
}

impl Contents {
    /// The contents of invoice `item` of a transaction in clear; none if they are sealed.
    pub fn in_clear(tx: &Transaction, item: u16) -> Option<Self> {
        let contents = Self::of_sections(tx.envelope.tx_id(), item, tx.sections_of(item).to_vec());
        (tx.body.seal().is_none()).then_some(contents)
    }

    /// Opens what one sealed oneself; none if another did, or for a key of the committee that this client has not heard of.
    ///
    /// # Errors
    /// [`ClientError::Key`] if the provider does not agree; [`ClientError::BadAnswer`] if the transaction is not what it
    /// was.
    pub fn of_sender(
        tx: &Transaction,
        item: u16,
        who: &Identity,
        client: &NodeClient,
    ) -> Result<Option<Self>, ClientError> {
        let (Some(seal), Some(own)) = (tx.body.seal(), &who.seals) else { return Ok(None) };
        let Some(committee) = client.committee_of(seal.epoch).filter(|_| seal.sender == own.public_key().0) else {
            return Ok(None);
        };
        let (chain, id) = (client.chain_id(), tx.envelope.tx_id());
        let key = own.agreed(&chain, &committee)?.content_key(&chain, &id, item);
        Self::opened(tx, id, item, &key).map(Some)
    }

    /// Opens what may be claimed with an order token; none if its maker left nothing for its holder.
    ///
    /// # Errors
    /// [`ClientError::BadAnswer`] if it does not open with this token.
    pub fn of_token(tx: &Transaction, item: u16, token: &OrderToken) -> Result<Option<Self>, ClientError> {
        let Some(covered) = tx.body.seal().and_then(|seal| seal.covered(item)) else { return Ok(None) };
        let (chain, id) = (&tx.envelope.chain_id, tx.envelope.tx_id());
        let key = ContentKey::uncovered(covered, &token.cover(chain, &id, item));
        Self::opened(tx, id, item, &key).map(Some)
    }

    pub(crate) fn opened(tx: &Transaction, id: TxId, item: u16, key: &ContentKey) -> Result<Self, ClientError> {
        let sections =
            open_item(tx, item, key).map_err(|unopened| bad(format!("section {:?} does not open", unopened.0)))?;
        Self::of_sections(id, item, sections).whole(tx)
    }

    /// What is there, and what is erased.
    fn of_sections(tx: TxId, item: u16, sections: Vec<Section>) -> Self {
        let (gone, sections): (Vec<_>, Vec<_>) = sections.into_iter().partition(Section::is_erased);
        let gone: Vec<SectionKind> = gone.iter().map(Section::kind).collect();
        let erased = ErasedPart { sections: SectionSet::of(&gone), order: None };
        Self { tx, item, sections, erased: if gone.is_empty() { Vec::new() } else { vec![erased] } }
    }

    /// The same, if it is all that the transaction committed to.
    fn whole(self, tx: &Transaction) -> Result<Self, ClientError> {
        let contents = self.part(tx)?;
        if contents.is_whole(tx) { Ok(contents) } else { Err(bad("sections are missing".to_owned())) }
    }

    /// The same, if each section is one that the transaction committed to, in order and once: who has a grant gets those
    /// that were granted.
    fn part(self, tx: &Transaction) -> Result<Self, ClientError> {
        let matches = |section: &Section| match section {
            Section::Plain { kind, salt, bytes } => {
                commitments(tx, self.item).contains(&commit_section(&tx.envelope.chain_id, *kind, salt, bytes))
            }
            Section::Sealed { .. } | Section::Erased { .. } => false,
        };
        let in_order = self.sections.is_sorted_by(|a, b| a.kind() < b.kind());
        let some = !self.sections.is_empty() || !self.erased.is_empty();
        if in_order && some && self.sections.iter().all(matches) {
            Ok(self)
        } else {
            Err(bad("the contents are not what the transaction committed to".to_owned()))
        }
    }

    /// Whether these are all sections of the invoice that `tx` carried, but for what was erased; not only some that were
    /// granted.
    pub fn is_whole(&self, tx: &Transaction) -> bool {
        let there = |commitment: &SectionCommitment| self.has(commitment.kind) || self.is_erased(commitment.kind);
        commitments(tx, self.item).iter().all(there)
    }

    /// Whether this section was deleted by order.
    pub fn is_erased(&self, kind: SectionKind) -> bool {
        self.erased.iter().any(|part| part.sections.has(kind))
    }

    /// Whether it has this section.
    pub fn has(&self, kind: SectionKind) -> bool {
        self.sections.iter().any(|section| section.kind() == kind)
    }

    /// Kind, totals and what belongs to the whole invoice.
    ///
    /// # Errors
    /// [`ClientError::BadAnswer`] if the section is missing or malformed; likewise below.
    pub fn facts(&self) -> Result<InvoiceFacts, ClientError> {
        self.section(SectionKind::Facts)?.ok_or_else(|| ClientError::missing("facts"))
    }

    /// The buyer's title.
    ///
    /// # Errors
    /// As [`Self::facts`].
    pub fn buyer(&self) -> Result<BuyerTitle, ClientError> {
        self.section(SectionKind::Buyer)?.ok_or_else(|| ClientError::missing("buyer"))
    }

    /// The lines.
    ///
    /// # Errors
    /// As [`Self::facts`].
    pub fn lines(&self) -> Result<Vec<InvoiceLine>, ClientError> {
        self.section(SectionKind::Lines)?.ok_or_else(|| ClientError::missing("lines"))
    }

    /// The seller's printed face, where it differs from the register.
    ///
    /// # Errors
    /// As [`Self::facts`].
    pub fn seller(&self) -> Result<Option<SellerFace>, ClientError> {
        self.section(SectionKind::Seller)
    }

    fn section<T: Canonical>(&self, wanted: SectionKind) -> Result<Option<T>, ClientError> {
        let bytes = self.sections.iter().find_map(|section| match section {
            Section::Plain { kind, bytes, .. } if *kind == wanted => Some(bytes),
            _ => None,
        });
        bytes.map(|bytes| T::from_canonical(bytes).map_err(|e| bad(e.to_string()))).transpose()
    }
}

fn commitments(tx: &Transaction, item: u16) -> &[SectionCommitment] {
    tx.batch_items().get(usize::from(item)).map_or(&tx.envelope.sections, |item| &item.commitments)
}

fn bad(why: String) -> ClientError {
    ClientError::BadAnswer { what: "contents", why }
}

impl NodeClient {
    /// The contents of the invoice in a slot: in clear, opened with what `who` seals with, or asked of the node as `who`.
    /// Those of a red invoice are the blue one's. None if there is no invoice.
    ///
    /// # Errors
    /// [`ClientError::Report`] if `who` may not see them: the answer of an invoice that is not there.
    pub async fn contents(&self, slot: Slot, who: &Identity) -> Result<Option<Contents>, ClientError> {
        let Some(record) = self.output(slot).await? else { return Ok(None) };
        let Some(invoice) = record.invoice().copied() else { return Ok(None) };
        if let FaceState::Red { of } = invoice.face {
            return Box::pin(self.contents(of, who)).await;
        }
        let Some(tx) = self.body_of(slot).await? else { return Ok(None) };
        let item = invoice.origin.item;
        // The node knows by which order.
        if tx.has_erased() {
            return self.ask_contents(slot, &tx, who).await.map(Some);
        }
        if let Some(found) = Contents::in_clear(&tx, item) {
            return found.whole(&tx).map(Some);
        }
        match Contents::of_sender(&tx, item, who, self)? {
            Some(own) => Ok(Some(own)),
            None => self.ask_contents(slot, &tx, who).await.map(Some),
        }
    }

    /// The transaction that carried the body of the invoice in a slot.
    pub(super) async fn body_of(&self, slot: Slot) -> Result<Option<Transaction>, ClientError> {
        let Some(id) = self.body_tx(slot).await? else { return Ok(None) };
        let Some(found) = self.transaction(&id).await? else { return Ok(None) };
        if found.tx.envelope.tx_id() == id { Ok(Some(found.tx)) } else { Err(bad("of another transaction".to_owned())) }
    }

    /// Asks the node for the contents of the invoice in a slot, which `tx` carried, with a question that `who` signs: its
    /// seller, its holder (a wallet's key, or that of an order token), who has a grant, or the bureau of its area.
    ///
    /// # Errors
    /// [`ClientError::Report`] if the node does not answer `who`; [`ClientError::BadAnswer`] if what it says is not what
    /// the transaction committed to.
    pub async fn ask_contents(&self, slot: Slot, tx: &Transaction, who: &Identity) -> Result<Contents, ClientError> {
        let random = |e: crypto::random::RandomError| ClientError::Random(e.to_string());
        let question = ContentQuestion {
            version: ContentQuestion::VERSION,
            slot,
            reader: who.identity,
            time_ms: self.now().0,
            nonce: crypto::random::array().map_err(random)?,
        };
        let signature = who.key.sign_question(&self.chain_id(), &question)?;
        let signed_question = SignedQuestion { question, signature }.to_canonical();
        let request = OpenContentRequest { signed_question, read_options: Some(self.options()) };
        let answer = self.wire.clone().open_content(request).await.map_err(ClientError::from_status)?.into_inner();
        self.hear(answer.read_context.as_ref())?;
        let sections = answer.sections.iter().map(|bytes| Section::from_canonical(bytes));
        let sections = sections.collect::<Result<_, _>>().map_err(|e| bad(e.to_string()))?;
        let id = field::tx_id(&answer.tx_id, "tx_id").map_err(ClientError::from_convert)?;
        let item = u16::try_from(answer.item).map_err(|e| bad(e.to_string()))?;
        if id != tx.envelope.tx_id() {
            return Err(bad("of another transaction".to_owned()));
        }
        let erased = answer.erased.into_iter().map(|by| {
            let by = ErasedBy::try_from(by).map_err(ClientError::from_convert)?;
            Ok(ErasedPart { sections: by.sections, order: Some(by.order) })
        });
        let erased = erased.collect::<Result<_, ClientError>>()?;
        Contents { tx: id, item, sections, erased }.part(tx)
    }

    /// A proof file of an invoice with its contents in clear, as far as `who` may see them.
    ///
    /// # Errors
    /// As [`Self::contents`].
    pub async fn opened_proof(&self, slot: Slot, who: &Identity) -> Result<Option<Vec<u8>>, ClientError> {
        let Some(file) = self.proof(slot, true).await? else { return Ok(None) };
        let record = self.output(slot).await?;
        let face = record.as_ref().and_then(|record| record.invoice()).map(|invoice| invoice.face);
        // A red invoice has no body of its own.
        if self.committee().is_none() || matches!(face, Some(FaceState::Red { .. })) {
            return Ok(Some(file));
        }
        let Some(contents) = self.contents(slot, who).await? else { return Ok(None) };
        let opened = InvoiceProof::with_sections(&file, &contents.sections);
        opened.map(Some).map_err(|e| ClientError::BadAnswer { what: "proof", why: e.to_string() })
    }
}
