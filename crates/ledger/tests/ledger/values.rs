//! Words of the scenarios that stand for values.

use ledger::StateView;
use ledger_types::{Address, OwnerCondition, RegistryKey, RegistryValue, Slot};

use crate::world::World;

/// Milliseconds of `90d`, `72h`, `15m`, `1s`, `1ms`, and sums or differences of them: `72h+1ms`, `-1ms`.
pub(crate) fn span(text: &str) -> i64 {
    let (mut total, mut rest) = (0, text);
    while !rest.is_empty() {
        let minus = rest.starts_with('-');
        rest = rest.trim_start_matches(['+', '-']);
        let end = rest.find(['+', '-']).unwrap_or(rest.len());
        total += if minus { -term(&rest[..end]) } else { term(&rest[..end]) };
        rest = &rest[end..];
    }
    total
}

/// The time a span away from `now`.
pub(crate) fn at(now: u64, text: &str) -> u64 {
    now.checked_add_signed(span(text)).unwrap()
}

fn term(text: &str) -> i64 {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or_else(|| panic!("`{text}` has no unit"));
    let unit = match &text[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        other => panic!("no unit {other}"),
    };
    text[..digits].parse::<i64>().unwrap() * unit
}

/// An owner condition: `shop` (an address), `token:t1`, `any:ann+bob`, `2of:ann+bob+corp`, `exp:1h:token:t1:shop`
/// (times from `now`).
pub(crate) fn condition(world: &World, text: &str, now: u64) -> OwnerCondition {
    let members = |names: &str| {
        let mut list: Vec<Address> = names.split('+').map(|n| world.address(n)).collect();
        list.sort_unstable();
        list
    };
    match text.split_once(':') {
        None => OwnerCondition::Address(world.address(text)),
        Some(("token", name)) => OwnerCondition::TokenKey(world.address(name)),
        Some(("any", names)) => OwnerCondition::AnyOf(members(names)),
        Some(("2of", names)) => OwnerCondition::MOfN { threshold: 2, members: members(names) },
        Some(("exp", rest)) => {
            let (until, rest) = rest.split_once(':').unwrap();
            let (first, fallback) = rest.rsplit_once(':').unwrap();
            OwnerCondition::Expiring {
                until_ms: at(now, until),
                first: Box::new(condition(world, first, now)),
                fallback: world.address(fallback),
            }
        }
        Some((other, _)) => panic!("no condition {other}"),
    }
}

/// The sequence of an output as it is now; 0 where there is none.
pub(crate) fn sequence(world: &World, slot: Slot) -> u32 {
    world.state.output(slot).unwrap().map_or(0, |output| output.sequence)
}

/// An entry of the register.
pub(crate) fn entry(world: &World, key: &RegistryKey) -> Option<RegistryValue> {
    world.state.registry(key).unwrap()
}

#[test]
fn spans_add_and_subtract() {
    assert_eq!(span("72h"), 259_200_000);
    assert_eq!(span("72h+1ms"), 259_200_001);
    assert_eq!(span("1d-1ms"), 86_399_999);
    assert_eq!(span("1h+30m-1s"), 5_399_000);
    assert_eq!(span("-1ms"), -1);
}
