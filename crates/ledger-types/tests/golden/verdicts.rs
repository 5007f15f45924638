//! Receipts with every outcome, and refusals.

use ledger_types::{
    AccountId, ApplicationId, Area, Arg, BlockTime, Fen, Field, FormId, KeyId, ProposalId, Receipt, Refusal,
    RejectReason, Slot, TaxRate, TimerTask, TxId, TxOutcome, Verdict, ZeroKind,
    receipt::{Issued, ReceiptSubject},
    refusal::Level,
};
use serde_json::{Value, json};

use crate::{
    golden,
    samples::{NOW_MS, digest},
    vector,
};

fn issued() -> Issued {
    Issued { slot: Slot(5), code: "144032609110".parse().unwrap(), number: "00000007".parse().unwrap() }
}

fn outcomes() -> Vec<TxOutcome> {
    vec![
        TxOutcome::Done,
        TxOutcome::AccountOpened(AccountId(7)),
        TxOutcome::Applied(ApplicationId(4)),
        TxOutcome::Issued(issued()),
        TxOutcome::BatchIssued { first: issued(), count: 1_000 },
        TxOutcome::PaymentRecorded(Slot(6)),
        TxOutcome::Stepped(vec![(Slot(5), 1), (Slot(6), 4)]),
        TxOutcome::FormOpened(FormId(2)),
        TxOutcome::RedIssued { red: issued(), blue: Slot(1) },
        TxOutcome::Proposed(ProposalId(3)),
    ]
}

fn tasks() -> Vec<TimerTask> {
    vec![
        TimerTask::ActivateRuleBook { area: Area(4403), version: 2 },
        TimerTask::LapseApplication(ApplicationId(4)),
        TimerTask::LapseOffer { slot: Slot(5), sequence: 2 },
        TimerTask::LapseLock { slot: Slot(5), sequence: 3 },
        TimerTask::LapseRedForm(FormId(2)),
        TimerTask::DueRecovery { account: AccountId(7), number: 2 },
        TimerTask::EndCommitteeOverlap { epoch: 1 },
    ]
}

/// One of each kind of argument.
fn args() -> Vec<Arg> {
    vec![
        Arg::Count(5),
        Arg::Money(Fen(-1)),
        Arg::Time(BlockTime(NOW_MS)),
        Arg::Account(AccountId(7)),
        Arg::Key(KeyId(1)),
        Arg::Slot(Slot(5)),
        Arg::Sequence(2),
        Arg::Tx(TxId([1; 33])),
        Arg::Rate(TaxRate::Zero(ZeroKind::Exempt)),
        Arg::TaxCode("3070401000000000000".parse().unwrap()),
        Arg::Code("144032609110".parse().unwrap()),
        Arg::Number("00000007".parse().unwrap()),
        Arg::Digest(digest(9)),
        Arg::Choice(3),
    ]
}

fn refusals() -> Vec<Refusal> {
    let warning = Refusal { level: Level::Warning, ..Refusal::new(RejectReason::RemarkTooLong, Field::Remark) };
    vec![
        Refusal::new(RejectReason::OutputSpent, Field::Spend).with(args()),
        Refusal::new(RejectReason::LineTax, Field::LineTax).at_item(999).at_line(2_000),
        warning,
    ]
}

/// The numbers of the variants, which canonical bytes begin with, leave no gap and end where decoding ends.
fn assert_whole<T: ledger_types::Canonical>(values: &[T]) {
    let tags: Vec<u8> = values.iter().map(|value| value.to_canonical()[0]).collect();
    assert_eq!(tags, (0..values.len() as u8).collect::<Vec<_>>());
    let next = [&[values.len() as u8][..], &[1; 64]].concat();
    let unknown = T::deserialize(&mut &next[..]);
    assert!(unknown.is_err(), "there is a variant without a vector");
}

#[test]
fn every_receipt() {
    assert_whole(&outcomes());
    assert_whole(&tasks());
    assert_whole(&args());
    let receipt = |subject, verdict| Receipt { version: Receipt::VERSION, subject, verdict };
    let tx = ReceiptSubject::Tx(TxId([1; 33]));
    let of_outcomes = outcomes().into_iter().map(|outcome| receipt(tx, Verdict::Accepted(outcome)));
    let of_tasks =
        tasks().into_iter().map(|task| receipt(ReceiptSubject::System(task), Verdict::Accepted(TxOutcome::Done)));
    let refused = receipt(tx, Verdict::Refused(refusals()));
    let change = receipt(ReceiptSubject::Change(ProposalId(3)), Verdict::Accepted(TxOutcome::Done));
    let all: Vec<Value> = of_outcomes.chain(of_tasks).chain([refused, change]).map(|r| vector(&r)).collect();
    golden("receipt.json", &json!(all));
}

#[test]
fn refusals_and_their_arguments() {
    let refusals: Vec<Value> = refusals().iter().map(vector).collect();
    let args: Vec<Value> = args().iter().map(vector).collect();
    golden("refusal.json", &json!({ "refusals": refusals, "args": args }));
}
