//! An amount split into net and tax, and how far it is off.

use ledger_types::body::EntryMode;
use ledger_types::{Fen, RuleBook, TaxRate};

use super::EntryError;
use crate::scaled::{SCALE, is_near};

/// Net and tax of a line, in fen.
#[derive(Clone, Copy)]
pub(super) struct Split {
    mode: EntryMode,
    rate: TaxRate,
    net: i128,
    tax: i128,
}

impl Split {
    /// The plain split of an amount in range, half up.
    pub(super) fn new(mode: EntryMode, rate: TaxRate, amount: i128) -> Result<Self, EntryError> {
        if !rate.is_well_formed() {
            return Err(EntryError::Rate);
        }
        let (net, tax) = match mode {
            EntryMode::Net => (amount, rate.tax_on_net(amount)),
            EntryMode::Gross => {
                let net = rate.net_of_gross(amount);
                (net, amount - net)
            }
        };
        Ok(Self { mode, rate, net, tax })
    }

    /// The exact tax less the tax, in 1/10000 fen.
    pub(super) fn off(&self) -> i128 {
        self.net * self.rate.basis_points() - self.tax * SCALE
    }

    /// This split, or, once the invoice so far (`off`) and this line would use up half the invoice's tolerance, the one a
    /// fen to the side that brings the invoice closest, as far as the line's own tolerance allows.
    pub(super) fn balanced(self, off: i128, book: &RuleBook) -> Self {
        let half = i128::from(book.invoice_tax_tolerance.0) * SCALE / 2;
        if (off + self.off()).abs() <= half {
            return self;
        }
        let allowed = |s: &Self| {
            s.net > 0 && s.tax >= 0 && is_near(s.net * s.rate.basis_points(), s.tax, book.line_tax_tolerance)
        };
        [self, self.moved(1), self.moved(-1)]
            .into_iter()
            .filter(allowed)
            .min_by_key(|s| (off + s.off()).abs())
            .unwrap_or(self)
    }

    /// With `fen` more tax; what was entered stays.
    fn moved(self, fen: i128) -> Self {
        match (self.mode, self.rate) {
            (_, TaxRate::Zero(_)) => self,
            (EntryMode::Net, _) => Self { tax: self.tax + fen, ..self },
            (EntryMode::Gross, _) => Self { tax: self.tax + fen, net: self.net - fen, ..self },
        }
    }

    pub(super) fn negated(self) -> Self {
        Self { net: -self.net, tax: -self.tax, ..self }
    }

    pub(super) fn amounts(&self) -> Result<(Fen, Fen), EntryError> {
        let amount = |fen| Fen::from_sum(fen).ok_or(EntryError::Amount);
        Ok((amount(self.net)?, amount(self.tax)?))
    }
}
