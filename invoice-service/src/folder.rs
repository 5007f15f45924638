//! What the operator does to a service's folder, whether the service runs or not: hosted keys, tokens, other keys at rest.

use std::path::Path;
use std::sync::Arc;

use crypto::SigningKey;
use ledger_types::{AccountId, ChainId, Digest, KeyId};

use crate::api_token::{ApiToken, TokenRole};
use crate::error::ServiceError;
use crate::master_secret::MasterSecret;
use crate::store::Store;
use crate::store::at_rest::Resealed;
use crate::vault::Vault;

/// A service's folder, opened with its master secret. Cheap to clone.
#[derive(Clone)]
pub struct ServiceFolder {
    store: Store,
    vault: Arc<Vault>,
}

impl ServiceFolder {
    /// Opens the folder of a service that ran at least once.
    ///
    /// # Errors
    /// [`crate::StoreError::WrongMasterSecret`], [`crate::StoreError::NotThere`] and others of the store.
    pub async fn open(data: &Path, secret: &MasterSecret) -> Result<Self, ServiceError> {
        let store = Store::open_existing(data, secret).await?;
        Ok(Self::of(store.clone(), Arc::new(Vault::new(store))))
    }

    pub(crate) fn of(store: Store, vault: Arc<Vault>) -> Self {
        Self { store, vault }
    }

    /// The chain that the service is for; none before its first start.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn chain(&self) -> Result<Option<ChainId>, ServiceError> {
        Ok(self.store.chain().await?)
    }

    /// The id of its audit log; none before its first start.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn audit_log_id(&self) -> Result<Option<Digest>, ServiceError> {
        Ok(self.store.audit_log_id().await?)
    }

    /// Takes an account's key into the service's keeping. A service that runs uses a key in the place of another after its next
    /// start.
    ///
    /// # Errors
    /// [`ServiceError::KeyFile`] if the key's provider lets no key out; [`ServiceError::Store`].
    pub async fn host_key(&self, account: AccountId, key_id: KeyId, key: &SigningKey) -> Result<(), ServiceError> {
        self.vault.host(account, key_id, key).await
    }

    /// The accounts whose keys are kept, rising.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn hosted(&self) -> Result<Vec<AccountId>, ServiceError> {
        self.vault.accounts().await
    }

    /// Makes a token with which a caller acts for an account, in one role or in all. It is shown this once; the store keeps
    /// its hash.
    ///
    /// # Errors
    /// [`ServiceError::Random`], [`ServiceError::Store`].
    pub async fn create_token(&self, account: AccountId, role: Option<TokenRole>) -> Result<ApiToken, ServiceError> {
        let token = ApiToken::generate()?;
        self.register_token(account, role, &token).await?;
        Ok(token)
    }

    /// Gives an account a token made elsewhere.
    ///
    /// # Errors
    /// [`ServiceError::TokenTaken`] if it is another account's; [`ServiceError::Store`].
    pub async fn register_token(
        &self,
        account: AccountId,
        role: Option<TokenRole>,
        token: &ApiToken,
    ) -> Result<(), ServiceError> {
        match self.store.add_api_token(&token.hash(), account, role).await? {
            true => Ok(()),
            false => Err(ServiceError::TokenTaken(account)),
        }
    }

    /// Takes all tokens of an account back; says how many there were.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn revoke_tokens(&self, account: AccountId) -> Result<u64, ServiceError> {
        Ok(self.store.revoke_api_tokens(account).await?)
    }

    /// The accounts that have something in the store, rising.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn tenants(&self) -> Result<Vec<AccountId>, ServiceError> {
        Ok(self.store.tenants().await?)
    }

    /// Gives an account a new data key, seals all it has here under it, and drops the old one. A service may run meanwhile.
    ///
    /// # Errors
    /// [`ServiceError::Store`]; done again, it goes on.
    pub async fn rotate(&self, account: AccountId) -> Result<Resealed, ServiceError> {
        Ok(self.store.rotate(account).await?)
    }

    /// Puts another master secret in the place of this one, all or nothing; says how many data keys were sealed again. A service
    /// that runs is to be started again with it.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn change_master_secret(&self, secret: &MasterSecret) -> Result<usize, ServiceError> {
        Ok(self.store.change_master(secret).await?)
    }

    /// Closes the store; what was written stays.
    pub async fn close(self) {
        self.store.close().await;
    }
}

impl std::fmt::Debug for ServiceFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceFolder").finish_non_exhaustive()
    }
}
