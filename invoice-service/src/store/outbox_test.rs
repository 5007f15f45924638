//! The outbox keeps what was first.
#![allow(clippy::unwrap_used)]

use super::super::tests::{again, fresh};
use super::*;

fn entry(request: u8, tx: u8, content: u8) -> OutboxEntry {
    OutboxEntry {
        account: AccountId(7),
        content: Digest([content; 32]),
        signed: SignedTx {
            bytes: vec![tx; 300],
            id: TxId([tx; 33]),
            scope: RequestScope(RequestScope::BARE_KEY_BIT | 5),
            request_id: RequestId([request; 16]),
            valid_until_ms: 1_800_000_000_000,
            seals: None,
        },
        clear: None,
        is_final: false,
    }
}

fn token(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

#[tokio::test]
async fn what_was_stored_reads_back_after_a_restart() {
    let (dir, store) = fresh().await;
    let first = entry(1, 2, 3);
    assert_eq!(store.store_outbox(first.clone(), &[(0, token("nine"))]).await.unwrap(), first);
    store.close().await;
    let again = again(&dir).await;
    assert_eq!(again.outbox(AccountId(7), RequestId([1; 16])).await.unwrap(), Some(first));
    assert_eq!(again.claim_tokens(AccountId(7), RequestId([1; 16])).await.unwrap(), vec![(0, token("nine"))]);
    assert_eq!(again.outbox(AccountId(8), RequestId([1; 16])).await.unwrap(), None, "another account's id");
}

#[tokio::test]
async fn the_first_bytes_of_a_request_id_stay() {
    let (_dir, store) = fresh().await;
    let first = entry(1, 2, 3);
    store.store_outbox(first.clone(), &[(0, token("one"))]).await.unwrap();
    let second = store.store_outbox(entry(1, 4, 5), &[(0, token("two"))]).await.unwrap();
    assert_eq!(second, first, "the caller gets what was first");
    assert_eq!(store.claim_tokens(AccountId(7), RequestId([1; 16])).await.unwrap(), vec![(0, token("one"))]);
}

#[tokio::test]
async fn of_many_at_once_one_is_first() {
    let (_dir, store) = fresh().await;
    let tries = (0..16u8).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.store_outbox(entry(1, n, n), &[]).await.unwrap().signed.id })
    });
    let mut ids = Vec::new();
    for one in tries {
        ids.push(one.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "everybody got the same bytes");
}

#[tokio::test]
async fn open_entries_are_those_whose_fate_is_unknown() {
    let (_dir, store) = fresh().await;
    for n in 1..=3 {
        store.store_outbox(entry(n, n, n), &[]).await.unwrap();
    }
    store.settle_outbox(AccountId(7), RequestId([2; 16])).await.unwrap();
    let open: Vec<u8> = store.open_outbox(10).await.unwrap().iter().map(|e| e.signed.request_id.0[0]).collect();
    assert_eq!(open, [1, 3]);
    assert_eq!(store.open_outbox(1).await.unwrap().len(), 1);
    assert!(store.outbox(AccountId(7), RequestId([2; 16])).await.unwrap().unwrap().is_final);
}

#[tokio::test]
async fn only_the_same_bytes_are_forgotten() {
    let (_dir, store) = fresh().await;
    let kept = entry(1, 2, 3);
    store.store_outbox(kept.clone(), &[(0, token("one"))]).await.unwrap();
    store.forget_outbox(&entry(1, 99, 3)).await.unwrap();
    assert!(store.outbox(AccountId(7), RequestId([1; 16])).await.unwrap().is_some());
    assert_eq!(store.claim_tokens(AccountId(7), RequestId([1; 16])).await.unwrap().len(), 1);
    store.forget_outbox(&kept).await.unwrap();
    assert!(store.outbox(AccountId(7), RequestId([1; 16])).await.unwrap().is_none());
    assert!(store.claim_tokens(AccountId(7), RequestId([1; 16])).await.unwrap().is_empty());
}
