//! How admission and execution read the state after the last block.

use ledger_types::{OutputRecord, RegistryKey, RegistryValue, RequestEntry, RequestId, RequestScope, Slot, TimerTask};

/// State that cannot be read: a fault of the environment, never a verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state cannot be read: {0}")]
pub struct StateFault(pub String);

/// The state after one block, as it stays while the next one is executed.
pub trait StateView {
    /// The record in a slot.
    ///
    /// # Errors
    /// [`StateFault`] if the state cannot be read; likewise below.
    fn output(&self, slot: Slot) -> Result<Option<OutputRecord>, StateFault>;

    /// An entry of the register.
    fn registry(&self, key: &RegistryKey) -> Result<Option<RegistryValue>, StateFault>;

    /// The line of a request id, whatever became of it.
    fn request(&self, scope: RequestScope, id: RequestId) -> Result<Option<RequestEntry>, StateFault>;

    /// The first `limit` tasks due at or before `now_ms`, in the order of their keys.
    fn due_timers(&self, now_ms: u64, limit: usize) -> Result<Vec<(RegistryKey, TimerTask)>, StateFault>;
}
