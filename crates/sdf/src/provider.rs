//! A device's keys as a provider.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use crypto::{KeyError, KeyHandle, KeyProvider, KeyUse, SecretString, SignRequest, SigningKey};
use sm::{PublicKey, PublicKeyBytes, Signature};

use crate::interface::Vendor;
use crate::pool::Pool;
use crate::session::{Done, Shared, Task};
use crate::{Code, SdfError, Settings, names, pin};

/// One key of the device, as a handle names it.
#[derive(Clone)]
struct DeviceKey {
    index: u32,
    key_use: KeyUse,
    public: PublicKey,
}

type Keys = RwLock<BTreeMap<u64, DeviceKey>>;

/// The SM2 signing keys of a device, by index (密码设备). No key gets in or out. What GM/T 0018 has no call for is making a key in the
/// device: [`KeyProvider::generate`] takes the next one of those that the vendor's tool made to spare ([`Settings::spare`]).
///
/// One key has one use: a second use of an index is refused. A key that was taken for a new one is not taken again in this
/// process; write down where it is used, and narrow `spare`.
pub struct SdfProvider {
    settings: Settings,
    pool: Pool,
    keys: Arc<Keys>,
    uses: Mutex<BTreeMap<u32, KeyUse>>,
}

impl SdfProvider {
    /// Loads the vendor's library and reads the PIN. The device itself is opened with the first call.
    ///
    /// # Errors
    /// [`SdfError::Settings`], [`SdfError::Pin`], [`SdfError::Library`], [`SdfError::NoSuchCall`].
    pub fn open(settings: Settings) -> Result<Self, SdfError> {
        let pin = pin::read(&settings)?;
        Self::with_pin(settings, pin)
    }

    /// The same with a PIN that was read elsewhere.
    ///
    /// # Errors
    /// As [`SdfProvider::open`].
    pub fn with_pin(settings: Settings, pin: SecretString) -> Result<Self, SdfError> {
        settings.check()?;
        let shared = Shared::new(Vendor::load(&settings.library)?, pin);
        let pool = Pool::new(shared, settings.sessions, settings.timeout());
        Ok(Self { settings, pool, keys: Arc::default(), uses: Mutex::default() })
    }

    /// The key of this name (an index, or a label), for this use.
    ///
    /// # Errors
    /// [`SdfError::UnknownName`], [`SdfError::OtherUse`], and what the device says.
    pub fn key(self: &Arc<Self>, name: &str, key_use: KeyUse) -> Result<SigningKey, SdfError> {
        let handle = self.handle(names::index(&self.settings, name)?, key_use)?;
        let provider: Arc<dyn KeyProvider> = Arc::clone(self) as _;
        Ok(SigningKey::open(&provider, handle).expect("the handle was made by this provider and is alive"))
    }

    /// The public key of this name, whatever it is for.
    ///
    /// # Errors
    /// [`SdfError::UnknownName`], and what the device says.
    pub fn public_key_of(&self, name: &str) -> Result<PublicKeyBytes, SdfError> {
        self.read(names::index(&self.settings, name)?).map(|key| key.to_bytes())
    }

    fn read(&self, index: u32) -> Result<PublicKey, SdfError> {
        let not_sm2 = |why: String| SdfError::NotSm2 { index, why };
        match self.pool.run(Task::PublicKey { index })? {
            Done::PublicKey(bytes) => PublicKey::from_bytes(&bytes).map_err(|e| not_sm2(e.to_string())),
            Done::Signature(_) => Err(not_sm2("a signature came in its place".to_owned())),
        }
    }

    fn handle(&self, index: u32, key_use: KeyUse) -> Result<KeyHandle, SdfError> {
        let public = self.read(index)?;
        {
            let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            let has = *uses.entry(index).or_insert(key_use);
            if has != key_use {
                return Err(SdfError::OtherUse { index, has, wanted: key_use });
            }
        }
        Ok(self.keep(DeviceKey { index, key_use, public }))
    }

    fn keep(&self, key: DeviceKey) -> KeyHandle {
        let keys: Weak<Keys> = Arc::downgrade(&self.keys);
        let handle = KeyHandle::new(move |id| {
            let Some(keys) = keys.upgrade() else { return };
            keys.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
        });
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(handle.id(), key);
        handle
    }

    fn get(&self, handle: &KeyHandle) -> Result<DeviceKey, KeyError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(&handle.id()).cloned().ok_or(KeyError::UnknownKey)
    }

    /// Takes the next spare key.
    fn take_spare(&self, key_use: KeyUse) -> Result<u32, SdfError> {
        let (from, to) = self.settings.spare.ok_or(SdfError::NoSpareKey)?;
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let free = (from..=to).find(|index| !uses.contains_key(index)).ok_or(SdfError::NoSpareKey)?;
        uses.insert(free, key_use);
        Ok(free)
    }
}

impl KeyProvider for SdfProvider {
    fn generate(&self, key_use: KeyUse) -> Result<KeyHandle, KeyError> {
        loop {
            let index = self.take_spare(key_use)?;
            match self.read(index) {
                Ok(public) => return Ok(self.keep(DeviceKey { index, key_use, public })),
                // A gap in the numbers.
                Err(SdfError::Device { code: Code::NO_KEY, .. }) => {}
                Err(error) => {
                    self.uses.lock().unwrap_or_else(PoisonError::into_inner).remove(&index);
                    return Err(error.into());
                }
            }
        }
    }

    fn public_key(&self, key: &KeyHandle) -> Result<PublicKeyBytes, KeyError> {
        Ok(self.get(key)?.public.to_bytes())
    }

    fn key_use(&self, key: &KeyHandle) -> Result<KeyUse, KeyError> {
        Ok(self.get(key)?.key_use)
    }

    fn sign(&self, key: &KeyHandle, request: &SignRequest) -> Result<Signature, KeyError> {
        let DeviceKey { index, key_use, public } = self.get(key)?;
        if !key_use.allows(request.signs()) {
            return Err(KeyError::WrongUse { key_use, signs: request.signs() });
        }
        let digest = request.digest(&public);
        match self.pool.run(Task::Sign { index, digest })? {
            // A device that fails inside may give away its key with a wrong signature: it does not get out.
            Done::Signature(signature) if public.verify_digest(&digest, &signature) => Ok(signature),
            _ => Err(SdfError::WrongSignature { index }.into()),
        }
    }
}

impl fmt::Debug for SdfProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SdfProvider").field("library", &self.settings.library).finish_non_exhaustive()
    }
}
