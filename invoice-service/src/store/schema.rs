//! The tables, by format. A format once released is never edited: a change is a new step at the end.

use sqlx::sqlite::SqlitePool;

use super::StoreError;

/// Each step takes the store from the format before it (its place in the list) to the next.
const STEPS: &[&[&str]] = &[
    &[
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
        // A key is made before its account is open: until then it waits for the change that registers it.
        "CREATE TABLE hosted_keys (
        public_key BLOB PRIMARY KEY, pem TEXT NOT NULL, account INTEGER, key_id INTEGER,
        made_by INTEGER, made_for BLOB
    ) WITHOUT ROWID",
        "CREATE UNIQUE INDEX hosted_keys_by_account ON hosted_keys (account, key_id) WHERE account IS NOT NULL",
        "CREATE UNIQUE INDEX hosted_keys_by_change ON hosted_keys (made_by, made_for) WHERE made_for IS NOT NULL",
        "CREATE TABLE api_tokens (hash BLOB PRIMARY KEY, account INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE outbox (
        account INTEGER NOT NULL, request_id BLOB NOT NULL, content BLOB NOT NULL, scope BLOB NOT NULL,
        tx_id BLOB NOT NULL, valid_until_ms INTEGER NOT NULL, final INTEGER NOT NULL, tx BLOB NOT NULL,
        PRIMARY KEY (account, request_id)
    ) WITHOUT ROWID",
        "CREATE INDEX outbox_open ON outbox (account, request_id) WHERE final = 0",
        "CREATE TABLE claim_tokens (
        account INTEGER NOT NULL, request_id BLOB NOT NULL, item INTEGER NOT NULL, sealed BLOB NOT NULL,
        PRIMARY KEY (account, request_id, item)
    ) WITHOUT ROWID",
        // Which invoice a token was for: once it is claimed, the chain knows its holder only.
        "CREATE TABLE claim_slots (address BLOB PRIMARY KEY, slot INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE offers (slot INTEGER PRIMARY KEY, giver BLOB NOT NULL, receiver BLOB NOT NULL)",
        "CREATE INDEX offers_by_giver ON offers (giver, slot)",
        "CREATE INDEX offers_by_receiver ON offers (receiver, slot)",
        "CREATE TABLE tries (day INTEGER NOT NULL, subject BLOB NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY (day, subject)) WITHOUT ROWID",
    ],
    &[
        // What an account seals with: beside its signing key, since one key has one use.
        "CREATE TABLE sender_keys (account INTEGER PRIMARY KEY, pem TEXT NOT NULL)",
    ],
    &[
        // What a token is for: the number of a role. Tokens from before keep all that their account may do.
        "ALTER TABLE api_tokens ADD COLUMN role INTEGER",
    ],
    &[
        // A key for each account, sealed under the master secret; what is sealed names its key. None: from before.
        "CREATE TABLE data_keys (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL, wrapped BLOB NOT NULL)",
        "CREATE INDEX data_keys_by_account ON data_keys (account, id)",
        "ALTER TABLE hosted_keys ADD COLUMN sealed_under INTEGER REFERENCES data_keys (id)",
        "ALTER TABLE sender_keys ADD COLUMN sealed_under INTEGER REFERENCES data_keys (id)",
        "ALTER TABLE outbox ADD COLUMN sealed_under INTEGER REFERENCES data_keys (id)",
        "ALTER TABLE claim_tokens ADD COLUMN sealed_under INTEGER REFERENCES data_keys (id)",
    ],
    &[
        // What a key may sign; none for an administrator's. One change may make several keys, one of each kind.
        "ALTER TABLE hosted_keys ADD COLUMN kinds INTEGER",
        "DROP INDEX hosted_keys_by_change",
        "CREATE UNIQUE INDEX hosted_keys_by_change ON hosted_keys (made_by, made_for, ifnull(kinds, 0))
         WHERE made_for IS NOT NULL",
        // The key whose office a token stands for, if it is tied to one.
        "ALTER TABLE api_tokens ADD COLUMN key_id INTEGER",
        // What others signed and sealed, in clear: the service answers for it as for what it signed itself.
        "ALTER TABLE outbox ADD COLUMN clear BLOB",
    ],
];

/// Brings the store to the newest format, each step all or nothing.
pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let (found,): (i64,) = sqlx::query_as("PRAGMA user_version").fetch_one(pool).await?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (format, step) in (1i64..).zip(STEPS).skip(usize::try_from(found).unwrap_or(0)) {
        let mut transaction = pool.begin().await?;
        for statement in *step {
            sqlx::query(*statement).execute(&mut *transaction).await?;
        }
        // The pragma takes no bound values; the number is ours.
        sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {format}"))).execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{
        Store,
        tests::{again, fresh, secret},
    };
    use super::*;

    #[tokio::test]
    async fn a_newer_store_is_left_alone() {
        let (dir, store) = fresh().await;
        sqlx::query("PRAGMA user_version = 99").execute(&store.pool).await.unwrap();
        store.close().await;
        let error = Store::open(&dir.path().join("service"), &secret("the store's own secret")).await.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    }

    #[tokio::test]
    async fn tokens_from_before_roles_keep_all_their_rights() {
        let options = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = options.connect("sqlite::memory:").await.unwrap();
        for statement in STEPS[..2].iter().copied().flatten() {
            sqlx::query(*statement).execute(&pool).await.unwrap();
        }
        sqlx::query("PRAGMA user_version = 2").execute(&pool).await.unwrap();
        sqlx::query("INSERT INTO api_tokens (hash, account) VALUES (x'01', 7)").execute(&pool).await.unwrap();
        migrate(&pool).await.unwrap();
        let row: (u32, Option<u8>) =
            sqlx::query_as("SELECT account, role FROM api_tokens").fetch_one(&pool).await.unwrap();
        assert_eq!(row, (7, None));
    }

    #[tokio::test]
    async fn opening_twice_keeps_what_is_there() {
        let (dir, store) = fresh().await;
        store.put_if_absent("name", b"first").await.unwrap();
        store.put_if_absent("name", b"second").await.unwrap();
        store.close().await;
        let again = again(&dir).await;
        assert_eq!(again.get("name").await.unwrap().as_deref(), Some(b"first".as_slice()));
    }
}
