//! The rules' examples: `cases/<rule>/*.toml`. Each case is a valid invoice with overrides, and the verdict word for
//! word. `cases/README.md` describes the format.
#![allow(clippy::unwrap_used)]

#[path = "cases/case.rs"]
mod case;
#[path = "cases/defaults.rs"]
mod defaults;
#[path = "cases/overrides.rs"]
mod overrides;
#[path = "cases/wording.rs"]
mod wording;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ledger_types::{ReasonClass, RejectReason};
use tax_rules::{RULES, evaluate, reference};

use case::{Case, CaseFile};

/// All cases, by folder.
fn cases() -> BTreeMap<String, Vec<(String, Case)>> {
    let mut all: BTreeMap<String, Vec<(String, Case)>> = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    for folder in fs::read_dir(root).unwrap().map(|f| f.unwrap().path()).filter(|p| p.is_dir()) {
        let rule = folder.file_name().unwrap().to_str().unwrap().to_owned();
        for path in fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()) {
            let file: CaseFile = toml::from_str(&fs::read_to_string(&path).unwrap())
                .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let named = file.case.into_iter().map(|c| (format!("{}: {}", path.display(), c.name), c));
            all.entry(rule.clone()).or_default().extend(named);
        }
    }
    all
}

#[test]
fn every_case_gets_its_verdict_from_both_models() {
    let mut wrong = Vec::new();
    for (name, case) in cases().into_values().flatten() {
        let scene = case.scene(&name);
        let verdict = evaluate(&scene.context(), &scene.invoice());
        let said: Vec<String> = verdict.refusals.iter().map(wording::sentence).collect();
        if said != case.expect {
            wrong.push(format!("{name}\n  expected {:#?}\n  but found {said:#?}", case.expect));
        }
        let slow = reference::evaluate(&scene.context(), &scene.invoice());
        assert_eq!(verdict, slow, "{name}: the reference model differs");
    }
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Each rule has its folder, with cases that pass and, for every reason it may give, one that fails for it.
#[test]
fn every_rule_has_cases_that_pass_and_fail_for_each_of_its_reasons() {
    let cases = cases();
    let rules: BTreeSet<&str> = RULES.iter().map(|r| r.name).collect();
    assert_eq!(cases.keys().map(String::as_str).collect::<BTreeSet<_>>(), rules, "folders of cases");
    let mut produced = BTreeSet::new();
    for rule in RULES {
        let of_rule = &cases[rule.name];
        assert!(of_rule.iter().any(|(_, c)| c.expect.is_empty()), "{}: no case passes", rule.name);
        for reason in rule.reasons {
            let fails = |c: &Case| c.expect.iter().any(|e| e.starts_with(&format!("{reason} ")));
            assert!(of_rule.iter().any(|(_, c)| fails(c)), "{}: no case gives {reason}", rule.name);
            produced.insert(*reason);
        }
    }
    let all: BTreeSet<RejectReason> =
        RejectReason::ALL.iter().copied().filter(|r| r.class() == ReasonClass::Rule).collect();
    assert_eq!(produced, all, "501 to 533");
}

/// A canary: a case with a wrong expectation is noticed, and so is an override of nothing.
#[test]
fn the_runner_can_fail() {
    let file: CaseFile =
        toml::from_str("[[case]]\nname = 'x'\nfacts = { remark = 'ok' }\nexpect = ['LINE_TAX x']").unwrap();
    let scene = file.case[0].scene("x");
    assert!(evaluate(&scene.context(), &scene.invoice()).passes());
    let misspelt: CaseFile = toml::from_str("[[case]]\nname = 'x'\nfacts = { remrk = 'ok' }").unwrap();
    assert!(std::panic::catch_unwind(|| misspelt.case[0].scene("x")).is_err());
}
