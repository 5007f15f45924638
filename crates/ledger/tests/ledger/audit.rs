//! Sums over the whole state that must hold after any history: slow, obvious, and written from the rules rather than
//! from the transitions.

use std::collections::BTreeMap;

use ledger_types::{
    AccountId, Asset, BlockTime, FaceState, Month, OutputRecord, RegistryKey, RegistryValue, ReimbursementState, Slot,
    Usage,
};

use crate::world::World;

/// Checks everything that can be checked from the state alone.
pub(crate) fn audit(world: &World) {
    let outputs: BTreeMap<Slot, &OutputRecord> = world.state.outputs().collect();
    slots_and_numbers(world, &outputs);
    reds_cancel(&outputs);
    quotas(world, &outputs);
    payments(&outputs);
}

fn slots_and_numbers(world: &World, outputs: &BTreeMap<Slot, &OutputRecord>) {
    assert!(outputs.keys().map(|s| s.0).eq(0..outputs.len() as u64), "slots have no gap");
    let counters = world.state.entries().find_map(|(_, value)| match value {
        RegistryValue::Counters(counters) => Some(*counters),
        _ => None,
    });
    assert_eq!(counters.unwrap().slot, Slot(outputs.len() as u64));
    let issued: Vec<_> = outputs.values().filter_map(|o| o.invoice()).map(|i| (i.code, i.number)).collect();
    assert!(issued.is_sorted_by(|a, b| a < b), "numbers rise in issuing order, none twice: {issued:?}");
}

fn reds_cancel(outputs: &BTreeMap<Slot, &OutputRecord>) {
    for (slot, output) in outputs {
        let Some(invoice) = output.invoice() else { continue };
        match invoice.face {
            FaceState::Reversed { by } => {
                let red = outputs[&by];
                assert_eq!(red.invoice().unwrap().face, FaceState::Red { of: *slot });
                assert_eq!(red.amount.0 + output.amount.0, 0);
                assert_eq!(red.invoice().unwrap().tax.0 + invoice.tax.0, 0);
                assert!(!matches!(invoice.reimbursement, ReimbursementState::Locked { .. }));
            }
            FaceState::Red { of } => {
                assert_eq!(outputs[&of].invoice().unwrap().face, FaceState::Reversed { by: *slot });
            }
            FaceState::Blue => {}
        }
    }
}

/// Consumption of the month is the blue invoices of the month less their reds of the same month, as far as those gave
/// quota back: so it lies between the two sums. Reservation is exactly the applications of the month.
fn quotas(world: &World, outputs: &BTreeMap<Slot, &OutputRecord>) {
    for (key, value) in world.state.entries() {
        if let (RegistryKey::Usage(seller), RegistryValue::Usage(usage)) = (key, value) {
            let (blue, reversed) = month_sums(outputs, *seller, usage.month);
            let consumed = i128::from(usage.consumed.0);
            assert!((blue - reversed..=blue).contains(&consumed), "consumed {consumed} of {blue} less {reversed}");
            assert_eq!(usage.reserved.0, reserved(world, *seller, usage), "reserved");
        }
    }
}

fn month_sums(outputs: &BTreeMap<Slot, &OutputRecord>, seller: AccountId, month: Month) -> (i128, i128) {
    let month_of = |ms: u64| BlockTime(ms).month();
    let (mut blue, mut reversed) = (0, 0);
    for output in outputs.values() {
        let Some(invoice) = output.invoice().filter(|i| i.seller == seller && month_of(i.issued_ms) == month) else {
            continue;
        };
        let net = i128::from((output.amount.0 - invoice.tax.0).max(0));
        match invoice.face {
            FaceState::Blue => blue += net,
            FaceState::Reversed { by } => {
                blue += net;
                if month_of(outputs[&by].invoice().unwrap().issued_ms) == month {
                    reversed += net;
                }
            }
            FaceState::Red { .. } => {}
        }
    }
    (blue, reversed)
}

fn reserved(world: &World, seller: AccountId, usage: &Usage) -> i64 {
    let of_month = |value: &RegistryValue| match value {
        RegistryValue::Application(a) if a.seller == seller && a.quota_month == usage.month => a.net.0.max(0),
        _ => 0,
    };
    world.state.entries().map(|(_, value)| of_month(value)).sum()
}

fn payments(outputs: &BTreeMap<Slot, &OutputRecord>) {
    for output in outputs.values() {
        if let Asset::Payment(payment) = output.asset {
            assert!((0..=payment.paid.0).contains(&output.amount.0));
            assert_eq!(output.amount == payment.paid, payment.invoices == 0);
        }
    }
}
