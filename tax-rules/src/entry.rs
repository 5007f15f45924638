//! Lines that pass, for clients: from amounts with or without tax, with prices, discounts and totals.
//!
//! Entered with tax (含税), the amount with tax stays exact and net is its rounded part; entered without, the tax is
//! rounded. An invoice of very many like lines would add up roundings in one direction until the invoice as a whole is
//! off by more than its tolerance; [`lines`] then rounds some lines to the other side, within the line's tolerance.

mod price;
mod split;

use ledger_types::body::{EntryMode, LineNature};
use ledger_types::{Fen, InvoiceFacts, InvoiceKind, InvoiceLine, Policy, Quantity, RuleBook, TaxCode, TaxRate};

use split::Split;

/// What a line says besides its amounts.
#[derive(Clone)]
pub struct LineLabel {
    /// Printed name, `*short name*item`.
    pub name: String,
    /// Tax code.
    pub tax_code: TaxCode,
    /// Specification, may be empty.
    pub spec: String,
    /// Unit, may be empty.
    pub unit: String,
    /// Rate.
    pub rate: TaxRate,
    /// Policy that goes with the rate.
    pub policy: Policy,
}

/// One thing sold: a line, or a discounted line and its discount.
#[derive(Clone)]
pub struct Item {
    /// What it is.
    pub label: LineLabel,
    /// How many; the price without tax follows from the amount.
    pub quantity: Option<Quantity>,
    /// Amount before discount, above zero; with or without tax as the invoice is entered.
    pub amount: Fen,
    /// Discount, from zero (no discount line) to the amount; with or without tax likewise.
    pub discount: Fen,
}

impl std::fmt::Debug for LineLabel {
    /// Taxpayers' data stays out of logs and errors.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LineLabel(…)")
    }
}

impl std::fmt::Debug for Item {
    /// Taxpayers' data stays out of logs and errors.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Item(…)")
    }
}

/// Why no line can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryError {
    /// An amount at or below zero, a discount below zero or above its amount, or beyond 10^13 yuan.
    Amount,
    /// A rate that is none.
    Rate,
    /// A quantity at or below zero, or so large that no price with 13 decimals gives the amount.
    Quantity,
    /// Totals beyond 10^13 yuan.
    Totals,
}

impl std::fmt::Display for EntryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Amount => "an amount is above zero and its discount no larger than it",
            Self::Rate => "not a tax rate",
            Self::Quantity => "no price with 13 decimals gives this amount for this quantity",
            Self::Totals => "the totals are beyond 10^13 yuan",
        })
    }
}

impl std::error::Error for EntryError {}

/// A normal line from an amount without tax.
pub fn line_from_net(label: LineLabel, quantity: Option<Quantity>, net: Fen) -> Result<InvoiceLine, EntryError> {
    let split = Split::new(EntryMode::Net, label.rate, positive(net)?)?;
    line(label, LineNature::Normal, quantity, split)
}

/// A normal line from an amount with tax, which stays exact: `net + tax == gross`.
pub fn line_from_gross(label: LineLabel, quantity: Option<Quantity>, gross: Fen) -> Result<InvoiceLine, EntryError> {
    let split = Split::new(EntryMode::Gross, label.rate, positive(gross)?)?;
    line(label, LineNature::Normal, quantity, split)
}

/// All lines of an invoice that is entered in one mode and judged by `book`.
pub fn lines(book: &RuleBook, mode: EntryMode, items: &[Item]) -> Result<Vec<InvoiceLine>, EntryError> {
    let mut lines = Vec::with_capacity(items.len());
    let mut off = 0;
    for item in items {
        let (label, natural) = (item.label.clone(), Split::new(mode, item.label.rate, positive(item.amount)?)?);
        if item.discount == Fen::ZERO {
            let split = natural.balanced(off, book);
            off += split.off();
            lines.push(line(label, LineNature::Normal, item.quantity, split)?);
        } else {
            let (discounted, discount) = pair(label, mode, item, natural, &mut off)?;
            lines.extend([discounted, discount]);
        }
    }
    Ok(lines)
}

/// The facts of a blue invoice over `lines`: totals filled in, remark and drawer empty, nothing special.
pub fn facts(
    kind: InvoiceKind,
    entry: EntryMode,
    lines: &[InvoiceLine],
    secret_salt: [u8; 16],
) -> Result<InvoiceFacts, EntryError> {
    let net: i128 = lines.iter().map(|l| i128::from(l.net.0)).sum();
    let tax: i128 = lines.iter().map(|l| i128::from(l.tax.0)).sum();
    let amount = |sum| Fen::from_sum(sum).ok_or(EntryError::Totals);
    Ok(InvoiceFacts {
        kind,
        entry,
        net: amount(net)?,
        tax: amount(tax)?,
        total: amount(net + tax)?,
        remark: String::new(),
        drawer: String::new(),
        special_element: 0,
        deduction: None,
        secret_salt,
    })
}

/// The discounted line and its discount. Both keep their plain rounding: rounded the same way, a discount of the whole
/// amount is exactly the line, and the tolerance of discount lines leaves no room.
fn pair(
    label: LineLabel,
    mode: EntryMode,
    item: &Item,
    natural: Split,
    off: &mut i128,
) -> Result<(InvoiceLine, InvoiceLine), EntryError> {
    let discount = positive(item.discount)?;
    if item.discount > item.amount {
        return Err(EntryError::Amount);
    }
    let taken = Split::new(mode, label.rate, discount)?.negated();
    *off += natural.off() + taken.off();
    let discounted = line(label.clone(), LineNature::Discounted, item.quantity, natural)?;
    let bare = LineLabel { spec: String::new(), unit: String::new(), ..label };
    Ok((discounted, line(bare, LineNature::Discount, None, taken)?))
}

fn positive(amount: Fen) -> Result<i128, EntryError> {
    if amount > Fen::ZERO && amount.in_range() { Ok(i128::from(amount.0)) } else { Err(EntryError::Amount) }
}

fn line(
    label: LineLabel,
    nature: LineNature,
    quantity: Option<Quantity>,
    split: Split,
) -> Result<InvoiceLine, EntryError> {
    let (net, tax) = split.amounts()?;
    let price = quantity.map(|q| price::for_amount(q, net).ok_or(EntryError::Quantity)).transpose()?;
    let LineLabel { name, tax_code, spec, unit, rate, policy } = label;
    Ok(InvoiceLine { nature, name, tax_code, spec, unit, quantity, price, net, rate, policy, tax })
}

#[cfg(test)]
#[path = "entry_test.rs"]
mod entry_test;
