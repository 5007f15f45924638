//! The state of the tip as execution reads it.

use std::sync::Arc;

use ledger::{StateFault, StateView};
use ledger_types::{
    Canonical, Height, OutputRecord, RegistryKey, RegistryValue, RequestEntry, RequestId, RequestScope, Slot, TimerTask,
};

use crate::column_families::Column;
use crate::error::StoreError;
use crate::planted::{self, Bug};
use crate::published::{Published, Shared};
use crate::registry_cache::RegistryCache;
use crate::rows;

/// The state after one height: stays as it is while later blocks are committed. Cheap, and usable from any thread.
#[derive(Clone)]
pub struct StoreView {
    state: Arc<Published>,
    cache: Arc<RegistryCache>,
}

impl StoreView {
    pub(crate) fn newest(shared: &Shared) -> Self {
        Self { state: shared.newest(), cache: Arc::clone(&shared.registry) }
    }

    /// The height it shows.
    pub fn height(&self) -> Height {
        self.state.tip.height
    }

    /// An entry of the register.
    pub fn entry(&self, key: &RegistryKey) -> Result<Option<RegistryValue>, StoreError> {
        if let Some(value) = self.cache.get(key, self.height()) {
            return Ok(Some(value));
        }
        let found = read_entry(&self.state, key)?;
        if let Some(value) = &found {
            self.cache.keep(key, value, self.height());
        }
        Ok(found)
    }

    /// The record in a slot.
    pub fn record(&self, slot: Slot) -> Result<Option<OutputRecord>, StoreError> {
        let key = rows::slot_key(slot);
        let Some(value) = self.state.rows.get(Column::Outputs, &key)? else { return Ok(None) };
        Ok(Some(rows::decode_output(Column::Outputs, &key, &value)?.record))
    }

    /// The line of a request id.
    pub fn request_line(&self, scope: RequestScope, id: RequestId) -> Result<Option<RequestEntry>, StoreError> {
        read_request(&self.state, scope, id)
    }

    /// Up to `limit` timers that are due at `now_ms` or before, the earliest first.
    pub fn timers(&self, now_ms: u64, limit: usize) -> Result<Vec<(RegistryKey, TimerTask)>, StoreError> {
        let (mut due, mut bad) = (Vec::new(), None);
        if limit == 0 {
            return Ok(due);
        }
        self.state.rows.scan(Column::Registry, &[rows::timer_prefix()], &mut |key, value| {
            let Some(timer) = rows::timer_key(key) else { return false };
            if matches!(timer, RegistryKey::Timer { due_ms, .. } if due_ms > now_ms) {
                return false;
            }
            match RegistryValue::from_canonical(value) {
                Ok(RegistryValue::Timer(task)) => due.push((timer, task)),
                _ => bad = Some(rows::bad_row(Column::Registry, key, "not a timer")),
            }
            bad.is_none() && due.len() < limit
        })?;
        bad.map_or(Ok(due), Err)
    }
}

pub(crate) fn read_entry(state: &Published, key: &RegistryKey) -> Result<Option<RegistryValue>, StoreError> {
    let stored = key.storage_key();
    let Some(value) = state.rows.get(Column::Registry, &stored)? else { return Ok(None) };
    let value = RegistryValue::from_canonical(&value);
    value.map(Some).map_err(|e| rows::bad_row(Column::Registry, &stored, e.to_string()))
}

pub(crate) fn read_request(
    state: &Published,
    scope: RequestScope,
    id: RequestId,
) -> Result<Option<RequestEntry>, StoreError> {
    if planted::is_on(Bug::RequestsForgotten) && id.time_ms() < planted::started_ms() {
        return Ok(None);
    }
    let found = state.rows.get(Column::Requests, &rows::request_key(id, scope))?;
    found.map(|value| rows::decode_request(id, scope, &value)).transpose()
}

fn fault(error: StoreError) -> StateFault {
    StateFault(error.to_string())
}

impl StateView for StoreView {
    fn output(&self, slot: Slot) -> Result<Option<OutputRecord>, StateFault> {
        self.record(slot).map_err(fault)
    }

    fn registry(&self, key: &RegistryKey) -> Result<Option<RegistryValue>, StateFault> {
        self.entry(key).map_err(fault)
    }

    fn request(&self, scope: RequestScope, id: RequestId) -> Result<Option<RequestEntry>, StateFault> {
        self.request_line(scope, id).map_err(fault)
    }

    fn due_timers(&self, now_ms: u64, limit: usize) -> Result<Vec<(RegistryKey, TimerTask)>, StateFault> {
        self.timers(now_ms, limit).map_err(fault)
    }
}
