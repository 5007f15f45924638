//! Handles: names of keys that live in a provider.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Gives every handle of the process its own number, so that one provider never knows another's handles.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Names a key inside a provider; holds no secret. When the last clone is dropped the provider is told, and
/// wipes a key that nobody can name any more.
#[derive(Clone)]
pub struct KeyHandle(Arc<Lease>);

struct Lease {
    id: u64,
    release: Box<dyn Fn(u64) + Send + Sync>,
}

impl KeyHandle {
    /// A new handle, for providers. `release` is called with its number when the last clone is dropped.
    pub fn new(release: impl Fn(u64) + Send + Sync + 'static) -> Self {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(Arc::new(Lease { id, release: Box::new(release) }))
    }

    /// The number, unique in this process.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.0.id
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        (self.release)(self.id);
    }
}

impl PartialEq for KeyHandle {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for KeyHandle {}

impl fmt::Debug for KeyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyHandle").field(&self.id()).finish()
    }
}
