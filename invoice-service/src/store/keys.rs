//! Hosted keys: encrypted PKCS#8 under a password of the account's, and whose they are.

use crypto::SecretString;
use ledger_types::{AccountId, KeyId, RequestId};

use super::at_rest::DataKey;
use super::{Store, StoreError, count, fixed, number};

/// A key file at rest.
pub(crate) struct SealedKey {
    /// The encrypted key.
    pub(crate) pem: String,
    /// What opens it.
    pub(crate) password: SecretString,
}

/// Which change a key was made for: who asked, under which id.
pub(crate) type MadeFor = (AccountId, RequestId);

/// A key in the service's keeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeldKey {
    /// Its public half.
    pub(crate) public_key: [u8; 33],
    /// Its number in the account; none before it is registered.
    pub(crate) key_id: Option<KeyId>,
    /// What it may sign, as bits of kinds; none for an administrator's.
    pub(crate) kinds: Option<u64>,
}

impl Store {
    /// Keeps a key that belongs to nobody yet. Of several made for one change and the same kinds, the first stays.
    ///
    /// # Errors
    /// [`StoreError::KeyReplaced`] if `under` is gone: seal it again.
    pub(crate) async fn keep_key(
        &self,
        public_key: &[u8; 33],
        (pem, under): (&str, &DataKey),
        made_for: Option<MadeFor>,
        kinds: Option<u64>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO hosted_keys (public_key, pem, sealed_under, made_by, made_for, kinds) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
        )
        .bind(public_key.as_slice())
        .bind(pem)
        .bind(under.id)
        .bind(made_for.map(|m| m.0.0))
        .bind(made_for.map(|m| m.1.0.to_vec()))
        .bind(kinds.map(number).transpose()?)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The key made for a change and these kinds, if one was.
    pub(crate) async fn key_made_for(
        &self,
        (account, request): MadeFor,
        kinds: Option<u64>,
    ) -> Result<Option<[u8; 33]>, StoreError> {
        let query = "SELECT public_key FROM hosted_keys WHERE made_by = ? AND made_for = ? AND kinds IS ?";
        let row: Option<(Vec<u8>,)> = sqlx::query_as(query)
            .bind(account.0)
            .bind(request.0.as_slice())
            .bind(kinds.map(number).transpose()?)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|r| fixed(r.0, "public key")).transpose()
    }

    /// Says whose the keys are that were made for the change which opened an account.
    pub(crate) async fn keys_made_for(&self, account: AccountId, (by, request): MadeFor) -> Result<(), StoreError> {
        sqlx::query("UPDATE hosted_keys SET account = ? WHERE made_by = ? AND made_for = ? AND account IS NULL")
            .bind(account.0)
            .bind(by.0)
            .bind(request.0.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Says whose a kept key is, and what it may sign. Saying the same again is no error.
    pub(crate) async fn bind_key(
        &self,
        public_key: &[u8; 33],
        account: AccountId,
        key_id: KeyId,
        kinds: Option<u64>,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE hosted_keys SET account = ?, key_id = ?, kinds = ? WHERE public_key = ?")
            .bind(account.0)
            .bind(key_id.0)
            .bind(kinds.map(number).transpose()?)
            .bind(public_key.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The keys that an account has here, and those made for it that are not registered yet.
    pub(crate) async fn keys_of(&self, account: AccountId) -> Result<Vec<HeldKey>, StoreError> {
        let rows: Vec<(Vec<u8>, Option<u16>, Option<i64>)> = sqlx::query_as(
            "SELECT public_key, key_id, kinds FROM hosted_keys
             WHERE account = ?1 OR (account IS NULL AND made_for IS NOT NULL AND made_by = ?1) ORDER BY key_id",
        )
        .bind(account.0)
        .fetch_all(&self.pool)
        .await?;
        let read = |(key, id, kinds): (Vec<u8>, Option<u16>, Option<i64>)| {
            let public_key = fixed(key, "public key")?;
            Ok(HeldKey { public_key, key_id: id.map(KeyId), kinds: kinds.map(count).transpose()? })
        };
        rows.into_iter().map(read).collect()
    }

    /// Forgets a private key; with the last of an account also the one that it seals with.
    pub(crate) async fn forget_key(&self, account: AccountId, public_key: &[u8; 33]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM hosted_keys WHERE public_key = ?")
            .bind(public_key.as_slice())
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "DELETE FROM sender_keys WHERE account = ?1
             AND NOT EXISTS (SELECT 1 FROM hosted_keys WHERE account = ?1 AND key_id IS NOT NULL)",
        )
        .bind(account.0)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The encrypted key that an account seals with.
    pub(crate) async fn sender_key_of(&self, account: AccountId) -> Result<Option<SealedKey>, StoreError> {
        let query = sqlx::query_as("SELECT pem, sealed_under FROM sender_keys WHERE account = ?").bind(account.0);
        let row: Option<(String, i64)> = query.fetch_optional(&self.pool).await?;
        match row {
            Some((pem, under)) => Ok(Some(self.sealed_key(pem, under).await?)),
            None => Ok(None),
        }
    }

    /// Keeps a key that an account seals with, and says which one stays: of two, the first.
    ///
    /// # Errors
    /// [`StoreError::KeyReplaced`] if `under` is gone: seal it again.
    pub(crate) async fn keep_sender_key(
        &self,
        account: AccountId,
        pem: &str,
        under: &DataKey,
    ) -> Result<SealedKey, StoreError> {
        sqlx::query("INSERT INTO sender_keys (account, pem, sealed_under) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(account.0)
            .bind(pem)
            .bind(under.id)
            .execute(&self.pool)
            .await?;
        self.sender_key_of(account).await?.ok_or(StoreError::Damaged("sender key"))
    }

    async fn sealed_key(&self, pem: String, under: i64) -> Result<SealedKey, StoreError> {
        let key = self.at_rest.key(&mut *self.pool.acquire().await?, under).await?;
        Ok(SealedKey { pem, password: key.file_password() })
    }

    /// The accounts with a hosted key, rising.
    pub(crate) async fn hosted_accounts(&self) -> Result<Vec<AccountId>, StoreError> {
        let query = "SELECT DISTINCT account FROM hosted_keys WHERE key_id IS NOT NULL ORDER BY account";
        let rows: Vec<(i64,)> = sqlx::query_as(query).fetch_all(&self.pool).await?;
        let read = |row: (i64,)| u32::try_from(row.0).map(AccountId).map_err(|_| StoreError::Damaged("account"));
        rows.into_iter().map(read).collect()
    }

    /// The file of a kept key.
    pub(crate) async fn key_file(&self, public_key: &[u8; 33]) -> Result<Option<SealedKey>, StoreError> {
        let row: Option<(String, i64)> =
            sqlx::query_as("SELECT pem, sealed_under FROM hosted_keys WHERE public_key = ?")
                .bind(public_key.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        match row {
            Some((pem, under)) => Ok(Some(self.sealed_key(pem, under).await?)),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::fresh;
    use super::*;

    #[tokio::test]
    async fn keys_are_found_by_their_change_and_later_by_their_account() {
        let (_dir, store) = fresh().await;
        let made_for = (AccountId(1), RequestId([7; 16]));
        let key = store.newest_key(AccountId(1)).await.unwrap();
        store.keep_key(&[2; 33], ("pem", &key), Some(made_for), None).await.unwrap();
        store.keep_key(&[3; 33], ("clerk's", &key), Some(made_for), Some(8)).await.unwrap();
        assert_eq!(store.key_made_for(made_for, None).await.unwrap(), Some([2; 33]));
        assert_eq!(store.key_made_for(made_for, Some(8)).await.unwrap(), Some([3; 33]));
        assert_eq!(store.key_made_for(made_for, Some(4)).await.unwrap(), None);
        assert_eq!(store.key_made_for((AccountId(1), RequestId([8; 16])), None).await.unwrap(), None);
        store.keep_key(&[1; 33], ("later", &key), Some(made_for), None).await.unwrap();
        assert_eq!(store.key_made_for(made_for, None).await.unwrap(), Some([2; 33]), "the first stays");
        assert!(store.keys_of(AccountId(5)).await.unwrap().is_empty());
        store.keys_made_for(AccountId(5), made_for).await.unwrap();
        assert!(store.hosted_accounts().await.unwrap().is_empty(), "not registered yet");
        for _ in 0..2 {
            store.bind_key(&[2; 33], AccountId(5), KeyId(0), None).await.unwrap();
        }
        let held = |public_key, key_id, kinds| HeldKey { public_key, key_id, kinds };
        let expected = [held([3; 33], None, Some(8)), held([2; 33], Some(KeyId(0)), None)];
        assert_eq!(store.keys_of(AccountId(5)).await.unwrap(), expected);
        assert_eq!(store.hosted_accounts().await.unwrap(), [AccountId(5)]);
        assert_eq!(store.key_file(&[2; 33]).await.unwrap().unwrap().pem, "pem");
    }

    #[tokio::test]
    async fn the_key_to_seal_with_goes_with_the_last_one() {
        let (_dir, store) = fresh().await;
        let key = store.newest_key(AccountId(9)).await.unwrap();
        store.keep_sender_key(AccountId(9), "seals", &key).await.unwrap();
        for (byte, id) in [(2u8, 0u16), (3, 4)] {
            store.keep_key(&[byte; 33], ("pem", &key), None, None).await.unwrap();
            store.bind_key(&[byte; 33], AccountId(9), KeyId(id), None).await.unwrap();
        }
        store.forget_key(AccountId(9), &[2; 33]).await.unwrap();
        assert!(store.key_file(&[2; 33]).await.unwrap().is_none());
        assert!(store.sender_key_of(AccountId(9)).await.unwrap().is_some());
        store.forget_key(AccountId(9), &[3; 33]).await.unwrap();
        assert!(store.sender_key_of(AccountId(9)).await.unwrap().is_none());
    }
}
