//! Keys that seal and open bodies: a sender's, and the committee's of each epoch. What was agreed on once is kept, so that
//! neither side multiplies a point for the next body of the same sender.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use ledger_types::seal::{SealKey, agreement_info};
use ledger_types::{CannotAgree, ChainId, Committee, CommitteeReady, ReadyBody, Seal, Unsealer};
use sm::PublicKeyBytes;

use crate::{KeyError, KeyUse, SigningKey};

/// Agreements that a process keeps: a sender takes about 300 bytes.
const KEPT: usize = 65_536;

/// A sender's key of agreement (加密密钥): seals what he issues, and opens it again. Cheap to clone; clones share what was
/// agreed on.
#[derive(Clone)]
pub struct SenderKey {
    key: SigningKey,
    agreed: Arc<Mutex<WithCommittees>>,
}

type WithCommittees = BTreeMap<(ChainId, Committee), Arc<SealKey>>;

impl PartialEq for SenderKey {
    fn eq(&self, other: &Self) -> bool {
        self.key.public_key() == other.key.public_key()
    }
}

impl Eq for SenderKey {}

impl SenderKey {
    /// Of a key whose use is encryption.
    ///
    /// # Errors
    /// [`KeyError::NotForAgreement`] for a key of another use.
    pub fn new(key: SigningKey) -> Result<Self, KeyError> {
        for_agreement(&key)?;
        Ok(Self { key, agreed: Arc::default() })
    }

    /// The public key, which stands in each seal.
    #[must_use]
    pub fn public_key(&self) -> PublicKeyBytes {
        self.key.public_key()
    }

    /// What this sender and a committee agree on.
    ///
    /// # Errors
    /// [`KeyError::BadPeer`] if the committee's key is no point, and what the provider says.
    pub fn agreed(&self, chain: &ChainId, committee: &Committee) -> Result<Arc<SealKey>, KeyError> {
        let wanted = (*chain, *committee);
        if let Some(kept) = self.agreed.lock().unwrap_or_else(PoisonError::into_inner).get(&wanted) {
            return Ok(Arc::clone(kept));
        }
        let info = agreement_info(chain, committee.epoch, &committee.public_key, &self.public_key().0);
        let made = Arc::new(SealKey::new(self.key.agree(&PublicKeyBytes(committee.public_key), &info)?));
        // Twice at the same time makes the same.
        self.agreed.lock().unwrap_or_else(PoisonError::into_inner).insert(wanted, Arc::clone(&made));
        Ok(made)
    }
}

impl fmt::Debug for SenderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SenderKey").field(&self.public_key()).finish()
    }
}

/// The committee's private keys that a node holds, by epoch: opens the bodies of all senders. None by default; more may come
/// while the node runs.
#[derive(Default)]
pub struct CommitteeKeys {
    keys: RwLock<BTreeMap<u32, SigningKey>>,
    /// Keys that were given before the chain said which is right; none of them opens anything.
    offered: RwLock<BTreeMap<u32, SigningKey>>,
    agreed: Mutex<Agreed>,
}

/// What was agreed on, by epoch and sender, and in which order it was last used.
#[derive(Default)]
struct Agreed {
    by_sender: BTreeMap<(u32, [u8; 33]), (Arc<SealKey>, u64)>,
    by_use: BTreeMap<u64, (u32, [u8; 33])>,
    clock: u64,
}

impl CommitteeKeys {
    /// Of the keys held, by epoch.
    ///
    /// # Errors
    /// [`KeyError::NotForAgreement`] for a key of another use.
    pub fn new(keys: BTreeMap<u32, SigningKey>) -> Result<Self, KeyError> {
        keys.values().try_for_each(for_agreement)?;
        Ok(Self { keys: RwLock::new(keys), ..Self::default() })
    }

    /// Takes the key of an epoch. One that is held stays: what was agreed on under it is in use.
    ///
    /// # Errors
    /// [`KeyError::NotForAgreement`] for a key of another use.
    pub fn insert(&self, epoch: u32, key: SigningKey) -> Result<(), KeyError> {
        for_agreement(&key)?;
        self.keys.write().unwrap_or_else(PoisonError::into_inner).entry(epoch).or_insert(key);
        Ok(())
    }

    /// Takes a key that may be the one of an epoch: it opens nothing before [`Self::confirm`] says that it is. A wrong key would
    /// judge bodies wrongly, where a missing one judges none.
    ///
    /// # Errors
    /// [`KeyError::NotForAgreement`] for a key of another use.
    pub fn offer(&self, epoch: u32, key: SigningKey) -> Result<(), KeyError> {
        for_agreement(&key)?;
        self.offered.write().unwrap_or_else(PoisonError::into_inner).insert(epoch, key);
        Ok(())
    }

    /// The public key that was offered for an epoch and not confirmed.
    #[must_use]
    pub fn offered(&self, epoch: u32) -> Option<PublicKeyBytes> {
        self.offered.read().unwrap_or_else(PoisonError::into_inner).get(&epoch).map(SigningKey::public_key)
    }

    /// Whether the private key of this committee is held from now on: what was offered counts once it is the right one.
    pub fn confirm(&self, committee: &Committee) -> bool {
        if self.holds(committee) {
            return true;
        }
        let mut offered = self.offered.write().unwrap_or_else(PoisonError::into_inner);
        let right = |key: &SigningKey| key.public_key().0 == committee.public_key;
        if !offered.get(&committee.epoch).is_some_and(right) || self.public_key(committee.epoch).is_some() {
            return false;
        }
        let Some(key) = offered.remove(&committee.epoch) else { return false };
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(committee.epoch, key);
        true
    }

    /// The public key of an epoch whose private key is held.
    #[must_use]
    pub fn public_key(&self, epoch: u32) -> Option<PublicKeyBytes> {
        self.key(epoch).map(|key| key.public_key())
    }

    /// Whether the private key of this committee is held.
    #[must_use]
    pub fn holds(&self, committee: &Committee) -> bool {
        self.public_key(committee.epoch).is_some_and(|key| key.0 == committee.public_key)
    }

    /// The epochs whose keys are held, rising.
    #[must_use]
    pub fn epochs(&self) -> Vec<u32> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    /// A validator's proof that it has this key; none if it is not held.
    ///
    /// # Errors
    /// [`KeyError::WrongUse`] if `voter` is no voting key, and what the provider says.
    pub fn prove(
        &self,
        chain: &ChainId,
        committee: Committee,
        voter: &SigningKey,
    ) -> Result<Option<CommitteeReady>, KeyError> {
        let Some(key) = self.key(committee.epoch).filter(|_| self.holds(&committee)) else { return Ok(None) };
        let body = ReadyBody { committee, vote_key: voter.public_key().0 };
        let possession = key.sign_possession(chain, &body)?;
        let signature = voter.sign_readiness(chain, &body)?;
        Ok(Some(CommitteeReady { version: CommitteeReady::VERSION, body, possession, signature }))
    }

    fn key(&self, epoch: u32) -> Option<SigningKey> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&epoch).cloned()
    }
}

impl Unsealer for CommitteeKeys {
    fn agreed(&self, chain: &ChainId, seal: &Seal) -> Result<Arc<SealKey>, CannotAgree> {
        let wanted = (seal.epoch, seal.sender);
        if let Some(kept) = self.agreed.lock().unwrap_or_else(PoisonError::into_inner).find(&wanted) {
            return Ok(kept);
        }
        let made = self.agreed_once(chain, seal)?;
        self.agreed.lock().unwrap_or_else(PoisonError::into_inner).keep(wanted, Arc::clone(&made), KEPT);
        Ok(made)
    }

    fn agreed_once(&self, chain: &ChainId, seal: &Seal) -> Result<Arc<SealKey>, CannotAgree> {
        let key = self.key(seal.epoch).ok_or(CannotAgree::MissingKey { epoch: seal.epoch })?;
        let info = agreement_info(chain, seal.epoch, &key.public_key().0, &seal.sender);
        let made = key.agree(&PublicKeyBytes(seal.sender), &info).map_err(|error| match error {
            KeyError::BadPeer => CannotAgree::NotAPoint,
            other => CannotAgree::Device(other.to_string()),
        })?;
        Ok(Arc::new(SealKey::new(made)))
    }
}

impl Agreed {
    fn find(&mut self, wanted: &(u32, [u8; 33])) -> Option<Arc<SealKey>> {
        let (key, used) = self.by_sender.get_mut(wanted)?;
        self.clock += 1;
        self.by_use.remove(used);
        *used = self.clock;
        self.by_use.insert(self.clock, *wanted);
        Some(Arc::clone(key))
    }

    /// Who was not heard of for longest makes room: senders who never issue cannot push out those who do.
    fn keep(&mut self, sender: (u32, [u8; 33]), key: Arc<SealKey>, most: usize) {
        self.clock += 1;
        if let Some((_, used)) = self.by_sender.insert(sender, (key, self.clock)) {
            self.by_use.remove(&used);
        }
        self.by_use.insert(self.clock, sender);
        while self.by_sender.len() > most {
            let Some((_, oldest)) = self.by_use.pop_first() else { return };
            self.by_sender.remove(&oldest);
        }
    }
}

impl fmt::Debug for CommitteeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.epochs()).finish()
    }
}

fn for_agreement(key: &SigningKey) -> Result<(), KeyError> {
    match key.key_use() {
        KeyUse::Encryption => Ok(()),
        other => Err(KeyError::NotForAgreement(other)),
    }
}

#[cfg(test)]
#[path = "sealing_test.rs"]
mod sealing_test;
