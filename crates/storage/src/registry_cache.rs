//! Register entries that every transaction reads (accounts, approvals, usage, rule books, counters), decoded.
//!
//! An entry knows since which height it has its value. A view of an earlier height does not see it and reads its own
//! snapshot: no view ever sees a value of another height.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use ledger_types::{ChangeSet, Height, RegistryKey, RegistryValue};

/// Entries kept; beyond, the cache starts anew.
const MOST: usize = 200_000;

#[derive(Default)]
pub(crate) struct RegistryCache {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    /// All entries are as after this height.
    height: Option<Height>,
    entries: HashMap<RegistryKey, Entry>,
}

struct Entry {
    since: Height,
    value: RegistryValue,
}

/// Read again and again. The others are read a few times in their life.
fn is_hot(key: &RegistryKey) -> bool {
    !matches!(
        key,
        RegistryKey::Timer { .. }
            | RegistryKey::Application(_)
            | RegistryKey::Order { .. }
            | RegistryKey::Payment { .. }
            | RegistryKey::RedForm(_)
    )
}

impl RegistryCache {
    /// An entry as of a height, if it is known.
    pub(crate) fn get(&self, key: &RegistryKey, as_of: Height) -> Option<RegistryValue> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.entries.get(key).filter(|entry| entry.since <= as_of).map(|entry| entry.value.clone())
    }

    /// Keeps what a view read, unless a later block may have changed it.
    pub(crate) fn keep(&self, key: &RegistryKey, value: &RegistryValue, as_of: Height) {
        if !is_hot(key) {
            return;
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if inner.height == Some(as_of) {
            inner.insert(key, as_of, value);
        }
    }

    /// Takes over a block's writes.
    pub(crate) fn advance(&self, height: Height, changes: &ChangeSet) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.height = Some(height);
        for (key, value) in changes.registry().filter(|(key, _)| is_hot(key)) {
            match value {
                Some(value) => inner.insert(key, height, value),
                None => {
                    inner.entries.remove(key);
                }
            }
        }
    }

    /// Begins at a height, knowing nothing.
    pub(crate) fn reset(&self, height: Height) {
        *self.inner.write().unwrap_or_else(PoisonError::into_inner) =
            Inner { height: Some(height), entries: HashMap::new() };
    }
}

impl Inner {
    fn insert(&mut self, key: &RegistryKey, since: Height, value: &RegistryValue) {
        if self.entries.len() >= MOST {
            self.entries.clear();
        }
        self.entries.insert(key.clone(), Entry { since, value: value.clone() });
    }
}

#[cfg(test)]
mod tests {
    use ledger_types::{AccountId, Change, Usage};

    use super::*;

    fn usage(count: u32) -> RegistryValue {
        RegistryValue::Usage(Usage { day_count: count, ..Usage::default() })
    }

    fn change(value: Option<RegistryValue>) -> ChangeSet {
        let key = RegistryKey::Usage(AccountId(1));
        ChangeSet { changes: vec![Change::Registry { cause: 0, key, value: value.map(Box::new) }] }
    }

    #[test]
    fn a_view_never_sees_a_value_of_another_height() {
        let cache = RegistryCache::default();
        let key = RegistryKey::Usage(AccountId(1));
        cache.reset(Height(4));
        cache.keep(&key, &usage(4), Height(4));
        cache.advance(Height(5), &change(Some(usage(5))));
        assert_eq!(cache.get(&key, Height(5)), Some(usage(5)));
        assert_eq!(cache.get(&key, Height(9)), Some(usage(5)));
        assert_eq!(cache.get(&key, Height(4)), None);
        cache.advance(Height(6), &change(None));
        assert_eq!(cache.get(&key, Height(6)), None);
        cache.keep(&key, &usage(5), Height(5));
        assert_eq!(cache.get(&key, Height(6)), None, "a late reader of height 5 must not bring it back");
    }
}
