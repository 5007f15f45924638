//! Bodies, opened: the plaintext that execution reads.

use ledger_types::{BuyerTitle, InvoiceFacts, InvoiceLine, SellerFace};

/// What stood behind the envelope's commitments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenedBody {
    /// The kind of transaction carries no body.
    None,
    /// One invoice.
    Invoice(Box<OpenedInvoice>),
    /// The invoices of a batch, in order.
    Batch(Vec<OpenedInvoice>),
}

/// The sections of one invoice that the rules read. Contacts and attachments stay opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedInvoice {
    /// Kind, totals and what belongs to the whole.
    pub facts: InvoiceFacts,
    /// The seller's printed face, where it differs from the register.
    pub seller: Option<SellerFace>,
    /// The buyer's title.
    pub buyer: BuyerTitle,
    /// The lines.
    pub lines: Vec<InvoiceLine>,
}

impl OpenedBody {
    /// The invoice, if it is one.
    pub fn invoice(&self) -> Option<&OpenedInvoice> {
        match self {
            Self::Invoice(invoice) => Some(invoice),
            Self::None | Self::Batch(_) => None,
        }
    }

    /// The invoices of a batch, empty otherwise.
    pub fn batch(&self) -> &[OpenedInvoice] {
        match self {
            Self::Batch(invoices) => invoices,
            Self::None | Self::Invoice(_) => &[],
        }
    }
}
