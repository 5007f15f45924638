//! The faces that a number alone may stand for: the same number occurs in every code.

use ledger_types::{Area, BlockTime, InvoiceCode, InvoiceNumber};
use proto::convert::{FaceNumber, ReadStamp};

use crate::desk::Desk;
use crate::failure::Failure;

/// Batches of a code, one digit.
const LAST_BATCH: u8 = 9;

impl Desk {
    /// Every code of this chain that can hold the number: areas, years since genesis, batches in use.
    pub(super) async fn faces_of(&self, number: InvoiceNumber, stamp: &ReadStamp) -> Result<Vec<FaceNumber>, Failure> {
        let genesis = self.node.genesis();
        let mut faces = Vec::new();
        for (area, year) in first_codes(&genesis.areas, genesis.time, stamp.time) {
            for batch in 1..=LAST_BATCH {
                let Ok(code) = InvoiceCode::build(area, year, batch) else { break };
                faces.push(FaceNumber { code, number });
                // A batch is opened when the one before is used up.
                if self.node.invoice_by_number(code, InvoiceNumber::LAST).await?.is_none() {
                    break;
                }
            }
        }
        Ok(faces)
    }
}

/// Areas and years of which codes can exist, newest year first: most of what is verified is young.
fn first_codes(areas: &[Area], from: BlockTime, to: BlockTime) -> Vec<(Area, u8)> {
    let (first, last) = (from.civil_date().year, to.civil_date().year.max(from.civil_date().year));
    let years = (first..=last).rev().map(|year| (year % 100) as u8);
    years.flat_map(|year| areas.iter().map(move |area| (*area, year))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_area_and_year_since_genesis_newest_first() {
        let year = |y: u64| BlockTime((y - 1970) * 31_556_952_000 + 86_400_000 * 20);
        let codes = first_codes(&[Area(4403), Area(5300)], year(2025), year(2026));
        assert_eq!(codes, [(Area(4403), 26), (Area(5300), 26), (Area(4403), 25), (Area(5300), 25)]);
        assert_eq!(first_codes(&[Area(4403)], year(2026), year(2026)), [(Area(4403), 26)]);
        assert_eq!(first_codes(&[Area(4403)], year(2026), year(2025)).len(), 1, "a clock behind genesis");
    }
}
