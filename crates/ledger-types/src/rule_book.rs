//! Rule books (开票规则): dated, versioned issuing rules of an area.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::canonical::Canonical;
use crate::domain::{Purpose, domain_hash};
use crate::ids::{Area, ChainId, Digest};
use crate::money::Fen;
use crate::rate::TaxRate;

/// The issuing rules of one area between its effective time and the next version's.
///
/// Every number is a parameter because the law, the channel or the bureau may change it; the defaults are those
/// of the direct-connect (乐企) rule pack, see `docs/formats.md`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RuleBook {
    /// Area it rules.
    pub area: Area,
    /// Version within the area, from 1, rising by one.
    pub version: u32,
    /// Block time (ms) from which it is in force.
    pub effective_ms: u64,
    /// Rates that may appear at all.
    pub rates: Vec<TaxRate>,
    /// `|net * rate - tax|` of a line, fen (0.06).
    pub line_tax_tolerance: Fen,
    /// The same for discount lines (0.01).
    pub discount_tax_tolerance: Fen,
    /// `|quantity * price - net|` of a line, fen (0.01).
    pub product_tolerance: Fen,
    /// `|sum(net * rate) - sum(tax)|` of an invoice, fen (1.27).
    pub invoice_tax_tolerance: Fen,
    /// `|sum(line nets) - net|` and `|net + tax - total|`, fen (0.01).
    pub sum_tolerance: Fen,
    /// Most lines (2,000).
    pub max_lines: u16,
    /// Most characters of a printed line name (117).
    pub max_line_name: u16,
    /// Most characters of a remark (450).
    pub max_remark: u16,
    /// Most characters of a buyer's name (300).
    pub max_buyer_name: u16,
    /// Highest amount without tax of one invoice whatever the taxpayer, fen.
    pub max_invoice_amount: Fen,
    /// Most payments in one invoice, and most invoices of one payment (5).
    pub max_payment_links: u8,
    /// How long the counterparty of a red-letter form has, ms (72 hours).
    pub red_confirm_ms: u64,
    /// Longest life of an application, ms.
    pub max_application_ms: u64,
    /// Longest lock, ms.
    pub max_lock_ms: u64,
    /// Longest transfer offer, ms.
    pub max_offer_ms: u64,
    /// Whether an organisation's title needs a tax id.
    pub organisation_needs_tax_id: bool,
}

impl RuleBook {
    /// The standing rules of an area: what the public sources say is in force.
    pub fn standard(area: Area, version: u32, effective_ms: u64) -> Self {
        use crate::rate::ZeroKind;
        let mut rates: Vec<TaxRate> = [1300, 900, 600, 500, 300, 150, 100].map(TaxRate::Percent).to_vec();
        rates.extend([ZeroKind::Export, ZeroKind::Exempt, ZeroKind::OutOfScope, ZeroKind::Ordinary].map(TaxRate::Zero));
        Self {
            area,
            version,
            effective_ms,
            rates,
            line_tax_tolerance: Fen(6),
            discount_tax_tolerance: Fen(1),
            product_tolerance: Fen(1),
            invoice_tax_tolerance: Fen(127),
            sum_tolerance: Fen(1),
            max_lines: 2_000,
            max_line_name: 117,
            max_remark: 450,
            max_buyer_name: 300,
            max_invoice_amount: Fen(1_000_000_000_000),
            max_payment_links: 5,
            red_confirm_ms: 72 * 3_600_000,
            max_application_ms: 24 * 3_600_000,
            max_lock_ms: 90 * 86_400_000,
            max_offer_ms: 90 * 86_400_000,
            organisation_needs_tax_id: true,
        }
    }

    /// The hash that headers commit to.
    pub fn digest(&self, chain: &ChainId) -> Digest {
        domain_hash(Purpose::RuleBook, chain, &self.to_canonical())
    }
}
