//! Hosted keys: encrypted in the store, opened once, then used by handle.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crypto::{KeyProvider, KeyUse, SenderKey, SigningKey, SoftwareProvider, key_file};
use ledger_types::{AccountId, KeyId, RequestId};
use sdk::Identity;

use crate::error::ServiceError;
use crate::store::at_rest::DataKey;
use crate::store::keys::SealedKey;
use crate::store::{Store, StoreError};

/// Tries at keeping a key while the account's data key is being replaced.
const TRIES: usize = 3;

/// The keys that the service keeps for accounts.
pub(crate) struct Vault {
    store: Store,
    provider: Arc<dyn KeyProvider>,
    opened: Mutex<BTreeMap<AccountId, Identity>>,
    /// Bodies of the chain are sealed: each account needs a key for that too.
    seals: bool,
}

impl Vault {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, provider: SoftwareProvider::shared(), opened: Mutex::default(), seals: false }
    }

    /// The same for a chain whose bodies are sealed, if they are.
    pub(crate) fn sealing(self, seals: bool) -> Self {
        Self { seals, ..self }
    }

    /// Where keys of order tokens live while a claim is signed.
    pub(crate) fn provider(&self) -> &Arc<dyn KeyProvider> {
        &self.provider
    }

    /// The account's signer; `None` if the service keeps no key of it.
    pub(crate) async fn identity(&self, account: AccountId) -> Result<Option<Identity>, ServiceError> {
        let cached = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&account).cloned();
        if cached.is_some() {
            return Ok(cached);
        }
        let Some((key_id, sealed)) = self.store.key_of(account).await? else { return Ok(None) };
        let key = self.open(sealed, KeyUse::Transaction).await?;
        let mut identity = Identity::account(account, key_id, key);
        if self.seals {
            identity = identity.sealing_with(self.sender_key(account).await?);
        }
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(account, identity.clone());
        Ok(Some(identity))
    }

    /// What the account seals with: made at the first need, the same ever after.
    async fn sender_key(&self, account: AccountId) -> Result<SenderKey, ServiceError> {
        let sealed = match self.store.sender_key_of(account).await? {
            Some(sealed) => sealed,
            None => self.make_sender_key(account).await?,
        };
        Ok(SenderKey::new(self.open(sealed, KeyUse::Encryption).await?)?)
    }

    async fn make_sender_key(&self, account: AccountId) -> Result<SealedKey, ServiceError> {
        let key = SigningKey::generate(&self.provider, KeyUse::Encryption)?;
        for _ in 0..TRIES {
            let (pem, under) = self.seal(account, &key).await?;
            match self.store.keep_sender_key(account, &pem, &under).await {
                Err(StoreError::KeyReplaced) => {}
                kept => return Ok(kept?),
            }
        }
        Err(StoreError::KeyReplaced.into())
    }

    /// Many rounds of a hash: not on a thread that answers calls.
    async fn open(&self, sealed: SealedKey, key_use: KeyUse) -> Result<SigningKey, ServiceError> {
        let provider = Arc::clone(&self.provider);
        let open = move || key_file::from_pem(&sealed.pem, &sealed.password, &provider, key_use);
        Ok(tokio::task::spawn_blocking(open).await.map_err(|_| ServiceError::Stopped)??)
    }

    /// A key file as an account has it here.
    async fn seal(&self, account: AccountId, key: &SigningKey) -> Result<(String, Arc<DataKey>), ServiceError> {
        let under = self.store.newest_key(account).await?;
        let (key, password) = (key.clone(), under.file_password());
        let seal = move || key_file::to_pem(&key, &password);
        let pem = tokio::task::spawn_blocking(seal).await.map_err(|_| ServiceError::Stopped)??;
        Ok((pem, under))
    }

    /// The accounts whose keys are kept.
    pub(crate) async fn accounts(&self) -> Result<Vec<AccountId>, ServiceError> {
        Ok(self.store.hosted_accounts().await?)
    }

    /// The public key made for a change that opens an account: made at the first try, the same at every retry.
    pub(crate) async fn key_for(&self, account: AccountId, request: RequestId) -> Result<[u8; 33], ServiceError> {
        if let Some(found) = self.store.key_made_for(account, request).await? {
            return Ok(found);
        }
        let key = SigningKey::generate(&self.provider, KeyUse::Transaction)?;
        self.keep(account, &key, Some((account, request))).await?;
        let kept = self.store.key_made_for(account, request).await?;
        Ok(kept.unwrap_or(key.public_key().0))
    }

    /// Keeps a key that exists already for an account that exists already.
    pub(crate) async fn host(&self, account: AccountId, key_id: KeyId, key: &SigningKey) -> Result<(), ServiceError> {
        self.keep(account, key, None).await?;
        self.bind(&key.public_key().0, account, key_id).await
    }

    /// Says whose a kept key is, once its account is open.
    pub(crate) async fn bind(&self, key: &[u8; 33], account: AccountId, key_id: KeyId) -> Result<(), ServiceError> {
        self.store.bind_key(key, account, key_id).await?;
        // Until now it was the maker's.
        self.store.seal_keys_of(account).await?;
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
        Ok(())
    }

    async fn keep(
        &self,
        account: AccountId,
        key: &SigningKey,
        made_for: Option<(AccountId, RequestId)>,
    ) -> Result<(), ServiceError> {
        let public = key.public_key().0;
        for _ in 0..TRIES {
            let (pem, under) = self.seal(account, key).await?;
            match self.store.keep_key(&public, &pem, &under, made_for).await {
                Err(StoreError::KeyReplaced) => {}
                kept => return Ok(kept?),
            }
        }
        Err(StoreError::KeyReplaced.into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ledger_types::{ChainId, SignerIdentity, TxId};

    use super::*;
    use crate::store::tests::fresh;

    #[tokio::test]
    async fn a_hosted_key_signs_again_after_a_restart() {
        let (_dir, store) = fresh().await;
        let vault = Vault::new(store.clone());
        assert!(vault.identity(AccountId(4)).await.unwrap().is_none());
        let key = SigningKey::generate(vault.provider(), KeyUse::Transaction).unwrap();
        vault.host(AccountId(4), KeyId(2), &key).await.unwrap();
        drop(vault);
        let vault = Vault::new(store.clone());
        let identity = vault.identity(AccountId(4)).await.unwrap().unwrap();
        assert_eq!(identity.identity, SignerIdentity::Account { account: AccountId(4), key: KeyId(2) });
        assert_eq!(identity.key.public_key(), key.public_key());
        identity.key.sign_transaction(&ChainId([1; 32]), &TxId([1; 33])).unwrap();
        let pem = store.key_of(AccountId(4)).await.unwrap().unwrap().1.pem;
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    }

    #[tokio::test]
    async fn an_account_seals_with_one_key_also_after_a_restart() {
        let (_dir, store) = fresh().await;
        let vault = Vault::new(store.clone()).sealing(true);
        let key = SigningKey::generate(vault.provider(), KeyUse::Transaction).unwrap();
        vault.host(AccountId(4), KeyId(0), &key).await.unwrap();
        let seals = |vault: Vault| async move { vault.identity(AccountId(4)).await.unwrap().unwrap().seals };
        let first = seals(vault).await.unwrap();
        assert_ne!(first.public_key(), key.public_key(), "one key, one use");
        assert!(seals(Vault::new(store.clone()).sealing(true)).await == Some(first));
        assert!(seals(Vault::new(store)).await.is_none(), "not needed where bodies are plain");
    }

    #[tokio::test]
    async fn a_retry_gets_the_key_of_the_first_try() {
        let (_dir, store) = fresh().await;
        let vault = Vault::new(store.clone());
        let (bureau, request) = (AccountId(1), RequestId([3; 16]));
        let first = vault.key_for(bureau, request).await.unwrap();
        let again = Vault::new(store).key_for(bureau, request).await.unwrap();
        assert_eq!(first, again);
        assert_ne!(first, vault.key_for(bureau, RequestId([4; 16])).await.unwrap());
    }

    #[tokio::test]
    async fn a_rotated_key_replaces_the_opened_one() {
        let (_dir, store) = fresh().await;
        let vault = Vault::new(store);
        for id in [0u16, 1] {
            let key = SigningKey::generate(vault.provider(), KeyUse::Transaction).unwrap();
            vault.host(AccountId(4), KeyId(id), &key).await.unwrap();
            let identity = vault.identity(AccountId(4)).await.unwrap().unwrap();
            assert_eq!(identity.key.public_key(), key.public_key());
        }
    }
}
