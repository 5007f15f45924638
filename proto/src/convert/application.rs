//! Applications.

use ledger_types::{Application, ApplicationId, Fen, InvoiceKind, Month, TitleKind};

use super::error::ConvertError;
use super::field::{account, bytes, choice, message, ms, wire_ms};
use crate::types::v1 as wire;

impl From<&Application> for wire::Application {
    fn from(a: &Application) -> Self {
        Self {
            id: a.id.0,
            seller: a.seller.0,
            origin: Some((&a.origin).into()),
            kind: wire::InvoiceKind::from(a.kind).into(),
            title: wire::TitleKind::from(a.title).into(),
            net: a.net.0,
            tax: a.tax.0,
            owner: Some((&a.owner).into()),
            order_ref: a.order_ref.to_vec(),
            quota_month: a.quota_month.0,
            rule_book: a.rule_book,
            expires_ms: wire_ms(a.expires_ms),
        }
    }
}

impl TryFrom<wire::Application> for Application {
    type Error = ConvertError;

    fn try_from(w: wire::Application) -> Result<Self, ConvertError> {
        Ok(Self {
            id: ApplicationId(w.id),
            seller: account(w.seller, "seller")?,
            origin: message(w.origin, "origin")?,
            kind: choice::<wire::InvoiceKind, InvoiceKind>(w.kind, "kind")?,
            title: choice::<wire::TitleKind, TitleKind>(w.title, "title")?,
            net: Fen(w.net),
            tax: Fen(w.tax),
            owner: message(w.owner, "owner")?,
            order_ref: bytes(&w.order_ref, "order_ref")?,
            quota_month: Month(w.quota_month),
            rule_book: w.rule_book,
            expires_ms: ms(w.expires_ms, "expires_ms")?,
        })
    }
}
