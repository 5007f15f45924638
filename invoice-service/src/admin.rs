//! What the operator does in the same process: hosted keys and API tokens.

use std::path::PathBuf;
use std::sync::Arc;

use crypto::SigningKey;
use ledger_types::{AccountId, Digest, KeyId};
use sdk::NodeClient;

use crate::api_token::{ApiToken, TokenRole};
use crate::audit_log::Tail;
use crate::desk::Desk;
use crate::error::ServiceError;
use crate::folder::ServiceFolder;

/// Sets a service up from within its process: development, and the operator's command line. Cheap to clone.
#[derive(Clone)]
pub struct ServiceAdmin {
    desk: Arc<Desk>,
}

impl ServiceAdmin {
    pub(crate) fn new(desk: Arc<Desk>) -> Self {
        Self { desk }
    }

    /// What is done to the service's folder, whether it runs or not: hosted keys, tokens, keys at rest.
    #[must_use]
    pub fn folder(&self) -> ServiceFolder {
        ServiceFolder::of(self.desk.store.clone(), Arc::clone(&self.desk.vault))
    }

    /// Takes an account's key into the service's keeping, see [`ServiceFolder::host_key`].
    ///
    /// # Errors
    /// [`ServiceError::KeyFile`], [`ServiceError::Store`].
    pub async fn host_key(&self, account: AccountId, key_id: KeyId, key: &SigningKey) -> Result<(), ServiceError> {
        self.folder().host_key(account, key_id, key).await
    }

    /// Whether the service keeps a key of an account that its master secret opens.
    ///
    /// # Errors
    /// [`ServiceError::Store`], [`ServiceError::KeyFile`].
    pub async fn hosts(&self, account: AccountId) -> Result<bool, ServiceError> {
        Ok(self.desk.vault.reader(account).await?.is_some())
    }

    /// Makes a token with which a caller acts for an account, see [`ServiceFolder::create_token`].
    ///
    /// # Errors
    /// [`ServiceError::Random`], [`ServiceError::Store`].
    pub async fn create_api_token(&self, account: AccountId) -> Result<ApiToken, ServiceError> {
        self.folder().create_token(account, None).await
    }

    /// Makes a token that acts for an account in one role only; tied to a key, it ends with that key's office on the chain.
    ///
    /// # Errors
    /// [`ServiceError::RoleMisfit`] if accounts of its kind have no such role or there is no such account;
    /// [`ServiceError::Random`], [`ServiceError::Store`], [`ServiceError::Node`].
    pub async fn create_role_token(
        &self,
        account: AccountId,
        role: impl Into<TokenRole>,
    ) -> Result<ApiToken, ServiceError> {
        let role = role.into();
        let held = self.desk.node.account(account).await?;
        if !held.is_some_and(|held| role.role.fits(held.kind)) {
            return Err(ServiceError::RoleMisfit { account, role: role.role });
        }
        self.folder().create_token(account, Some(role)).await
    }

    /// Gives an account a token made elsewhere.
    ///
    /// # Errors
    /// [`ServiceError::TokenTaken`] if it is another account's; [`ServiceError::Store`].
    pub async fn register_api_token(&self, account: AccountId, token: &ApiToken) -> Result<(), ServiceError> {
        self.folder().register_token(account, None, token).await
    }

    /// Takes all tokens of an account back; says how many there were.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn revoke_api_tokens(&self, account: AccountId) -> Result<u64, ServiceError> {
        self.folder().revoke_tokens(account).await
    }

    /// How far the audit log has come, and where it stands.
    #[must_use]
    pub fn audit_log(&self) -> (Digest, Tail, Vec<PathBuf>) {
        let log = &self.desk.audit;
        (log.id(), log.tail(), log.sinks().to_vec())
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
