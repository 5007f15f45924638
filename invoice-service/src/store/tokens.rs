//! API tokens by their hash: the text is with the caller alone.

use ledger_types::AccountId;

use super::{Store, StoreError};

impl Store {
    /// Gives a token to an account; `false` if it is another account's already.
    pub(crate) async fn add_api_token(&self, hash: &[u8; 32], account: AccountId) -> Result<bool, StoreError> {
        sqlx::query("INSERT INTO api_tokens (hash, account) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(hash.as_slice())
            .bind(account.0)
            .execute(&self.pool)
            .await?;
        Ok(self.account_of_token(hash).await? == Some(account))
    }

    /// Whose token it is.
    pub(crate) async fn account_of_token(&self, hash: &[u8; 32]) -> Result<Option<AccountId>, StoreError> {
        let row: Option<(u32,)> = sqlx::query_as("SELECT account FROM api_tokens WHERE hash = ?")
            .bind(hash.as_slice())
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|r| AccountId(r.0)))
    }

    /// Takes all tokens of an account back; says how many there were.
    pub(crate) async fn revoke_api_tokens(&self, account: AccountId) -> Result<u64, StoreError> {
        let done = sqlx::query("DELETE FROM api_tokens WHERE account = ?").bind(account.0).execute(&self.pool).await?;
        Ok(done.rows_affected())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::fresh;
    use super::*;

    #[tokio::test]
    async fn a_token_has_one_account_until_it_is_revoked() {
        let (_dir, store) = fresh().await;
        assert!(store.add_api_token(&[1; 32], AccountId(3)).await.unwrap());
        assert!(store.add_api_token(&[1; 32], AccountId(3)).await.unwrap(), "the same again");
        assert!(!store.add_api_token(&[1; 32], AccountId(4)).await.unwrap(), "another account's");
        assert_eq!(store.account_of_token(&[1; 32]).await.unwrap(), Some(AccountId(3)));
        assert_eq!(store.account_of_token(&[2; 32]).await.unwrap(), None);
        assert_eq!(store.revoke_api_tokens(AccountId(3)).await.unwrap(), 1);
        assert_eq!(store.account_of_token(&[1; 32]).await.unwrap(), None);
    }
}
