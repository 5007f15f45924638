//! Block time and the civil calendar of Asia/Shanghai (a fixed +08:00; no time-zone database).

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00Z, as agreed in a block header.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct BlockTime(pub u64);

/// A day of the civil calendar.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct CivilDate {
    /// Year, e.g. 2026.
    pub year: u16,
    /// Month, 1-12.
    pub month: u8,
    /// Day, 1-31.
    pub day: u8,
}

/// A natural month as `year * 100 + month`, e.g. 202611.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Month(pub u32);

const DAY_MS: u64 = 86_400_000;
/// Asia/Shanghai is eight hours ahead of UTC all year.
const OFFSET_MS: u64 = 8 * 3_600_000;

impl BlockTime {
    /// Days since 1970-01-01 in Asia/Shanghai.
    pub fn day_number(self) -> u64 {
        self.0.saturating_add(OFFSET_MS) / DAY_MS
    }

    /// Minutes since 1970-01-01T00:00 in Asia/Shanghai.
    pub fn minute_number(self) -> u64 {
        self.0.saturating_add(OFFSET_MS) / 60_000
    }

    /// The civil date in Asia/Shanghai.
    pub fn civil_date(self) -> CivilDate {
        CivilDate::from_day_number(self.day_number())
    }

    /// The natural month in Asia/Shanghai.
    pub fn month(self) -> Month {
        self.civil_date().month_id()
    }

    /// A later time, clamped at the end of the range.
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl CivilDate {
    /// Proleptic Gregorian date of a day count since 1970-01-01 (Hinnant's algorithm), clamped to year 9999.
    pub fn from_day_number(days: u64) -> Self {
        let z = days.min(2_932_896) + 719_468;
        let era = z / 146_097;
        let doe = z % 146_097;
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u8;
        let month = if mp < 10 { mp + 3 } else { mp - 9 } as u8;
        let year = (yoe + era * 400 + u64::from(month <= 2)) as u16;
        Self { year, month, day }
    }

    /// The month this day is in.
    pub fn month_id(self) -> Month {
        Month(u32::from(self.year) * 100 + u32::from(self.month))
    }

    /// `yyyymmdd` as a number.
    pub fn compact(self) -> u32 {
        self.month_id().0 * 100 + u32::from(self.day)
    }

    /// The last two digits of the year, as in an invoice code.
    pub fn short_year(self) -> u8 {
        (self.year % 100) as u8
    }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0 / 100, self.0 % 100)
    }
}

impl fmt::Display for BlockTime {
    /// Date and time in Asia/Shanghai.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.saturating_add(OFFSET_MS) % DAY_MS;
        let (s, ms) = (ms / 1_000, ms % 1_000);
        write!(f, "{} {:02}:{:02}:{:02}.{ms:03}", self.civil_date(), s / 3_600, s / 60 % 60, s % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_turns_at_midnight_in_shenzhen() {
        // 2026-10-31T15:59:59.999Z and one millisecond later.
        let last = BlockTime(1_793_462_399_999);
        assert_eq!(last.to_string(), "2026-10-31 23:59:59.999");
        assert_eq!(last.month(), Month(202_610));
        assert_eq!(last.plus_ms(1).to_string(), "2026-11-01 00:00:00.000");
        assert_eq!(last.plus_ms(1).month(), Month(202_611));
    }

    #[test]
    fn leap_days_and_the_epoch() {
        assert_eq!(CivilDate::from_day_number(0).to_string(), "1970-01-01");
        assert_eq!(CivilDate::from_day_number(11_016).to_string(), "2000-02-29");
        assert_eq!(CivilDate::from_day_number(19_782).compact(), 20_240_229);
        assert_eq!(BlockTime(u64::MAX).civil_date().year, 9_999);
    }
}
