//! Invoice numbers in an area's issuing order.

use ledger_types::registry::Numbering;
use ledger_types::{Area, BlockTime, InvoiceCode, InvoiceNumber};

/// Hands out the numbers of one area, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    area: Area,
    year: u8,
    state: Numbering,
}

impl Numbers {
    /// Numbers of an area at a block time, from where the area stands.
    pub(crate) fn new(area: Area, now: BlockTime, state: Numbering) -> Self {
        Self { area, year: now.civil_date().short_year(), state }
    }

    /// The next number: of the code in use; of batch 1 of the new year when the year has turned; of the next batch
    /// when the code is used up. `None` after the ninth batch of a year.
    pub(crate) fn take(&mut self) -> Option<(InvoiceCode, InvoiceNumber)> {
        if self.state.code.year() != self.year {
            self.open(1)?;
        } else if self.state.next.is_none() {
            self.open(self.state.code.batch() + 1)?;
        }
        let number = self.state.next?;
        self.state.next = number.next();
        Some((self.state.code, number))
    }

    fn open(&mut self, batch: u8) -> Option<()> {
        let code = InvoiceCode::build(self.area, self.year, batch).ok()?;
        self.state = Numbering { code, next: Some(InvoiceNumber::FIRST) };
        Some(())
    }

    /// Where the area stands afterwards.
    pub(crate) fn state(&self) -> Numbering {
        self.state
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// 2026-11-01T00:00 in Shenzhen.
    const NOW: BlockTime = BlockTime(1_793_462_400_000);
    const AREA: Area = Area(4403);

    fn at(year: u8, batch: u8, next: Option<InvoiceNumber>) -> Numbers {
        let code = InvoiceCode::build(AREA, year, batch).unwrap();
        Numbers::new(AREA, NOW, Numbering { code, next })
    }

    #[test]
    fn numbers_run_on_and_roll_to_the_next_batch() {
        let mut numbers = at(26, 1, Some(InvoiceNumber::LAST));
        assert_eq!(numbers.take().unwrap().1, InvoiceNumber::LAST);
        assert_eq!(numbers.state().next, None);
        let (code, number) = numbers.take().unwrap();
        assert_eq!((code.batch(), number), (2, InvoiceNumber::FIRST));
        assert_eq!(numbers.take().unwrap().1.value(), 2);
    }

    #[test]
    fn a_new_year_starts_over_and_nine_batches_are_all() {
        let (code, number) = at(25, 7, Some(InvoiceNumber::LAST)).take().unwrap();
        assert_eq!((code.year(), code.batch(), number.value()), (26, 1, 1));
        assert_eq!(at(26, 9, None).take(), None);
        assert!(at(25, 9, None).take().is_some());
    }
}
