//! Contents of invoices.

use ledger_types::limits::MAX_TX_BYTES;
use ledger_types::{BuyerTitle, Fen, InvoiceFacts, InvoiceKind, InvoiceLine, LineNature, SellerFace, TitleKind};

use super::error::ConvertError;
use super::field::{bytes, choice, message, parse, parse_optional, text, u8_of};
use crate::types::v1 as wire;

/// Longest text of a body: the transaction's own limit. The rules have narrower ones, in characters, and name them.
const MAX_TEXT: usize = MAX_TX_BYTES as usize;

impl From<&InvoiceFacts> for wire::InvoiceFacts {
    fn from(f: &InvoiceFacts) -> Self {
        Self {
            kind: wire::InvoiceKind::from(f.kind).into(),
            entry: wire::EntryMode::from(f.entry).into(),
            net: f.net.0,
            tax: f.tax.0,
            total: f.total.0,
            remark: f.remark.clone(),
            drawer: f.drawer.clone(),
            special_element: f.special_element.into(),
            deduction: f.deduction.map(|d| d.0),
            secret_salt: f.secret_salt.to_vec(),
        }
    }
}

impl TryFrom<wire::InvoiceFacts> for InvoiceFacts {
    type Error = ConvertError;

    fn try_from(w: wire::InvoiceFacts) -> Result<Self, ConvertError> {
        Ok(Self {
            kind: choice::<wire::InvoiceKind, InvoiceKind>(w.kind, "kind")?,
            entry: choice::<wire::EntryMode, _>(w.entry, "entry")?,
            net: Fen(w.net),
            tax: Fen(w.tax),
            total: Fen(w.total),
            remark: text(w.remark, MAX_TEXT, "remark")?,
            drawer: text(w.drawer, MAX_TEXT, "drawer")?,
            special_element: u8_of(w.special_element, "special_element")?,
            deduction: w.deduction.map(Fen),
            secret_salt: bytes(&w.secret_salt, "secret_salt")?,
        })
    }
}

impl From<&BuyerTitle> for wire::BuyerTitle {
    fn from(b: &BuyerTitle) -> Self {
        Self {
            kind: wire::TitleKind::from(b.kind).into(),
            name: b.name.clone(),
            tax_id: b.tax_id.as_ref().map(|t| t.as_str().to_owned()),
            address_and_bank: b.address_and_bank.clone(),
        }
    }
}

impl TryFrom<wire::BuyerTitle> for BuyerTitle {
    type Error = ConvertError;

    fn try_from(w: wire::BuyerTitle) -> Result<Self, ConvertError> {
        Ok(Self {
            kind: choice::<wire::TitleKind, TitleKind>(w.kind, "kind")?,
            name: text(w.name, MAX_TEXT, "name")?,
            tax_id: parse_optional(w.tax_id.as_deref(), "tax_id")?,
            address_and_bank: text(w.address_and_bank, MAX_TEXT, "address_and_bank")?,
        })
    }
}

impl From<&SellerFace> for wire::SellerFace {
    fn from(s: &SellerFace) -> Self {
        Self { branch: s.branch.clone(), address_and_bank: s.address_and_bank.clone() }
    }
}

impl TryFrom<wire::SellerFace> for SellerFace {
    type Error = ConvertError;

    fn try_from(w: wire::SellerFace) -> Result<Self, ConvertError> {
        Ok(Self {
            branch: text(w.branch, MAX_TEXT, "branch")?,
            address_and_bank: text(w.address_and_bank, MAX_TEXT, "address_and_bank")?,
        })
    }
}

impl From<&InvoiceLine> for wire::InvoiceLine {
    fn from(l: &InvoiceLine) -> Self {
        Self {
            nature: wire::LineNature::from(l.nature).into(),
            name: l.name.clone(),
            tax_code: l.tax_code.to_string(),
            spec: l.spec.clone(),
            unit: l.unit.clone(),
            quantity: l.quantity.map(|q| q.to_string()),
            price: l.price.map(|p| p.to_string()),
            net: l.net.0,
            rate: Some((&l.rate).into()),
            policy: wire::Policy::from(l.policy).into(),
            tax: l.tax.0,
        }
    }
}

impl TryFrom<wire::InvoiceLine> for InvoiceLine {
    type Error = ConvertError;

    fn try_from(w: wire::InvoiceLine) -> Result<Self, ConvertError> {
        Ok(Self {
            nature: choice::<wire::LineNature, LineNature>(w.nature, "nature")?,
            name: text(w.name, MAX_TEXT, "name")?,
            tax_code: parse(&w.tax_code, "tax_code")?,
            spec: text(w.spec, MAX_TEXT, "spec")?,
            unit: text(w.unit, MAX_TEXT, "unit")?,
            quantity: parse_optional(w.quantity.as_deref(), "quantity")?,
            price: parse_optional(w.price.as_deref(), "price")?,
            net: Fen(w.net),
            rate: message(w.rate, "rate")?,
            policy: choice::<wire::Policy, _>(w.policy, "policy")?,
            tax: Fen(w.tax),
        })
    }
}
