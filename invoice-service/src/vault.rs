//! Hosted keys: encrypted in the store, opened once, then used by handle.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crypto::{KeyProvider, KeyUse, SenderKey, SigningKey, SoftwareProvider, key_file};
use ledger_types::{AccountId, KeyId, PayloadKind};
use sdk::Identity;

use crate::error::ServiceError;
use crate::store::at_rest::DataKey;
use crate::store::keys::{HeldKey, MadeFor, SealedKey};
use crate::store::{Store, StoreError};

/// Tries at keeping a key while the account's data key is being replaced.
const TRIES: usize = 3;

/// The keys that the service keeps for accounts.
pub(crate) struct Vault {
    store: Store,
    provider: Arc<dyn KeyProvider>,
    opened: Mutex<BTreeMap<(AccountId, Need), Identity>>,
    /// Bodies of the chain are sealed: each account needs a key for that too.
    seals: bool,
}

/// What a key is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    /// To sign a transaction of this kind.
    Sign(PayloadKind),
    /// To ask as the account.
    Read,
}

impl Need {
    /// How well a key serves: not at all, as an administrator's, or as one for just this; of several the newest.
    fn rank(self, key: &HeldKey) -> Option<(bool, KeyId)> {
        let id = key.key_id?;
        match (self, key.kinds) {
            (Self::Sign(kind), Some(kinds)) => (kinds & kind.bit() != 0).then_some((true, id)),
            (Self::Sign(_), None) => Some((false, id)),
            (Self::Read, kinds) => Some((kinds.is_none(), id)),
        }
    }
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

    /// The account's key for transactions of a kind: one for just that before an administrator's. `None` if the service
    /// keeps no such key of it.
    pub(crate) async fn signer(&self, account: AccountId, kind: PayloadKind) -> Result<Option<Identity>, ServiceError> {
        self.identity(account, Need::Sign(kind)).await
    }

    /// The account's key to ask with what it may see; `None` if the service keeps no key of it.
    pub(crate) async fn reader(&self, account: AccountId) -> Result<Option<Identity>, ServiceError> {
        self.identity(account, Need::Read).await
    }

    async fn identity(&self, account: AccountId, need: Need) -> Result<Option<Identity>, ServiceError> {
        let opened = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = opened().get(&(account, need)).cloned() {
            return Ok(Some(cached));
        }
        let held = self.store.keys_of(account).await?;
        let best = held.iter().filter_map(|key| Some((need.rank(key)?, key.public_key))).max();
        let Some(((_, key_id), public_key)) = best else { return Ok(None) };
        let same = |identity: &&Identity| identity.key.public_key().0 == public_key;
        let known =
            opened().range((account, Need::Sign(PayloadKind::OpenAccount))..).map(|(_, id)| id).find(same).cloned();
        let identity = match known {
            Some(identity) => identity,
            None => {
                let Some(sealed) = self.store.key_file(&public_key).await? else { return Ok(None) };
                let key = self.open(sealed, KeyUse::Transaction).await?;
                let identity = Identity::account(account, key_id, key);
                if self.seals { identity.sealing_with(self.sender_key(account).await?) } else { identity }
            }
        };
        opened().insert((account, need), identity.clone());
        Ok(Some(identity))
    }

    /// The keys that an account has here.
    pub(crate) async fn held(&self, account: AccountId) -> Result<Vec<HeldKey>, ServiceError> {
        Ok(self.store.keys_of(account).await?)
    }

    /// Whether a key is kept that seals what the account issues.
    pub(crate) async fn seals_for(&self, account: AccountId) -> Result<bool, ServiceError> {
        Ok(self.store.sender_key_of(account).await?.is_some())
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

    /// The public key made for a change: made at the first try, the same at every retry. For these kinds, or an
    /// administrator's.
    pub(crate) async fn key_for(&self, made_for: MadeFor, kinds: Option<u64>) -> Result<[u8; 33], ServiceError> {
        if let Some(found) = self.store.key_made_for(made_for, kinds).await? {
            return Ok(found);
        }
        let key = SigningKey::generate(&self.provider, KeyUse::Transaction)?;
        self.keep(made_for.0, &key, Some(made_for), kinds).await?;
        let kept = self.store.key_made_for(made_for, kinds).await?;
        Ok(kept.unwrap_or(key.public_key().0))
    }

    /// Keeps a key that exists already for an account that exists already.
    pub(crate) async fn host(&self, account: AccountId, key_id: KeyId, key: &SigningKey) -> Result<(), ServiceError> {
        self.keep(account, key, None, None).await?;
        self.bind(&key.public_key().0, account, key_id, None).await
    }

    /// Says whose the keys are that were made for the change which opened an account.
    pub(crate) async fn made_for(&self, account: AccountId, made_for: MadeFor) -> Result<(), ServiceError> {
        Ok(self.store.keys_made_for(account, made_for).await?)
    }

    /// Says whose a kept key is, once it is registered, and what it may sign.
    pub(crate) async fn bind(
        &self,
        key: &[u8; 33],
        account: AccountId,
        key_id: KeyId,
        kinds: Option<u64>,
    ) -> Result<(), ServiceError> {
        self.store.bind_key(key, account, key_id, kinds).await?;
        // Until now it was the maker's.
        self.store.seal_keys_of(account).await?;
        self.close(account);
        Ok(())
    }

    /// Forgets a private key.
    pub(crate) async fn forget(&self, account: AccountId, key: &[u8; 33]) -> Result<(), ServiceError> {
        self.store.forget_key(account, key).await?;
        self.close(account);
        Ok(())
    }

    fn close(&self, account: AccountId) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).retain(|(of, _), _| *of != account);
    }

    async fn keep(
        &self,
        account: AccountId,
        key: &SigningKey,
        made_for: Option<MadeFor>,
        kinds: Option<u64>,
    ) -> Result<(), ServiceError> {
        let public = key.public_key().0;
        for _ in 0..TRIES {
            let (pem, under) = self.seal(account, key).await?;
            match self.store.keep_key(&public, (&pem, &under), made_for, kinds).await {
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
    use ledger_types::{ChainId, RequestId, SignerIdentity, TxId};

    use super::*;
    use crate::store::tests::fresh;

    #[tokio::test]
    async fn a_hosted_key_signs_again_after_a_restart() {
        let (_dir, store) = fresh().await;
        let vault = Vault::new(store.clone());
        assert!(vault.reader(AccountId(4)).await.unwrap().is_none());
        let key = SigningKey::generate(vault.provider(), KeyUse::Transaction).unwrap();
        vault.host(AccountId(4), KeyId(2), &key).await.unwrap();
        drop(vault);
        let vault = Vault::new(store.clone());
        let identity = vault.reader(AccountId(4)).await.unwrap().unwrap();
        assert_eq!(identity.identity, SignerIdentity::Account { account: AccountId(4), key: KeyId(2) });
        assert_eq!(identity.key.public_key(), key.public_key());
        identity.key.sign_transaction(&ChainId([1; 32]), &TxId([1; 33])).unwrap();
        let pem = store.key_file(&key.public_key().0).await.unwrap().unwrap().pem;
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    }

    #[tokio::test]
    async fn an_account_seals_with_one_key_also_after_a_restart() {
        let (_dir, store) = fresh().await;
        let vault = Vault::new(store.clone()).sealing(true);
        let key = SigningKey::generate(vault.provider(), KeyUse::Transaction).unwrap();
        vault.host(AccountId(4), KeyId(0), &key).await.unwrap();
        let seals = |vault: Vault| async move { vault.reader(AccountId(4)).await.unwrap().unwrap().seals };
        let first = seals(vault).await.unwrap();
        assert_ne!(first.public_key(), key.public_key(), "one key, one use");
        assert!(seals(Vault::new(store.clone()).sealing(true)).await == Some(first));
        assert!(seals(Vault::new(store)).await.is_none(), "not needed where bodies are plain");
    }

    #[tokio::test]
    async fn a_retry_gets_the_key_of_the_first_try() {
        let (_dir, store) = fresh().await;
        let vault = Vault::new(store.clone());
        let made_for = (AccountId(1), RequestId([3; 16]));
        let first = vault.key_for(made_for, None).await.unwrap();
        let again = Vault::new(store).key_for(made_for, None).await.unwrap();
        assert_eq!(first, again);
        assert_ne!(first, vault.key_for(made_for, Some(8)).await.unwrap(), "another purpose");
        assert_ne!(first, vault.key_for((AccountId(1), RequestId([4; 16])), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_rotated_key_replaces_the_opened_one() {
        let (_dir, store) = fresh().await;
        let vault = Vault::new(store);
        for id in [0u16, 1] {
            let key = SigningKey::generate(vault.provider(), KeyUse::Transaction).unwrap();
            vault.host(AccountId(4), KeyId(id), &key).await.unwrap();
            let identity = vault.reader(AccountId(4)).await.unwrap().unwrap();
            assert_eq!(identity.key.public_key(), key.public_key());
        }
    }

    #[tokio::test]
    async fn each_kind_is_signed_by_the_key_that_is_for_it_and_none_by_another() {
        let (_dir, store) = fresh().await;
        let vault = Vault::new(store);
        let mut keys = Vec::new();
        for (id, kinds) in [(0, Some(PayloadKind::Issue.bit())), (1, Some(PayloadKind::Lock.bit()))] {
            let key = SigningKey::generate(vault.provider(), KeyUse::Transaction).unwrap();
            vault.keep(AccountId(4), &key, None, kinds).await.unwrap();
            vault.bind(&key.public_key().0, AccountId(4), KeyId(id), kinds).await.unwrap();
            keys.push(key);
        }
        let signs = |kind| {
            let vault = &vault;
            async move { vault.signer(AccountId(4), kind).await.unwrap().map(|identity| identity.key.public_key()) }
        };
        assert_eq!(signs(PayloadKind::Issue).await, Some(keys[0].public_key()));
        assert_eq!(signs(PayloadKind::Lock).await, Some(keys[1].public_key()));
        assert_eq!(signs(PayloadKind::UpdateKeys).await, None);
        let admin = SigningKey::generate(vault.provider(), KeyUse::Transaction).unwrap();
        vault.host(AccountId(4), KeyId(2), &admin).await.unwrap();
        assert_eq!(signs(PayloadKind::UpdateKeys).await, Some(admin.public_key()));
        assert_eq!(signs(PayloadKind::Issue).await, Some(keys[0].public_key()), "not the administrator's");
        vault.forget(AccountId(4), &keys[0].public_key().0).await.unwrap();
        assert_eq!(signs(PayloadKind::Issue).await, Some(admin.public_key()));
    }
}
