//! What a taxpayer has used of quota and counts: reserve, commit, release.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::money::Fen;
use crate::time::Month;

/// Running use of one taxpayer. Amounts are without tax, in fen, of the month named; none is ever negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Usage {
    /// The natural month (Asia/Shanghai) the amounts belong to.
    pub month: Month,
    /// Reserved by applications that are not issued yet.
    pub reserved: Fen,
    /// Consumed by issued invoices, less same-month reds.
    pub consumed: Fen,
    /// The day (days since 1970 in Asia/Shanghai) the count belongs to.
    pub day: u64,
    /// Invoices of that day.
    pub day_count: u32,
    /// The minute the burst count belongs to.
    pub minute: u64,
    /// Invoices of that minute.
    pub minute_count: u32,
}
