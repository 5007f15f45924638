//! Runs the tables: one line a case, `name | what went before | what is done | what is expected`.

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::{Change, ChangeSet, PayloadKind, RegistryKey, RegistryValue, Verdict};

use crate::audit::audit;
use crate::expectation::{check, reasons};
use crate::scenario::Step;
use crate::values::entry;
use crate::world::{AREA, World};

macro_rules! tables {
    ($($name:ident: $kind:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            run(concat!(stringify!($name), ".txt"), include_str!(concat!("../tables/", stringify!($name), ".txt")));
        })*

        /// Kinds that have a table.
        const COVERED: &[PayloadKind] = &[$(PayloadKind::$kind),*];
    };
}

tables! {
    open_account: OpenAccount,
    update_keys: UpdateKeys,
    close_account: CloseAccount,
    approve_taxpayer: ApproveTaxpayer,
    publish_rule_book: PublishRuleBook,
    set_taxpayer_status: SetTaxpayerStatus,
    apply: Apply,
    issue_applied: IssueApplied,
    withdraw_application: WithdrawApplication,
    issue: Issue,
    issue_batch: IssueBatch,
    record_payment: RecordPayment,
    claim: Claim,
    offer_transfer: OfferTransfer,
    accept_transfer: AcceptTransfer,
    refuse_transfer: RefuseTransfer,
    withdraw_transfer: WithdrawTransfer,
    lock: Lock,
    unlock: Unlock,
    book: Book,
    unbook: Unbook,
    reimburse: Reimburse,
    request_red: RequestRed,
    answer_red: AnswerRed,
    issue_red: IssueRed,
}

#[test]
fn every_kind_of_invoice_business_has_a_table() {
    // Changes of the chain's own rules and evidence have their tests in `governance.rs` and `evidence.rs`.
    let business: Vec<_> = PayloadKind::ALL.iter().copied().filter(|k| *k < PayloadKind::ProposeChange).collect();
    assert_eq!(COVERED, business);
}

/// Runs every line of a table in a world of its own.
fn run(table: &str, text: &str) {
    let mut cases = 0;
    let mut failed = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [name, given, when, then] = columns[..] else { panic!("{table}:{}: not four columns", i + 1) };
        if std::panic::catch_unwind(|| run_case(given, when, then)).is_err() {
            failed.push(format!("{table}:{}: {name}", i + 1));
        }
        cases += 1;
    }
    assert!(failed.is_empty(), "these lines do not hold:\n{}", failed.join("\n"));
    assert!(cases >= 5, "{table} has only {cases} cases");
}

fn run_case(given: &str, when: &str, then: &str) {
    let mut world = World::new();
    for step in given.split(';').map(str::trim).filter(|s| !s.is_empty()) {
        assert_eq!(run_step(&mut world, &Step::parse(step)), "ok", "given `{step}`");
    }
    let height = world.height;
    let found = run_step(&mut world, &Step::parse(when));
    let mut expected = then.split_whitespace().peekable();
    if expected.next_if_eq(&"ok").is_some() {
        assert_eq!(found, "ok", "`{when}`");
        expected.for_each(|fact| check(&world, fact));
    } else {
        assert_eq!(found, then, "`{when}`");
        let caused = |c: &Change| match c {
            Change::Output { cause, .. } | Change::Registry { cause, .. } => *cause != SYSTEM_CAUSE,
            Change::Request(_) => false,
        };
        let changed = world.height > height && world.changes.changes.iter().any(caused);
        assert!(!changed, "a refusal changes nothing but the request log");
    }
    audit(&world);
}

/// `ok`, or the reasons of the refusal.
fn run_step(world: &mut World, step: &Step) -> String {
    match step.verb.as_str() {
        "wait" => {
            world.pass(step.after_ms());
            return "ok".to_owned();
        }
        "numbers" => {
            set_numbering(world, step);
            return "ok".to_owned();
        }
        _ => {}
    }
    let draft = step.draft(world).unwrap_or_else(|| panic!("no verb {}", step.verb));
    match world.submit_after(&draft, step.after_ms()) {
        Err(refusal) => reasons(&[refusal]),
        Ok(receipt) => match receipt.verdict {
            Verdict::Accepted(_) => "ok".to_owned(),
            Verdict::Refused(refusals) => reasons(&refusals),
        },
    }
}

/// Moves the area's numbering near its end, which no test could reach by issuing.
fn set_numbering(world: &mut World, step: &Step) {
    let key = RegistryKey::Numbering(AREA);
    let Some(RegistryValue::Numbering(mut numbering)) = entry(world, &key) else { panic!("no numbering") };
    numbering.code = step.word("code", "144032609110").parse().unwrap();
    numbering.next = Some(step.word("next", "99999999").parse().unwrap());
    let value = Some(Box::new(RegistryValue::Numbering(numbering)));
    let change = Change::Registry { cause: SYSTEM_CAUSE, key, value };
    world.state.apply(&ChangeSet { changes: vec![change] });
}
