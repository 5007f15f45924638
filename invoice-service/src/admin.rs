//! What the operator does in the same process: hosted keys and API tokens.

use std::sync::Arc;

use crypto::SigningKey;
use ledger_types::{AccountId, KeyId, Role};
use sdk::NodeClient;

use crate::api_token::ApiToken;
use crate::desk::Desk;
use crate::error::ServiceError;

/// Sets a service up from within its process: development, and the operator's command line. Cheap to clone.
#[derive(Clone)]
pub struct ServiceAdmin {
    desk: Arc<Desk>,
}

impl ServiceAdmin {
    pub(crate) fn new(desk: Arc<Desk>) -> Self {
        Self { desk }
    }

    /// Takes an account's key into the service's keeping: encrypted in its store under the master secret.
    ///
    /// # Errors
    /// [`ServiceError::KeyFile`] if the key's provider lets no key out; [`ServiceError::Store`].
    pub async fn host_key(&self, account: AccountId, key_id: KeyId, key: &SigningKey) -> Result<(), ServiceError> {
        self.desk.vault.host(account, key_id, key).await
    }

    /// Whether the service keeps a key of an account that its master secret opens.
    ///
    /// # Errors
    /// [`ServiceError::Store`], [`ServiceError::KeyFile`].
    pub async fn hosts(&self, account: AccountId) -> Result<bool, ServiceError> {
        Ok(self.desk.vault.identity(account).await?.is_some())
    }

    /// Makes a token with which a caller acts for an account. It is shown this once; the store keeps its hash.
    ///
    /// # Errors
    /// [`ServiceError::Random`], [`ServiceError::Store`].
    pub async fn create_api_token(&self, account: AccountId) -> Result<ApiToken, ServiceError> {
        let token = ApiToken::generate()?;
        self.register_api_token(account, &token).await?;
        Ok(token)
    }

    /// Makes a token that acts for an account in one role only.
    ///
    /// # Errors
    /// [`ServiceError::RoleMisfit`] if accounts of its kind have no such role or there is no such account;
    /// [`ServiceError::Random`], [`ServiceError::Store`], [`ServiceError::Node`].
    pub async fn create_role_token(&self, account: AccountId, role: Role) -> Result<ApiToken, ServiceError> {
        let held = self.desk.node.account(account).await?;
        if !held.is_some_and(|held| role.fits(held.kind)) {
            return Err(ServiceError::RoleMisfit { account, role });
        }
        let token = ApiToken::generate()?;
        match self.desk.store.add_api_token(&token.hash(), account, Some(role)).await? {
            true => Ok(token),
            false => Err(ServiceError::TokenTaken(account)),
        }
    }

    /// Gives an account a token made elsewhere.
    ///
    /// # Errors
    /// [`ServiceError::TokenTaken`] if it is another account's; [`ServiceError::Store`].
    pub async fn register_api_token(&self, account: AccountId, token: &ApiToken) -> Result<(), ServiceError> {
        match self.desk.store.add_api_token(&token.hash(), account, None).await? {
            true => Ok(()),
            false => Err(ServiceError::TokenTaken(account)),
        }
    }

    /// Takes all tokens of an account back; says how many there were.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn revoke_api_tokens(&self, account: AccountId) -> Result<u64, ServiceError> {
        Ok(self.desk.store.revoke_api_tokens(account).await?)
    }

    /// Sends what has no fate yet once more, and says whether everything has one now. The service does so by itself;
    /// this is for whoever cannot wait.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn resend(&self) -> Result<bool, ServiceError> {
        self.desk.resend_open(u32::MAX).await
    }

    /// The service's own connection to its node.
    #[must_use]
    pub fn node(&self) -> &NodeClient {
        &self.desk.node
    }
}

impl std::fmt::Debug for ServiceAdmin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceAdmin").finish_non_exhaustive()
    }
}
