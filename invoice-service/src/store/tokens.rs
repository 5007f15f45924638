//! API tokens by their hash: the text is with the caller alone.

use ledger_types::{AccountId, KeyId, Role};

use super::{Store, StoreError};
use crate::api_token::TokenRole;

impl Store {
    /// Gives a token to an account, for one role or for all that the account may do; `false` if it is another account's
    /// or for another role already.
    pub(crate) async fn add_api_token(
        &self,
        hash: &[u8; 32],
        account: AccountId,
        role: Option<TokenRole>,
    ) -> Result<bool, StoreError> {
        sqlx::query("INSERT INTO api_tokens (hash, account, role, key_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(hash.as_slice())
            .bind(account.0)
            .bind(role.map(|role| role.role as u8))
            .bind(role.and_then(|role| role.key).map(|key| key.0))
            .execute(&self.pool)
            .await?;
        Ok(self.caller_of_token(hash).await? == Some((account, role)))
    }

    /// Whose token it is, and for what. A role that this software does not know is nobody's.
    pub(crate) async fn caller_of_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<(AccountId, Option<TokenRole>)>, StoreError> {
        let row: Option<(u32, Option<u8>, Option<u16>)> =
            sqlx::query_as("SELECT account, role, key_id FROM api_tokens WHERE hash = ?")
                .bind(hash.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        let Some((account, number, key)) = row else { return Ok(None) };
        let role = number.map(|number| Role::ALL.iter().copied().find(|role| *role as u8 == number));
        Ok(match role {
            None => Some((AccountId(account), None)),
            Some(Some(role)) => Some((AccountId(account), Some(TokenRole { role, key: key.map(KeyId) }))),
            Some(None) => None,
        })
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
    async fn a_token_has_one_account_and_role_until_it_is_revoked() {
        let (_dir, store) = fresh().await;
        let clerk = Some(TokenRole { role: Role::FinanceClerk, key: Some(KeyId(4)) });
        assert!(store.add_api_token(&[1; 32], AccountId(3), None).await.unwrap());
        assert!(store.add_api_token(&[1; 32], AccountId(3), None).await.unwrap(), "the same again");
        assert!(!store.add_api_token(&[1; 32], AccountId(4), None).await.unwrap(), "another account's");
        assert!(!store.add_api_token(&[1; 32], AccountId(3), clerk).await.unwrap(), "all, not a role");
        assert!(store.add_api_token(&[2; 32], AccountId(3), clerk).await.unwrap());
        let other = Some(TokenRole { role: Role::FinanceClerk, key: None });
        assert!(!store.add_api_token(&[2; 32], AccountId(3), other).await.unwrap(), "another key's office");
        assert_eq!(store.caller_of_token(&[1; 32]).await.unwrap(), Some((AccountId(3), None)));
        assert_eq!(store.caller_of_token(&[2; 32]).await.unwrap(), Some((AccountId(3), clerk)));
        assert_eq!(store.caller_of_token(&[3; 32]).await.unwrap(), None);
        sqlx::query("UPDATE api_tokens SET role = 200 WHERE role IS NOT NULL").execute(&store.pool).await.unwrap();
        assert_eq!(store.caller_of_token(&[2; 32]).await.unwrap(), None, "an unknown role is nobody's");
        assert_eq!(store.revoke_api_tokens(AccountId(3)).await.unwrap(), 2);
        assert_eq!(store.caller_of_token(&[1; 32]).await.unwrap(), None);
    }
}
