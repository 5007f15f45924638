//! Invoices as a merchant enters them: checked in form, not yet split or added up.

use ledger_types::body::EntryMode;
use ledger_types::limits::MAX_BATCH_ITEMS;
use ledger_types::{
    AccountId, Address, BuyerTitle, Fen, InvoiceKind, LineNature, Policy, Quantity, SellerFace, Slot, TaxCode, TaxRate,
};

use super::error::ConvertError;
use super::field::{
    Read, account, address, choice, list, message, optional, parse, parse_optional, required, text, u8_of,
};
use crate::invoice::v1 as wire;
use crate::limits::{MAX_CLAIM_TOKEN_BYTES, MAX_LINES, MAX_PAYMENTS, MAX_REFERENCE_BYTES, MAX_TEXT_BYTES};
use crate::types::v1 as types;

/// One line as entered.
#[derive(Clone, PartialEq, Eq)]
pub struct DraftLine {
    /// What it is.
    pub nature: LineNature,
    /// Printed name.
    pub name: String,
    /// Tax code.
    pub tax_code: TaxCode,
    /// Specification.
    pub spec: String,
    /// Unit.
    pub unit: String,
    /// Quantity.
    pub quantity: Option<Quantity>,
    /// Unit price: with tax in gross entry.
    pub price: Option<Quantity>,
    /// Fen: with tax in gross entry.
    pub amount: Fen,
    /// Rate, or which zero.
    pub rate: TaxRate,
    /// Policy claimed.
    pub policy: Policy,
    /// Tax as the merchant's system has it.
    pub tax: Option<Fen>,
}

/// Totals as the merchant's system has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftTotals {
    /// Without tax.
    pub net: Fen,
    /// Tax.
    pub tax: Fen,
    /// With tax.
    pub total: Fen,
}

/// An invoice as entered.
#[derive(Clone, PartialEq, Eq)]
pub struct DraftInvoice {
    /// Kind of invoice.
    pub kind: InvoiceKind,
    /// Whether amounts and prices are with or without tax.
    pub entry: EntryMode,
    /// The buyer's title.
    pub buyer: BuyerTitle,
    /// The seller's face, if it differs from the register.
    pub seller: Option<SellerFace>,
    /// The lines.
    pub lines: Vec<DraftLine>,
    /// Remark.
    pub remark: String,
    /// Who issues at the till.
    pub drawer: String,
    /// Totals to be checked.
    pub totals: Option<DraftTotals>,
    /// Special element; reserved.
    pub special_element: u8,
    /// Deduction; reserved.
    pub deduction: Option<Fen>,
}

/// Who gets an invoice.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// An account.
    Account(AccountId),
    /// An address.
    Address(Address),
    /// Whoever holds this token. Secret.
    ClaimToken(String),
    /// Whoever holds the token of this address.
    TokenAddress(Address),
}

/// Part of a payment that an invoice uses up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaymentPart {
    /// The payment record.
    pub slot: Slot,
    /// How much of it.
    pub amount: Fen,
    /// The sequence the caller saw.
    pub sequence: Option<u32>,
}

/// What belongs to an issue beside the invoice.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct IssueTerms {
    /// The merchant's order; empty for none.
    pub order_id: String,
    /// Payments it uses up.
    pub payments: Vec<PaymentPart>,
    /// Who gets it; none for a new claim token.
    pub recipient: Option<Recipient>,
}

/// One invoice of a batch.
#[derive(Clone, PartialEq, Eq)]
pub struct BatchDraft {
    /// The invoice.
    pub invoice: DraftInvoice,
    /// Who gets it; none for a new claim token.
    pub recipient: Option<Recipient>,
}

macro_rules! silent_debug {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            /// Taxpayers' data and tokens stay out of logs.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

silent_debug!(DraftLine, DraftInvoice, Recipient, IssueTerms, BatchDraft);

impl TryFrom<wire::LineInput> for DraftLine {
    type Error = ConvertError;

    fn try_from(w: wire::LineInput) -> Result<Self, ConvertError> {
        Ok(Self {
            nature: choice::<types::LineNature, LineNature>(w.nature, "nature")?,
            name: text(w.name, MAX_TEXT_BYTES, "name")?,
            tax_code: parse(&w.tax_code, "tax_code")?,
            spec: text(w.spec, MAX_TEXT_BYTES, "spec")?,
            unit: text(w.unit, MAX_TEXT_BYTES, "unit")?,
            quantity: parse_optional(w.quantity.as_deref(), "quantity")?,
            price: parse_optional(w.price.as_deref(), "price")?,
            amount: Fen(w.amount),
            rate: message(w.rate, "rate")?,
            policy: choice::<types::Policy, Policy>(w.policy, "policy")?,
            tax: w.tax.map(Fen),
        })
    }
}

impl TryFrom<wire::TotalsInput> for DraftTotals {
    type Error = ConvertError;

    fn try_from(w: wire::TotalsInput) -> Result<Self, ConvertError> {
        Ok(Self { net: Fen(w.net), tax: Fen(w.tax), total: Fen(w.total) })
    }
}

impl From<DraftTotals> for wire::TotalsInput {
    fn from(t: DraftTotals) -> Self {
        Self { net: t.net.0, tax: t.tax.0, total: t.total.0 }
    }
}

impl TryFrom<wire::InvoiceInput> for DraftInvoice {
    type Error = ConvertError;

    /// No lines and too many for the rules are for the rules to refuse; the cap here is the transaction's.
    fn try_from(w: wire::InvoiceInput) -> Result<Self, ConvertError> {
        Ok(Self {
            kind: choice::<types::InvoiceKind, InvoiceKind>(w.kind, "kind")?,
            entry: choice::<types::EntryMode, EntryMode>(w.entry, "entry")?,
            buyer: message(w.buyer, "buyer")?,
            seller: optional(w.seller, "seller")?,
            lines: list(w.lines, MAX_LINES, "lines")?,
            remark: text(w.remark, MAX_TEXT_BYTES, "remark")?,
            drawer: text(w.drawer, MAX_TEXT_BYTES, "drawer")?,
            totals: optional(w.totals, "totals")?,
            special_element: u8_of(w.special_element, "special_element")?,
            deduction: w.deduction.map(Fen),
        })
    }
}

impl TryFrom<wire::Recipient> for Recipient {
    type Error = ConvertError;

    fn try_from(w: wire::Recipient) -> Result<Self, ConvertError> {
        Ok(match required(w.recipient, "recipient")? {
            wire::recipient::Recipient::Account(id) => Self::Account(account(id, "account")?),
            wire::recipient::Recipient::Address(bytes) => Self::Address(address(&bytes, "address")?),
            wire::recipient::Recipient::ClaimToken(token) => Self::ClaimToken(claim_token(token, "claim_token")?),
            wire::recipient::Recipient::TokenAddress(bytes) => Self::TokenAddress(address(&bytes, "token_address")?),
        })
    }
}

/// A claim token: 32 to 128 visible ASCII characters.
pub(crate) fn claim_token(token: String, field: &str) -> Read<String> {
    let visible = token.bytes().all(|b| b.is_ascii_graphic());
    if visible && (32..=MAX_CLAIM_TOKEN_BYTES).contains(&token.len()) {
        Ok(token)
    } else {
        Err(ConvertError::invalid(field, "must be 32 to 128 visible ASCII characters"))
    }
}

impl wire::ClaimRequest {
    /// The claim token, checked in form. Secret.
    pub fn read_claim_token(&self) -> Read<String> {
        claim_token(self.claim_token.clone(), "claim_token")
    }
}

impl TryFrom<wire::PaymentPart> for PaymentPart {
    type Error = ConvertError;

    fn try_from(w: wire::PaymentPart) -> Result<Self, ConvertError> {
        Ok(Self { slot: Slot(w.slot), amount: Fen(w.amount), sequence: w.sequence })
    }
}

impl TryFrom<wire::IssueTerms> for IssueTerms {
    type Error = ConvertError;

    fn try_from(w: wire::IssueTerms) -> Result<Self, ConvertError> {
        Ok(Self {
            order_id: text(w.order_id, MAX_REFERENCE_BYTES, "order_id")?,
            payments: list(w.payments, MAX_PAYMENTS, "payments")?,
            recipient: optional(w.recipient, "recipient")?,
        })
    }
}

impl TryFrom<wire::BatchInput> for BatchDraft {
    type Error = ConvertError;

    fn try_from(w: wire::BatchInput) -> Result<Self, ConvertError> {
        Ok(Self { invoice: message(w.invoice, "invoice")?, recipient: optional(w.recipient, "recipient")? })
    }
}

impl wire::IssueBatchRequest {
    /// The invoices of a batch, 1 to 1,000.
    pub fn read_invoices(self) -> Read<Vec<BatchDraft>> {
        if self.invoices.is_empty() {
            return Err(ConvertError::missing("invoices"));
        }
        list(self.invoices, MAX_BATCH_ITEMS.into(), "invoices")
    }
}
