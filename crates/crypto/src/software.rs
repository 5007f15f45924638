//! Keys in this process's memory.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock, Weak},
};

use sm::{PublicKeyBytes, Signature};
use zeroize::Zeroizing;

use crate::{KeyError, KeyHandle, KeyProvider, KeyUse, SecretScalar, SignRequest};

mod key;
use key::SoftwareKey;

type Keys = RwLock<BTreeMap<u64, Arc<SoftwareKey>>>;

/// Keeps keys in memory, wipes each when its last handle is dropped, and all when it is dropped itself.
#[derive(Default)]
pub struct SoftwareProvider {
    keys: Arc<Keys>,
}

impl SoftwareProvider {
    /// A provider without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, as the rest of the system passes providers around.
    #[must_use]
    pub fn shared() -> Arc<dyn KeyProvider> {
        Arc::new(Self::new())
    }

    /// How many keys it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn insert(&self, key: SoftwareKey) -> KeyHandle {
        let keys: Weak<Keys> = Arc::downgrade(&self.keys);
        let handle = KeyHandle::new(move |id| forget(&keys, id));
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(handle.id(), Arc::new(key));
        handle
    }

    fn get(&self, handle: &KeyHandle) -> Result<Arc<SoftwareKey>, KeyError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(&handle.id()).cloned().ok_or(KeyError::UnknownKey)
    }
}

/// Drops a key, outside the lock because wiping takes a moment.
fn forget(keys: &Weak<Keys>, id: u64) {
    let Some(keys) = keys.upgrade() else { return };
    let key = keys.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
    drop(key);
}

impl KeyProvider for SoftwareProvider {
    fn generate(&self, key_use: KeyUse) -> Result<KeyHandle, KeyError> {
        Ok(self.insert(SoftwareKey::new(key_use, SecretScalar::random()?)))
    }

    fn public_key(&self, key: &KeyHandle) -> Result<PublicKeyBytes, KeyError> {
        Ok(self.get(key)?.public.to_bytes())
    }

    fn key_use(&self, key: &KeyHandle) -> Result<KeyUse, KeyError> {
        Ok(self.get(key)?.key_use)
    }

    fn sign(&self, key: &KeyHandle, request: &SignRequest) -> Result<Signature, KeyError> {
        let key = self.get(key)?;
        if !key.key_use.allows(request.signs()) {
            return Err(KeyError::WrongUse { key_use: key.key_use, signs: request.signs() });
        }
        Ok(key.sign(&request.digest(&key.public))?)
    }

    fn agree(&self, key: &KeyHandle, other: &PublicKeyBytes, info: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let key = self.get(key)?;
        if !key.key_use.agrees() {
            return Err(KeyError::NotForAgreement(key.key_use));
        }
        Ok(sm::hmac_sm3(key.agree(other)?.as_slice(), &[info]))
    }

    fn import(&self, key_use: KeyUse, secret: SecretScalar) -> Result<KeyHandle, KeyError> {
        Ok(self.insert(SoftwareKey::new(key_use, secret)))
    }

    fn export(&self, key: &KeyHandle) -> Result<SecretScalar, KeyError> {
        Ok(self.get(key)?.secret())
    }
}

impl fmt::Debug for SoftwareProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SoftwareProvider").field("keys", &self.len()).finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn passes_the_suite() {
        let checks = crate::conformance::run(&SoftwareProvider::shared).unwrap();
        assert_eq!(checks, crate::conformance::CHECKS.len());
    }

    #[test]
    fn a_key_is_gone_with_its_last_handle() {
        let provider = SoftwareProvider::new();
        let first = provider.generate(KeyUse::Vote).unwrap();
        let second = first.clone();
        drop(first);
        assert_eq!(provider.len(), 1);
        provider.public_key(&second).unwrap();
        drop(second);
        assert!(provider.is_empty());
    }

    #[test]
    fn a_handle_may_outlive_its_provider() {
        let provider = SoftwareProvider::new();
        let handle = provider.generate(KeyUse::Vote).unwrap();
        drop(provider);
        drop(handle);
    }
}
