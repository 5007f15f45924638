//! Keys that seal and open bodies: a sender's, and the committee's of each epoch. What was agreed on once is kept, so that
//! neither side multiplies a point for the next body of the same sender.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ledger_types::seal::{SealKey, agreement_info};
use ledger_types::{CannotAgree, ChainId, Committee, Seal, Unsealer};
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

/// The committee's private keys that a node holds, by epoch: opens the bodies of all senders. None by default.
#[derive(Default)]
pub struct CommitteeKeys {
    keys: BTreeMap<u32, SigningKey>,
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
        Ok(Self { keys, agreed: Mutex::default() })
    }

    /// The public key of an epoch whose private key is held.
    #[must_use]
    pub fn public_key(&self, epoch: u32) -> Option<PublicKeyBytes> {
        self.keys.get(&epoch).map(SigningKey::public_key)
    }

    /// The epochs whose keys are held, rising.
    pub fn epochs(&self) -> impl Iterator<Item = u32> {
        self.keys.keys().copied()
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
        let key = self.keys.get(&seal.epoch).ok_or(CannotAgree::MissingKey { epoch: seal.epoch })?;
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
