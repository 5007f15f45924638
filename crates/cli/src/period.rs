//! Spans and days as people write them.

use std::str::FromStr;

use ledger_types::CivilDate;

const DAY_MS: u64 = 86_400_000;
/// Asia/Shanghai is eight hours ahead of UTC all year.
const OFFSET_MS: u64 = 8 * 3_600_000;

/// A span: `90s`, `45m`, `12h`, `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Milliseconds.
    pub(crate) ms: u64,
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no span: write 90s, 45m, 12h or 30d");
        let (unit, digits) = text.char_indices().last().map(|(at, unit)| (unit, &text[..at])).ok_or_else(wrong)?;
        let unit_ms = match unit {
            's' => 1_000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => DAY_MS,
            _ => return Err(wrong()),
        };
        let count = Some(digits).filter(|d| d.bytes().all(|b| b.is_ascii_digit())).and_then(|d| d.parse::<u64>().ok());
        let ms = count.filter(|count| *count > 0).and_then(|count| count.checked_mul(unit_ms));
        ms.map(|ms| Self { ms }).ok_or_else(wrong)
    }
}

/// A day in Shenzhen: `2026-11-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(u64);

impl Day {
    /// Its first millisecond since 1970.
    pub(crate) fn first_ms(self) -> u64 {
        (self.0 * DAY_MS).saturating_sub(OFFSET_MS)
    }

    /// Its last millisecond since 1970.
    pub(crate) fn last_ms(self) -> u64 {
        ((self.0 + 1) * DAY_MS).saturating_sub(OFFSET_MS + 1)
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Days rise as their texts do: the first whose text is not smaller is the one, or there is none.
        let (mut low, mut high) = (0u64, 2_932_896);
        while low < high {
            let middle = low.midpoint(high);
            if CivilDate::from_day_number(middle).to_string().as_str() < text {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let found = CivilDate::from_day_number(low).to_string() == text;
        if found { Ok(Self(low)) } else { Err(format!("`{text}` is no day: write e.g. 2026-11-01")) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_days_have_one_form() {
        for (text, ms) in [("90s", 90_000), ("45m", 2_700_000), ("12h", 43_200_000), ("30d", 30 * DAY_MS)] {
            assert_eq!(text.parse::<Span>().unwrap().ms, ms);
        }
        for wrong in ["", "d", "0d", "30", "１h", "+3d", "-3d", "3 d", "3w", "3天", "99999999999999999999d"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong:?}");
        }
        let day: Day = "2026-11-01".parse().unwrap();
        assert_eq!((day.first_ms(), day.last_ms()), (1_793_462_400_000, 1_793_462_400_000 + DAY_MS - 1));
        for wrong in ["2026-02-29", "2026-11-1", "2026-13-01", "today", "", "1969-12-31"] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong:?}");
        }
        assert!("2028-02-29".parse::<Day>().is_ok());
    }
}
