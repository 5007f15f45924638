//! Sums over invoices and applications, from which quota and counts follow. There is no running counter here that could
//! drift: what is used is added up from what was issued, given back and is still applied for.

use std::collections::BTreeMap;

use ledger_types::{AccountId, ApplicationId, BlockTime, Fen, Month, Usage};

use crate::rules::Used;

/// One fact about a taxpayer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// An application holds quota of a month.
    Applied { seller: AccountId, application: ApplicationId, month: Month, net: Fen },
    /// It does no longer.
    Settled { seller: AccountId, application: ApplicationId },
    /// An invoice was issued.
    Issued { seller: AccountId, at: BlockTime, net: Fen },
    /// A red letter gave quota of a month back.
    GivenBack { seller: AccountId, month: Month, net: Fen },
}

impl Entry {
    /// Whose.
    pub(crate) fn seller(&self) -> AccountId {
        match self {
            Self::Applied { seller, .. }
            | Self::Settled { seller, .. }
            | Self::Issued { seller, .. }
            | Self::GivenBack { seller, .. } => *seller,
        }
    }
}

#[derive(Debug, Default)]
struct Taxpayer {
    /// Issued less given back.
    months: BTreeMap<Month, i128>,
    /// The last day with an invoice, and how many.
    day: (u64, u32),
    /// The last minute with an invoice, and how many.
    minute: (u64, u32),
    live: BTreeMap<ApplicationId, (Month, i128)>,
}

impl Taxpayer {
    fn consumed(&self, month: Month) -> i128 {
        self.months.get(&month).copied().unwrap_or(0)
    }

    fn reserved(&self, month: Month) -> i128 {
        self.live.values().filter(|(of, _)| *of == month).map(|(_, net)| net).sum()
    }

    fn invoices_of_day(&self, day: u64) -> u32 {
        if self.day.0 == day { self.day.1 } else { 0 }
    }

    fn invoices_of_minute(&self, minute: u64) -> u32 {
        if self.minute.0 == minute { self.minute.1 } else { 0 }
    }
}

/// The sums of all taxpayers.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    taxpayers: BTreeMap<AccountId, Taxpayer>,
}

impl Tally {
    /// Adds a fact.
    pub(crate) fn add(&mut self, entry: Entry) {
        let taxpayer = self.taxpayers.entry(entry.seller()).or_default();
        match entry {
            Entry::Applied { application, month, net, .. } => {
                taxpayer.live.insert(application, (month, i128::from(net.0)));
            }
            Entry::Settled { application, .. } => {
                taxpayer.live.remove(&application);
            }
            Entry::Issued { at, net, .. } => {
                *taxpayer.months.entry(at.month()).or_default() += i128::from(net.0);
                taxpayer.day = (at.day_number(), taxpayer.invoices_of_day(at.day_number()) + 1);
                taxpayer.minute = (at.minute_number(), taxpayer.invoices_of_minute(at.minute_number()) + 1);
            }
            Entry::GivenBack { month, net, .. } => {
                *taxpayer.months.entry(month).or_default() -= i128::from(net.0);
            }
        }
    }

    /// What a taxpayer has used at a block time.
    pub(crate) fn used(&self, seller: AccountId, now: BlockTime) -> Used {
        self.taxpayers.get(&seller).map_or(Used::default(), |taxpayer| Used {
            month: taxpayer.consumed(now.month()) + taxpayer.reserved(now.month()),
            day_count: taxpayer.invoices_of_day(now.day_number()).into(),
            minute_count: taxpayer.invoices_of_minute(now.minute_number()).into(),
        })
    }
}

/// The usage entry that follows from the sums, as of a block time. `None` if an amount left the range of money.
pub(super) fn usage_of(tally: &Tally, seller: AccountId, now: BlockTime) -> Option<Usage> {
    let (month, day, minute) = (now.month(), now.day_number(), now.minute_number());
    let taxpayer = tally.taxpayers.get(&seller)?;
    Some(Usage {
        month,
        reserved: Fen(i64::try_from(taxpayer.reserved(month)).ok()?),
        consumed: Fen(i64::try_from(taxpayer.consumed(month)).ok()?),
        day,
        day_count: taxpayer.invoices_of_day(day),
        minute,
        minute_count: taxpayer.invoices_of_minute(minute),
    })
}
