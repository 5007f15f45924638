//! The opened bodies of invoices: what stands on their faces.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use ledger_types::output::Origin;
use ledger_types::payload::PaymentUse;
use ledger_types::{
    BuyerTitle, Canonical, FaceState, Fen, Height, InvoiceFacts, InvoiceHash, InvoiceLine, InvoiceRecord, Payload,
    Quantity, Section, SectionKind, SellerFace, Slot, TitleKind, Transaction, TxId,
};
use proto::EdgeReason;
use sdk::{Contents, NodeClient};

use crate::erasures::Erasures;
use crate::failure::Failure;
use crate::readers::Readers;

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

/// Fetches bodies from the node and keeps the transactions last used. What is sealed it opens with the keys of its
/// accounts; what it opened stays in memory alone.
pub(crate) struct Bodies {
    node: NodeClient,
    readers: Readers,
    cache: Mutex<Cache<(Height, u16), Origins>>,
    opened: Mutex<Cache<(Height, u16, u16), Contents>>,
    erasures: Arc<Erasures>,
}

/// Stands where a text was deleted by order.
const ERASED: &str = "已依法删除";

struct Cache<K, V> {
    found: BTreeMap<K, Arc<V>>,
    order: VecDeque<(K, usize)>,
    bytes: usize,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { found: BTreeMap::new(), order: VecDeque::new(), bytes: 0 }
    }
}

impl<K: Copy + Ord, V> Cache<K, V> {
    fn keep(&mut self, key: K, value: Arc<V>, bytes: usize) {
        if self.found.insert(key, value).is_some() {
            return;
        }
        self.order.push_back((key, bytes));
        self.bytes += bytes;
        while self.bytes > CACHE_BYTES {
            let Some((oldest, bytes)) = self.order.pop_front() else { return };
            if self.found.remove(&oldest).is_some() {
                self.bytes -= bytes;
            }
        }
    }
}

/// A transaction that carried bodies.
struct Origins {
    id: TxId,
    tx: Transaction,
}

impl Bodies {
    pub(crate) fn new(node: NodeClient, readers: Readers, erasures: Arc<Erasures>) -> Self {
        Self { node, readers, cache: Mutex::default(), opened: Mutex::default(), erasures }
    }

    /// Opens the invoice in a slot.
    pub(crate) async fn open(&self, slot: Slot, invoice: &InvoiceRecord) -> Result<Opened, Failure> {
        let FaceState::Red { of } = invoice.face else {
            let origin = self.origin(slot, invoice.origin).await?;
            return self.opened(slot, invoice, &origin).await;
        };
        // A red invoice carries no body: it turns the blue one's, and its hash is its own transaction's.
        let red = self.origin(slot, invoice.origin).await?;
        let blue = self.node.output(of).await?.ok_or_else(|| Failure::not_found("invoice", of))?;
        let blue_invoice = *blue.invoice().ok_or_else(|| Failure::not_found("invoice", of))?;
        let origin = self.origin(of, blue_invoice.origin).await?;
        let opened = self.opened(of, &blue_invoice, &origin).await?;
        let hash = InvoiceHash::compute(&self.node.chain_id(), &red.id, 0, &opened.body.facts.secret_salt);
        Ok(Opened { tx: red.id, body: opened.body.turned(), hash, payments: Vec::new() })
    }

    /// The body of a blue invoice, without what was ordered to be deleted.
    async fn opened(&self, slot: Slot, invoice: &InvoiceRecord, origin: &Origins) -> Result<Opened, Failure> {
        let contents = self.erasures.without(slot, &*self.contents(slot, invoice, origin).await?);
        let mut opened = open_body(&self.node.chain_id(), &origin.tx, &contents)?;
        // The record keeps it, also where the title was deleted.
        opened.body.buyer.kind = invoice.title;
        Ok(opened)
    }

    /// What the invoice of a transaction says: in clear, kept, or opened now.
    async fn contents(&self, slot: Slot, invoice: &InvoiceRecord, origin: &Origins) -> Result<Arc<Contents>, Failure> {
        let at = invoice.origin;
        if let Some(contents) = Contents::in_clear(&origin.tx, at.item) {
            return Ok(Arc::new(contents));
        }
        let key = (at.height, at.tx, at.item);
        if let Some(kept) = self.opened.lock().unwrap_or_else(PoisonError::into_inner).found.get(&key).cloned() {
            return Ok(kept);
        }
        let opened = Arc::new(self.readers.open(&self.node, slot, invoice, &origin.tx).await?);
        let bytes = opened.sections.to_canonical().len();
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).keep(key, Arc::clone(&opened), bytes);
        Ok(opened)
    }

    async fn origin(&self, slot: Slot, at: Origin) -> Result<Arc<Origins>, Failure> {
        let key = (at.height, at.tx);
        if let Some(found) = self.cached(key) {
            return Ok(found);
        }
        let id = self.node.body_tx(slot).await?.ok_or_else(|| Failure::not_found("invoice", slot))?;
        let found = self.node.transaction(&id).await?.ok_or_else(|| Failure::not_found("transaction", id))?;
        let bytes = found.tx.to_canonical().len();
        let origin = Arc::new(Origins { id, tx: found.tx });
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).keep(key, Arc::clone(&origin), bytes);
        Ok(origin)
    }

    fn cached(&self, key: (Height, u16)) -> Option<Arc<Origins>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).found.get(&key).cloned()
    }
}

/// What was read; none if the service keeps no key that reads it.
pub(crate) fn readable<T>(read: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Failure::Edge(error)) if error.reason() == EdgeReason::KeyNotHeld => Ok(None),
        Err(other) => Err(other),
    }
}

/// Reads the contents of an invoice of a transaction.
pub(crate) fn open_body(
    chain: &ledger_types::ChainId,
    tx: &Transaction,
    contents: &Contents,
) -> Result<Opened, BodyFault> {
    let (id, item, sections) = (&contents.tx, contents.item, contents.sections.as_slice());
    let fault = |section| BodyFault { tx: *id, item, section };
    let body = Body {
        facts: section(sections, SectionKind::Facts).ok_or_else(|| fault("facts"))?,
        seller: section(sections, SectionKind::Seller),
        buyer: match contents.is_erased(SectionKind::Buyer) {
            true => erased_buyer(),
            false => section(sections, SectionKind::Buyer).ok_or_else(|| fault("buyer"))?,
        },
        lines: match contents.is_erased(SectionKind::Lines) {
            true => Vec::new(),
            false => section(sections, SectionKind::Lines).ok_or_else(|| fault("lines"))?,
        },
    };
    let hash = InvoiceHash::compute(chain, id, item, &body.facts.secret_salt);
    let payments = match &tx.envelope.payload {
        Payload::Apply { request, .. } | Payload::Issue(request) => request.payments.clone(),
        _ => Vec::new(),
    };
    Ok(Opened { tx: *id, body, hash, payments })
}

fn erased_buyer() -> BuyerTitle {
    let kind = TitleKind::Individual;
    BuyerTitle { kind, name: ERASED.to_owned(), tax_id: None, address_and_bank: String::new() }
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
