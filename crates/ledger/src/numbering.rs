//! Invoice codes and numbers: given in the area's issuing order, rolled over by year and batch.

use ledger_types::refusal::{Field, Refusal};
use ledger_types::registry::Numbering;
use ledger_types::{Area, BlockTime, InvoiceCode, InvoiceNumber, RegistryKey, RejectReason};

use crate::findings::Stop;
use crate::overlay::TxOverlay;

/// Batches of a year: the code has one digit for them.
const LAST_BATCH: u8 = 9;

/// The numbering an area starts with in the year of `now`. `None` if the area has no code.
pub(crate) fn first(area: Area, now: BlockTime) -> Option<Numbering> {
    let code = InvoiceCode::build(area, now.civil_date().short_year(), 1).ok()?;
    Some(Numbering { code, next: Some(InvoiceNumber::FIRST) })
}

/// The code and number to give at `now`: a new year starts a new code, and so does a used-up one. `None` if the last
/// batch of the year is used up.
fn current(numbering: Numbering, now: BlockTime) -> Option<(InvoiceCode, InvoiceNumber)> {
    let code = numbering.code;
    if code.year() != now.civil_date().short_year() {
        let fresh = first(code.area(), now)?;
        return fresh.next.map(|number| (fresh.code, number));
    }
    match numbering.next {
        Some(number) => Some((code, number)),
        None => {
            // There is no code of a tenth batch.
            let next = InvoiceCode::build(code.area(), code.year(), code.batch() + 1).ok()?;
            Some((next, InvoiceNumber::FIRST))
        }
    }
}

/// How many numbers are left in the year of `now`.
fn left(numbering: Numbering, now: BlockTime) -> u64 {
    let last = u64::from(InvoiceNumber::LAST.value());
    current(numbering, now)
        .map_or(0, |(code, number)| last - u64::from(number.value()) + 1 + u64::from(LAST_BATCH - code.batch()) * last)
}

/// Whether the area can give `count` numbers.
///
/// # Errors
/// Refused with `AREA_UNKNOWN` or `NUMBERS_EXHAUSTED`.
pub(crate) fn check_left(state: &TxOverlay<'_, '_>, area: Area, now: BlockTime, count: u16) -> Result<(), Stop> {
    let Some(numbering) = state.get::<Numbering>(&RegistryKey::Numbering(area))? else {
        return Err(Refusal::new(RejectReason::AreaUnknown, Field::Area).into());
    };
    if left(*numbering, now) < u64::from(count) {
        return Err(exhausted().into());
    }
    Ok(())
}

fn exhausted() -> Refusal {
    Refusal::new(RejectReason::NumbersExhausted, Field::Area)
}

/// Takes the next number of the area.
pub(crate) fn take(
    state: &mut TxOverlay<'_, '_>,
    area: Area,
    now: BlockTime,
) -> Result<(InvoiceCode, InvoiceNumber), Stop> {
    let key = RegistryKey::Numbering(area);
    let numbering = *state.must_get::<Numbering>(&key)?;
    let (code, number) = current(numbering, now).ok_or_else(exhausted)?;
    state.put(key, Numbering { code, next: number.next() });
    Ok((code, number))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// 2026-12-31 23:59:59.999 in Shenzhen.
    const LAST_MS: BlockTime = BlockTime(1_798_732_799_999);

    fn at(code: &str, number: &str) -> (InvoiceCode, InvoiceNumber) {
        (code.parse().unwrap(), number.parse().unwrap())
    }

    fn numbering(code: &str, next: Option<&str>) -> Numbering {
        Numbering { code: code.parse().unwrap(), next: next.map(|n| n.parse().unwrap()) }
    }

    #[test]
    fn the_year_turns_with_the_millisecond() {
        assert_eq!(LAST_MS.to_string(), "2026-12-31 23:59:59.999");
        let used = numbering("144032609310", Some("00000007"));
        assert_eq!(current(used, LAST_MS), Some(at("144032609310", "00000007")));
        assert_eq!(current(used, LAST_MS.plus_ms(1)), Some(at("144032709110", "00000001")));
    }

    #[test]
    fn a_used_up_code_is_followed_until_the_ninth() {
        let full = numbering("144032609110", None);
        assert_eq!(current(full, LAST_MS), Some(at("144032609210", "00000001")));
        let last = numbering("144032609910", None);
        assert_eq!(current(last, LAST_MS), None);
        assert_eq!(current(last, LAST_MS.plus_ms(1)), Some(at("144032709110", "00000001")));
    }

    #[test]
    fn what_is_left_counts_the_codes_to_come() {
        assert_eq!(left(numbering("144032609910", Some("99999998")), LAST_MS), 2);
        assert_eq!(left(numbering("144032609910", None), LAST_MS), 0);
        assert_eq!(left(numbering("144032609810", None), LAST_MS), 99_999_999);
    }
}
