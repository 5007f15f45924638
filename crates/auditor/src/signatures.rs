//! Signatures of a block, verified together; keys that come often get tables.

use ledger_types::envelope::transaction_message;
use ledger_types::{SignerIdentity, Transaction, TxId};
use sm::{CachedSigner, PublicKeyBytes, Signature, SignerCache, VerifyItem, verify_batch};

use crate::world::World;

/// Tables kept: 18 KiB each.
const MAX_TABLES: usize = 4_096;
const MAX_KEYS: usize = 65_536;
/// A table costs about as much as a few plain verifications.
const PROMOTE_AFTER: u32 = 4;

struct Job {
    index: u16,
    key: CachedSigner,
    digest: [u8; 32],
    signature: Signature,
}

/// Collects signatures, and verifies one in `one_in` of them.
pub(crate) struct Signatures {
    cache: SignerCache,
    one_in: u64,
    seen: u64,
    jobs: Vec<Job>,
    bad: Vec<u16>,
    /// How many were verified.
    pub(crate) checked: u64,
}

impl Signatures {
    /// `one_in` 1 verifies all, 0 none.
    pub(crate) fn new(one_in: u32) -> Self {
        Self {
            cache: SignerCache::new(MAX_TABLES, MAX_KEYS, PROMOTE_AFTER),
            one_in: u64::from(one_in),
            seen: 0,
            jobs: Vec::new(),
            bad: Vec::new(),
            checked: 0,
        }
    }

    /// Adds the signatures of a transaction. Unknown keys are found by the checks before.
    pub(crate) fn add(&mut self, world: &World, index: u16, tx: &Transaction, id: &TxId) {
        for (signer, signature) in tx.envelope.signers.iter().zip(&tx.signatures) {
            self.seen += 1;
            if self.one_in == 0 || !self.seen.is_multiple_of(self.one_in) {
                continue;
            }
            let point = match signer.identity {
                SignerIdentity::BareKey(point) => Some(point),
                SignerIdentity::Account { account, key } => {
                    world.account(account).and_then(|account| account.key(key)).map(|record| record.public_key)
                }
            };
            let Some(point) = point else { continue };
            match self.cache.get(&PublicKeyBytes(point)) {
                Err(_) => self.bad.push(index),
                Ok(key) => {
                    let digest = key.public_key().digest(&transaction_message(world.chain(), id));
                    self.jobs.push(Job { index, key, digest, signature: *signature });
                }
            }
        }
    }

    /// Verifies what was added. Returns the places of transactions with a bad signature.
    pub(crate) fn verify(&mut self) -> Vec<u16> {
        let items: Vec<VerifyItem<'_>> = self
            .jobs
            .iter()
            .map(|job| VerifyItem { key: job.key.as_verify_key(), digest: job.digest, signature: job.signature })
            .collect();
        let verdicts = verify_batch(&items);
        let mut bad = std::mem::take(&mut self.bad);
        bad.extend(self.jobs.iter().zip(verdicts).filter(|(_, good)| !good).map(|(job, _)| job.index));
        self.checked += self.jobs.len() as u64;
        self.jobs.clear();
        bad.sort_unstable();
        bad.dedup();
        bad
    }
}
