use ledger_types::payload::RedAnswer;
use ledger_types::receipt::TxOutcome;
use ledger_types::{Fen, FormId, Payload, RedReason, RejectReason, Slot};
use tests::{People, TestChain, outcome};

fn red(invoice: Slot, sequence: u32, form: Option<FormId>) -> Payload {
    Payload::IssueRed { invoice, sequence, reason: RedReason::SalesReturn, form }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_invoice_is_reversed_directly_and_gives_the_quota_back() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 10_600).await.unwrap();
    assert_eq!(chain.client.usage(people.merchant_id).await.unwrap().consumed, Fen(10_000));
    let TxOutcome::RedIssued { red: issued, blue } =
        chain.accept(&people.merchant, red(invoice.slot, 0, None)).await.unwrap()
    else {
        panic!("no red invoice")
    };
    assert_eq!(blue, invoice.slot);
    assert_eq!(chain.client.usage(people.merchant_id).await.unwrap().consumed, Fen::ZERO);
    let record = chain.record(issued.slot).await.unwrap();
    assert_eq!(record.amount, Fen(-10_600));
    assert_eq!(issued.number.to_string(), "00000002", "a red has a number of its own");
    let claim = chain.claim(&invoice, &people.employee).await.unwrap();
    assert!(tests::reasons(&claim).unwrap().contains(&RejectReason::AlreadyReversed), "{claim:?}");
}

async fn booked(chain: &TestChain, people: &People) -> Slot {
    let invoice = chain.issue(&people.merchant, 10_600).await.unwrap();
    outcome(&chain.claim(&invoice, &people.company).await.unwrap()).unwrap();
    chain.lock_and_book(invoice.slot, &people.company).await.unwrap();
    invoice.slot
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booked_invoice_is_reversed_only_with_the_other_sides_confirmation_within_72_hours() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let slot = booked(&chain, &people).await;
    let sequence = chain.record(slot).await.unwrap().sequence;
    let refused = chain.refuse(&people.merchant, red(slot, sequence, None)).await.unwrap();
    assert!(refused.contains(&RejectReason::RedNeedsConfirmation), "{refused:?}");

    let ask = Payload::RequestRed { invoice: slot, reason: RedReason::SalesReturn };
    let TxOutcome::FormOpened(lapsed) = chain.accept(&people.merchant, ask.clone()).await.unwrap() else { panic!() };
    chain.advance(72 * 3_600_000 + 1).await.unwrap();
    let confirm = |form| Payload::AnswerRed { form, answer: RedAnswer::Confirm };
    let late = chain.refuse(&people.company, confirm(lapsed)).await.unwrap();
    assert_eq!(late, [RejectReason::RedFormState]);

    let TxOutcome::FormOpened(form) = chain.accept(&people.merchant, ask).await.unwrap() else { panic!() };
    let stranger = chain.refuse(&people.rival, confirm(form)).await.unwrap();
    assert_eq!(stranger, [RejectReason::NotRedParty]);
    chain.accept(&people.company, confirm(form)).await.unwrap();
    let sequence = chain.record(slot).await.unwrap().sequence;
    let locked = chain.refuse(&people.merchant, red(slot, sequence, Some(form))).await.unwrap();
    assert_eq!(locked, [RejectReason::Locked], "nothing is reversed under a lock");
    chain.accept(&people.company, Payload::Unlock { spends: vec![chain.spend(slot).await.unwrap()] }).await.unwrap();
    let sequence = chain.record(slot).await.unwrap().sequence;
    chain.accept(&people.merchant, red(slot, sequence, Some(form))).await.unwrap();
    let names = chain.record(slot).await.unwrap().invoice().unwrap().state_names();
    assert_eq!(names[0], "reversed");
}
