#![allow(clippy::unwrap_used)]

use super::*;
use ledger_types::{
    CreditGrade, InvoiceKind, KindApproval, Policy, RiskLevel, TaxRate, TaxpayerKind, TaxpayerStatus, ZeroKind,
};

fn grant() -> RateGrant {
    RateGrant {
        code_prefix: 30704,
        prefix_digits: 5,
        rate: TaxRate::Percent(600),
        policy: Policy::None,
        valid_from_ms: 0,
        valid_to_ms: u64::MAX,
    }
}

fn profile() -> TaxpayerProfile {
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::A,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(1_000_000) }],
        monthly_quota: Fen(0),
        daily_count: 0,
        burst_per_minute: 0,
        rates: vec![grant()],
        categories: vec![(0, 0), (3_070_401_000_000_000_000, 19)],
    }
}

fn faults(change: impl FnOnce(&mut TaxpayerProfile)) -> Vec<(u8, Option<u16>)> {
    let mut profile = profile();
    change(&mut profile);
    let numbers = check_profile(&profile).into_iter().map(|r| match r.args[0] {
        Arg::Choice(n) => (n, r.item),
        _ => unreachable!("the fault comes first"),
    });
    numbers.collect()
}

#[test]
fn a_sound_profile_can_be_approved() {
    assert_eq!(faults(|_| {}), []);
    assert_eq!(
        faults(|p| (p.kinds.clear(), p.rates.clear(), p.categories.clear()).0),
        [],
        "an empty one grants nothing"
    );
}

#[test]
fn every_fault_is_found_by_number_and_place() {
    let twice = |p: &mut TaxpayerProfile| p.kinds.push(p.kinds[0]);
    assert_eq!(faults(twice), [(ProfileFault::KindTwice as u8, Some(1))]);
    assert_eq!(faults(|p| p.kinds[0].max_amount = Fen(0)), [(ProfileFault::KindAmount as u8, Some(0))]);
    assert_eq!(faults(|p| p.monthly_quota = Fen(-1)), [(ProfileFault::Quota as u8, None)]);
    assert_eq!(faults(|p| p.monthly_quota = Fen(Fen::MAX.0 + 1)), [(ProfileFault::Quota as u8, None)]);
    assert_eq!(faults(|p| p.rates[0].rate = TaxRate::Percent(0)), [(ProfileFault::GrantRate as u8, Some(0))]);
    assert_eq!(faults(|p| p.rates[0].prefix_digits = 4), [(ProfileFault::GrantPrefix as u8, Some(0))]);
    assert_eq!(faults(|p| p.rates[0].valid_from_ms = u64::MAX), [], "from and to are both included");
    assert_eq!(
        faults(|p| (p.rates[0].valid_from_ms, p.rates[0].valid_to_ms) = (2, 1)),
        [(ProfileFault::GrantDates as u8, Some(0))]
    );
    assert_eq!(faults(|p| p.rates[0].policy = Policy::Simplified3), [(ProfileFault::GrantPolicy as u8, Some(0))]);
    assert_eq!(
        faults(|p| p.rates[0].rate = TaxRate::Zero(ZeroKind::Exempt)),
        [(ProfileFault::GrantPolicy as u8, Some(0))]
    );
    for bad in [(1, 0), (7, 1), (0, 1), (30, 1), (3, 2), (u64::MAX, 20), (3, 255)] {
        assert_eq!(faults(|p| p.categories[0] = bad), [(ProfileFault::CategoryPrefix as u8, Some(0))], "{bad:?}");
    }
}

#[test]
fn a_list_too_long_is_not_read() {
    let crowd = |p: &mut TaxpayerProfile| p.categories = vec![(9, 1); MAX_PROFILE_ENTRIES + 1];
    assert_eq!(faults(crowd), [(ProfileFault::TooManyEntries as u8, None)]);
    let full = |p: &mut TaxpayerProfile| p.categories = vec![(3, 1); MAX_PROFILE_ENTRIES];
    assert_eq!(faults(full), []);
}
