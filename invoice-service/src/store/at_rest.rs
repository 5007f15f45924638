//! What the store seals: SM4-GCM under a key of each account (租户数据密钥), and those keys under the master secret.
//!
//! A key is read, or made at its first use, in the same write as what is sealed under it, and a row names its key. So a key that
//! is replaced while others write is either seen by them or still there for what they wrote.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crypto::SecretString;
use ledger_types::AccountId;
use sqlx::SqliteConnection;
use zeroize::Zeroizing;

use super::{Store, StoreError};
use crate::master_secret::MasterSecret;

mod master;
mod rotation;

pub(super) use master::MasterKey;
pub use rotation::Resealed;

const NONCE: usize = 12;
const KEY: usize = 16;

/// What a value is for: bound in, so that a sealed value cannot stand in for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SealedFor {
    /// The bytes of a transaction in the outbox.
    Outbox,
    /// The digest of what was asked: who steals the store must not find by it what he guesses.
    Content,
    /// The same bytes in clear, where another sealed and signed them.
    Clear,
    /// A claim token.
    ClaimToken,
}

impl SealedFor {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Outbox => b"outbox",
            Self::Content => b"outbox content",
            Self::Clear => b"outbox in clear",
            Self::ClaimToken => b"claim token",
        }
    }
}

/// `nonce | ciphertext | tag`.
fn seal(key: &[u8; KEY], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce: [u8; NONCE] = crypto::random::array()?;
    let mut out = nonce.to_vec();
    out.extend(sm::sm4_gcm_seal(key, &nonce, aad, plain));
    Ok(out)
}

fn open(key: &[u8; KEY], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>()?;
    sm::sm4_gcm_open(key, nonce, aad, ciphertext).ok().map(Zeroizing::new)
}

/// One key of one account.
pub(crate) struct DataKey {
    /// Its row.
    pub(crate) id: i64,
    account: AccountId,
    key: Zeroizing<[u8; KEY]>,
}

impl DataKey {
    /// Purpose, account and row.
    fn aad(&self, what: SealedFor, row: &[u8]) -> Vec<u8> {
        let name = what.name();
        [&[name.len() as u8], name, &self.account.0.to_be_bytes(), row].concat()
    }

    /// Seals a value of one row.
    pub(super) fn seal(&self, what: SealedFor, row: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        seal(&self.key, &self.aad(what, row), plain)
    }

    /// What was sealed for this row.
    pub(super) fn open(&self, what: SealedFor, row: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        open(&self.key, &self.aad(what, row), sealed).ok_or(StoreError::Damaged("a sealed value"))
    }

    /// The password of the key files that the account has here.
    pub(crate) fn file_password(&self) -> SecretString {
        let derived = sm::hmac_sm3(self.key.as_slice(), &[b"key files"]);
        SecretString::from(hex::encode(*derived))
    }
}

/// The master key, and the accounts' keys that were opened with it.
pub(super) struct AtRest {
    /// Opens what was kept before accounts had keys of their own.
    secret: MasterSecret,
    master: MasterKey,
    opened: Mutex<BTreeMap<i64, Arc<DataKey>>>,
}

impl std::fmt::Debug for AtRest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AtRest(hidden)")
    }
}

impl AtRest {
    pub(super) fn new(secret: MasterSecret, master: MasterKey) -> Self {
        Self { secret, master, opened: Mutex::default() }
    }

    fn remember(&self, id: i64, account: AccountId, wrapped: &[u8]) -> Result<Arc<DataKey>, StoreError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = opened.get(&id) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(DataKey { id, account, key: self.master.unwrap(account, wrapped)? });
        opened.insert(id, Arc::clone(&key));
        Ok(key)
    }

    /// The account's newest key; made if it has none yet.
    pub(super) async fn newest(
        &self,
        connection: &mut SqliteConnection,
        account: AccountId,
    ) -> Result<Arc<DataKey>, StoreError> {
        let query = "SELECT id, wrapped FROM data_keys WHERE account = ? ORDER BY id DESC LIMIT 1";
        let row: Option<(i64, Vec<u8>)> =
            sqlx::query_as(query).bind(account.0).fetch_optional(&mut *connection).await?;
        match row {
            Some((id, wrapped)) => self.remember(id, account, &wrapped),
            None => self.make(connection, account).await,
        }
    }

    /// A new key of the account, from now on its newest.
    async fn make(&self, connection: &mut SqliteConnection, account: AccountId) -> Result<Arc<DataKey>, StoreError> {
        // The secret may have been changed beside us: what is wrapped under the old one nobody could open later.
        self.master.check(&mut *connection).await?;
        let key = Zeroizing::new(crypto::random::array::<KEY>()?);
        let wrapped = self.master.wrap(account, &key)?;
        let made = sqlx::query("INSERT INTO data_keys (account, wrapped) VALUES (?, ?)")
            .bind(account.0)
            .bind(wrapped.as_slice())
            .execute(&mut *connection)
            .await?;
        self.remember(made.last_insert_rowid(), account, &wrapped)
    }

    /// The key with this id.
    pub(super) async fn key(&self, connection: &mut SqliteConnection, id: i64) -> Result<Arc<DataKey>, StoreError> {
        if let Some(key) = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Arc::clone(key));
        }
        let row: Option<(u32, Vec<u8>)> = sqlx::query_as("SELECT account, wrapped FROM data_keys WHERE id = ?")
            .bind(id)
            .fetch_optional(connection)
            .await?;
        let (account, wrapped) = row.ok_or(StoreError::Damaged("a row names a data key that is not there"))?;
        self.remember(id, AccountId(account), &wrapped)
    }
}

impl Store {
    /// The account's newest key, made if it has none: for what is sealed outside a write. Such a write fails, and is to be
    /// tried again with a newer key, if the key is replaced in between.
    pub(crate) async fn newest_key(&self, account: AccountId) -> Result<Arc<DataKey>, StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let key = self.at_rest.newest(&mut transaction, account).await?;
        transaction.commit().await?;
        Ok(key)
    }
}

#[cfg(test)]
#[path = "at_rest/at_rest_test.rs"]
mod at_rest_test;
