//! What a transaction would do, written down before it is known whether it may.

use ledger_types::registry::Counters;
use ledger_types::timer::TimerTask;
use ledger_types::{
    AccountId, ApplicationId, BlockTime, FormId, OutputRecord, RegistryKey, RegistryValue, Slot, TxOutcome,
};

use super::World;
use super::tally::Entry;

/// Everything one transaction or task does, ready to be applied.
#[derive(Debug)]
pub(crate) struct Work {
    pub(super) now: BlockTime,
    pub(super) outputs: Vec<(Slot, OutputRecord)>,
    pub(super) register: Vec<(RegistryKey, Option<RegistryValue>)>,
    pub(super) entries: Vec<Entry>,
}

/// A draft on top of a state.
#[derive(Debug)]
pub(crate) struct Draft {
    work: Work,
    counters: Counters,
    first_counters: Counters,
    /// What the receipt says.
    pub(crate) outcome: TxOutcome,
    /// Money that counts against the limits of the signing keys, fen.
    pub(crate) money: i128,
}

impl Draft {
    /// An empty draft.
    pub(crate) fn new(world: &World, now: BlockTime) -> Self {
        let counters = world.counters();
        Self {
            work: Work { now, outputs: Vec::new(), register: Vec::new(), entries: Vec::new() },
            counters,
            first_counters: counters,
            outcome: TxOutcome::Done,
            money: 0,
        }
    }

    /// Writes a register entry.
    pub(crate) fn set(&mut self, key: RegistryKey, value: RegistryValue) {
        self.work.register.push((key, Some(value)));
    }

    /// Removes a register entry.
    pub(crate) fn remove(&mut self, key: RegistryKey) {
        self.work.register.push((key, None));
    }

    /// Adds to the sums over invoices and applications.
    pub(crate) fn book(&mut self, entry: Entry) {
        self.work.entries.push(entry);
    }

    /// Makes an output in the next slot.
    pub(crate) fn make(&mut self, record: OutputRecord) -> Slot {
        let slot = self.counters.slot;
        self.counters.slot = Slot(slot.0 + 1);
        self.work.outputs.push((slot, record));
        slot
    }

    /// Makes a step of an output: its sequence rises by one. Returns slot and new sequence.
    pub(crate) fn step(&mut self, slot: Slot, mut record: OutputRecord) -> (Slot, u32) {
        record.sequence += 1;
        let step = (slot, record.sequence);
        self.work.outputs.push((slot, record));
        step
    }

    /// Takes the next account id.
    pub(crate) fn next_account(&mut self) -> AccountId {
        let id = self.counters.account;
        self.counters.account = AccountId(id.0 + 1);
        id
    }

    /// Takes the next application id.
    pub(crate) fn next_application(&mut self) -> ApplicationId {
        let id = self.counters.application;
        self.counters.application = ApplicationId(id.0 + 1);
        id
    }

    /// Takes the next form id.
    pub(crate) fn next_form(&mut self) -> FormId {
        let id = self.counters.form;
        self.counters.form = FormId(id.0 + 1);
        id
    }

    /// Puts a task into the due-queue.
    pub(crate) fn schedule(&mut self, due_ms: u64, task: TimerTask) {
        let number = self.counters.timer;
        self.counters.timer = number + 1;
        self.set(RegistryKey::Timer { due_ms, number }, RegistryValue::Timer(task));
    }

    /// The work, with the counters if any id was taken.
    pub(crate) fn finish(mut self) -> (Work, TxOutcome) {
        if self.counters != self.first_counters {
            self.set(RegistryKey::Counters, RegistryValue::Counters(self.counters));
        }
        (self.work, self.outcome)
    }
}
