use std::collections::BTreeMap;

use futures::future::join_all;
use ledger_types::{Payload, RejectReason};
use sdk::{ClientError, FateState, Subject, sign_plain};
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

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_reimbursements_at_once_through_two_clients_one_succeeds() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let invoice = chain.issue(&people.merchant, 19_800).await.unwrap();
    outcome(&chain.claim(&invoice, &people.company).await.unwrap()).unwrap();
    chain.lock_and_book(invoice.slot, &people.company).await.unwrap();
    let spend = chain.spend(invoice.slot).await.unwrap();
    let clients = [chain.client.clone(), chain.second_client().await.unwrap()];
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

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_fifty_times_at_once_through_two_clients_are_one_transaction_with_one_answer() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let token = crypto::OrderToken::generate().unwrap();
    let tx = chain.sign_issue(&people.merchant, &tests::draft(8_000), &token).unwrap();
    let clients = [chain.client.clone(), chain.second_client().await.unwrap()];
    let calls = (0..50).map(|i| {
        let (client, tx) = (clients[i % 2].clone(), tx.clone());
        async move { client.submit_and_wait(&tx).await.unwrap() }
    });
    let fates = join_all(calls).await;
    outcome(&fates[0]).unwrap();
    assert!(fates.iter().all(|fate| *fate == fates[0]), "{fates:?}");
    let issued = chain.client.invoices_of(people.merchant_id, 100, None).await.unwrap();
    assert_eq!(issued.items.len(), 1);
    let tip = chain.client.stamp().await.unwrap().height;
    let mut standing = 0;
    for height in 1..=tip.0 {
        let block = chain.client.block(ledger_types::Height(height)).await.unwrap().unwrap();
        standing += block.tx_ids.iter().filter(|id| id.as_slice() == tx.id.0).count();
    }
    assert_eq!(standing, 1, "in one block, once");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_contents_under_one_request_id_at_once_one_is_first_and_the_other_is_told() {
    let chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let clients = [chain.client.clone(), chain.second_client().await.unwrap()];
    let frame = chain.client.new_frame(AREA).unwrap();
    let update = |revoke: u16| {
        let revoke = vec![ledger_types::KeyId(revoke)];
        let payload = Payload::UpdateKeys { account: people.rival_id, add: Vec::new(), revoke };
        sign_plain(&frame, payload, &[&chain.bureau]).unwrap()
    };
    let sent = [update(50), update(51)];
    let calls = (0..40).map(|i| {
        let (client, tx) = (clients[i % 2].clone(), sent[i % 2].clone());
        async move { (i % 2, client.submit_and_wait(&tx).await) }
    });
    let answers = join_all(calls).await;
    let first = answers.iter().find_map(|(which, answer)| answer.is_ok().then_some(*which)).unwrap();
    for (which, answer) in answers {
        match answer {
            Ok(_) => assert_eq!(which, first, "only one content has a fate"),
            Err(ClientError::Report(report)) => {
                assert_ne!(which, first);
                assert_eq!(report.reason_name, "REQUEST_ID_CONFLICT");
                assert_eq!(report.refusals[0].args, [ledger_types::Arg::Tx(sent[first].id)], "it names the first");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_the_fate_of_a_lost_reply_is_known_or_the_same_bytes_may_be_sent_again() {
    let mut chain = TestChain::start().await.unwrap();
    let people = chain.people().await.unwrap();
    let mut sent = Vec::new();
    for _ in 0..12 {
        let token = crypto::OrderToken::generate().unwrap();
        let tx = chain.sign_issue(&people.merchant, &tests::draft(1_000), &token).unwrap();
        // Taken in, and then the line goes dead before the verdict comes.
        chain.client.submit(&tx).await.unwrap();
        sent.push(tx);
    }
    chain.restart().await.unwrap();
    let mut known = 0;
    for tx in &sent {
        let subject = Subject::Request(tx.scope, tx.request_id);
        let fate = chain.client.fate(subject, Some(tx.valid_until_ms)).await.unwrap();
        match &fate.state {
            FateState::Committed(_) => {
                known += 1;
                assert_eq!(chain.client.submit_and_wait(tx).await.unwrap(), fate, "sent again, it is the same answer");
            }
            // Still waiting when the node stopped: never promised, so not kept.
            FateState::Unknown => {
                outcome(&chain.client.submit_and_wait(tx).await.unwrap()).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(known > 0, "each was given time for a block before the next was sent");
    let issued = chain.client.invoices_of(people.merchant_id, 100, None).await.unwrap();
    assert_eq!(issued.items.len(), sent.len(), "each exactly once");
}
