//! What goes to the buyer: hash, check code and both QR codes of an issued invoice.

use ledger_types::receipt::Issued;
use ledger_types::{Account, BlockTime, Fen, InvoiceHash, TaxId};
use proto::convert::{DraftTotals, FaceNumber, QrText, QrUrl};
use proto::invoice::v1 as pb;

use crate::bodies::{Body, Opened};
use crate::desk::Desk;

/// Everything that the face of an issued invoice needs.
pub(crate) struct Face<'a> {
    pub(crate) issued: Issued,
    pub(crate) body: &'a Body,
    pub(crate) hash: InvoiceHash,
    pub(crate) seller_tax_id: Option<&'a TaxId>,
    pub(crate) time: BlockTime,
    pub(crate) claim_token: String,
}

impl Face<'_> {
    /// The answer to whoever issued it. `verify_base` is where QR codes of form A point.
    pub(crate) fn answer(self, verify_base: &str) -> pb::IssuedInvoice {
        let Issued { slot, code, number } = self.issued;
        let facts = &self.body.facts;
        let face = FaceNumber { code, number };
        let url = QrUrl { hash: self.hash, number, total: facts.total };
        let text = self.seller_tax_id.map(|seller| QrText {
            face,
            seller: seller.clone(),
            net: facts.net,
            date: self.time.civil_date(),
            hash: self.hash,
        });
        pb::IssuedInvoice {
            slot: slot.0,
            face: Some(face.into()),
            invoice_hash: self.hash.to_string(),
            check_code: self.hash.check_code().to_string(),
            totals: Some(DraftTotals { net: facts.net, tax: facts.tax, total: facts.total }.into()),
            issued_date: self.time.civil_date().to_string(),
            qr_url: url.to_url(verify_base),
            qr_text: text.map(|t| t.to_string()).unwrap_or_default(),
            claim_token: self.claim_token,
        }
    }
}

impl Desk {
    /// The answer for an invoice of this body.
    pub(crate) fn issued(
        &self,
        issued: Issued,
        opened: &Opened,
        seller: &Account,
        time: BlockTime,
        claim_token: String,
    ) -> pb::IssuedInvoice {
        let face = Face {
            issued,
            body: &opened.body,
            hash: opened.hash,
            seller_tax_id: seller.tax_id.as_ref(),
            time,
            claim_token,
        };
        face.answer(&self.node.genesis().params.verify_base_url)
    }
}

/// Amount without tax of an invoice: what stands in state is the amount with tax and the tax.
pub(crate) fn net_of(total: Fen, tax: Fen) -> Fen {
    Fen(total.0.saturating_sub(tax.0))
}

#[cfg(test)]
#[path = "face_test.rs"]
mod face_test;
