//! Another key for what an account has here: everything is sealed again, then the old keys are gone.
//!
//! Page by page, each all or nothing, beside a service that runs. Interrupted, it is done again.

use std::sync::Arc;

use crypto::{KeyUse, SigningKey, SoftwareProvider, key_file};
use ledger_types::AccountId;
use sqlx::SqliteConnection;
use zeroize::Zeroizing;

use super::{DataKey, SealedFor};
use crate::master_secret::MasterSecret;
use crate::store::{Store, StoreError, claims, outbox};

/// Rows of one write.
const PAGE: u32 = 256;

/// What was sealed again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Signed transactions.
    pub transactions: u64,
    /// Claim tokens.
    pub claim_tokens: u64,
    /// Hosted keys and keys that bodies are sealed with.
    pub keys: u64,
}

impl std::ops::AddAssign for Resealed {
    fn add_assign(&mut self, other: Self) {
        self.transactions += other.transactions;
        self.claim_tokens += other.claim_tokens;
        self.keys += other.keys;
    }
}

/// A transaction in the store: request, the sealed bytes, those in clear and the digest of what was asked, sealed likewise,
/// and what they are sealed under.
type TransactionRow = (Vec<u8>, Vec<u8>, Option<Vec<u8>>, Vec<u8>, Option<i64>);

/// A claim token in the store: request, item, the sealed token, and what it is sealed under.
type TokenRow = (Vec<u8>, u16, Vec<u8>, Option<i64>);

/// A key file in the store: its table, the column that names its row, and that.
type KeyRow = (&'static str, &'static str, Vec<u8>, String, Option<i64>);

impl Store {
    /// Gives an account a new key and seals all it has here under it; then the old ones are gone.
    pub(crate) async fn rotate(&self, account: AccountId) -> Result<Resealed, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let new = self.at_rest.make(&mut transaction, account).await?;
        transaction.commit().await?;
        let done = self.reseal(account, &new).await?;
        self.drop_keys_before(&new).await?;
        Ok(done)
    }

    /// Every account that has something here, rising.
    pub(crate) async fn tenants(&self) -> Result<Vec<AccountId>, StoreError> {
        let query = "SELECT account FROM outbox UNION SELECT account FROM claim_tokens
                     UNION SELECT coalesce(account, made_by) FROM hosted_keys
                     UNION SELECT account FROM sender_keys UNION SELECT account FROM data_keys ORDER BY 1";
        let rows: Vec<(Option<u32>,)> = sqlx::query_as(query).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().filter_map(|row| row.0).map(AccountId).collect())
    }

    /// Seals what was kept before accounts had keys of their own.
    pub(in crate::store) async fn seal_what_is_older(&self) -> Result<Resealed, StoreError> {
        while self.seal_digests().await? == u64::from(PAGE) {}
        let (old,): (i64,) = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE sealed_under IS NULL)
                 OR EXISTS (SELECT 1 FROM hosted_keys WHERE sealed_under IS NULL)
                 OR EXISTS (SELECT 1 FROM sender_keys WHERE sealed_under IS NULL)",
        )
        .fetch_one(&self.pool)
        .await?;
        let mut done = Resealed::default();
        if old != 0 {
            for account in self.tenants().await? {
                let key = self.newest_key(account).await?;
                done += self.reseal(account, &key).await?;
            }
        }
        Ok(done)
    }

    /// Digests of what was asked stood in clear beside bytes that were sealed already.
    async fn seal_digests(&self) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let rows: Vec<(i64, Vec<u8>, Vec<u8>, i64)> = sqlx::query_as(
            "SELECT account, request_id, content, sealed_under FROM outbox
             WHERE length(content) = 32 AND sealed_under IS NOT NULL LIMIT ?",
        )
        .bind(PAGE)
        .fetch_all(&mut *transaction)
        .await?;
        for (account, request, content, under) in &rows {
            let key = self.at_rest.key(&mut transaction, *under).await?;
            sqlx::query("UPDATE outbox SET content = ? WHERE account = ? AND request_id = ?")
                .bind(key.seal(SealedFor::Content, &outbox::row(request), content)?)
                .bind(account)
                .bind(request.as_slice())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(rows.len() as u64)
    }

    async fn reseal(&self, account: AccountId, new: &Arc<DataKey>) -> Result<Resealed, StoreError> {
        let mut done = Resealed { keys: self.reseal_keys(account, new).await?, ..Resealed::default() };
        loop {
            let transactions = self.reseal_transactions(account, new).await?;
            done.transactions += transactions;
            if transactions < u64::from(PAGE) {
                break;
            }
        }
        loop {
            let tokens = self.reseal_tokens(account, new).await?;
            done.claim_tokens += tokens;
            if tokens < u64::from(PAGE) {
                return Ok(done);
            }
        }
    }

    async fn reseal_transactions(&self, account: AccountId, new: &DataKey) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let rows: Vec<TransactionRow> = sqlx::query_as(
            "SELECT request_id, tx, clear, content, sealed_under FROM outbox WHERE account = ? AND sealed_under IS NOT ? LIMIT ?",
        )
        .bind(account.0)
        .bind(new.id)
        .bind(PAGE)
        .fetch_all(&mut *transaction)
        .await?;
        for (request, tx, clear, content, under) in &rows {
            let row = outbox::row(request);
            let content = self.opened(&mut transaction, SealedFor::Content, &row, content, *under).await?;
            let plain = self.opened(&mut transaction, SealedFor::Outbox, &row, tx, *under).await?;
            let clear = match clear {
                Some(sealed) => {
                    let clear = self.opened(&mut transaction, SealedFor::Clear, &row, sealed, *under).await?;
                    Some(new.seal(SealedFor::Clear, &row, &clear)?)
                }
                None => None,
            };
            let update = "UPDATE outbox SET tx = ?, clear = ?, content = ?, sealed_under = ?
                          WHERE account = ? AND request_id = ?";
            sqlx::query(update)
                .bind(new.seal(SealedFor::Outbox, &row, &plain)?)
                .bind(clear)
                .bind(new.seal(SealedFor::Content, &row, &content)?)
                .bind(new.id)
                .bind(account.0)
                .bind(request.as_slice())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(rows.len() as u64)
    }

    async fn reseal_tokens(&self, account: AccountId, new: &DataKey) -> Result<u64, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let rows: Vec<TokenRow> = sqlx::query_as(
            "SELECT request_id, item, sealed, sealed_under FROM claim_tokens
             WHERE account = ? AND sealed_under IS NOT ? LIMIT ?",
        )
        .bind(account.0)
        .bind(new.id)
        .bind(PAGE)
        .fetch_all(&mut *transaction)
        .await?;
        for (request, item, sealed, under) in &rows {
            let row = claims::row(request, *item);
            let plain = self.opened(&mut transaction, SealedFor::ClaimToken, &row, sealed, *under).await?;
            sqlx::query(
                "UPDATE claim_tokens SET sealed = ?, sealed_under = ? WHERE account = ? AND request_id = ? AND item = ?",
            )
            .bind(new.seal(SealedFor::ClaimToken, &row, &plain)?)
            .bind(new.id)
            .bind(account.0)
            .bind(request.as_slice())
            .bind(*item)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(rows.len() as u64)
    }

    /// A value in clear, whatever it was sealed under.
    async fn opened(
        &self,
        connection: &mut SqliteConnection,
        what: SealedFor,
        row: &[u8],
        sealed: &[u8],
        under: Option<i64>,
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        match (under, what) {
            (Some(id), _) => self.at_rest.key(connection, id).await?.open(what, row, sealed),
            (None, SealedFor::Outbox | SealedFor::Clear | SealedFor::Content) => Ok(Zeroizing::new(sealed.to_vec())),
            (None, SealedFor::ClaimToken) => {
                self.at_rest.master.open_old_token(sealed).ok_or(StoreError::Damaged("claim token"))
            }
        }
    }

    /// Seals an account's key files under its own newest key.
    pub(crate) async fn seal_keys_of(&self, account: AccountId) -> Result<u64, StoreError> {
        let newest = self.newest_key(account).await?;
        self.reseal_keys(account, &newest).await
    }

    /// Key files, one by one: opening and sealing each takes many rounds of a hash, so not within a write.
    async fn reseal_keys(&self, account: AccountId, new: &Arc<DataKey>) -> Result<u64, StoreError> {
        let mut keys: Vec<KeyRow> = Vec::new();
        let hosted: Vec<(Vec<u8>, String, Option<i64>)> = sqlx::query_as(
            "SELECT public_key, pem, sealed_under FROM hosted_keys
             WHERE coalesce(account, made_by) = ? AND sealed_under IS NOT ?",
        )
        .bind(account.0)
        .bind(new.id)
        .fetch_all(&self.pool)
        .await?;
        keys.extend(hosted.into_iter().map(|(key, pem, under)| ("hosted_keys", "public_key", key, pem, under)));
        let sender: Option<(String, Option<i64>)> =
            sqlx::query_as("SELECT pem, sealed_under FROM sender_keys WHERE account = ? AND sealed_under IS NOT ?")
                .bind(account.0)
                .bind(new.id)
                .fetch_optional(&self.pool)
                .await?;
        keys.extend(sender.map(|(pem, under)| ("sender_keys", "account", Vec::new(), pem, under)));
        let mut done = 0;
        for (table, column, row, pem, under) in keys {
            let key_use = if table == "hosted_keys" { KeyUse::Transaction } else { KeyUse::Encryption };
            let old = match under {
                Some(id) => Some(self.at_rest.key(&mut *self.pool.acquire().await?, id).await?),
                None => None,
            };
            let sealed = reseal_file(&self.at_rest.secret, pem.clone(), key_use, old, Arc::clone(new)).await?;
            let update = format!("UPDATE {table} SET pem = ?, sealed_under = ? WHERE {column} = ? AND pem = ?");
            let update = sqlx::query(sqlx::AssertSqlSafe(update)).bind(sealed).bind(new.id);
            let update = if table == "hosted_keys" { update.bind(row) } else { update.bind(account.0) };
            done += update.bind(pem).execute(&self.pool).await?.rows_affected();
        }
        Ok(done)
    }

    /// Drops an account's keys before this one. A key file may still name one, if it is another account's by now; that stays.
    async fn drop_keys_before(&self, new: &DataKey) -> Result<(), StoreError> {
        let query = sqlx::query(
            "DELETE FROM data_keys WHERE account = ? AND id < ?
             AND NOT EXISTS (SELECT 1 FROM hosted_keys WHERE sealed_under = data_keys.id)",
        );
        query.bind(new.account.0).bind(new.id).execute(&self.pool).await?;
        Ok(())
    }

    /// Another master secret: every account's key is sealed under it. Says how many there are.
    pub(crate) async fn change_master(&self, secret: &MasterSecret) -> Result<usize, StoreError> {
        self.at_rest.master.replace(&self.pool, secret).await
    }
}

/// A key file under another password.
async fn reseal_file(
    secret: &MasterSecret,
    pem: String,
    key_use: KeyUse,
    old: Option<Arc<DataKey>>,
    new: Arc<DataKey>,
) -> Result<String, StoreError> {
    let master = secret.clone();
    let reseal = move || {
        let provider = SoftwareProvider::shared();
        let key: SigningKey = match old {
            Some(old) => key_file::from_pem(&pem, &old.file_password(), &provider, key_use)?,
            None => key_file::from_pem(&pem, master.password(), &provider, key_use)?,
        };
        key_file::to_pem(&key, &new.file_password())
    };
    let sealed =
        tokio::task::spawn_blocking(reseal).await.map_err(|_| StoreError::Damaged("the thread of a key file"))?;
    Ok(sealed?)
}
