//! Keys and nonces drawn from a seed: signatures that are the same in every run, light ones ([`sm::light`]) or real SM2.
//! Never for anything real.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use crypto::{KeyError, KeyHandle, KeyProvider, KeyUse, SignRequest};
use sm::{PublicKey, PublicKeyBytes, Signature};
use sm2::dsa::SigningKey;
use sm2::dsa::signature::hazmat::RandomizedPrehashSigner;
use sm2::elliptic_curve::rand_core::{TryCryptoRng, TryRng};
use sm2::elliptic_curve::sec1::ToSec1Point;

/// A provider for simulations.
pub(super) struct SeededKeys {
    inner: Mutex<Inner>,
}

struct Inner {
    seed: [u8; 32],
    light: bool,
    made: u64,
    keys: BTreeMap<u64, Key>,
}

#[derive(Clone)]
struct Key {
    key_use: KeyUse,
    signing: SigningKey,
    public: PublicKey,
    secret: [u8; 32],
}

impl SeededKeys {
    /// For one run in this thread: keys of an earlier one are forgotten.
    pub(super) fn new(seed: u64, light: bool) -> Self {
        sm::light::forget_all();
        let seed = sm::sm3(&seed.to_be_bytes());
        Self { inner: Mutex::new(Inner { seed, light, made: 0, keys: BTreeMap::new() }) }
    }

    fn get(&self, key: &KeyHandle) -> Result<Key, KeyError> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.keys.get(&key.id()).cloned().ok_or(KeyError::UnknownKey)
    }
}

impl std::fmt::Debug for SeededKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SeededKeys")
    }
}

impl KeyProvider for SeededKeys {
    fn generate(&self, key_use: KeyUse) -> Result<KeyHandle, KeyError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            inner.made += 1;
            let secret = sm::sm3(&[inner.seed.as_slice(), &inner.made.to_be_bytes()].concat());
            let Ok(signing) = SigningKey::from_slice(sm::USER_ID, &secret) else { continue };
            let point = signing.verifying_key().to_sec1_point(true);
            let Ok(public) = PublicKey::from_sec1(point.as_bytes()) else { continue };
            if inner.light {
                sm::light::adopt(&secret).map_err(|_| KeyError::UnknownKey)?;
            }
            let handle = KeyHandle::new(|_| {});
            inner.keys.insert(handle.id(), Key { key_use, signing, public, secret });
            return Ok(handle);
        }
    }

    fn public_key(&self, key: &KeyHandle) -> Result<PublicKeyBytes, KeyError> {
        Ok(self.get(key)?.public.to_bytes())
    }

    fn key_use(&self, key: &KeyHandle) -> Result<KeyUse, KeyError> {
        Ok(self.get(key)?.key_use)
    }

    fn sign(&self, key: &KeyHandle, request: &SignRequest) -> Result<Signature, KeyError> {
        let key = self.get(key)?;
        let digest = key.public.digest(request.message());
        if let Some(signature) = sm::light::sign(&key.public.to_bytes(), &digest) {
            return Ok(signature);
        }
        let mut nonce = Given(sm::sm3(&[key.secret.as_slice(), &digest].concat()));
        let signature = key.signing.sign_prehash_with_rng(&mut nonce, &digest);
        Ok(signature.map_err(|_| KeyError::UnknownKey)?.to_bytes().into())
    }
}

/// Gives the same bytes once.
struct Given([u8; 32]);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes([self.0[0], self.0[1], self.0[2], self.0[3]]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(self.try_next_u32()?))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for (to, from) in out.iter_mut().zip(self.0.iter().cycle()) {
            *to = *from;
        }
        Ok(())
    }
}

impl TryCryptoRng for Given {}
