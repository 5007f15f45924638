//! What is sealed, under which key, and what becomes of it when keys change.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger_types::{Digest, KeyId, RequestId, RequestScope, TxId};
use sdk::SignedTx;

use super::*;
use crate::store::outbox::OutboxEntry;
use crate::store::tests::{again, fresh, secret};
use crate::vault::Vault;

const MERCHANT: AccountId = AccountId(7);
const TITLE: &[u8] = "深圳样票科技有限公司".as_bytes();

fn entry(account: AccountId, request: u8) -> OutboxEntry {
    OutboxEntry {
        account,
        content: Digest([3; 32]),
        signed: SignedTx {
            bytes: [b"signed for ", TITLE].concat(),
            id: TxId([request; 33]),
            scope: RequestScope(u64::from(account.0)),
            request_id: RequestId([request; 16]),
            valid_until_ms: 1_800_000_000_000,
            seals: None,
        },
        clear: Some([b"in clear ", TITLE].concat()),
        is_final: false,
    }
}

fn token(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// Every file of the store.
fn bytes_on_disk(folder: &Path) -> Vec<u8> {
    std::fs::read_dir(folder).unwrap().flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

async fn data_keys(store: &Store, account: AccountId) -> Vec<i64> {
    let rows: Vec<(i64,)> = sqlx::query_as("SELECT id FROM data_keys WHERE account = ? ORDER BY id")
        .bind(account.0)
        .fetch_all(&store.pool)
        .await
        .unwrap();
    rows.into_iter().map(|row| row.0).collect()
}

#[tokio::test]
async fn neither_titles_nor_tokens_are_in_the_files() {
    let (dir, store) = fresh().await;
    store.store_outbox(entry(MERCHANT, 1), &[(0, token("claim-token-in-clear"))]).await.unwrap();
    let folder = dir.path().join("service");
    // The search finds what is there: planted, it is found.
    sqlx::query("INSERT INTO meta (name, value) VALUES ('planted', ?)").bind(TITLE).execute(&store.pool).await.unwrap();
    assert!(holds(&bytes_on_disk(&folder), TITLE), "the search is blind");
    sqlx::query("DELETE FROM meta WHERE name = 'planted'").execute(&store.pool).await.unwrap();
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&store.pool).await.unwrap();
    let files = bytes_on_disk(&folder);
    assert!(!holds(&files, TITLE) && !holds(&files, b"claim-token-in-clear"));
}

#[tokio::test]
async fn what_was_asked_cannot_be_found_by_guessing_it() {
    let (dir, store) = fresh().await;
    let guess = entry(MERCHANT, 1).content.0;
    store.store_outbox(entry(MERCHANT, 1), &[]).await.unwrap();
    // As it stood before: the search finds it, and the next start seals it.
    store.store_outbox(entry(MERCHANT, 2), &[]).await.unwrap();
    let old = sqlx::query("UPDATE outbox SET content = ? WHERE request_id = ?").bind(guess.as_slice());
    old.bind([2u8; 16].as_slice()).execute(&store.pool).await.unwrap();
    assert!(holds(&bytes_on_disk(&dir.path().join("service")), &guess), "the search is blind");
    store.close().await;
    let store = again(&dir).await;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&store.pool).await.unwrap();
    assert!(!holds(&bytes_on_disk(&dir.path().join("service")), &guess));
    for request in [1, 2] {
        let found = store.outbox(MERCHANT, RequestId([request; 16])).await.unwrap();
        assert_eq!(found, Some(entry(MERCHANT, request)));
    }
}

#[tokio::test]
async fn a_sealed_value_stands_for_its_own_row_alone() {
    let (_dir, store) = fresh().await;
    for request in [1, 2] {
        store.store_outbox(entry(MERCHANT, request), &[(0, token("one token"))]).await.unwrap();
    }
    let swap = "UPDATE outbox SET tx = (SELECT tx FROM outbox WHERE request_id = ?) WHERE request_id = ?";
    sqlx::query(swap).bind(vec![1u8; 16]).bind(vec![2u8; 16]).execute(&store.pool).await.unwrap();
    store.outbox(MERCHANT, RequestId([1; 16])).await.unwrap().unwrap();
    let error = store.outbox(MERCHANT, RequestId([2; 16])).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
}

#[tokio::test]
async fn accounts_have_keys_of_their_own() {
    let (_dir, store) = fresh().await;
    let (mine, yours) = (store.newest_key(MERCHANT).await.unwrap(), store.newest_key(AccountId(8)).await.unwrap());
    let sealed = mine.seal(SealedFor::Outbox, b"row", b"mine").unwrap();
    assert_eq!(mine.open(SealedFor::Outbox, b"row", &sealed).unwrap().as_slice(), b"mine");
    assert!(yours.open(SealedFor::Outbox, b"row", &sealed).is_err());
    assert!(mine.open(SealedFor::ClaimToken, b"row", &sealed).is_err(), "another purpose");
    assert_eq!(store.newest_key(MERCHANT).await.unwrap().id, mine.id, "made once");
}

#[tokio::test]
async fn rotation_seals_everything_again_and_drops_the_old_key() {
    let (dir, store) = fresh().await;
    let vault = Vault::new(store.clone()).sealing(true);
    let provider = SoftwareProvider::shared();
    let key = SigningKey::generate(&provider, KeyUse::Transaction).unwrap();
    vault.host(MERCHANT, KeyId(0), &key).await.unwrap();
    let sender = vault.reader(MERCHANT).await.unwrap().unwrap().seals.unwrap();
    for request in 0..=255 {
        store.store_outbox(entry(MERCHANT, request), &[(0, token("mine")), (1, token("too"))]).await.unwrap();
    }
    store.store_outbox(entry(AccountId(8), 1), &[]).await.unwrap();
    let (before, others) = (data_keys(&store, MERCHANT).await, data_keys(&store, AccountId(8)).await);

    let done = store.rotate(MERCHANT).await.unwrap();
    assert_eq!(done, Resealed { transactions: 256, claim_tokens: 512, keys: 2 });
    let after = data_keys(&store, MERCHANT).await;
    assert!(after.len() == 1 && before.len() == 1 && after != before, "{before:?} {after:?}");
    assert_eq!(data_keys(&store, AccountId(8)).await, others, "nobody else's");

    store.close().await;
    let store = again(&dir).await;
    assert_eq!(store.outbox(MERCHANT, RequestId([9; 16])).await.unwrap().unwrap(), entry(MERCHANT, 9));
    assert_eq!(
        store.claim_tokens(MERCHANT, RequestId([9; 16])).await.unwrap(),
        [(0, token("mine")), (1, token("too"))]
    );
    let identity = Vault::new(store).sealing(true).reader(MERCHANT).await.unwrap().unwrap();
    assert_eq!(identity.key.public_key(), key.public_key());
    assert!(identity.seals == Some(sender));
}

#[tokio::test]
async fn what_others_write_during_a_rotation_is_not_lost() {
    let (_dir, store) = fresh().await;
    store.store_outbox(entry(MERCHANT, 0), &[]).await.unwrap();
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for request in 1..=200 {
                store.store_outbox(entry(MERCHANT, request), &[(0, token("t"))]).await.unwrap();
            }
        })
    };
    for _ in 0..5 {
        store.rotate(MERCHANT).await.unwrap();
    }
    writer.await.unwrap();
    for request in 0..=200 {
        assert!(store.outbox(MERCHANT, RequestId([request; 16])).await.unwrap().is_some());
    }
    assert_eq!(store.rotate(MERCHANT).await.unwrap().transactions, 201);
    assert_eq!(data_keys(&store, MERCHANT).await.len(), 1);
}

#[tokio::test]
async fn a_key_that_was_replaced_meanwhile_is_refused_by_the_database() {
    let (_dir, store) = fresh().await;
    let old = store.newest_key(MERCHANT).await.unwrap();
    store.rotate(MERCHANT).await.unwrap();
    let error = store.keep_key(&[2; 33], ("pem", &old), None, None).await.unwrap_err();
    assert!(matches!(error, StoreError::KeyReplaced), "{error}");
}

#[tokio::test]
async fn a_bound_key_moves_to_its_own_account() {
    let (_dir, store) = fresh().await;
    let vault = Vault::new(store.clone());
    let bureau = AccountId(1);
    let public = vault.key_for((bureau, RequestId([3; 16])), None).await.unwrap();
    vault.bind(&public, MERCHANT, KeyId(0), None).await.unwrap();
    store.rotate(bureau).await.unwrap();
    assert_eq!(data_keys(&store, bureau).await.len(), 1, "nothing names the maker's old key");
    let identity = Vault::new(store).reader(MERCHANT).await.unwrap().unwrap();
    assert_eq!(identity.key.public_key().0, public);
}

#[tokio::test]
async fn another_master_secret_takes_over_and_the_old_one_is_refused() {
    let (dir, store) = fresh().await;
    store.store_outbox(entry(MERCHANT, 1), &[(0, token("kept"))]).await.unwrap();
    assert_eq!(store.change_master(&secret("the secret from now on")).await.unwrap(), 1);
    // A service that still runs under the old one makes no keys that nobody could open later.
    let error = store.newest_key(AccountId(8)).await.err().unwrap();
    assert!(matches!(error, StoreError::WrongMasterSecret), "{error}");
    store.close().await;
    let folder = dir.path().join("service");
    let error = Store::open(&folder, &secret("the store's own secret")).await.unwrap_err();
    assert!(matches!(error, StoreError::WrongMasterSecret), "{error}");
    let store = Store::open(&folder, &secret("the secret from now on")).await.unwrap();
    assert_eq!(store.claim_tokens(MERCHANT, RequestId([1; 16])).await.unwrap(), [(0, token("kept"))]);
}

#[tokio::test]
async fn a_store_from_before_is_sealed_when_it_is_opened() {
    let (dir, store) = fresh().await;
    store.store_outbox(entry(MERCHANT, 1), &[]).await.unwrap();
    let provider = SoftwareProvider::shared();
    let key = SigningKey::generate(&provider, KeyUse::Transaction).unwrap();
    let pem = crypto::key_file::to_pem(&key, secret("the store's own secret").password()).unwrap();
    // As format 3 kept them.
    let old_token = super::seal(&store.at_rest.master.bytes(), b"claim token", b"from before").unwrap();
    for (statement, blob) in [
        (
            "UPDATE outbox SET sealed_under = NULL, clear = NULL, content = x'0303030303030303030303030303030303030303030303030303030303030303', tx = ?",
            entry(MERCHANT, 1).signed.bytes,
        ),
        (
            "INSERT INTO claim_tokens (account, request_id, item, sealed) SELECT account, request_id, 0, ? FROM outbox",
            old_token,
        ),
        (
            "INSERT INTO hosted_keys (public_key, account, key_id, pem) VALUES (zeroblob(33), 7, 0, cast(? AS TEXT))",
            pem.into_bytes(),
        ),
    ] {
        sqlx::query(statement).bind(blob).execute(&store.pool).await.unwrap();
    }
    store.close().await;
    let store = again(&dir).await;
    let plain = OutboxEntry { clear: None, ..entry(MERCHANT, 1) };
    assert_eq!(store.outbox(MERCHANT, RequestId([1; 16])).await.unwrap().unwrap(), plain);
    assert_eq!(store.claim_tokens(MERCHANT, RequestId([1; 16])).await.unwrap(), [(0, token("from before"))]);
    let identity = Vault::new(store.clone()).reader(MERCHANT).await.unwrap().unwrap();
    assert_eq!(identity.key.public_key(), key.public_key());
    assert_eq!(store.seal_what_is_older().await.unwrap(), Resealed::default(), "once");
}
