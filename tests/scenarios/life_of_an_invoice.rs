use ledger_types::{Fen, Payload, RejectReason};
use tests::{TestChain, draft, outcome, reasons};

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_issued_claimed_handed_in_locked_booked_and_reimbursed_once() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 19_800).await.unwrap();
    assert_eq!(invoice.issued.code.to_string(), "144032609110");
    assert_eq!(invoice.issued.number.to_string(), "00000001");
    outcome(&chain.claim(&invoice, &people.employee).await.unwrap()).unwrap();
    chain.hand_over(invoice.slot, &people.employee, people.company_id, &people.company).await.unwrap();
    chain.lock_and_book(invoice.slot, &people.company).await.unwrap();
    let spend = chain.spend(invoice.slot).await.unwrap();
    let reimburse = || Payload::Reimburse { spend: spend.clone(), paid_ref: ledger_types::Digest([9; 32]) };
    chain.accept(&people.company, reimburse()).await.unwrap();
    let again = chain.refuse(&people.company, reimburse()).await.unwrap();
    assert_eq!(again.first(), Some(&RejectReason::OutputSpent), "{again:?}");
    let record = chain.record(invoice.slot).await.unwrap();
    assert_eq!(record.invoice().unwrap().state_names(), ["blue", "claimed", "closed", "booked_deductible"]);
    let history = chain.client.history(invoice.slot).await.unwrap();
    assert_eq!(history.len(), 7, "issue, claim, offer, accept, lock, book, reimburse");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_invoice_names_every_rule_it_breaks_and_changes_nothing() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let mut bad = draft(19_800);
    bad.lines[0].name = "餐费".to_owned();
    bad.lines[0].tax = Fen(bad.lines[0].tax.0 + 7);
    let refused = reasons(&chain.try_issue(&people.merchant, &bad).await.unwrap()).unwrap();
    assert_eq!(refused, [RejectReason::LineName, RejectReason::LineTax]);
    let usage = chain.client.usage(people.merchant_id).await.unwrap();
    assert_eq!(usage.consumed, Fen::ZERO);
    let issued = chain.issue(&people.merchant, 19_800).await.unwrap();
    assert_eq!(issued.issued.number.to_string(), "00000001", "a refusal uses up no number");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_merchant_cannot_issue_until_resumed() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let set = |status| Payload::SetTaxpayerStatus { account: people.merchant_id, status, reason: 1 };
    chain.accept(&chain.bureau, set(ledger_types::TaxpayerStatus::Suspended)).await.unwrap();
    let refused = reasons(&chain.try_issue(&people.merchant, &draft(100)).await.unwrap()).unwrap();
    assert_eq!(refused, [RejectReason::TaxpayerBlocked]);
    chain.accept(&chain.bureau, set(ledger_types::TaxpayerStatus::Normal)).await.unwrap();
    chain.issue(&people.merchant, 100).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_bureau_makes_rules() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let book = ledger_types::RuleBook::standard(tests::AREA, 2, chain.client.now().0 + 60_000);
    let refused = chain.refuse(&people.merchant, Payload::PublishRuleBook(Box::new(book))).await.unwrap();
    assert_eq!(refused, [RejectReason::WrongRole]);
}
