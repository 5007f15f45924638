//! The master key: made of the master secret, it seals the accounts' keys and nothing else.

use ledger_types::AccountId;
use pbkdf2::pbkdf2_hmac;
use sm3::Sm3;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqlitePool;
use zeroize::Zeroizing;

use super::{KEY, open, seal};
use crate::master_secret::MasterSecret;
use crate::store::StoreError;

/// Rounds of PBKDF2 with HMAC-SM3, as in key files.
const ROUNDS: u32 = 65_536;
const CHECK: &[u8] = b"taxchain invoice service 1";

pub(in crate::store) struct MasterKey(Zeroizing<[u8; KEY]>);

fn account_aad(account: AccountId) -> Vec<u8> {
    [b"data key".as_slice(), &account.0.to_be_bytes()].concat()
}

async fn value(connection: &mut SqliteConnection, name: &str) -> Result<Vec<u8>, StoreError> {
    let query = sqlx::query_as("SELECT value FROM meta WHERE name = ?").bind(name);
    let row: Option<(Vec<u8>,)> = query.fetch_optional(connection).await?;
    row.map(|row| row.0).ok_or(StoreError::Damaged("salt or check of the master secret"))
}

async fn put(connection: &mut SqliteConnection, name: &str, value: &[u8]) -> Result<(), StoreError> {
    let query = "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";
    sqlx::query(query).bind(name).bind(value).execute(connection).await?;
    Ok(())
}

async fn derive(secret: &MasterSecret, salt: Vec<u8>) -> Result<MasterKey, StoreError> {
    let secret = secret.clone();
    let derive = move || {
        let mut key = Zeroizing::new([0; KEY]);
        pbkdf2_hmac::<Sm3>(secret.expose(), &salt, ROUNDS, key.as_mut_slice());
        MasterKey(key)
    };
    // Many rounds of a hash: not on a thread that answers calls.
    tokio::task::spawn_blocking(derive).await.map_err(|_| StoreError::Damaged("the thread that derives the master key"))
}

impl MasterKey {
    /// That of a store. The first master secret makes it; another one is refused.
    pub(in crate::store) async fn of(pool: &SqlitePool, secret: &MasterSecret) -> Result<Self, StoreError> {
        let salt = crypto::random::array::<16>()?;
        sqlx::query("INSERT INTO meta (name, value) VALUES ('salt', ?) ON CONFLICT DO NOTHING")
            .bind(salt.as_slice())
            .execute(pool)
            .await?;
        let mut connection = pool.acquire().await?;
        let master = derive(secret, value(&mut connection, "salt").await?).await?;
        sqlx::query("INSERT INTO meta (name, value) VALUES ('check', ?) ON CONFLICT DO NOTHING")
            .bind(master.sealed_check()?)
            .execute(&mut *connection)
            .await?;
        master.check(&mut connection).await?;
        Ok(master)
    }

    fn sealed_check(&self) -> Result<Vec<u8>, StoreError> {
        seal(&self.0, b"check", CHECK)
    }

    /// Whether it is still the store's.
    pub(super) async fn check(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        match open(&self.0, b"check", &value(connection, "check").await?) {
            Some(text) if text.as_slice() == CHECK => Ok(()),
            _ => Err(StoreError::WrongMasterSecret),
        }
    }

    pub(super) fn wrap(&self, account: AccountId, key: &[u8; KEY]) -> Result<Vec<u8>, StoreError> {
        seal(&self.0, &account_aad(account), key)
    }

    pub(super) fn unwrap(&self, account: AccountId, wrapped: &[u8]) -> Result<Zeroizing<[u8; KEY]>, StoreError> {
        let key = open(&self.0, &account_aad(account), wrapped).ok_or(StoreError::WrongMasterSecret)?;
        let key: &[u8; KEY] = key.as_slice().try_into().map_err(|_| StoreError::Damaged("data key"))?;
        Ok(Zeroizing::new(*key))
    }

    /// Claim tokens of stores from before accounts had keys of their own.
    pub(super) fn open_old_token(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        open(&self.0, b"claim token", sealed)
    }

    /// Seals every account's key under another master secret: all or nothing.
    pub(super) async fn replace(&self, pool: &SqlitePool, secret: &MasterSecret) -> Result<usize, StoreError> {
        let salt = crypto::random::array::<16>()?;
        let new = derive(secret, salt.to_vec()).await?;
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        self.check(&mut transaction).await?;
        let rows: Vec<(i64, u32, Vec<u8>)> =
            sqlx::query_as("SELECT id, account, wrapped FROM data_keys").fetch_all(&mut *transaction).await?;
        for (id, account, wrapped) in &rows {
            let account = AccountId(*account);
            let wrapped = new.wrap(account, &*self.unwrap(account, wrapped)?)?;
            let query = sqlx::query("UPDATE data_keys SET wrapped = ? WHERE id = ?").bind(wrapped).bind(id);
            query.execute(&mut *transaction).await?;
        }
        put(&mut transaction, "salt", &salt).await?;
        put(&mut transaction, "check", &new.sealed_check()?).await?;
        transaction.commit().await?;
        Ok(rows.len())
    }
}

#[cfg(test)]
impl MasterKey {
    /// For what older formats sealed.
    pub(super) fn bytes(&self) -> [u8; KEY] {
        *self.0
    }
}
