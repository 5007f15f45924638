//! The auditor's own picture of the state: plain maps, and what the current block has touched.

mod draft;
mod numbering;
mod register;
mod tally;

use std::collections::BTreeMap;

use ledger_types::change_set::Cause;
use ledger_types::{
    ChainId, ConsensusKind, Epoch, OutputRecord, RegistryKey, RegistryValue, RequestEntry, RequestId, RequestScope,
    Slot,
};

pub(crate) use draft::Draft;
pub(crate) use numbering::Numbers;
pub(crate) use tally::{Entry, Tally};

use tally::usage_of;

/// A value before the block, and what touched it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Touch<T> {
    /// By what.
    pub(crate) cause: Cause,
    /// What stood there before the block.
    pub(crate) before: Option<T>,
}

/// What one block has touched.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Outputs, by slot.
    pub(crate) outputs: BTreeMap<Slot, Touch<OutputRecord>>,
    /// Register entries.
    pub(crate) register: BTreeMap<RegistryKey, Touch<RegistryValue>>,
    /// Lines of the request log, in order.
    pub(crate) requests: Vec<RequestEntry>,
}

/// The state as the auditor has it.
#[derive(Debug)]
pub(crate) struct World {
    chain: ChainId,
    first_epoch: Epoch,
    outputs: Vec<OutputRecord>,
    register: BTreeMap<RegistryKey, RegistryValue>,
    requests: BTreeMap<(RequestScope, RequestId), RequestEntry>,
    tally: Tally,
    touched: Touched,
}

impl World {
    /// An empty state.
    pub(crate) fn new(chain: ChainId, consensus: ConsensusKind) -> Self {
        Self {
            chain,
            first_epoch: Epoch::genesis(consensus),
            outputs: Vec::new(),
            register: BTreeMap::new(),
            requests: BTreeMap::new(),
            tally: Tally::default(),
            touched: Touched::default(),
        }
    }

    /// The chain.
    pub(crate) fn chain(&self) -> &ChainId {
        &self.chain
    }

    /// The epoch of the next block: that of the genesis document until it changes.
    pub(crate) fn epoch(&self) -> Epoch {
        self.later_epoch().copied().unwrap_or(self.first_epoch)
    }

    /// The record of a slot.
    pub(crate) fn output(&self, slot: Slot) -> Option<&OutputRecord> {
        self.outputs.get(usize::try_from(slot.0).ok()?)
    }

    /// The line of a request id.
    pub(crate) fn request(&self, scope: RequestScope, id: RequestId) -> Option<&RequestEntry> {
        self.requests.get(&(scope, id))
    }

    /// What invoices and applications add up to.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Puts a register entry, or removes it.
    pub(crate) fn put(&mut self, cause: Cause, key: RegistryKey, value: Option<RegistryValue>) {
        let before = match value {
            Some(value) => self.register.insert(key.clone(), value),
            None => self.register.remove(&key),
        };
        let touch = self.touched.register.entry(key).or_insert(Touch { cause, before });
        touch.cause = cause;
    }

    /// Puts an output where it belongs; a new one takes the next slot.
    fn put_output(&mut self, cause: Cause, slot: Slot, record: OutputRecord) {
        let place = usize::try_from(slot.0).expect("a slot given by this state fits into memory");
        let before = match self.outputs.get_mut(place) {
            Some(old) => Some(std::mem::replace(old, record)),
            None => {
                assert_eq!(place, self.outputs.len(), "slots are given without gaps");
                self.outputs.push(record);
                None
            }
        };
        let touch = self.touched.outputs.entry(slot).or_insert(Touch { cause, before });
        touch.cause = cause;
    }

    /// Adds a line to the request log.
    pub(crate) fn put_request(&mut self, entry: RequestEntry) {
        self.requests.insert((entry.scope, entry.id), entry);
        self.touched.requests.push(entry);
    }

    /// Carries out what a transaction or task does.
    pub(crate) fn apply(&mut self, cause: Cause, draft: Work) {
        for (slot, record) in draft.outputs {
            self.put_output(cause, slot, record);
        }
        for (key, value) in draft.register {
            self.put(cause, key, value);
        }
        for entry in draft.entries {
            let seller = entry.seller();
            self.tally.add(entry);
            if let Some(usage) = usage_of(&self.tally, seller, draft.now) {
                self.put(cause, RegistryKey::Usage(seller), Some(RegistryValue::Usage(usage)));
            }
        }
    }

    /// What was touched since the last call.
    pub(crate) fn take_touched(&mut self) -> Touched {
        std::mem::take(&mut self.touched)
    }
}

pub(crate) use draft::Work;
