//! The opened bodies of invoices: what stands on their faces.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use ledger_types::output::Origin;
use ledger_types::payload::PaymentUse;
use ledger_types::{
    BuyerTitle, Canonical, FaceState, Fen, Height, InvoiceFacts, InvoiceHash, InvoiceLine, InvoiceRecord, Payload,
    Quantity, Section, SectionKind, SellerFace, Slot, Transaction, TxId,
};
use sdk::NodeClient;

use crate::failure::Failure;

/// Most bytes of transactions kept opened.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// The sections of one invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) facts: InvoiceFacts,
    pub(crate) seller: Option<SellerFace>,
    pub(crate) buyer: BuyerTitle,
    pub(crate) lines: Vec<InvoiceLine>,
}

/// An invoice's face, and the hash on it.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// The transaction of the record's origin.
    pub(crate) tx: TxId,
    /// What is printed; of a red invoice the blue one's with the signs turned.
    pub(crate) body: Body,
    /// The invoice hash. Secret.
    pub(crate) hash: InvoiceHash,
    /// Payments the invoice used up.
    pub(crate) payments: Vec<PaymentUse>,
}

/// A section that this chain's node should never have let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body of invoice {item} of transaction {tx} does not open: {section}")]
pub(crate) struct BodyFault {
    tx: TxId,
    item: u16,
    section: &'static str,
}

/// Fetches bodies from the node and keeps the transactions last used.
pub(crate) struct Bodies {
    node: NodeClient,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    found: BTreeMap<(Height, u16), Arc<Origins>>,
    order: VecDeque<(Height, u16)>,
    bytes: usize,
}

/// A transaction that carried bodies.
struct Origins {
    id: TxId,
    tx: Transaction,
    bytes: usize,
}

impl Bodies {
    pub(crate) fn new(node: NodeClient) -> Self {
        Self { node, cache: Mutex::default() }
    }

    /// Opens the invoice in a slot.
    pub(crate) async fn open(&self, slot: Slot, invoice: &InvoiceRecord) -> Result<Opened, Failure> {
        let FaceState::Red { of } = invoice.face else {
            let origin = self.origin(slot, invoice.origin).await?;
            return Ok(open(&self.node, &origin.id, &origin.tx, invoice.origin.item)?);
        };
        // A red invoice carries no body: it turns the blue one's, and its hash is its own transaction's.
        let red = self.origin(slot, invoice.origin).await?;
        let blue = self.node.output(of).await?.ok_or_else(|| Failure::not_found("invoice", of))?;
        let blue_invoice = *blue.invoice().ok_or_else(|| Failure::not_found("invoice", of))?;
        let origin = self.origin(of, blue_invoice.origin).await?;
        let opened = open(&self.node, &origin.id, &origin.tx, blue_invoice.origin.item)?;
        let hash = InvoiceHash::compute(&self.node.chain_id(), &red.id, 0, &opened.body.facts.secret_salt);
        Ok(Opened { tx: red.id, body: opened.body.turned(), hash, payments: Vec::new() })
    }

    async fn origin(&self, slot: Slot, at: Origin) -> Result<Arc<Origins>, Failure> {
        let key = (at.height, at.tx);
        if let Some(found) = self.cached(key) {
            return Ok(found);
        }
        let id = self.node.body_tx(slot).await?.ok_or_else(|| Failure::not_found("invoice", slot))?;
        let found = self.node.transaction(&id).await?.ok_or_else(|| Failure::not_found("transaction", id))?;
        let bytes = found.tx.to_canonical().len();
        let origin = Arc::new(Origins { id, tx: found.tx, bytes });
        self.keep(key, Arc::clone(&origin));
        Ok(origin)
    }

    fn cached(&self, key: (Height, u16)) -> Option<Arc<Origins>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).found.get(&key).cloned()
    }

    fn keep(&self, key: (Height, u16), origin: Arc<Origins>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = origin.bytes;
        if cache.found.insert(key, origin).is_some() {
            return;
        }
        cache.order.push_back(key);
        cache.bytes += bytes;
        while cache.bytes > CACHE_BYTES {
            let Some(oldest) = cache.order.pop_front() else { return };
            if let Some(gone) = cache.found.remove(&oldest) {
                cache.bytes -= gone.bytes;
            }
        }
    }
}

fn open(node: &NodeClient, id: &TxId, tx: &Transaction, item: u16) -> Result<Opened, BodyFault> {
    open_body(&node.chain_id(), id, tx, item)
}

/// Opens invoice `item` of a transaction.
pub(crate) fn open_body(
    chain: &ledger_types::ChainId,
    id: &TxId,
    tx: &Transaction,
    item: u16,
) -> Result<Opened, BodyFault> {
    let sections = match tx.batch_items().get(usize::from(item)) {
        Some(of_batch) => of_batch.sections.as_slice(),
        None => tx.sections(),
    };
    let fault = |section| BodyFault { tx: *id, item, section };
    let body = Body {
        facts: section(sections, SectionKind::Facts).ok_or_else(|| fault("facts"))?,
        seller: section(sections, SectionKind::Seller),
        buyer: section(sections, SectionKind::Buyer).ok_or_else(|| fault("buyer"))?,
        lines: section(sections, SectionKind::Lines).ok_or_else(|| fault("lines"))?,
    };
    let hash = InvoiceHash::compute(chain, id, item, &body.facts.secret_salt);
    let payments = match &tx.envelope.payload {
        Payload::Apply { request, .. } | Payload::Issue(request) => request.payments.clone(),
        _ => Vec::new(),
    };
    Ok(Opened { tx: *id, body, hash, payments })
}

fn section<T: Canonical>(sections: &[Section], wanted: SectionKind) -> Option<T> {
    sections.iter().find_map(|s| match s {
        Section::Plain { kind, bytes, .. } if *kind == wanted => T::from_canonical(bytes).ok(),
        _ => None,
    })
}

impl Body {
    /// The red face of this body: amounts and quantities with the other sign, prices as they are.
    fn turned(mut self) -> Self {
        let turn = |amount: &mut Fen| *amount = Fen(amount.0.saturating_neg());
        for amount in [&mut self.facts.net, &mut self.facts.tax, &mut self.facts.total] {
            turn(amount);
        }
        for line in &mut self.lines {
            turn(&mut line.net);
            turn(&mut line.tax);
            let negative = line.quantity.map(|q| Quantity::new(q.mantissa().saturating_neg(), q.scale()));
            line.quantity = negative.and_then(Result::ok);
        }
        self
    }
}

impl From<BodyFault> for Failure {
    fn from(fault: BodyFault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

#[cfg(test)]
#[path = "bodies_test.rs"]
mod bodies_test;
