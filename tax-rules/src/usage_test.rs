#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

/// 2026-10-31 23:59:30 in Shenzhen.
const LAST_OF_OCTOBER: BlockTime = BlockTime(1_793_462_370_000);
const OCTOBER: Month = Month(202_610);
const NOVEMBER: Month = Month(202_611);

fn october() -> Usage {
    roll(Usage::default(), LAST_OF_OCTOBER)
}

#[test]
fn midnight_of_the_first_clears_month_day_and_minute() {
    let used = consume(reserve(october(), Fen(700)).unwrap(), Fen(300)).unwrap();
    assert_eq!((used.reserved, used.consumed, used.day_count, used.minute_count), (Fen(700), Fen(300), 1, 1));

    let last_ms = roll(used, LAST_OF_OCTOBER.plus_ms(29_999));
    assert_eq!(last_ms, used, "23:59:59.999 is the same minute");

    let first = roll(used, LAST_OF_OCTOBER.plus_ms(30_000));
    assert_eq!((first.month, first.reserved, first.consumed), (NOVEMBER, Fen::ZERO, Fen::ZERO));
    assert_eq!((first.day, first.day_count, first.minute_count), (used.day + 1, 0, 0));
    assert_eq!(first.minute, used.minute + 1);
}

#[test]
fn minute_day_and_month_clear_on_their_own() {
    let noon = BlockTime(1_793_462_400_000 + 12 * 3_600_000);
    let used = consume(reserve(roll(Usage::default(), noon), Fen(5)).unwrap(), Fen(7)).unwrap();
    let minute_later = roll(used, noon.plus_ms(60_000));
    assert_eq!((minute_later.minute_count, minute_later.day_count, minute_later.consumed), (0, 1, Fen(7)));
    let day_later = roll(used, noon.plus_ms(86_400_000));
    assert_eq!((day_later.minute_count, day_later.day_count, day_later.reserved), (0, 0, Fen(5)));
}

#[test]
fn time_never_runs_backwards() {
    let used = consume(roll(october(), LAST_OF_OCTOBER.plus_ms(30_000)), Fen(9)).unwrap();
    assert_eq!(roll(used, LAST_OF_OCTOBER), used, "an earlier time must not hand out a fresh quota");
}

#[test]
fn an_application_issued_next_month_is_consumed_there() {
    let applied = reserve(october(), Fen(100)).unwrap();
    let same_month = commit_reserved(applied, Fen(100), OCTOBER).unwrap();
    assert_eq!((same_month.reserved, same_month.consumed, same_month.day_count), (Fen::ZERO, Fen(100), 1));

    let next = roll(applied, LAST_OF_OCTOBER.plus_ms(30_000));
    let issued = commit_reserved(next, Fen(100), OCTOBER).unwrap();
    assert_eq!((issued.month, issued.reserved, issued.consumed), (NOVEMBER, Fen::ZERO, Fen(100)));
    assert_eq!(release_reserved(next, Fen(100), OCTOBER), Ok(next), "what lapsed is not released again");
}

#[test]
fn only_a_red_of_the_same_month_gives_back() {
    let used = consume(october(), Fen(100)).unwrap();
    assert_eq!(give_back(used, Fen(100), OCTOBER).unwrap().consumed, Fen::ZERO);
    assert_eq!(give_back(used, Fen(100), OCTOBER).unwrap().day_count, 1, "the invoice was issued all the same");
    assert_eq!(give_back(used, Fen(100), Month(202_609)), Ok(used));
    assert!(!red_gives_back(RedReason::SalesAllowance));
    assert!(red_gives_back(RedReason::IssueError) && red_gives_back(RedReason::SalesReturn));
}

#[test]
fn impossible_steps_have_names() {
    let held = reserve(october(), Fen(10)).unwrap();
    assert_eq!(release_reserved(held, Fen(11), OCTOBER), Err(UsageError::MoreThanHeld));
    assert_eq!(commit_reserved(held, Fen(11), OCTOBER), Err(UsageError::MoreThanHeld));
    assert_eq!(give_back(held, Fen(1), OCTOBER), Err(UsageError::MoreThanHeld));
    for step in [reserve, consume] {
        assert_eq!(step(held, Fen(-1)), Err(UsageError::NegativeAmount));
    }
    assert_eq!(release_reserved(held, Fen(-1), OCTOBER), Err(UsageError::NegativeAmount));
    assert_eq!(give_back(held, Fen(i64::MIN), OCTOBER), Err(UsageError::NegativeAmount));
    assert_eq!(reserve(held, Fen(i64::MAX)), Err(UsageError::Overflow));
    assert_eq!(consume(Usage { day_count: u32::MAX, ..held }, Fen(0)), Err(UsageError::Overflow));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(u64),
    Apply(i64),
    /// Issue, withdraw, reverse: the n-th of those that are open, counted round.
    IssueApplied(usize),
    Withdraw(usize),
    Issue(i64),
    Reverse(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let hours = (0u64..400).prop_map(|h| Step::Wait(h * 3_600_000));
    let step = prop_oneof![
        2 => (0u64..90_000).prop_map(Step::Wait),
        1 => hours,
        4 => (0i64..1_000_000).prop_map(Step::Apply),
        3 => (0usize..8).prop_map(Step::IssueApplied),
        2 => (0usize..8).prop_map(Step::Withdraw),
        3 => (0i64..1_000_000).prop_map(Step::Issue),
        2 => (0usize..8).prop_map(Step::Reverse),
    ];
    prop::collection::vec(step, 1..80)
}

/// The books kept the long way: every open application and every standing invoice with its time.
#[derive(Default)]
struct Ledger {
    open: Vec<(i64, BlockTime)>,
    standing: Vec<(i64, BlockTime)>,
    issued_at: Vec<BlockTime>,
}

impl Ledger {
    fn sum(list: &[(i64, BlockTime)], month: Month) -> i64 {
        list.iter().filter(|(_, at)| at.month() == month).map(|(net, _)| net).sum()
    }

    fn count(&self, same: impl Fn(&BlockTime) -> bool) -> u32 {
        u32::try_from(self.issued_at.iter().filter(|t| same(t)).count()).unwrap()
    }

    fn issue(&mut self, net: i64, now: BlockTime) {
        self.standing.push((net, now));
        self.issued_at.push(now);
    }
}

fn pick(list: &mut Vec<(i64, BlockTime)>, n: usize) -> Option<(i64, BlockTime)> {
    (!list.is_empty()).then(|| list.remove(n % list.len()))
}

fn run(step: Step, usage: Usage, now: BlockTime, ledger: &mut Ledger) -> Result<Usage, UsageError> {
    match step {
        Step::Wait(_) => Ok(usage),
        Step::Apply(net) => {
            ledger.open.push((net, now));
            reserve(usage, Fen(net))
        }
        Step::IssueApplied(n) => pick(&mut ledger.open, n).map_or(Ok(usage), |(net, at)| {
            ledger.issue(net, now);
            commit_reserved(usage, Fen(net), at.month())
        }),
        Step::Withdraw(n) => {
            pick(&mut ledger.open, n).map_or(Ok(usage), |(net, at)| release_reserved(usage, Fen(net), at.month()))
        }
        Step::Issue(net) => {
            ledger.issue(net, now);
            consume(usage, Fen(net))
        }
        Step::Reverse(n) => {
            pick(&mut ledger.standing, n).map_or(Ok(usage), |(net, at)| give_back(usage, Fen(net), at.month()))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Whatever the order of steps and however time passes, the running use is the sum over what really is open and
    /// stands, it is never negative, and no step of a correct caller fails.
    #[test]
    fn the_running_use_is_the_sum_over_the_books(steps in steps()) {
        let (mut now, mut usage, mut ledger) = (LAST_OF_OCTOBER, Usage::default(), Ledger::default());
        for step in steps {
            if let Step::Wait(ms) = step {
                now = now.plus_ms(ms);
            }
            usage = run(step, roll(usage, now), now, &mut ledger)?;
            prop_assert!(usage.reserved >= Fen::ZERO && usage.consumed >= Fen::ZERO);
            prop_assert_eq!(usage.reserved.0, Ledger::sum(&ledger.open, now.month()));
            prop_assert_eq!(usage.consumed.0, Ledger::sum(&ledger.standing, now.month()));
            prop_assert_eq!(usage.day_count, ledger.count(|t| t.day_number() == now.day_number()));
            prop_assert_eq!(usage.minute_count, ledger.count(|t| t.minute_number() == now.minute_number()));
        }
    }
}
