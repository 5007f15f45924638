//! An invoice as a merchant has it: title, lines, remark. Totals are computed, salts drawn, sections made.

use crypto::{KeyError, OrderToken};
use ledger_types::body::EntryMode;
use ledger_types::{
    BuyerTitle, Canonical, Fen, InvoiceFacts, InvoiceKind, InvoiceLine, LineNature, Policy, Quantity, Section,
    SectionKind, SellerFace, TaxCode, TaxRate,
};

use crate::draft::{Randomness, plain_section};

/// What is to be invoiced.
#[derive(Clone, Debug)]
pub struct InvoiceDraft {
    /// Kind of invoice.
    pub kind: InvoiceKind,
    /// How the line amounts were entered.
    pub entry: EntryMode,
    /// The buyer's title.
    pub buyer: BuyerTitle,
    /// The seller's printed face, where it differs from the register.
    pub seller: Option<SellerFace>,
    /// The lines.
    pub lines: Vec<InvoiceLine>,
    /// Remark.
    pub remark: String,
    /// Who issues at the till (开票人).
    pub drawer: String,
    /// The order token that it is to be claimed with, if it is: who holds the token can then read what is sealed.
    pub token: Option<OrderToken>,
}

/// The sums of a draft's lines do not fit into money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lines add up to more than 10^13 yuan")]
pub struct SumOutOfRange;

impl InvoiceDraft {
    /// Sums of net and tax over the lines, in fen.
    pub fn totals(&self) -> Result<(Fen, Fen), SumOutOfRange> {
        let net: i128 = self.lines.iter().map(|l| i128::from(l.net.0)).sum();
        let tax: i128 = self.lines.iter().map(|l| i128::from(l.tax.0)).sum();
        Ok((Fen::from_sum(net).ok_or(SumOutOfRange)?, Fen::from_sum(tax).ok_or(SumOutOfRange)?))
    }

    /// The facts section; out-of-range sums become amounts that the rules refuse by name.
    pub fn facts(&self, secret_salt: [u8; 16]) -> InvoiceFacts {
        let (net, tax) = self.totals().unwrap_or((Fen(i64::MAX), Fen(0)));
        InvoiceFacts {
            kind: self.kind,
            entry: self.entry,
            net,
            tax,
            total: net.checked_add(tax).unwrap_or(Fen(i64::MAX)),
            remark: self.remark.clone(),
            drawer: self.drawer.clone(),
            special_element: 0,
            deduction: None,
            secret_salt,
        }
    }

    /// The body sections, in order of kind, each with a fresh salt.
    pub fn sections(&self, random: Randomness<'_>) -> Result<Vec<Section>, KeyError> {
        let mut secret_salt = [0; 16];
        random(&mut secret_salt)?;
        let mut out = vec![plain_section(SectionKind::Facts, self.facts(secret_salt).to_canonical(), random)?];
        if let Some(seller) = &self.seller {
            out.push(plain_section(SectionKind::Seller, seller.to_canonical(), random)?);
        }
        out.push(plain_section(SectionKind::Buyer, self.buyer.to_canonical(), random)?);
        out.push(plain_section(SectionKind::Lines, self.lines.to_canonical(), random)?);
        Ok(out)
    }
}

/// What is sold in one line, before amounts are split.
#[derive(Clone, Debug)]
pub struct Item {
    /// Printed name, `*short name*item`.
    pub name: String,
    /// Tax code.
    pub tax_code: TaxCode,
    /// Rate.
    pub rate: TaxRate,
    /// Policy.
    pub policy: Policy,
}

impl Item {
    /// A line from an amount with tax: net and tax are split so that gross stays exact.
    pub fn gross_line(&self, gross: Fen) -> InvoiceLine {
        let net = self.rate.net_of_gross(i128::from(gross.0));
        self.line(net, i128::from(gross.0) - net)
    }

    /// A line from an amount without tax.
    pub fn net_line(&self, net: Fen) -> InvoiceLine {
        let net = i128::from(net.0);
        self.line(net, self.rate.tax_on_net(net))
    }

    /// A line from an amount with tax and a quantity: the printed price is net / quantity, as exact as 13 decimals.
    pub fn gross_line_of(&self, gross: Fen, quantity: Quantity, unit: &str) -> InvoiceLine {
        let mut line = self.gross_line(gross);
        if let Some(price) = unit_price(line.net, quantity) {
            line.quantity = Some(quantity);
            line.price = Some(price);
            line.unit = unit.to_owned();
        }
        line
    }

    fn line(&self, net: i128, tax: i128) -> InvoiceLine {
        InvoiceLine {
            nature: LineNature::Normal,
            name: self.name.clone(),
            tax_code: self.tax_code,
            spec: String::new(),
            unit: String::new(),
            quantity: None,
            price: None,
            net: Fen(i64::try_from(net).unwrap_or(i64::MAX)),
            rate: self.rate,
            policy: self.policy,
            tax: Fen(i64::try_from(tax).unwrap_or(i64::MAX)),
        }
    }
}

/// `net / quantity` with eight decimals, half up. `None` for a zero quantity.
fn unit_price(net: Fen, quantity: Quantity) -> Option<Quantity> {
    const DECIMALS: u8 = 8;
    let mantissa = i128::from(quantity.mantissa());
    if mantissa <= 0 {
        return None;
    }
    // net is in 1/100 yuan: price * 10^8 = net * 10^6 * 10^scale / mantissa.
    let scaled = i128::from(net.0).checked_mul(1_000_000 * 10i128.pow(u32::from(quantity.scale())))?;
    let price = ledger_types::rate::div_half_up(scaled, mantissa);
    Quantity::new(i64::try_from(price).ok()?, DECIMALS).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn catering() -> Item {
        Item {
            name: "*餐饮服务*餐费".into(),
            tax_code: "3070401000000000000".parse().unwrap(),
            rate: TaxRate::Percent(600),
            policy: Policy::None,
        }
    }

    #[test]
    fn gross_stays_exact_and_the_price_fits_the_amount() {
        let line = catering().gross_line_of(Fen(19_800), "3".parse().unwrap(), "份");
        assert_eq!((line.net, line.tax), (Fen(18_679), Fen(1_121)));
        assert!(line.quantity.unwrap().times_is_about(line.price.unwrap(), 18_679, 1));
    }

    #[test]
    fn sums_beyond_money_are_refused_not_wrapped() {
        let mut line = catering().net_line(Fen(1));
        line.net = Fen(i64::MAX);
        let draft = InvoiceDraft {
            kind: InvoiceKind::BlockchainOrdinary,
            entry: EntryMode::Net,
            buyer: BuyerTitle {
                kind: ledger_types::TitleKind::Individual,
                name: "个人".into(),
                tax_id: None,
                address_and_bank: String::new(),
            },
            seller: None,
            lines: vec![line.clone(), line],
            remark: String::new(),
            drawer: String::new(),
            token: None,
        };
        assert_eq!(draft.totals(), Err(SumOutOfRange));
    }
}
