//! Naming an invoice.

use ledger_types::{InvoiceCode, InvoiceNumber, Slot};

use super::error::ConvertError;
use super::field::{message, parse, required};
use crate::{invoice::v1 as wire, node::v1 as node};

/// Code and number as on the face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FaceNumber {
    /// The code.
    pub code: InvoiceCode,
    /// The number.
    pub number: InvoiceNumber,
}

/// An invoice, by slot or face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceId {
    /// By slot.
    Slot(Slot),
    /// By code and number.
    Face(FaceNumber),
}

/// An invoice, and which step of it the caller saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceRef {
    /// Which invoice.
    pub id: InvoiceId,
    /// The sequence the caller saw; none for whatever it is now.
    pub sequence: Option<u32>,
}

impl From<FaceNumber> for wire::FaceNumber {
    fn from(f: FaceNumber) -> Self {
        Self { code: f.code.to_string(), number: f.number.to_string() }
    }
}

impl TryFrom<wire::FaceNumber> for FaceNumber {
    type Error = ConvertError;

    fn try_from(w: wire::FaceNumber) -> Result<Self, ConvertError> {
        Ok(Self { code: parse(&w.code, "code")?, number: parse(&w.number, "number")? })
    }
}

impl From<InvoiceRef> for wire::InvoiceRef {
    fn from(r: InvoiceRef) -> Self {
        let invoice = match r.id {
            InvoiceId::Slot(slot) => wire::invoice_ref::Invoice::Slot(slot.0),
            InvoiceId::Face(face) => wire::invoice_ref::Invoice::Face(face.into()),
        };
        Self { invoice: Some(invoice), sequence: r.sequence }
    }
}

impl TryFrom<wire::InvoiceRef> for InvoiceRef {
    type Error = ConvertError;

    fn try_from(w: wire::InvoiceRef) -> Result<Self, ConvertError> {
        let id = match required(w.invoice, "invoice")? {
            wire::invoice_ref::Invoice::Slot(slot) => InvoiceId::Slot(Slot(slot)),
            wire::invoice_ref::Invoice::Face(face) => InvoiceId::Face(message(Some(face), "face")?),
        };
        Ok(Self { id, sequence: w.sequence })
    }
}

impl node::GetInvoiceRequest {
    /// Which invoice is asked for.
    pub fn read_invoice(&self) -> Result<InvoiceId, ConvertError> {
        match required(self.invoice.clone(), "invoice")? {
            node::get_invoice_request::Invoice::Slot(slot) => Ok(InvoiceId::Slot(Slot(slot))),
            node::get_invoice_request::Invoice::Face(f) => {
                let face = wire::FaceNumber { code: f.code, number: f.number };
                message(Some(face), "face").map(InvoiceId::Face)
            }
        }
    }
}

impl From<InvoiceId> for node::get_invoice_request::Invoice {
    fn from(id: InvoiceId) -> Self {
        match id {
            InvoiceId::Slot(slot) => Self::Slot(slot.0),
            InvoiceId::Face(f) => {
                Self::Face(node::InvoiceNumber { code: f.code.to_string(), number: f.number.to_string() })
            }
        }
    }
}
