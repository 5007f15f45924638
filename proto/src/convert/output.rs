//! Outputs: invoices and payments.

use ledger_types::output::Origin;
use ledger_types::{
    Asset, BlockTime, Fen, FormId, Height, InvoiceKind, InvoiceRecord, OutputRecord, PaymentState, Slot, TitleKind,
};

use super::error::ConvertError;
use super::field::{account, bytes, choice, message, ms, parse, required, u8_of, u16_of, wire_ms};
use super::state::machines;
use crate::types::v1 as wire;
use crate::types::v1::output_record::Asset as WireAsset;

impl From<&Origin> for wire::Origin {
    fn from(o: &Origin) -> Self {
        Self { height: o.height.0, tx: o.tx.into(), item: o.item.into() }
    }
}

impl TryFrom<wire::Origin> for Origin {
    type Error = ConvertError;

    fn try_from(w: wire::Origin) -> Result<Self, ConvertError> {
        Ok(Self { height: Height(w.height), tx: u16_of(w.tx, "tx")?, item: u16_of(w.item, "item")? })
    }
}

impl From<&InvoiceRecord> for wire::InvoiceRecord {
    fn from(r: &InvoiceRecord) -> Self {
        Self {
            kind: wire::InvoiceKind::from(r.kind).into(),
            title: wire::TitleKind::from(r.title).into(),
            origin: Some((&r.origin).into()),
            seller: r.seller.0,
            code: r.code.to_string(),
            number: r.number.to_string(),
            tax: r.tax.0,
            issued_ms: wire_ms(r.issued_ms),
            issued_date: BlockTime(r.issued_ms).civil_date().to_string(),
            rule_book: r.rule_book,
            state: Some(r.into()),
            red_form: r.red_form.map(|f| f.0),
        }
    }
}

impl TryFrom<wire::InvoiceRecord> for InvoiceRecord {
    type Error = ConvertError;

    fn try_from(w: wire::InvoiceRecord) -> Result<Self, ConvertError> {
        let (face, claim, reimbursement, booking) =
            machines(required(w.state, "state")?).map_err(|e| e.within("state"))?;
        Ok(Self {
            kind: choice::<wire::InvoiceKind, InvoiceKind>(w.kind, "kind")?,
            title: choice::<wire::TitleKind, TitleKind>(w.title, "title")?,
            origin: message(w.origin, "origin")?,
            seller: account(w.seller, "seller")?,
            code: parse(&w.code, "code")?,
            number: parse(&w.number, "number")?,
            tax: Fen(w.tax),
            issued_ms: ms(w.issued_ms, "issued_ms")?,
            rule_book: w.rule_book,
            face,
            claim,
            reimbursement,
            booking,
            red_form: w.red_form.map(FormId),
        })
    }
}

impl From<&PaymentState> for wire::PaymentState {
    fn from(p: &PaymentState) -> Self {
        Self {
            provider: p.provider.0,
            payee: p.payee.0,
            payment_ref: p.payment_ref.to_vec(),
            paid: p.paid.0,
            invoices: p.invoices.into(),
        }
    }
}

impl TryFrom<wire::PaymentState> for PaymentState {
    type Error = ConvertError;

    fn try_from(w: wire::PaymentState) -> Result<Self, ConvertError> {
        Ok(Self {
            provider: account(w.provider, "provider")?,
            payee: account(w.payee, "payee")?,
            payment_ref: bytes(&w.payment_ref, "payment_ref")?,
            paid: Fen(w.paid),
            invoices: u8_of(w.invoices, "invoices")?,
        })
    }
}

impl From<&OutputRecord> for wire::OutputRecord {
    fn from(r: &OutputRecord) -> Self {
        Self {
            version: r.version.into(),
            sequence: r.sequence,
            amount: r.amount.0,
            owner: Some((&r.owner).into()),
            asset: Some(match &r.asset {
                Asset::Invoice(i) => WireAsset::Invoice(i.into()),
                Asset::Payment(p) => WireAsset::Payment(p.into()),
            }),
        }
    }
}

impl TryFrom<wire::OutputRecord> for OutputRecord {
    type Error = ConvertError;

    fn try_from(w: wire::OutputRecord) -> Result<Self, ConvertError> {
        Ok(Self {
            version: u8_of(w.version, "version")?,
            sequence: w.sequence,
            amount: Fen(w.amount),
            owner: message(w.owner, "owner")?,
            asset: match required(w.asset, "asset")? {
                WireAsset::Invoice(i) => Asset::Invoice(i.try_into().map_err(|e: ConvertError| e.within("invoice"))?),
                WireAsset::Payment(p) => Asset::Payment(p.try_into().map_err(|e: ConvertError| e.within("payment"))?),
            },
        })
    }
}

impl From<(Slot, &OutputRecord)> for wire::Output {
    fn from((slot, record): (Slot, &OutputRecord)) -> Self {
        Self { slot: slot.0, record: Some(record.into()) }
    }
}

impl TryFrom<wire::Output> for (Slot, OutputRecord) {
    type Error = ConvertError;

    fn try_from(w: wire::Output) -> Result<Self, ConvertError> {
        Ok((Slot(w.slot), message(w.record, "record")?))
    }
}
