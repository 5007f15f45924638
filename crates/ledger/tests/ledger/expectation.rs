//! What a scenario expects: `ok` and facts about the state afterwards, or the reasons of the refusal in order.

use ledger_types::{
    AccountId, ApplicationId, Area, BlockTime, FaceState, FormId, Owner, Refusal, RegistryKey, RegistryValue, Slot,
};

use crate::values::entry;
use crate::world::{World, account_id};

/// Reasons as the tables write them: `OUTPUT_SPENT`, `LOCKED@1` in item 1.
pub(crate) fn reasons(refusals: &[Refusal]) -> String {
    let text = |r: &Refusal| match r.item {
        Some(item) => format!("{}@{item}", r.reason),
        None => r.reason.to_string(),
    };
    refusals.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// Checks one fact, `subject.what=value`.
pub(crate) fn check(world: &World, fact: &str) {
    let (path, expected) = fact.split_once('=').unwrap_or_else(|| panic!("`{fact}` is no fact"));
    let (subject, what) = path.split_once('.').unwrap_or_else(|| panic!("`{path}` names nothing"));
    let digits = subject.find(|c: char| c.is_ascii_digit());
    let number = digits.and_then(|i| subject[i..].parse::<u64>().ok());
    let kind = &subject[..digits.unwrap_or(subject.len())];
    let found = match (kind, number) {
        ("inv", Some(n)) => invoice(world, Slot(n), what, expected),
        ("pay", Some(n)) => payment(world, Slot(n), what),
        ("app", Some(n)) => presence(world, &RegistryKey::Application(ApplicationId(n))),
        ("form", Some(n)) => form(world, FormId(n)),
        ("area", Some(n)) => area(world, Area(n as u16), what),
        ("account", Some(n)) => account(world, AccountId(n as u32), what),
        _ => match account_id(subject) {
            Some(id) if ["reserved", "consumed", "today"].contains(&what) => usage(world, id, what),
            Some(id) => account(world, id, what),
            None => panic!("nothing is called {subject}"),
        },
    };
    assert_eq!(found, expected, "{fact}");
}

fn invoice(world: &World, slot: Slot, what: &str, expected: &str) -> String {
    let Some(output) = ledger::StateView::output(&world.state, slot).unwrap() else { return "none".to_owned() };
    let invoice = output.invoice().unwrap();
    let [face, claim, reimbursement, booking] = invoice.state_names();
    match what {
        "face" => face.to_owned(),
        "claim" => claim.to_owned(),
        "reimbursement" => reimbursement.to_owned(),
        "booking" => booking.to_owned(),
        "seq" => output.sequence.to_string(),
        "amount" => output.amount.0.to_string(),
        "tax" => invoice.tax.0.to_string(),
        "code" => invoice.code.to_string(),
        "number" => invoice.number.to_string(),
        "book" => invoice.rule_book.to_string(),
        "item" => invoice.origin.item.to_string(),
        "day" => BlockTime(invoice.issued_ms).civil_date().to_string(),
        "cancels" => match invoice.face {
            FaceState::Red { of } => of.to_string(),
            FaceState::Reversed { by } => by.to_string(),
            FaceState::Blue => "-".to_owned(),
        },
        "owner" => match output.owner {
            Owner::Address(a) | Owner::TokenKey(a) if a == world.address(expected) => expected.to_owned(),
            Owner::Condition(_) => "condition".to_owned(),
            other => format!("{other:?}"),
        },
        other => panic!("an invoice has no {other}"),
    }
}

fn payment(world: &World, slot: Slot, what: &str) -> String {
    let output = ledger::StateView::output(&world.state, slot).unwrap().unwrap();
    let payment = output.payment().unwrap();
    match what {
        "left" => output.amount.0.to_string(),
        "paid" => payment.paid.0.to_string(),
        "invoices" => payment.invoices.to_string(),
        other => panic!("a payment has no {other}"),
    }
}

fn presence(world: &World, key: &RegistryKey) -> String {
    if entry(world, key).is_some() { "waiting".to_owned() } else { "gone".to_owned() }
}

fn form(world: &World, id: FormId) -> String {
    match entry(world, &RegistryKey::RedForm(id)) {
        Some(RegistryValue::RedForm(form)) => (form.state as u8).to_string(),
        _ => "none".to_owned(),
    }
}

fn area(world: &World, area: Area, what: &str) -> String {
    match (what, entry(world, &RegistryKey::RuleBookHead(area)), entry(world, &RegistryKey::Numbering(area))) {
        ("active", Some(RegistryValue::RuleBookHead(head)), _) => head.active.to_string(),
        ("published", Some(RegistryValue::RuleBookHead(head)), _) => head.published.to_string(),
        ("code", _, Some(RegistryValue::Numbering(numbering))) => numbering.code.to_string(),
        other => panic!("area {area}: {other:?}"),
    }
}

fn account(world: &World, id: AccountId, what: &str) -> String {
    let Some(RegistryValue::Account(account)) = entry(world, &RegistryKey::Account(id)) else {
        return "none".to_owned();
    };
    match what {
        "open" => account.open.to_string(),
        "keys" => account.keys.len().to_string(),
        "active-keys" => {
            account.keys.iter().filter(|k| k.status == ledger_types::KeyStatus::Active).count().to_string()
        }
        "kind" => format!("{:?}", account.kind).to_lowercase(),
        "standing" => match entry(world, &RegistryKey::Taxpayer(id)) {
            Some(RegistryValue::Taxpayer(profile)) => format!("{:?}", profile.status).to_lowercase(),
            _ => "none".to_owned(),
        },
        other => panic!("an account has no {other}"),
    }
}

/// As stored: not rolled to now.
fn usage(world: &World, id: AccountId, what: &str) -> String {
    let usage = match entry(world, &RegistryKey::Usage(id)) {
        Some(RegistryValue::Usage(usage)) => usage,
        _ => ledger_types::Usage::default(),
    };
    match what {
        "reserved" => usage.reserved.0.to_string(),
        "consumed" => usage.consumed.0.to_string(),
        _ => usage.day_count.to_string(),
    }
}
