//! Quota and counts: reserve, commit, release, consume, give back. Pure functions of a [`Usage`]; a failed one changes
//! nothing, and no amount is ever negative.
//!
//! Roll first: every function here expects a usage rolled to the block time it happens at.

use ledger_types::{BlockTime, Fen, Month, RedReason, Usage};

/// Why a step is impossible. The rules refuse such invoices before, so for a ledger this is a fault, not a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsageError {
    /// The amount of a step is below zero.
    NegativeAmount,
    /// A sum or count leaves its range.
    Overflow,
    /// More is released, committed or given back than stands there.
    MoreThanHeld,
}

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NegativeAmount => "the amount of a quota step is negative",
            Self::Overflow => "a quota sum or invoice count leaves its range",
            Self::MoreThanHeld => "more quota is taken back than is held",
        })
    }
}

impl std::error::Error for UsageError {}

/// Moves a usage to `now`: a new month starts without reservations and consumption (unused quota does not roll over and
/// reservations lapse with their month), a new day and a new minute start at no invoices. Never moves backwards.
#[must_use]
pub fn roll(usage: Usage, now: BlockTime) -> Usage {
    let mut rolled = usage;
    if now.month() > rolled.month {
        rolled = Usage { month: now.month(), reserved: Fen::ZERO, consumed: Fen::ZERO, ..rolled };
    }
    if now.day_number() > rolled.day {
        rolled = Usage { day: now.day_number(), day_count: 0, ..rolled };
    }
    if now.minute_number() > rolled.minute {
        rolled = Usage { minute: now.minute_number(), minute_count: 0, ..rolled };
    }
    rolled
}

/// Reserves quota for an application. Keep `usage.month` as the application's `quota_month`.
pub fn reserve(usage: Usage, net: Fen) -> Result<Usage, UsageError> {
    Ok(Usage { reserved: plus(usage.reserved, net)?, ..usage })
}

/// Issues an application: its reservation becomes consumption, and the invoice counts. If the reservation lapsed with
/// its month, the amount is consumed from the month the usage is in ([`crate::check_applied`] looks whether it fits).
pub fn commit_reserved(usage: Usage, net: Fen, quota_month: Month) -> Result<Usage, UsageError> {
    consume(release_reserved(usage, net, quota_month)?, net)
}

/// Withdraws an application or lets it lapse: its reservation goes back, unless it went with its month already.
pub fn release_reserved(usage: Usage, net: Fen, quota_month: Month) -> Result<Usage, UsageError> {
    if quota_month != usage.month {
        return Ok(usage);
    }
    Ok(Usage { reserved: minus(usage.reserved, net)?, ..usage })
}

/// Issues an invoice in one step: consumes quota and counts for the day and the minute.
pub fn consume(usage: Usage, net: Fen) -> Result<Usage, UsageError> {
    Ok(Usage {
        consumed: plus(usage.consumed, net)?,
        day_count: usage.day_count.checked_add(1).ok_or(UsageError::Overflow)?,
        minute_count: usage.minute_count.checked_add(1).ok_or(UsageError::Overflow)?,
        ..usage
    })
}

/// A red invoice gives the quota of its blue one back if that was issued in the same month (`blue_month`); a red of an
/// earlier month's invoice changes nothing. Ask [`red_gives_back`] first. Counts stay: the invoice was issued.
pub fn give_back(usage: Usage, net: Fen, blue_month: Month) -> Result<Usage, UsageError> {
    if blue_month != usage.month {
        return Ok(usage);
    }
    Ok(Usage { consumed: minus(usage.consumed, net)?, ..usage })
}

/// Whether a red invoice for this reason gives quota back: all but 销售折让 do.
pub fn red_gives_back(reason: RedReason) -> bool {
    reason != RedReason::SalesAllowance
}

fn plus(held: Fen, net: Fen) -> Result<Fen, UsageError> {
    if net < Fen::ZERO {
        return Err(UsageError::NegativeAmount);
    }
    held.checked_add(net).ok_or(UsageError::Overflow)
}

fn minus(held: Fen, net: Fen) -> Result<Fen, UsageError> {
    if net < Fen::ZERO {
        return Err(UsageError::NegativeAmount);
    }
    if net > held {
        return Err(UsageError::MoreThanHeld);
    }
    held.checked_sub(net).ok_or(UsageError::Overflow)
}

#[cfg(test)]
#[path = "usage_test.rs"]
mod usage_test;
