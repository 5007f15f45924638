//! The same request id is one intent, whatever happens on the way.

use std::sync::atomic::Ordering;
use std::time::Duration;

use invoice_service::serve;
use ledger_types::{Arg, Payload};
use proto::invoice::v1 as pb;
use proto::types::v1::FateState;

use crate::world::{World, by_slot, config, invoice, party, report, request_id, world};

fn issue(w: &World, id: ledger_types::RequestId, gross: i64) -> pb::IssueRequest {
    pb::IssueRequest { header: w.seller.header_with(id), invoice: invoice(gross), terms: None }
}

#[tokio::test]
async fn a_repeat_answers_with_the_first_result() {
    let mut w = world().await;
    let id = request_id();
    let request = issue(&w, id, 19_800);
    let first = w.seller.merchant.issue(request.clone()).await.unwrap().into_inner();
    let height = w.chain.state().height;
    let again = w.seller.merchant.issue(request).await.unwrap().into_inner();
    assert_eq!(first, again, "token, hash and all");
    assert_eq!(w.chain.state().height, height);
}

#[tokio::test]
async fn other_content_under_the_same_id_is_a_conflict_that_names_the_first() {
    let mut w = world().await;
    let id = request_id();
    let first = w.seller.merchant.issue(issue(&w, id, 19_800)).await.unwrap().into_inner().operation.unwrap();
    let conflict = report(w.seller.merchant.issue(issue(&w, id, 19_900)).await);
    assert_eq!(conflict.number(), Some(202));
    assert!(matches!(conflict.refusals[0].args[0], Arg::Tx(tx) if tx.0.to_vec() == first.tx_id));
    let other_method = pb::WithdrawApplicationRequest { header: w.seller.header_with(id), application: 1 };
    assert_eq!(report(w.seller.merchant.withdraw_application(other_method).await).number(), Some(202));
}

#[tokio::test]
async fn a_conflict_is_seen_even_before_anything_is_on_chain() {
    let mut w = world().await;
    w.chain.away.store(true, Ordering::SeqCst);
    let id = request_id();
    let pending = w.seller.merchant.issue(issue(&w, id, 19_800)).await.unwrap().into_inner();
    assert_eq!(pending.operation.unwrap().state, FateState::Pending as i32);
    assert!(pending.invoice.is_none());
    assert_eq!(report(w.seller.merchant.issue(issue(&w, id, 1)).await).number(), Some(202));
}

#[tokio::test]
async fn a_lost_reply_is_resolved_by_the_fate_and_nothing_is_issued_twice() {
    let mut w = world().await;
    w.chain.lose_replies.store(2, Ordering::SeqCst);
    let issued = w.seller.merchant.issue(issue(&w, request_id(), 19_800)).await.unwrap().into_inner();
    assert_eq!(issued.operation.unwrap().state, FateState::Committed as i32);
    let list = pb::ListIssuedRequest { acting_account: w.seller.account, ..Default::default() };
    assert_eq!(w.seller.merchant.list_issued(list).await.unwrap().into_inner().invoices.len(), 1);
}

#[tokio::test]
async fn what_could_not_be_sent_is_sent_once_the_node_is_back() {
    let mut w = world().await;
    w.chain.away.store(true, Ordering::SeqCst);
    let id = request_id();
    let pending = w.seller.merchant.issue(issue(&w, id, 19_800)).await.unwrap().into_inner().operation.unwrap();
    let get =
        pb::GetOperationRequest { acting_account: w.seller.account, request_id: id.0.to_vec(), read_options: None };
    let fate = w.seller.operation.get_operation(get.clone()).await.unwrap().into_inner().fate.unwrap();
    assert_eq!((fate.state(), fate.tx_id), (FateState::Pending, pending.tx_id.clone()));
    w.chain.away.store(false, Ordering::SeqCst);
    // The service sends by itself; the bound is generous.
    let settled = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let fate = w.seller.operation.get_operation(get.clone()).await.unwrap().into_inner().fate.unwrap();
            if fate.state() == FateState::Committed {
                return fate;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert_eq!(settled.await.unwrap().tx_id, pending.tx_id, "the bytes that were stored first");
    let again = w.seller.merchant.issue(issue(&w, id, 19_800)).await.unwrap().into_inner();
    assert_eq!(again.operation.unwrap().tx_id, pending.tx_id);
    assert!(again.invoice.unwrap().claim_token.len() == 32);
}

#[tokio::test]
async fn a_service_that_died_before_sending_sends_after_its_restart() {
    let mut w = world().await;
    w.chain.away.store(true, Ordering::SeqCst);
    let id = request_id();
    let pending = w.seller.merchant.issue(issue(&w, id, 19_800)).await.unwrap().into_inner().operation.unwrap();
    let token = w.service.admin().create_api_token(ledger_types::AccountId(w.seller.account)).await.unwrap();
    let seller = w.seller.account;
    let (chain, node, dir) = (w.chain.clone(), w.node.clone(), w.dir);
    w.service.stop().await.unwrap();
    chain.away.store(false, Ordering::SeqCst);
    let service = serve(config(&node, dir.path().join("service")), std::future::pending()).await.unwrap();
    let mut again = party(&service.endpoint(), seller, token.bearer()).await;
    let request = pb::IssueRequest { header: again.header_with(id), invoice: invoice(19_800), terms: None };
    let answer = again.merchant.issue(request).await.unwrap().into_inner();
    let operation = answer.operation.unwrap();
    assert_eq!((operation.tx_id, operation.state), (pending.tx_id, FateState::Committed as i32));
    let state = chain.state();
    let payloads = state.txs.values().map(|committed| &committed.tx.envelope.payload);
    let business = payloads.filter(|payload| !matches!(payload, Payload::AnchorLog { .. }));
    assert_eq!(business.count(), 7, "six of the set-up and one");
}

#[tokio::test]
async fn bytes_that_expired_unsent_are_signed_anew_under_the_same_id() {
    let mut w = world().await;
    w.chain.away.store(true, Ordering::SeqCst);
    let id = request_id();
    let pending = w.seller.merchant.issue(issue(&w, id, 19_800)).await.unwrap().into_inner().operation.unwrap();
    let now = w.chain.state().time;
    w.chain.set_time(now.plus_ms(2 * 3_600_000));
    w.chain.away.store(false, Ordering::SeqCst);
    let answer = w.seller.merchant.issue(issue(&w, id, 19_800)).await.unwrap().into_inner();
    let operation = answer.operation.unwrap();
    assert_eq!(operation.state, FateState::Committed as i32);
    assert_ne!(operation.tx_id, pending.tx_id, "the old bytes can never take effect");
}

#[tokio::test]
async fn a_refused_change_stays_refused_under_its_id() {
    let mut w = world().await;
    let id = request_id();
    let bad = pb::IssueRedRequest {
        header: w.seller.header_with(id),
        invoice: by_slot(w.issue_to_company(10_000).await.slot),
        reason: 1,
        form: Some(99),
    };
    let first = report(w.seller.merchant.issue_red(bad.clone()).await);
    let height = w.chain.state().height;
    let again = report(w.seller.merchant.issue_red(bad).await);
    assert_eq!((first.number(), first.tx_id), (Some(705), again.tx_id));
    assert_eq!(first.refusals, again.refusals);
    assert_eq!(w.chain.state().height, height);
}

#[tokio::test]
async fn what_the_door_refuses_is_not_remembered() {
    let mut w = world().await;
    // An id of the year 1970: the node refuses it at its door, and no block holds it.
    let id = ledger_types::RequestId::new(1, [7; 10]);
    let refused = report(w.seller.merchant.issue(issue(&w, id, 19_800)).await);
    assert_eq!(refused.number(), Some(201));
    let other = report(w.seller.merchant.issue(issue(&w, id, 19_900)).await);
    assert_eq!(other.number(), Some(201), "not a conflict: nothing was kept");
}

#[tokio::test]
async fn many_retries_at_once_are_one_intent() {
    let mut w = world().await;
    let id = request_id();
    let request = issue(&w, id, 19_800);
    let tries = (0..10).map(|_| {
        let (mut party, request) = (w.seller.clone(), request.clone());
        tokio::spawn(async move { party.merchant.issue(request).await.unwrap().into_inner() })
    });
    let answers = futures::future::join_all(tries).await;
    let first = answers[0].as_ref().unwrap();
    assert!(answers.iter().all(|a| a.as_ref().unwrap() == first));
    let list = pb::ListIssuedRequest { acting_account: w.seller.account, ..Default::default() };
    assert_eq!(w.seller.merchant.list_issued(list).await.unwrap().into_inner().invoices.len(), 1);
}
