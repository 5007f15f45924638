//! Invoices as people read them: put together from the output, the register and the opened body.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use futures::stream::{StreamExt, TryStreamExt};
use ledger_types::{Account, AccountId, BlockTime, FaceState, InvoiceRecord, OutputRecord, Slot, TitleKind};
use proto::convert::{FaceNumber, field::wire_ms};
use proto::invoice::v1 as pb;
use proto::types::v1 as types;

use crate::bodies::{Body, Opened, readable};
use crate::desk::Desk;
use crate::face::net_of;
use crate::failure::Failure;

/// Bodies fetched side by side for one list.
const SIDE_BY_SIDE: usize = 8;

/// An invoice at hand: its slot, its output, and the invoice in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) slot: Slot,
    pub(crate) output: OutputRecord,
    pub(crate) invoice: InvoiceRecord,
}

impl Held {
    /// The invoice of an output; `None` for other assets.
    pub(crate) fn of((slot, output): (Slot, OutputRecord)) -> Option<Self> {
        output.invoice().map(|invoice| Self { slot, output, invoice: *invoice })
    }

    /// Code and number.
    pub(crate) fn face(&self) -> FaceNumber {
        FaceNumber { code: self.invoice.code, number: self.invoice.number }
    }
}

/// The list line of an invoice. The buyer's name goes in where the reader may see the body.
pub(crate) fn summary(held: &Held, seller_name: &str, body: Option<&Body>) -> pb::InvoiceSummary {
    let invoice = &held.invoice;
    pb::InvoiceSummary {
        slot: held.slot.0,
        sequence: held.output.sequence,
        face: Some(held.face().into()),
        kind: types::InvoiceKind::from(invoice.kind).into(),
        seller: invoice.seller.0,
        seller_name: seller_name.to_owned(),
        buyer_name: body.map(|b| b.buyer.name.clone()).unwrap_or_default(),
        net: net_of(held.output.amount, invoice.tax).0,
        tax: invoice.tax.0,
        total: held.output.amount.0,
        issued_ms: wire_ms(invoice.issued_ms),
        issued_date: BlockTime(invoice.issued_ms).civil_date().to_string(),
        state: Some(invoice.into()),
        red_form: invoice.red_form.map(|f| f.0),
    }
}

fn seller_party(seller: &Account, body: &Body) -> pb::Party {
    let face = body.seller.as_ref();
    pb::Party {
        account: Some(seller.id.0),
        name: seller.name.clone(),
        tax_id: seller.tax_id.as_ref().map(|t| t.as_str().to_owned()).unwrap_or_default(),
        branch: face.map(|f| f.branch.clone()).unwrap_or_default(),
        address_and_bank: face.map(|f| f.address_and_bank.clone()).unwrap_or_default(),
    }
}

fn buyer_party(body: &Body) -> pb::Party {
    let buyer = &body.buyer;
    pb::Party {
        account: None,
        name: buyer.name.clone(),
        tax_id: buyer.tax_id.as_ref().map(|t| t.as_str().to_owned()).unwrap_or_default(),
        branch: String::new(),
        address_and_bank: buyer.address_and_bank.clone(),
    }
}

fn body_message(body: &Body) -> types::InvoiceBody {
    types::InvoiceBody {
        facts: Some((&body.facts).into()),
        seller: body.seller.as_ref().map(Into::into),
        buyer: Some((&body.buyer).into()),
        lines: body.lines.iter().map(Into::into).collect(),
    }
}

/// A person's name for strangers: the first character, the others starred. An organisation's is public.
pub(crate) fn masked_buyer(body: &Body) -> String {
    match body.buyer.kind {
        TitleKind::Organisation => body.buyer.name.clone(),
        TitleKind::Individual if body.buyer.name == "个人" => body.buyer.name.clone(),
        TitleKind::Individual => {
            let mut chars = body.buyer.name.chars();
            let first: String = chars.next().into_iter().collect();
            first + &"*".repeat(chars.count())
        }
    }
}

impl Desk {
    /// An invoice in full.
    pub(crate) async fn view(&self, held: &Held) -> Result<pb::InvoiceView, Failure> {
        let opened = self.bodies.open(held.slot, &held.invoice).await?;
        let seller = self.account(held.invoice.seller).await?;
        let (reversed_by, reverses) = match held.invoice.face {
            FaceState::Blue => (None, None),
            FaceState::Reversed { by } => (self.face_of(by).await?, None),
            FaceState::Red { of } => (None, self.face_of(of).await?),
        };
        Ok(full_view(held, &opened, &seller, reversed_by, reverses))
    }

    /// Code and number of the invoice in a slot.
    pub(crate) async fn face_of(&self, slot: Slot) -> Result<Option<FaceNumber>, Failure> {
        let output = self.node.output(slot).await?;
        Ok(output.and_then(|o| Held::of((slot, o))).map(|h| h.face()))
    }

    /// List lines with sellers' and buyers' names, in order. For readers that may see every one of the bodies; what the
    /// service keeps no key for has no buyer's name.
    pub(crate) async fn summaries(self: &Arc<Self>, held: Vec<Held>) -> Result<Vec<pb::InvoiceSummary>, Failure> {
        let names = self.names(held.iter().map(|h| h.invoice.seller)).await?;
        let names = &names;
        let one = |h: Held| async move {
            let opened = readable(self.bodies.open(h.slot, &h.invoice).await)?;
            let body = opened.as_ref().map(|opened| &opened.body);
            Ok(summary(&h, names.get(&h.invoice.seller).map_or("", String::as_str), body))
        };
        futures::stream::iter(held.into_iter().map(one)).buffered(SIDE_BY_SIDE).try_collect().await
    }

    /// Registered names of accounts.
    pub(crate) async fn names(
        &self,
        accounts: impl Iterator<Item = AccountId>,
    ) -> Result<BTreeMap<AccountId, String>, Failure> {
        let mut names = BTreeMap::new();
        for id in accounts {
            if let Entry::Vacant(unknown) = names.entry(id) {
                let account = self.node.account(id).await?;
                unknown.insert(account.map(|a| a.name).unwrap_or_default());
            }
        }
        Ok(names)
    }
}

fn full_view(
    held: &Held,
    opened: &Opened,
    seller: &Account,
    reversed_by: Option<FaceNumber>,
    reverses: Option<FaceNumber>,
) -> pb::InvoiceView {
    let payments = opened.payments.iter();
    pb::InvoiceView {
        summary: Some(summary(held, &seller.name, Some(&opened.body))),
        owner: Some((&held.output.owner).into()),
        origin: Some((&held.invoice.origin).into()),
        origin_tx_id: opened.tx.0.to_vec(),
        invoice_hash: opened.hash.to_string(),
        check_code: opened.hash.check_code().to_string(),
        seller: Some(seller_party(seller, &opened.body)),
        buyer: Some(buyer_party(&opened.body)),
        body: Some(body_message(&opened.body)),
        rule_book: held.invoice.rule_book,
        area: held.invoice.code.area().0.into(),
        reversed_by: reversed_by.map(Into::into),
        reverses: reverses.map(Into::into),
        payments: payments.map(|p| pb::PaymentLink { slot: p.spend.slot.0, amount: p.amount.0 }).collect(),
    }
}

#[cfg(test)]
#[path = "view_test.rs"]
mod view_test;
