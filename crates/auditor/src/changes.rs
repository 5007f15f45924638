//! A stored change set against what the auditor's own state has become.

use ledger_types::change_set::{Cause, SYSTEM_CAUSE};
use ledger_types::output::Origin;
use ledger_types::{
    Asset, Change, ChangeSet, InvoiceRecord, OutputRecord, PaymentState, RegistryKey, RegistryValue, TitleKind,
};

use crate::world::{Touched, World};

/// One finding: the transaction it is about, what, stored, expected.
pub(crate) type Finding = (Option<u16>, String, String, String);

/// Compares all changes of a block.
pub(crate) fn compare(world: &World, touched: &Touched, stored: &ChangeSet) -> Vec<Finding> {
    let mut found = Vec::new();
    if !is_ordered(stored) {
        found.push((
            None,
            "change set".to_owned(),
            "out of order".to_owned(),
            "outputs, register, requests".to_owned(),
        ));
    }
    outputs(world, touched, stored, &mut found);
    register(world, touched, stored, &mut found);
    requests(touched, stored, &mut found);
    found
}

/// Outputs by slot, then register entries by key, then request lines; nothing twice.
fn is_ordered(stored: &ChangeSet) -> bool {
    stored.changes.is_sorted_by(|a, b| match (a, b) {
        (Change::Output { slot: a, .. }, Change::Output { slot: b, .. }) => a < b,
        (Change::Registry { key: a, .. }, Change::Registry { key: b, .. }) => a < b,
        (Change::Request(a), Change::Request(b)) => a.index < b.index,
        (Change::Output { .. }, _) | (Change::Registry { .. }, Change::Request(_)) => true,
        _ => false,
    })
}

fn of_tx(cause: Cause) -> Option<u16> {
    (cause != SYSTEM_CAUSE).then_some(cause)
}

fn outputs(world: &World, touched: &Touched, stored: &ChangeSet, found: &mut Vec<Finding>) {
    let mut stored_slots = std::collections::BTreeSet::new();
    for change in &stored.changes {
        let Change::Output { cause, slot, record } = change else { continue };
        stored_slots.insert(*slot);
        let what = format!("output {slot}");
        match world.output(*slot) {
            None => found.push((of_tx(*cause), what, "there".to_owned(), "nothing in this slot".to_owned())),
            Some(own) if own != record => {
                found.push((of_tx(*cause), what, difference(record, own), "the same fields otherwise".to_owned()));
            }
            Some(_) => check_cause(*cause, touched.outputs.get(slot).map(|touch| touch.cause), what, found),
        }
    }
    for (slot, touch) in &touched.outputs {
        if !stored_slots.contains(slot) && touch.before.as_ref() != world.output(*slot) {
            found.push((of_tx(touch.cause), format!("output {slot}"), "unchanged".to_owned(), "changed".to_owned()));
        }
    }
}

fn check_cause(stored: Cause, own: Option<Cause>, what: String, found: &mut Vec<Finding>) {
    if let Some(own) = own.filter(|own| *own != stored) {
        let name = |cause| of_tx(cause).map_or("a timed task".to_owned(), |tx| format!("transaction {tx}"));
        found.push((of_tx(stored), what, format!("caused by {}", name(stored)), format!("by {}", name(own))));
    }
}

fn register(world: &World, touched: &Touched, stored: &ChangeSet, found: &mut Vec<Finding>) {
    let mut stored_keys = std::collections::BTreeSet::new();
    for change in &stored.changes {
        let Change::Registry { cause, key, value } = change else { continue };
        stored_keys.insert(key);
        let (own, stored) = (world.entry(key), value.as_deref());
        if own != stored {
            found.push((of_tx(*cause), name(key), entry_text(stored), entry_text(own)));
        } else {
            check_cause(*cause, touched.register.get(key).map(|touch| touch.cause), name(key), found);
        }
    }
    for (key, touch) in &touched.register {
        let own = world.entry(key);
        if !stored_keys.contains(key) && touch.before.as_ref() != own {
            found.push((of_tx(touch.cause), name(key), "unchanged".to_owned(), entry_text(own)));
        }
    }
}

fn name(key: &RegistryKey) -> String {
    format!("register {key:?}")
}

/// Small entries in full; accounts, profiles and books, which carry names and limits, by kind only.
fn entry_text(value: Option<&RegistryValue>) -> String {
    match value {
        None => "absent".to_owned(),
        Some(RegistryValue::Account(account)) => format!("an account with {} keys", account.keys.len()),
        Some(RegistryValue::Taxpayer(profile)) => format!("a profile, {:?}", profile.status),
        Some(RegistryValue::RuleBook(book)) => format!("rule book {}", book.version),
        Some(RegistryValue::Params(_)) => "parameters".to_owned(),
        Some(RegistryValue::Validators(set)) => format!("{} validators", set.validators.len()),
        Some(other) => format!("{other:?}"),
    }
}

fn requests(touched: &Touched, stored: &ChangeSet, found: &mut Vec<Finding>) {
    let lines: Vec<_> = stored.requests().collect();
    for (place, own) in touched.requests.iter().enumerate() {
        match lines.get(place) {
            Some(line) if *line == own => {}
            Some(line) => {
                found.push((Some(own.index), "request line".to_owned(), format!("{line:?}"), format!("{own:?}")));
            }
            None => {
                found.push((Some(own.index), "request line".to_owned(), "absent".to_owned(), format!("{own:?}")));
            }
        }
    }
    if lines.len() > touched.requests.len() {
        let (more, own) = (lines.len(), touched.requests.len());
        found.push((None, "request lines".to_owned(), more.to_string(), own.to_string()));
    }
}

/// The names of the fields in which two records differ.
fn difference(stored: &OutputRecord, own: &OutputRecord) -> String {
    let mut fields = Vec::new();
    let mut add_if = |differs: bool, name: &'static str| {
        if differs {
            fields.push(name);
        }
    };
    add_if(stored.version != own.version, "version");
    add_if(stored.sequence != own.sequence, "sequence");
    add_if(stored.amount != own.amount, "amount");
    add_if(stored.owner != own.owner, "owner");
    match (&stored.asset, &own.asset) {
        (Asset::Invoice(stored), Asset::Invoice(own)) => invoice_fields(stored, own, &mut fields),
        (Asset::Payment(stored), Asset::Payment(own)) => payment_fields(stored, own, &mut fields),
        _ => fields.push("asset"),
    }
    format!("other {}", fields.join(", "))
}

fn invoice_fields(stored: &InvoiceRecord, own: &InvoiceRecord, fields: &mut Vec<&'static str>) {
    let pairs = [
        ("kind", stored.kind != own.kind),
        ("title", stored.title != own.title),
        ("origin", stored.origin != own.origin),
        ("seller", stored.seller != own.seller),
        ("code", stored.code != own.code),
        ("number", stored.number != own.number),
        ("tax", stored.tax != own.tax),
        ("issued_ms", stored.issued_ms != own.issued_ms),
        ("rule_book", stored.rule_book != own.rule_book),
        ("face", stored.face != own.face),
        ("claim", stored.claim != own.claim),
        ("reimbursement", stored.reimbursement != own.reimbursement),
        ("booking", stored.booking != own.booking),
        ("red_form", stored.red_form != own.red_form),
    ];
    fields.extend(pairs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name));
}

fn payment_fields(stored: &PaymentState, own: &PaymentState, fields: &mut Vec<&'static str>) {
    let pairs = [
        ("provider", stored.provider != own.provider),
        ("payee", stored.payee != own.payee),
        ("payment_ref", stored.payment_ref != own.payment_ref),
        ("paid", stored.paid != own.paid),
        ("invoices", stored.invoices != own.invoices),
    ];
    fields.extend(pairs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name));
}
/// The kind of title that a block's changes have for what came from a place: that is all execution kept of a buyer.
pub(crate) fn title(stored: &ChangeSet, origin: Origin) -> Option<TitleKind> {
    stored.changes.iter().find_map(|change| match change {
        Change::Output { record, .. } => record.invoice().filter(|invoice| invoice.origin == origin).map(|i| i.title),
        Change::Registry { value: Some(value), .. } => match value.as_ref() {
            RegistryValue::Application(application) if application.origin == origin => Some(application.title),
            _ => None,
        },
        _ => None,
    })
}
