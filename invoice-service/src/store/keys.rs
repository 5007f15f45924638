//! Hosted keys: encrypted PKCS#8 under a password of the account's, and whose they are.

use crypto::SecretString;
use ledger_types::{AccountId, KeyId, RequestId};

use super::at_rest::DataKey;
use super::{Store, StoreError, fixed};

/// A key file at rest.
pub(crate) struct SealedKey {
    /// The encrypted key.
    pub(crate) pem: String,
    /// What opens it.
    pub(crate) password: SecretString,
}

impl Store {
    /// Keeps a key that belongs to nobody yet. Of several made for one change, the first stays.
    ///
    /// # Errors
    /// [`StoreError::KeyReplaced`] if `under` is gone: seal it again.
    pub(crate) async fn keep_key(
        &self,
        public_key: &[u8; 33],
        pem: &str,
        under: &DataKey,
        made_for: Option<(AccountId, RequestId)>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO hosted_keys (public_key, pem, sealed_under, made_by, made_for) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING",
        )
        .bind(public_key.as_slice())
        .bind(pem)
        .bind(under.id)
        .bind(made_for.map(|m| m.0.0))
        .bind(made_for.map(|m| m.1.0.to_vec()))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The key made for a change, if one was.
    pub(crate) async fn key_made_for(
        &self,
        account: AccountId,
        request: RequestId,
    ) -> Result<Option<[u8; 33]>, StoreError> {
        let row: Option<(Vec<u8>,)> =
            sqlx::query_as("SELECT public_key FROM hosted_keys WHERE made_by = ? AND made_for = ?")
                .bind(account.0)
                .bind(request.0.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        row.map(|r| fixed(r.0, "public key")).transpose()
    }

    /// Says whose a kept key is. Saying the same again is no error.
    pub(crate) async fn bind_key(
        &self,
        public_key: &[u8; 33],
        account: AccountId,
        key_id: KeyId,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE hosted_keys SET account = ?, key_id = ? WHERE public_key = ?")
            .bind(account.0)
            .bind(key_id.0)
            .bind(public_key.as_slice())
            .execute(&self.pool)
            .await?;
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
        let query = "SELECT DISTINCT account FROM hosted_keys WHERE account IS NOT NULL ORDER BY account";
        let rows: Vec<(i64,)> = sqlx::query_as(query).fetch_all(&self.pool).await?;
        let read = |row: (i64,)| u32::try_from(row.0).map(AccountId).map_err(|_| StoreError::Damaged("account"));
        rows.into_iter().map(read).collect()
    }

    /// The newest hosted key of an account, and its id there.
    pub(crate) async fn key_of(&self, account: AccountId) -> Result<Option<(KeyId, SealedKey)>, StoreError> {
        let row: Option<(u16, String, i64)> = sqlx::query_as(
            "SELECT key_id, pem, sealed_under FROM hosted_keys WHERE account = ? ORDER BY key_id DESC LIMIT 1",
        )
        .bind(account.0)
        .fetch_optional(&self.pool)
        .await?;
        match row {
            Some((id, pem, under)) => Ok(Some((KeyId(id), self.sealed_key(pem, under).await?))),
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
    async fn a_key_is_found_by_its_change_and_later_by_its_account() {
        let (_dir, store) = fresh().await;
        let (bureau, request) = (AccountId(1), RequestId([7; 16]));
        let key = store.newest_key(bureau).await.unwrap();
        store.keep_key(&[2; 33], "pem", &key, Some((bureau, request))).await.unwrap();
        assert_eq!(store.key_made_for(bureau, request).await.unwrap(), Some([2; 33]));
        assert_eq!(store.key_made_for(bureau, RequestId([8; 16])).await.unwrap(), None);
        store.keep_key(&[1; 33], "later", &key, Some((bureau, request))).await.unwrap();
        assert_eq!(store.key_made_for(bureau, request).await.unwrap(), Some([2; 33]), "the first stays");
        assert!(store.key_of(AccountId(5)).await.unwrap().is_none());
        store.bind_key(&[2; 33], AccountId(5), KeyId(0)).await.unwrap();
        store.bind_key(&[2; 33], AccountId(5), KeyId(0)).await.unwrap();
        assert_eq!(store.key_of(AccountId(5)).await.unwrap().unwrap().1.pem, "pem");
    }

    #[tokio::test]
    async fn the_newest_key_of_an_account_signs() {
        let (_dir, store) = fresh().await;
        let key = store.newest_key(AccountId(9)).await.unwrap();
        for (byte, id) in [(2u8, 0u16), (3, 4), (4, 1)] {
            store.keep_key(&[byte; 33], &format!("pem {id}"), &key, None).await.unwrap();
            store.bind_key(&[byte; 33], AccountId(9), KeyId(id)).await.unwrap();
        }
        assert_eq!(store.key_of(AccountId(9)).await.unwrap().unwrap().0, KeyId(4));
    }
}
