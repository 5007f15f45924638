//! Rule books.

use ledger_types::limits::MAX_PROFILE_ENTRIES;
use ledger_types::registry::RuleBookHead;
use ledger_types::{Fen, RuleBook};

use super::error::ConvertError;
use super::field::{area, list, ms, u8_of, u16_of, wire_ms};
use crate::types::v1 as wire;

impl From<&RuleBook> for wire::RuleBook {
    fn from(b: &RuleBook) -> Self {
        Self {
            area: b.area.0.into(),
            version: b.version,
            effective_ms: wire_ms(b.effective_ms),
            rates: b.rates.iter().map(Into::into).collect(),
            line_tax_tolerance: b.line_tax_tolerance.0,
            discount_tax_tolerance: b.discount_tax_tolerance.0,
            product_tolerance: b.product_tolerance.0,
            invoice_tax_tolerance: b.invoice_tax_tolerance.0,
            sum_tolerance: b.sum_tolerance.0,
            max_lines: b.max_lines.into(),
            max_line_name: b.max_line_name.into(),
            max_remark: b.max_remark.into(),
            max_buyer_name: b.max_buyer_name.into(),
            max_invoice_amount: b.max_invoice_amount.0,
            max_payment_links: b.max_payment_links.into(),
            red_confirm_ms: wire_ms(b.red_confirm_ms),
            max_application_ms: wire_ms(b.max_application_ms),
            max_lock_ms: wire_ms(b.max_lock_ms),
            max_offer_ms: wire_ms(b.max_offer_ms),
            organisation_needs_tax_id: b.organisation_needs_tax_id,
        }
    }
}

impl TryFrom<wire::RuleBook> for RuleBook {
    type Error = ConvertError;

    fn try_from(w: wire::RuleBook) -> Result<Self, ConvertError> {
        Ok(Self {
            area: area(w.area, "area")?,
            version: w.version,
            effective_ms: ms(w.effective_ms, "effective_ms")?,
            rates: list(w.rates, MAX_PROFILE_ENTRIES, "rates")?,
            line_tax_tolerance: Fen(w.line_tax_tolerance),
            discount_tax_tolerance: Fen(w.discount_tax_tolerance),
            product_tolerance: Fen(w.product_tolerance),
            invoice_tax_tolerance: Fen(w.invoice_tax_tolerance),
            sum_tolerance: Fen(w.sum_tolerance),
            max_lines: u16_of(w.max_lines, "max_lines")?,
            max_line_name: u16_of(w.max_line_name, "max_line_name")?,
            max_remark: u16_of(w.max_remark, "max_remark")?,
            max_buyer_name: u16_of(w.max_buyer_name, "max_buyer_name")?,
            max_invoice_amount: Fen(w.max_invoice_amount),
            max_payment_links: u8_of(w.max_payment_links, "max_payment_links")?,
            red_confirm_ms: ms(w.red_confirm_ms, "red_confirm_ms")?,
            max_application_ms: ms(w.max_application_ms, "max_application_ms")?,
            max_lock_ms: ms(w.max_lock_ms, "max_lock_ms")?,
            max_offer_ms: ms(w.max_offer_ms, "max_offer_ms")?,
            organisation_needs_tax_id: w.organisation_needs_tax_id,
        })
    }
}

impl From<&RuleBookHead> for wire::RuleBookHead {
    fn from(h: &RuleBookHead) -> Self {
        Self { active: h.active, published: h.published }
    }
}

impl TryFrom<wire::RuleBookHead> for RuleBookHead {
    type Error = ConvertError;

    fn try_from(w: wire::RuleBookHead) -> Result<Self, ConvertError> {
        Ok(Self { active: w.active, published: w.published })
    }
}
