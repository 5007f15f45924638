//! A chain with one invoice's whole life, audited clean and with every kind of alteration.
#![allow(clippy::unwrap_used)]

use std::convert::Infallible;

use ledger_types::payload::{InvoiceRequest, PaymentUse, RedAnswer, Spend};
use ledger_types::red_form::RedReason;
use ledger_types::{BlockFrame, Change, Digest, Fen, Payload, RejectReason, Section, Slot, Verdict};

use crate::audit::{Options, audit};
use crate::chain_by_hand::{BUYER, Chain, PAYMENTS, SELLER, certify, key};
use crate::invoice_by_hand::{HOUR, body, opened, reimbursed, request, token_of};
use crate::plant::{PlantPlan, Planted};
use crate::report::AuditReport;

fn judge(chain: &Chain, frames: Vec<BlockFrame>) -> AuditReport {
    let options = Options { root_every: 1, ..Options::default() };
    audit(
        &chain.genesis,
        frames.into_iter().map(Ok::<_, Infallible>),
        options,
        &ledger_types::seal::NoKeys,
        &mut |_| {},
    )
}

/// Heights and subjects of all differences.
fn told(report: &AuditReport) -> Vec<(u64, String)> {
    report.differences.iter().map(|d| (d.height.0, d.what.clone())).collect()
}

fn at(height: u64, what: &str) -> Vec<(u64, String)> {
    vec![(height, what.to_owned())]
}

#[test]
fn a_right_chain_has_no_differences_and_the_second_reimbursement_is_refused_by_name() {
    let chain = reimbursed();
    assert_eq!(chain.reasons(1), [RejectReason::OutputSpent, RejectReason::AlreadyReimbursed]);
    assert_eq!(chain.reasons(2), [RejectReason::AlreadyReimbursed]);
    let report = judge(&chain, chain.frames.clone());
    assert_eq!(report.differences, []);
    assert_eq!((report.issued, report.reimbursed, report.accepted, report.refused), (1, 1, 7, 3));
    assert_eq!((report.sums.issued, report.sums.reimbursed), (10_600, 10_600));
    assert_eq!((report.signatures, report.roots), (10, 5));
    assert_eq!(report.to_string().lines().last(), Some("auditor: 1 issued, 0 differences"));
}

#[test]
fn planted_verdicts_are_found_one_for_one() {
    let chain = reimbursed();
    for count in 1..=10 {
        let plan = PlantPlan::spread(10, count);
        let frames = chain.frames.clone().into_iter().map(Ok::<_, Infallible>);
        let report = audit(
            &chain.genesis,
            Planted::new(frames, plan),
            Options::default(),
            &ledger_types::seal::NoKeys,
            &mut |_| {},
        );
        assert_eq!(report.differences.len() as u64, count, "{:#?}", report.differences);
        assert!(report.differences.iter().all(|d| d.what == "verdict" && d.height.0 > 0));
        assert_eq!(report.issued, 1, "the auditor goes on with its own verdicts");
    }
}

#[test]
fn every_altered_header_field_is_told() {
    let mut chain = reimbursed();
    chain.block(10, vec![]);
    let alter = |change: fn(&mut ledger_types::Header)| {
        let mut frames = chain.frames.clone();
        let frame = frames.last_mut().unwrap();
        change(&mut frame.block.header);
        frame.certificate = certify(&chain.genesis, &frame.block.header);
        told(&judge(&chain, frames))
    };
    assert_eq!(alter(|_| {}), []);
    assert_eq!(alter(|h| h.protocol = 2), at(6, "header: protocol"));
    assert_eq!(alter(|h| h.parent.0[5] ^= 1), at(6, "header: parent"));
    assert_eq!(alter(|h| h.tx_root = Digest([9; 32])), at(6, "header: transactions root"));
    assert_eq!(alter(|h| h.state_root = Digest([9; 32])), at(6, "header: state root of the parent"));
    assert_eq!(alter(|h| h.receipts_root = Digest([9; 32])), at(6, "header: receipts root of the parent"));
    assert_eq!(alter(|h| h.changes_root = Digest([9; 32])), at(6, "header: changes root of the parent"));
    assert_eq!(alter(|h| h.rule_books_root = Digest([9; 32])), at(6, "header: rule books root"));
    assert_eq!(alter(|h| h.params_hash = Digest([9; 32])), at(6, "header: parameters"));
    assert_eq!(alter(|h| h.evidence_root = Digest([9; 32])), at(6, "header: evidence root"));
    assert_eq!(alter(|h| h.last_certificate_hash = Digest([9; 32])), at(6, "header: parent's certificate"));
    assert_eq!(alter(|h| h.time.0 -= 10), at(6, "header: time"));
    assert_eq!(alter(|h| h.proposer = 1), at(6, "header: proposer"));
}

#[test]
fn bad_signatures_certificates_and_bodies_are_told() {
    let chain = reimbursed();
    let alter = |change: fn(&mut BlockFrame)| {
        let mut frames = chain.frames.clone();
        change(frames.last_mut().unwrap());
        told(&judge(&chain, frames))
    };
    assert_eq!(alter(|f| f.block.txs[2].signatures[0][10] ^= 1), at(5, "signature"));
    assert_eq!(alter(|f| f.certificate.signatures[0][10] ^= 1), at(5, "certificate"));
    assert_eq!(alter(|f| f.block.last_certificate = None)[0].1, "header: parent's certificate");
    assert_eq!(alter(|f| f.state_root.0[0] ^= 1), at(5, "state root"));
    let mut frames = chain.frames.clone();
    let ledger_types::transaction::TxBody::Sections(sections) = &mut frames[1].block.txs[0].body else { panic!() };
    let Section::Plain { salt, .. } = &mut sections[0] else { panic!() };
    salt[0] ^= 1;
    let report = judge(&chain, frames);
    assert_eq!(report.differences[0].expected, "turned away before any block: COMMITMENT_MISMATCH");
}

#[test]
fn altered_records_are_told_by_field() {
    let chain = reimbursed();
    let mut frames = chain.frames.clone();
    let Change::Output { record, .. } = &mut frames[4].changes.changes[0] else { panic!("an output comes first") };
    record.amount = Fen(1);
    let report = judge(&chain, frames);
    let first = &report.differences[0];
    assert_eq!((first.what.as_str(), first.stored.as_str()), ("output 0", "other amount"));
}

#[test]
fn a_second_reimbursement_that_was_let_through_is_one_wrong_verdict() {
    let chain = reimbursed();
    let mut frames = chain.frames.clone();
    let Verdict::Accepted(outcome) = frames[4].receipts[0].verdict.clone() else { panic!("the first is accepted") };
    frames[4].receipts[1].verdict = Verdict::Accepted(outcome);
    let report = judge(&chain, frames);
    assert_eq!(told(&report), at(5, "verdict"));
    assert_eq!(report.differences[0].tx, Some(1));
    assert_eq!(report.differences[0].stored, "accepted: stepped 0.4");
}

#[test]
fn quota_is_given_back_by_a_red_letter_of_the_month_and_runs_out() {
    let mut chain = opened();
    let owner = || token_of("other");
    let issue = |chain: &mut Chain, net| chain.by(SELLER, Payload::Issue(request(owner())), body(net));
    let (second, third) = (issue(&mut chain, 20_000), issue(&mut chain, 10_000));
    chain.block(10, vec![second, third]);
    assert_eq!((chain.reasons(0), chain.reasons(1)), (vec![], vec![RejectReason::OverQuota]));
    let red = Payload::IssueRed { invoice: Slot(1), sequence: 0, reason: RedReason::IssueError, form: None };
    let (red, third) = (chain.by(SELLER, red, vec![]), issue(&mut chain, 25_000));
    chain.block(10, vec![red, third]);
    assert_eq!((chain.reasons(0), chain.reasons(1)), (vec![], vec![]));
    let report = judge(&chain, chain.frames.clone());
    assert_eq!(report.differences, []);
    assert_eq!((report.issued, report.red, report.sums.red), (3, 1, -21_200));
}

#[test]
fn applications_lapse_and_offers_and_locks_come_back() {
    let mut chain = opened();
    let to = chain.address(BUYER);
    let claim = chain.by_key(&key("token"), Payload::Claim { spend: Spend::new(Slot(0), 0), to });
    let expires_ms = chain.now + HOUR;
    let apply = Payload::Apply { request: request(token_of("t")), expires_ms };
    let apply = chain.by(SELLER, apply, body(20_000));
    chain.block(10, vec![claim, apply]);
    let until_ms = chain.now + HOUR;
    let to = chain.address(SELLER);
    let offer = Payload::OfferTransfer { spend: Spend::new(Slot(0), 1), to, until_ms };
    let offer = chain.by(BUYER, offer, vec![]);
    let over = chain.by(SELLER, Payload::Issue(request(token_of("t"))), body(10_000));
    chain.block(10, vec![offer, over]);
    assert_eq!((chain.reasons(0), chain.reasons(1)), (vec![], vec![RejectReason::OverQuota]));
    chain.now += 2 * HOUR;
    let issue = chain.by(SELLER, Payload::IssueApplied { application: ledger_types::ApplicationId(1) }, vec![]);
    let lapsed = chain.block(10, vec![issue]).receipts.len();
    assert_eq!(lapsed, 3, "an application, an offer, and the refusal to issue");
    assert_eq!(chain.reasons(0), [RejectReason::ApplicationGone]);
    let until_ms = chain.now + HOUR;
    let lock = Payload::Lock { spends: vec![Spend::new(Slot(0), 3)], until_ms, reason: 0 };
    let lock = chain.by(BUYER, lock, vec![]);
    chain.block(10, vec![lock]);
    assert_eq!(chain.reasons(0), []);
    chain.block(HOUR + 1, vec![]);
    assert_eq!(chain.world().output(Slot(0)).unwrap().sequence, 5, "the lock lapsed");
    let report = judge(&chain, chain.frames.clone());
    assert_eq!((told(&report), report.tasks), (vec![], 3));
}

#[test]
fn a_reimbursed_invoice_is_reversed_with_a_confirmed_form_only() {
    let mut chain = reimbursed();
    let red = |form| Payload::IssueRed { invoice: Slot(0), sequence: 5, reason: RedReason::SalesReturn, form };
    let form = Payload::RequestRed { invoice: Slot(0), reason: RedReason::SalesReturn };
    let form = chain.by(SELLER, form, vec![]);
    chain.block(10, vec![form]);
    assert_eq!(chain.reasons(0), []);
    let id = ledger_types::FormId(1);
    let (without, early) = (chain.by(SELLER, red(None), vec![]), chain.by(SELLER, red(Some(id)), vec![]));
    let own = chain.by(SELLER, Payload::AnswerRed { form: id, answer: RedAnswer::Confirm }, vec![]);
    chain.block(10, vec![without, early, own]);
    assert_eq!(chain.reasons(0), [RejectReason::RedNeedsConfirmation]);
    assert_eq!(chain.reasons(1), [RejectReason::RedFormState]);
    assert_eq!(chain.reasons(2), [RejectReason::NotRedParty]);
    let confirm = chain.by(BUYER, Payload::AnswerRed { form: id, answer: RedAnswer::Confirm }, vec![]);
    let red = chain.by(SELLER, red(Some(id)), vec![]);
    chain.block(10, vec![confirm, red]);
    assert_eq!((chain.reasons(0), chain.reasons(1)), (vec![], vec![]));
    let report = judge(&chain, chain.frames.clone());
    assert_eq!((told(&report), report.red), (vec![], 1));
}

#[test]
fn payments_cover_an_invoice_exactly_and_once() {
    let mut chain = opened();
    let pay = Payload::RecordPayment { payment_ref: Digest([6; 32]), payee: SELLER, amount: Fen(10_600) };
    let (pay, again) = (chain.by(PAYMENTS, pay.clone(), vec![]), chain.by(PAYMENTS, pay, vec![]));
    chain.block(10, vec![pay, again]);
    assert_eq!(chain.reasons(1), [RejectReason::PaymentKnown]);
    let with = |amount, sequence| {
        let part = PaymentUse { spend: Spend::new(Slot(1), sequence), amount: Fen(amount) };
        Payload::Issue(InvoiceRequest { payments: vec![part], ..request(token_of("t")) })
    };
    let short = chain.by(SELLER, with(10_599, 0), body(10_000));
    let right = chain.by(SELLER, with(10_600, 0), body(10_000));
    let empty = chain.by(SELLER, with(10_600, 1), body(10_000));
    chain.block(10, vec![short, right, empty]);
    assert_eq!(chain.reasons(0), [RejectReason::PaymentBelowAmount]);
    assert_eq!(chain.reasons(1), []);
    assert_eq!(chain.reasons(2), [RejectReason::PaymentShort]);
    assert_eq!(told(&judge(&chain, chain.frames.clone())), vec![]);
}

#[test]
fn a_frame_that_cannot_be_read_ends_the_audit_as_a_difference() {
    let chain = reimbursed();
    let frames = vec![Ok(chain.frames[0].clone()), Err("torn"), Ok(chain.frames[1].clone())];
    let report =
        audit(&chain.genesis, frames.into_iter(), Options::default(), &ledger_types::seal::NoKeys, &mut |_| {});
    assert_eq!((told(&report), report.blocks), (at(2, "block file"), 1));
}

#[test]
fn what_is_missing_without_an_order_is_a_difference_and_the_only_one() {
    use ledger_types::{SectionKind, SectionSet};
    let chain = reimbursed();
    let all = SectionSet::of(&[SectionKind::Buyer, SectionKind::Lines]);
    for gone in [SectionSet::of(&[SectionKind::Buyer]), SectionSet::of(&[SectionKind::Lines]), all] {
        let mut frames = chain.frames.clone();
        assert_eq!(frames[1].block.txs[0].erase(0, gone), gone.0.count_ones() as usize);
        let report = judge(&chain, frames);
        assert_eq!(told(&report), at(2, "sections of item 0"), "{report}");
        assert_eq!((report.erased, report.erasures.len()), (u64::from(gone.0.count_ones()), 0));
        assert_eq!(report.issued, 1, "judged by what is left");
    }
    // Facts are nobody's to erase: nothing can be judged without them.
    let mut frames = chain.frames.clone();
    frames[1].block.txs[0].erase(0, SectionSet::of(&[SectionKind::Facts]));
    assert!(told(&judge(&chain, frames)).len() > 1);
}
