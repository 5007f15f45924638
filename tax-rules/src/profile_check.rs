//! Whether an approval makes sense (409).

use ledger_types::limits::MAX_PROFILE_ENTRIES;
use ledger_types::refusal::Arg;
use ledger_types::{Fen, Field, RateGrant, Refusal, RejectReason, TaxpayerProfile};

use crate::rules::policy::{missed_partner, missed_rate};
use crate::scaled::count;

/// What is wrong with a profile; the number is the refusal's first argument, `item` the place in the list from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum ProfileFault {
    /// More entries in one list than allowed (the most, those found).
    TooManyEntries = 0,
    /// A kind of invoice approved twice.
    KindTwice = 1,
    /// Highest amount of an invoice: from 0.01 to 10^13 yuan.
    KindAmount = 2,
    /// Monthly quota: from zero to 10^13 yuan.
    Quota = 3,
    /// A grant of a rate that is none.
    GrantRate = 4,
    /// A grant whose tax-code prefix has another number of digits, or starts no code.
    GrantPrefix = 5,
    /// A grant that ends before it begins.
    GrantDates = 6,
    /// A grant whose policy and rate do not go together: no invoice could use it.
    GrantPolicy = 7,
    /// A category whose tax-code prefix has another number of digits, or starts no code.
    CategoryPrefix = 8,
}

/// Everything that contradicts itself in a profile; empty if it can be approved.
pub fn check_profile(profile: &TaxpayerProfile) -> Vec<Refusal> {
    let mut out = Vec::new();
    for entries in [profile.kinds.len(), profile.rates.len(), profile.categories.len()] {
        if entries > MAX_PROFILE_ENTRIES {
            out.push(refusal(ProfileFault::TooManyEntries).with([count(MAX_PROFILE_ENTRIES), count(entries)]));
        }
    }
    if !out.is_empty() {
        return out;
    }
    check_kinds(profile, &mut out);
    if profile.monthly_quota < Fen::ZERO || !profile.monthly_quota.in_range() {
        out.push(refusal(ProfileFault::Quota).with([Arg::Money(profile.monthly_quota)]));
    }
    for (index, grant) in profile.rates.iter().enumerate() {
        let faults = grant_faults(grant).map(refusal);
        out.extend(faults.map(|r| at(index, r)));
    }
    for (index, (prefix, digits)) in profile.categories.iter().enumerate() {
        if !is_prefix(*prefix, *digits) {
            out.push(at(index, refusal(ProfileFault::CategoryPrefix)));
        }
    }
    out
}

fn check_kinds(profile: &TaxpayerProfile, out: &mut Vec<Refusal>) {
    for (index, approval) in profile.kinds.iter().enumerate() {
        if profile.kinds[..index].iter().any(|earlier| earlier.kind == approval.kind) {
            out.push(at(index, refusal(ProfileFault::KindTwice).with([Arg::Choice(approval.kind as u8)])));
        }
        if approval.max_amount <= Fen::ZERO || !approval.max_amount.in_range() {
            out.push(at(index, refusal(ProfileFault::KindAmount).with([Arg::Money(approval.max_amount)])));
        }
    }
}

fn grant_faults(grant: &RateGrant) -> impl Iterator<Item = ProfileFault> {
    let mismatched =
        missed_rate(grant.policy, grant.rate).is_some() || missed_partner(grant.policy, grant.rate).is_some();
    let faults = [
        (!grant.rate.is_well_formed(), ProfileFault::GrantRate),
        (!is_prefix(grant.code_prefix, grant.prefix_digits), ProfileFault::GrantPrefix),
        (grant.valid_from_ms > grant.valid_to_ms, ProfileFault::GrantDates),
        (mismatched, ProfileFault::GrantPolicy),
    ];
    faults.into_iter().filter_map(|(is_faulty, fault)| is_faulty.then_some(fault))
}

/// True if `prefix` has exactly `digits` digits and starts with 1 to 6; 0 with no digits stands for all codes.
fn is_prefix(prefix: u64, digits: u8) -> bool {
    match digits {
        0 => prefix == 0,
        1..=19 => (1..=6).contains(&(prefix / 10u64.pow(u32::from(digits) - 1))),
        _ => false,
    }
}

fn refusal(fault: ProfileFault) -> Refusal {
    Refusal::new(RejectReason::ProfileInvalid, Field::Profile).with([Arg::Choice(fault as u8)])
}

fn at(index: usize, refusal: Refusal) -> Refusal {
    // At most MAX_PROFILE_ENTRIES entries get here.
    refusal.at_item(u16::try_from(index).unwrap_or(u16::MAX))
}

#[cfg(test)]
#[path = "profile_check_test.rs"]
mod profile_check_test;
