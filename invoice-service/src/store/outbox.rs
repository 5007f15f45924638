//! The outbox: signed bytes on disk before they are sent, one entry for each request id of an account.

use ledger_types::{AccountId, Canonical, Digest, RequestId, RequestScope, SectionSet, Transaction, TxId};
use sdk::SignedTx;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use zeroize::Zeroizing;

use super::at_rest::SealedFor;
use super::claims;
use super::{Store, StoreError, count, fixed, number};

/// A change as first asked for, and the bytes that were made of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct OutboxEntry {
    /// Who acts.
    pub(crate) account: AccountId,
    /// What was asked, see [`crate::content`].
    pub(crate) content: Digest,
    /// What is sent.
    pub(crate) signed: SignedTx,
    /// The bytes in clear, where another sealed and signed them.
    pub(crate) clear: Option<Vec<u8>>,
    /// True once its fate is known and will not change.
    pub(crate) is_final: bool,
}

impl std::fmt::Debug for OutboxEntry {
    /// The bytes hold taxpayers' data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboxEntry").field("account", &self.account).field("tx", &self.signed.id).finish()
    }
}

const COLUMNS: &str = "account, request_id, content, scope, tx_id, valid_until_ms, final, tx, clear, sealed_under";

/// What binds sealed bytes to their row.
pub(super) fn row(request: &[u8]) -> Vec<u8> {
    request.to_vec()
}

async fn read(store: &Store, connection: &mut SqliteConnection, row: &SqliteRow) -> Result<OutboxEntry, StoreError> {
    let scope: [u8; 8] = fixed(row.try_get("scope")?, "scope")?;
    let request: Vec<u8> = row.try_get("request_id")?;
    let key = store.at_rest.key(connection, row.try_get("sealed_under")?).await?;
    let sealed: Vec<u8> = row.try_get("tx")?;
    let bytes = key.open(SealedFor::Outbox, &self::row(&request), &sealed)?.to_vec();
    let clear = match row.try_get::<Option<Vec<u8>>, _>("clear")? {
        Some(sealed) => Some(key.open(SealedFor::Clear, &self::row(&request), &sealed)?.to_vec()),
        None => None,
    };
    let content: Vec<u8> = row.try_get("content")?;
    let content = key.open(SealedFor::Content, &self::row(&request), &content)?;
    Ok(OutboxEntry {
        account: AccountId(row.try_get("account")?),
        content: Digest(fixed(content.to_vec(), "content")?),
        is_final: row.try_get("final")?,
        clear,
        signed: SignedTx {
            bytes,
            id: TxId(fixed(row.try_get("tx_id")?, "tx id")?),
            scope: RequestScope(u64::from_be_bytes(scope)),
            request_id: RequestId(fixed(request, "request id")?),
            valid_until_ms: count(row.try_get("valid_until_ms")?)?,
            seals: None,
        },
    })
}

impl Store {
    /// Stores an entry with the claim tokens that belong to it, all or nothing. If the request id has an entry
    /// already, that one is left and given back: whoever was first decides.
    pub(crate) async fn store_outbox(
        &self,
        entry: OutboxEntry,
        tokens: &[(u16, Zeroizing<String>)],
    ) -> Result<OutboxEntry, StoreError> {
        let request = entry.signed.request_id;
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let key = self.at_rest.newest(&mut transaction, entry.account).await?;
        let row = row(&request.0);
        let clear = entry.clear.as_ref().map(|bytes| key.seal(SealedFor::Clear, &row, bytes)).transpose()?;
        let done = sqlx::query(
            "INSERT INTO outbox (account, request_id, content, scope, tx_id, valid_until_ms, final, tx, clear, sealed_under)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(entry.account.0)
        .bind(request.0.as_slice())
        .bind(key.seal(SealedFor::Content, &row, &entry.content.0)?)
        .bind(entry.signed.scope.0.to_be_bytes().to_vec())
        .bind(entry.signed.id.0.as_slice())
        .bind(number(entry.signed.valid_until_ms)?)
        .bind(entry.is_final)
        .bind(key.seal(SealedFor::Outbox, &row, &entry.signed.bytes)?)
        .bind(clear)
        .bind(key.id)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            transaction.rollback().await?;
            return self.outbox(entry.account, request).await?.ok_or(StoreError::Damaged("outbox entry vanished"));
        }
        for (item, token) in tokens {
            let sealed = key.seal(SealedFor::ClaimToken, &claims::row(&request.0, *item), token.as_bytes())?;
            sqlx::query(
                "INSERT OR REPLACE INTO claim_tokens (account, request_id, item, sealed, sealed_under)
                 VALUES (?, ?, ?, ?, ?)",
            )
            .bind(entry.account.0)
            .bind(request.0.as_slice())
            .bind(*item)
            .bind(sealed)
            .bind(key.id)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(entry)
    }

    /// The entry of a request id.
    pub(crate) async fn outbox(
        &self,
        account: AccountId,
        request: RequestId,
    ) -> Result<Option<OutboxEntry>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM outbox WHERE account = ? AND request_id = ?"
        )))
        .bind(account.0)
        .bind(request.0.as_slice())
        .fetch_optional(&mut *connection)
        .await?;
        match row {
            Some(row) => Ok(Some(read(self, &mut connection, &row).await?)),
            None => Ok(None),
        }
    }

    /// Marks an entry whose fate is known for ever.
    pub(crate) async fn settle_outbox(&self, account: AccountId, request: RequestId) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox SET final = 1 WHERE account = ? AND request_id = ?")
            .bind(account.0)
            .bind(request.0.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets an entry that never entered a block and never will, with its tokens. Only these very bytes: a newer
    /// entry under the same id stays.
    pub(crate) async fn forget_outbox(&self, entry: &OutboxEntry) -> Result<(), StoreError> {
        let request = entry.signed.request_id;
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let done = sqlx::query("DELETE FROM outbox WHERE account = ? AND request_id = ? AND tx_id = ?")
            .bind(entry.account.0)
            .bind(request.0.as_slice())
            .bind(entry.signed.id.0.as_slice())
            .execute(&mut *transaction)
            .await?;
        if done.rows_affected() > 0 {
            sqlx::query("DELETE FROM claim_tokens WHERE account = ? AND request_id = ?")
                .bind(entry.account.0)
                .bind(request.0.as_slice())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Deletes sections of one invoice from the bytes that were sent: the entry stays, its transaction keeps its id. Says
    /// of how many entries something was deleted.
    pub(crate) async fn erase_outbox(&self, tx: &TxId, item: u16, which: SectionSet) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM outbox WHERE tx_id = ?")))
            .bind(tx.0.as_slice())
            .fetch_all(&mut *transaction)
            .await?;
        let mut erased = 0;
        for row in &rows {
            let entry = read(self, &mut transaction, row).await?;
            let damaged = |_| StoreError::Damaged("outbox entry that is no transaction");
            let mut sent = Transaction::from_canonical(&entry.signed.bytes).map_err(damaged)?;
            let clear = entry.clear.as_deref().map(Transaction::from_canonical);
            let mut clear = clear.transpose().map_err(damaged)?;
            if sent.erase(item, which) + clear.as_mut().map_or(0, |clear| clear.erase(item, which)) == 0 {
                continue;
            }
            let request = entry.signed.request_id;
            // All of a row is sealed under one key.
            let key = self.at_rest.newest(&mut transaction, entry.account).await?;
            let sealed = |purpose, bytes: &[u8]| key.seal(purpose, &self::row(&request.0), bytes);
            let clear = clear.map(|clear| sealed(SealedFor::Clear, &clear.to_canonical())).transpose()?;
            let change = "UPDATE outbox SET tx = ?, clear = ?, content = ?, sealed_under = ? WHERE account = ? AND request_id = ?";
            sqlx::query(change)
                .bind(sealed(SealedFor::Outbox, &sent.to_canonical())?)
                .bind(clear)
                .bind(sealed(SealedFor::Content, &entry.content.0)?)
                .bind(key.id)
                .bind(entry.account.0)
                .bind(request.0.as_slice())
                .execute(&mut *transaction)
                .await?;
            erased += 1;
        }
        transaction.commit().await?;
        if erased > 0 {
            // The log of writes has the old pages until it is taken in. Somebody reading may hold that up until later.
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await?;
        }
        Ok(erased)
    }

    /// Entries whose fate is not known: what a crash or a lost reply left behind. By account and age.
    pub(crate) async fn open_outbox(&self, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM outbox WHERE final = 0 ORDER BY account, request_id LIMIT ?"
        )))
        .bind(limit)
        .fetch_all(&mut *connection)
        .await?;
        let mut entries = Vec::new();
        for row in &rows {
            entries.push(read(self, &mut connection, row).await?);
        }
        Ok(entries)
    }
}

#[cfg(test)]
#[path = "outbox_test.rs"]
mod outbox_test;
