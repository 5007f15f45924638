use std::collections::BTreeMap;

use futures::future::join_all;
use ledger_types::{Payload, RejectReason};
use sdk::{ClientError, FateState, NodeClient, Subject, sign_plain};
use tests::{AREA, TestChain, outcome, reasons};

/// How often each verdict came.
fn count(fates: Vec<Result<sdk::Fate, ClientError>>) -> (usize, BTreeMap<RejectReason, usize>) {
    let mut refused = BTreeMap::new();
    let mut accepted = 0;
    for fate in fates {
        let fate = fate.unwrap();
        if outcome(&fate).is_ok() {
            accepted += 1;
        } else {
            *refused.entry(reasons(&fate).unwrap()[0]).or_insert(0) += 1;
        }
    }
    (accepted, refused)
}

async fn second_client(chain: &TestChain) -> NodeClient {
    let address = chain.node.as_ref().unwrap().address;
    NodeClient::connect(&format!("http://{address}"), sdk::ConnectOptions::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_reimbursements_at_once_through_two_clients_one_succeeds() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 19_800).await.unwrap();
    outcome(&chain.claim(&invoice, &people.company).await.unwrap()).unwrap();
    chain.lock_and_book(invoice.slot, &people.company).await.unwrap();
    let spend = chain.spend(invoice.slot).await.unwrap();
    let clients = [chain.client.clone(), second_client(&chain).await];
    let calls = (0..100u8).map(|i| {
        let client = clients[usize::from(i % 2)].clone();
        let payload = Payload::Reimburse { spend: spend.clone(), paid_ref: ledger_types::Digest([i; 32]) };
        let tx = sign_plain(&client.new_frame(AREA).unwrap(), payload, &[&people.company]).unwrap();
        async move { client.submit_and_wait(&tx).await }
    });
    let (accepted, refused) = count(join_all(calls).await);
    assert_eq!(accepted, 1);
    assert_eq!(refused, BTreeMap::from([(RejectReason::OutputSpent, 99)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_claims_with_one_token_the_first_wins() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 5_000).await.unwrap();
    let calls = (0..100).map(|i| {
        let to = if i % 2 == 0 { &people.employee } else { &people.rival };
        let tx = chain.sign_claim(&invoice, to).unwrap();
        let client = chain.client.clone();
        async move { client.submit_and_wait(&tx).await }
    });
    let (accepted, refused) = count(join_all(calls).await);
    assert_eq!(accepted, 1);
    let losers: usize = refused.values().sum();
    assert_eq!(losers, 99);
    assert!(
        refused.keys().all(|r| [RejectReason::OutputSpent, RejectReason::AlreadyClaimed].contains(r)),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_with_the_same_bytes_gets_the_first_result_for_ever() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let token = crypto::OrderToken::generate().unwrap();
    let tx = chain.sign_issue(&people.merchant, &tests::draft(8_000), &token).unwrap();
    let first = chain.client.submit_and_wait(&tx).await.unwrap();
    assert_eq!(chain.client.submit_and_wait(&tx).await.unwrap(), first);
    chain.restart().await.unwrap();
    chain.advance(3 * 86_400_000).await.unwrap();
    assert_eq!(chain.client.submit_and_wait(&tx).await.unwrap(), first, "three days and a restart later");
    let by_request = chain.client.fate(Subject::Request(tx.scope, tx.request_id), None).await.unwrap();
    assert_eq!(by_request, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_id_with_other_content_is_a_conflict_that_names_the_first() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let frame = chain.client.new_frame(AREA).unwrap();
    let set = |status| Payload::SetTaxpayerStatus { account: people.merchant_id, status, reason: 1 };
    let one = sign_plain(&frame, set(ledger_types::TaxpayerStatus::Suspended), &[&chain.bureau]).unwrap();
    let other = sign_plain(&frame, set(ledger_types::TaxpayerStatus::Normal), &[&chain.bureau]).unwrap();
    outcome(&chain.client.submit_and_wait(&one).await.unwrap()).unwrap();
    let Err(ClientError::Report(report)) = chain.client.submit_and_wait(&other).await else { panic!("no conflict") };
    assert_eq!(report.reason_name, "REQUEST_ID_CONFLICT");
    assert_eq!(report.refusals[0].args, [ledger_types::Arg::Tx(one.id)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_is_resolved_by_asking_for_the_fate() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let mut sent = Vec::new();
    for _ in 0..40 {
        let token = crypto::OrderToken::generate().unwrap();
        let tx = chain.sign_issue(&people.merchant, &tests::draft(1_000), &token).unwrap();
        let client = chain.client.clone();
        let bytes = tx.clone();
        // The caller goes away at once: whatever the server had, it finishes or never began.
        let call = tokio::spawn(async move { client.submit_and_wait(&bytes).await });
        tokio::task::yield_now().await;
        call.abort();
        sent.push(tx);
    }
    for tx in sent {
        let fate = chain.client.submit_and_wait(&tx).await.unwrap();
        assert!(matches!(fate.state, FateState::Committed(_)), "{fate:?}");
    }
    let issued = chain.client.invoices_of(people.merchant_id, 500, None).await.unwrap();
    assert_eq!(issued.items.len(), 40, "each exactly once");
}
