//! What a block has changed so far, and what one transaction would change on top of it.
//!
//! A transaction's own layer is thrown away when it is refused and taken over as a whole when it is accepted.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use ledger_types::change_set::Cause;
use ledger_types::registry::Counters;
use ledger_types::{
    Change, ChangeSet, Fen, InvoiceVerb, OutputRecord, RegistryKey, RegistryValue, RequestEntry, Slot, TimerTask,
};

use crate::register::{Entry, Held};
use crate::state_view::{StateFault, StateView};

type Value = Option<Rc<RegistryValue>>;

/// The block's layer over the state it started from.
pub(crate) struct BlockOverlay<'a> {
    base: &'a dyn StateView,
    /// Entries read from `base`: a merchant's account, profile and rules are read once a block.
    read: RefCell<BTreeMap<RegistryKey, Value>>,
    outputs: BTreeMap<Slot, (Cause, OutputRecord)>,
    registry: BTreeMap<RegistryKey, (Cause, Value)>,
    requests: Vec<RequestEntry>,
}

impl<'a> BlockOverlay<'a> {
    pub(crate) fn new(base: &'a dyn StateView) -> Self {
        Self {
            base,
            read: RefCell::default(),
            outputs: BTreeMap::new(),
            registry: BTreeMap::new(),
            requests: Vec::new(),
        }
    }

    /// The state the block started from.
    pub(crate) fn base(&self) -> &'a dyn StateView {
        self.base
    }

    fn output(&self, slot: Slot) -> Result<Option<OutputRecord>, StateFault> {
        match self.outputs.get(&slot) {
            Some((_, record)) => Ok(Some(*record)),
            None => self.base.output(slot),
        }
    }

    fn registry(&self, key: &RegistryKey) -> Result<Value, StateFault> {
        match self.registry.get(key) {
            Some((_, value)) => Ok(value.clone()),
            None => self.base_registry(key),
        }
    }

    fn base_registry(&self, key: &RegistryKey) -> Result<Value, StateFault> {
        if let Some(value) = self.read.borrow().get(key) {
            return Ok(value.clone());
        }
        let value = self.base.registry(key)?.map(Rc::new);
        self.read.borrow_mut().insert(key.clone(), value.clone());
        Ok(value)
    }

    /// Takes over what an accepted transaction or a task changed.
    pub(crate) fn absorb(&mut self, cause: Cause, writes: Writes) {
        self.outputs.extend(writes.outputs.into_iter().map(|(slot, record)| (slot, (cause, record))));
        self.registry.extend(writes.registry.into_iter().map(|(key, value)| (key, (cause, value))));
    }

    /// Adds a line to the request log.
    pub(crate) fn log_request(&mut self, entry: RequestEntry) {
        self.requests.push(entry);
    }

    /// The block's change set. What was made and removed within the block does not show.
    pub(crate) fn into_changes(mut self) -> Result<ChangeSet, StateFault> {
        let mut changes = Vec::with_capacity(self.outputs.len() + self.registry.len() + self.requests.len());
        let outputs = std::mem::take(&mut self.outputs).into_iter();
        changes.extend(outputs.map(|(slot, (cause, record))| Change::Output { cause, slot, record }));
        for (key, (cause, value)) in std::mem::take(&mut self.registry) {
            if value.is_none() && self.base_registry(&key)?.is_none() {
                continue;
            }
            let value = value.map(|v| Box::new(Rc::unwrap_or_clone(v)));
            changes.push(Change::Registry { cause, key, value });
        }
        changes.extend(self.requests.into_iter().map(Change::Request));
        Ok(ChangeSet { changes })
    }
}

/// One output made or stepped on, and by which verb (none for payments): what the invariants look at.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) slot: Slot,
    pub(crate) verb: Option<InvoiceVerb>,
    pub(crate) before: Option<OutputRecord>,
    pub(crate) after: OutputRecord,
}

/// Everything one transaction or task changes.
#[derive(Default)]
pub(crate) struct Writes {
    pub(crate) outputs: BTreeMap<Slot, OutputRecord>,
    pub(crate) registry: BTreeMap<RegistryKey, Value>,
    pub(crate) steps: Vec<Step>,
    /// Money this moves, fen: counted against the daily amounts of the signers' keys.
    pub(crate) money: i128,
}

/// A transaction's layer over the block's.
pub(crate) struct TxOverlay<'b, 'a> {
    block: &'b BlockOverlay<'a>,
    writes: Writes,
}

impl<'b, 'a> TxOverlay<'b, 'a> {
    pub(crate) fn new(block: &'b BlockOverlay<'a>) -> Self {
        Self { block, writes: Writes::default() }
    }

    /// Everything changed so far.
    pub(crate) fn writes(&self) -> &Writes {
        &self.writes
    }

    pub(crate) fn into_writes(self) -> Writes {
        self.writes
    }

    pub(crate) fn output(&self, slot: Slot) -> Result<Option<OutputRecord>, StateFault> {
        match self.writes.outputs.get(&slot) {
            Some(record) => Ok(Some(*record)),
            None => self.block.output(slot),
        }
    }

    /// An entry of the register.
    pub(crate) fn get<T: Entry>(&self, key: &RegistryKey) -> Result<Option<Held<T>>, StateFault> {
        let value = match self.writes.registry.get(key) {
            Some(value) => value.clone(),
            None => self.block.registry(key)?,
        };
        value.map(|v| Held::new(v).ok_or_else(|| wrong_type(key))).transpose()
    }

    /// An entry that every chain has from its genesis on.
    pub(crate) fn must_get<T: Entry>(&self, key: &RegistryKey) -> Result<Held<T>, StateFault> {
        self.get(key)?.ok_or_else(|| StateFault(format!("the entry {key:?} is missing")))
    }

    pub(crate) fn put<T: Entry>(&mut self, key: RegistryKey, value: T) {
        self.writes.registry.insert(key, Some(Rc::new(value.into_value())));
    }

    pub(crate) fn remove(&mut self, key: RegistryKey) {
        self.writes.registry.insert(key, None);
    }

    /// Takes a number from one of the chain's counters.
    pub(crate) fn next_id<T>(&mut self, take: impl FnOnce(&mut Counters) -> T) -> Result<T, StateFault> {
        let mut counters = *self.must_get::<Counters>(&RegistryKey::Counters)?;
        let id = take(&mut counters);
        self.put(RegistryKey::Counters, counters);
        Ok(id)
    }

    /// Makes an output in the next free slot.
    pub(crate) fn make(&mut self, record: OutputRecord, verb: Option<InvoiceVerb>) -> Result<Slot, StateFault> {
        let slot = self.next_id(|counters| {
            let slot = counters.slot;
            counters.slot = Slot(slot.0 + 1);
            slot
        })?;
        self.writes.outputs.insert(slot, record);
        self.writes.steps.push(Step { slot, verb, before: None, after: record });
        Ok(slot)
    }

    /// Steps on an output.
    pub(crate) fn step(&mut self, slot: Slot, before: OutputRecord, after: OutputRecord, verb: Option<InvoiceVerb>) {
        self.writes.outputs.insert(slot, after);
        self.writes.steps.push(Step { slot, verb, before: Some(before), after });
    }

    /// Sets a task for the first block after `last_ms`, the last moment before it falls due.
    pub(crate) fn add_timer_after(&mut self, last_ms: u64, task: TimerTask) -> Result<(), StateFault> {
        self.add_timer_at(last_ms.saturating_add(1), task)
    }

    /// Sets a task for the first block at or after `due_ms`.
    pub(crate) fn add_timer_at(&mut self, due_ms: u64, task: TimerTask) -> Result<(), StateFault> {
        let number = self.next_id(|counters| {
            counters.timer += 1;
            counters.timer - 1
        })?;
        self.put(RegistryKey::Timer { due_ms, number }, task);
        Ok(())
    }

    /// Counts money against the signers' daily amounts.
    pub(crate) fn count_money(&mut self, amount: Fen) {
        self.writes.money += i128::from(amount.0);
    }
}

fn wrong_type(key: &RegistryKey) -> StateFault {
    StateFault(format!("the entry {key:?} holds a value of another type"))
}
