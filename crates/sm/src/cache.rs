//! Who gets a table: a bounded cache of parsed keys and of signers with tables.

use alloc::{collections::BTreeMap, sync::Arc};

use crate::{KnownSigner, PublicKey, PublicKeyBytes, Sm2Error, VerifyKey, light, multiples::Multiples};

/// A parsed key or a signer with a table, shared with the cache.
#[derive(Clone, Debug)]
pub enum CachedSigner {
    /// Without a table.
    Plain(Arc<PublicKey>),
    /// With a table.
    Known(Arc<KnownSigner>),
}

impl CachedSigner {
    /// For [`verify_batch`](crate::verify_batch).
    #[must_use]
    pub fn as_verify_key(&self) -> VerifyKey<'_> {
        match self {
            Self::Plain(key) => VerifyKey::Plain(key),
            Self::Known(signer) => VerifyKey::Known(signer),
        }
    }

    /// The key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        match self {
            Self::Plain(key) => key,
            Self::Known(signer) => signer.public_key(),
        }
    }
}

/// Keys by use: parses each key once and builds a table for those that come often.
///
/// The least recently used key leaves when there are too many keys, and the least recently used table when there
/// are too many tables; its key stays, and must earn a new table. What a caller still holds stays alive. The same
/// calls in the same order give the same cache.
pub struct SignerCache {
    max_tables: usize,
    max_keys: usize,
    promote_after: u32,
    clock: u64,
    entries: BTreeMap<PublicKeyBytes, Entry>,
    /// Keys by last use, oldest first.
    keys_by_use: BTreeMap<u64, PublicKeyBytes>,
    /// The same for keys with a table.
    tables_by_use: BTreeMap<u64, PublicKeyBytes>,
    generator: Option<Arc<Multiples>>,
}

struct Entry {
    signer: CachedSigner,
    /// Uses without a table.
    plain_uses: u32,
    last_use: u64,
}

impl SignerCache {
    /// An empty cache for at most `max_keys` keys (about 400 bytes each), of which at most `max_tables` have a
    /// table (18 KiB each). A key gets one on the use after `promote_after` uses without.
    #[must_use]
    pub fn new(max_tables: usize, max_keys: usize, promote_after: u32) -> Self {
        Self {
            max_tables,
            max_keys,
            promote_after,
            clock: 0,
            entries: BTreeMap::new(),
            keys_by_use: BTreeMap::new(),
            tables_by_use: BTreeMap::new(),
            generator: None,
        }
    }

    /// The parsed key or its table, counted as one verification.
    ///
    /// # Errors
    /// [`Sm2Error`] if the bytes are no key; such bytes are not kept and push nothing out.
    pub fn get(&mut self, key: &PublicKeyBytes) -> Result<CachedSigner, Sm2Error> {
        let mut entry = match self.take(key) {
            Some(entry) => entry,
            None => {
                let signer = CachedSigner::Plain(Arc::new(PublicKey::from_bytes(key)?));
                Entry { signer, plain_uses: 0, last_use: 0 }
            }
        };
        if let CachedSigner::Plain(public_key) = &entry.signer {
            let wanted = entry.plain_uses >= self.promote_after && !light::is_adopted(key);
            if self.max_tables > 0 && self.max_keys > 0 && wanted {
                entry.signer = CachedSigner::Known(Arc::new(self.build(&Arc::clone(public_key))));
            } else {
                entry.plain_uses = entry.plain_uses.saturating_add(1);
            }
        }
        let signer = entry.signer.clone();
        self.put(*key, entry);
        Ok(signer)
    }

    fn build(&mut self, key: &PublicKey) -> KnownSigner {
        let generator = self.generator.get_or_insert_with(Multiples::of_generator);
        KnownSigner::with_generator(key, Arc::clone(generator))
    }

    /// Takes an entry out of the map and both orders.
    fn take(&mut self, key: &PublicKeyBytes) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        self.keys_by_use.remove(&entry.last_use);
        self.tables_by_use.remove(&entry.last_use);
        Some(entry)
    }

    /// Puts an entry in as the most recently used, and makes room.
    fn put(&mut self, key: PublicKeyBytes, mut entry: Entry) {
        self.clock += 1;
        entry.last_use = self.clock;
        self.keys_by_use.insert(self.clock, key);
        if matches!(entry.signer, CachedSigner::Known(_)) {
            self.tables_by_use.insert(self.clock, key);
        }
        self.entries.insert(key, entry);
        if self.tables_by_use.len() > self.max_tables {
            self.drop_oldest_table();
        }
        if self.entries.len() > self.max_keys
            && let Some((_, oldest)) = self.keys_by_use.first_key_value()
        {
            let oldest = *oldest;
            self.take(&oldest);
        }
    }

    fn drop_oldest_table(&mut self) {
        let Some((_, key)) = self.tables_by_use.pop_first() else {
            return;
        };
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.signer = CachedSigner::Plain(Arc::new(entry.signer.public_key().clone()));
            entry.plain_uses = 0;
        }
    }
}

#[cfg(test)]
#[path = "cache_test.rs"]
mod cache_test;
