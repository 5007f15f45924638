//! Transactions by hand: whatever the SDK would not make.

use anyhow::Result;
use crypto::{SenderKey, SigningKey};
use ledger_types::seal::seal_body;
use ledger_types::section::commit_section;
use ledger_types::transaction::TxBody;
use ledger_types::{
    BuyerTitle, Canonical, ChainId, Committee, Envelope, InvoiceFacts, InvoiceLine, Payload, RequestScope, Section,
    SectionKind, SellerFace, Signer, SignerRole, Transaction,
};
use sdk::{Identity, InvoiceDraft, SignedTx};
use tests::AREA;

use super::attempt::Attempt;
use super::world::World;

/// A transaction in the making: every part may be bent before it is signed.
pub(super) struct Forge {
    pub(super) envelope: Envelope,
    pub(super) body: TxBody,
    /// Who signs, in order.
    pub(super) keys: Vec<SigningKey>,
    /// What a body is sealed with, for which committee.
    pub(super) seals: Option<(SenderKey, Committee)>,
}

/// The sections of an invoice, each to be bent on its own.
pub(super) struct Paper {
    pub(super) facts: InvoiceFacts,
    pub(super) seller: Option<SellerFace>,
    pub(super) buyer: BuyerTitle,
    pub(super) lines: Vec<InvoiceLine>,
}

impl Paper {
    pub(super) fn of(draft: &InvoiceDraft) -> Self {
        Self {
            facts: draft.facts([5; 16]),
            seller: draft.seller.clone(),
            buyer: draft.buyer.clone(),
            lines: draft.lines.clone(),
        }
    }

    fn sections(&self) -> Vec<Section> {
        let plain = |kind, bytes| Section::Plain { kind, salt: [6; 16], bytes };
        let mut out = vec![plain(SectionKind::Facts, self.facts.to_canonical())];
        out.extend(self.seller.as_ref().map(|s| plain(SectionKind::Seller, s.to_canonical())));
        out.push(plain(SectionKind::Buyer, self.buyer.to_canonical()));
        out.push(plain(SectionKind::Lines, self.lines.to_canonical()));
        out
    }
}

impl Forge {
    /// A transaction without a body.
    pub(super) fn plain(world: &World, who: &Identity, payload: Payload) -> Result<Self> {
        let frame = world.chain.client.new_frame(AREA)?;
        let envelope = Envelope {
            version: Envelope::VERSION,
            chain_id: frame.chain,
            area: frame.area,
            request_id: frame.request_id,
            signers: vec![Signer { identity: who.identity, role: SignerRole::Owner, acting_for: None }],
            valid_until_ms: frame.valid_until_ms,
            payload,
            sections: Vec::new(),
        };
        let (body, keys) = (TxBody::Sections(Vec::new()), vec![who.key.clone()]);
        Ok(Self { envelope, body, keys, seals: who.seals.clone().zip(frame.committee) })
    }

    /// A transaction with the body of an invoice.
    pub(super) fn invoice(world: &World, who: &Identity, payload: Payload, paper: &Paper) -> Result<Self> {
        let mut forge = Self::plain(world, who, payload)?;
        let sections = paper.sections();
        let chain = forge.envelope.chain_id;
        forge.envelope.sections = sections.iter().filter_map(|s| commitment(&chain, s)).collect();
        forge.body = TxBody::Sections(sections);
        Ok(forge)
    }

    /// The sections in the body.
    pub(super) fn sections(&mut self) -> &mut Vec<Section> {
        match &mut self.body {
            TxBody::Sections(sections) => sections,
            _ => panic!("no recipe forges a batch, and what is sealed is sealed last"),
        }
    }

    /// The transaction, signed for the chain that its envelope names.
    pub(super) fn transaction(self) -> Result<Transaction> {
        let (chain, id) = (self.envelope.chain_id, self.envelope.tx_id());
        let sign = |key: &SigningKey| key.sign_transaction(&chain, &id);
        let signatures = self.keys.iter().map(sign).collect::<Result<_, _>>()?;
        let tx = Transaction { envelope: self.envelope, body: self.body, signatures };
        let Some((sender, committee)) = self.seals else { return Ok(tx) };
        let key = sender.agreed(&chain, &committee)?;
        let body = seal_body(&tx, &key, (committee.epoch, sender.public_key().0), |_, _| None);
        Ok(Transaction { body, ..tx })
    }

    /// Signed, for the SDK.
    pub(super) fn sign(self) -> Result<SignedTx> {
        let tx = self.transaction()?;
        Ok(SignedTx {
            bytes: tx.to_canonical(),
            id: tx.envelope.tx_id(),
            scope: tx.envelope.request_scope().unwrap_or(RequestScope(0)),
            request_id: tx.envelope.request_id,
            valid_until_ms: tx.envelope.valid_until_ms,
            seals: None,
        })
    }

    /// Signed, to be refused.
    pub(super) fn attempt(self) -> Result<Attempt> {
        Ok(Attempt::new(self.transaction()?.to_canonical()))
    }
}

fn commitment(chain: &ChainId, section: &Section) -> Option<ledger_types::SectionCommitment> {
    match section {
        Section::Plain { kind, salt, bytes } => Some(commit_section(chain, *kind, salt, bytes)),
        Section::Sealed { .. } | Section::Erased { .. } => None,
    }
}
