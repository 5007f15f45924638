//! State in memory: for tests, tools and small chains.

use std::collections::BTreeMap;

use ledger_types::{
    Change, ChangeSet, OutputRecord, RegistryKey, RegistryValue, RequestEntry, RequestId, RequestScope, Slot, TimerTask,
};

use crate::state_view::{StateFault, StateView};

/// The whole state in maps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryState {
    outputs: BTreeMap<Slot, OutputRecord>,
    registry: BTreeMap<RegistryKey, RegistryValue>,
    requests: BTreeMap<(RequestScope, RequestId), RequestEntry>,
}

impl MemoryState {
    /// Nothing at all: apply the changes of genesis first.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over what a block changed.
    pub fn apply(&mut self, changes: &ChangeSet) {
        for change in &changes.changes {
            match change {
                Change::Output { slot, record, .. } => {
                    self.outputs.insert(*slot, *record);
                }
                Change::Registry { key, value: Some(value), .. } => {
                    self.registry.insert(key.clone(), (**value).clone());
                }
                Change::Registry { key, value: None, .. } => {
                    self.registry.remove(key);
                }
                Change::Request(entry) => {
                    self.requests.insert((entry.scope, entry.id), *entry);
                }
            }
        }
    }

    /// All outputs, by slot.
    pub fn outputs(&self) -> impl Iterator<Item = (Slot, &OutputRecord)> {
        self.outputs.iter().map(|(slot, record)| (*slot, record))
    }

    /// All register entries, by key.
    pub fn entries(&self) -> impl Iterator<Item = (&RegistryKey, &RegistryValue)> {
        self.registry.iter()
    }
}

impl StateView for MemoryState {
    fn output(&self, slot: Slot) -> Result<Option<OutputRecord>, StateFault> {
        Ok(self.outputs.get(&slot).copied())
    }

    fn registry(&self, key: &RegistryKey) -> Result<Option<RegistryValue>, StateFault> {
        Ok(self.registry.get(key).cloned())
    }

    fn request(&self, scope: RequestScope, id: RequestId) -> Result<Option<RequestEntry>, StateFault> {
        Ok(self.requests.get(&(scope, id)).copied())
    }

    fn due_timers(&self, now_ms: u64, limit: usize) -> Result<Vec<(RegistryKey, TimerTask)>, StateFault> {
        let first = RegistryKey::Timer { due_ms: 0, number: 0 };
        let last = RegistryKey::Timer { due_ms: now_ms, number: u64::MAX };
        let due = self.registry.range(first..=last).take(limit);
        due.map(|(key, value)| match value {
            RegistryValue::Timer(task) => Ok((key.clone(), *task)),
            _ => Err(StateFault(format!("{key:?} holds no task"))),
        })
        .collect()
    }
}
