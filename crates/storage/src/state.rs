//! The state: rows in the engine, trees in memory. A block's changes take both from one height to the next, in
//! `commit`, in recovery and in fsck alike.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ledger_types::{Canonical, ChainId, Change, ChangeSet, Digest, Height, RegistryKey, RegistryValue, Slot};
use proofs::dense_tree::PAGE_LEVELS;
use proofs::log_tree::Frontier;
use proofs::{SparseTree, StateRoots, sparse_tree};

use crate::column_families::Column;
use crate::engine::{Batch, KvEngine, KvRead};
use crate::error::StoreError;
use crate::project::project;
use crate::rows::{self, MetaRow};
use crate::slot_tree::{LeafSource, PAGE_LEAVES, SlotTree};
use crate::tip::Tip;

/// The state as of one height.
pub(crate) struct State {
    pub(crate) chain: ChainId,
    pub(crate) engine: Arc<dyn KvEngine>,
    slots: Arc<RwLock<SlotTree>>,
    register: SparseTree,
    log: Frontier,
}

/// Leaves from the records in the engine.
pub(crate) struct StoredLeaves<'a>(pub(crate) &'a dyn KvRead);

impl LeafSource for StoredLeaves<'_> {
    fn leaves(&self, page: u64) -> Result<[Digest; PAGE_LEAVES], StoreError> {
        let first = page << PAGE_LEVELS;
        let mut leaves = [Digest::ZERO; PAGE_LEAVES];
        let mut bad = None;
        self.0.scan(Column::Outputs, &rows::slot_key(Slot(first)), &mut |key, value| {
            let slot = rows::slot_in(Column::Outputs, key);
            let Ok(at) = slot.map(|slot| usize::try_from(slot.0 - first).unwrap_or(PAGE_LEAVES)) else {
                bad = Some(rows::bad_row(Column::Outputs, key, "no slot in it"));
                return false;
            };
            let (Some(leaf), Some(record)) = (leaves.get_mut(at), value.get(rows::OUTPUT_HEAD..)) else { return false };
            *leaf = proofs::leaf_hash(record);
            at + 1 < PAGE_LEAVES
        })?;
        bad.map_or(Ok(leaves), Err)
    }
}

/// Leaves of the slot tree after a block; an error if its changes are in no order that execution gives.
pub(crate) fn check_changes(leaves_before: u64, height: Height, changes: &ChangeSet) -> Result<u64, StoreError> {
    let impossible = |what: String| Err(StoreError::Change(what));
    let (mut slot_before, mut key_before): (Option<Slot>, Option<&RegistryKey>) = (None, None);
    let mut leaves = leaves_before;
    for (place, change) in changes.changes.iter().enumerate() {
        let in_order = match change {
            Change::Output { slot, .. } => key_before.is_none() && slot_before.replace(*slot).is_none_or(|b| b < *slot),
            Change::Registry { key, .. } => key_before.replace(key).is_none_or(|b| b < key),
            Change::Request(line) => line.height == height,
        };
        let kind = |c: &Change| match c {
            Change::Output { .. } => 0,
            Change::Registry { .. } => 1,
            Change::Request(_) => 2,
        };
        if !in_order || (place > 0 && kind(&changes.changes[place - 1]) > kind(change)) {
            return impossible(format!("change {place} is out of order"));
        }
        if let Change::Registry { key: RegistryKey::Counters, value, .. } = change {
            match value.as_ref() {
                Some(value) => match counters_slot(value) {
                    Some(next) if next >= leaves_before => leaves = next,
                    _ => return impossible("the count of slots falls".to_owned()),
                },
                None => return impossible("the counters are removed".to_owned()),
            }
        }
    }
    match slot_before {
        Some(slot) if slot.0 >= leaves => impossible(format!("slot {slot} is beyond the {leaves} that are counted")),
        _ => Ok(leaves),
    }
}

fn counters_slot(value: &RegistryValue) -> Option<u64> {
    match value {
        RegistryValue::Counters(counters) => Some(counters.slot.0),
        _ => None,
    }
}

impl State {
    /// The empty state before height 0.
    pub(crate) fn empty(chain: ChainId, engine: Arc<dyn KvEngine>, slots: SlotTree) -> Self {
        let slots = Arc::new(RwLock::new(slots));
        Self { chain, engine, slots, register: SparseTree::default(), log: Frontier::default() }
    }

    /// The state that the engine holds, with its slot tree loaded.
    pub(crate) fn load(
        chain: ChainId,
        engine: Arc<dyn KvEngine>,
        slots: SlotTree,
        log: Frontier,
    ) -> Result<Self, StoreError> {
        let mut register = SparseTree::default();
        engine.scan(Column::Registry, &[], &mut |key, value| {
            register.insert(Digest(sm::sm3(key)), Digest(sm::sm3(value)));
            true
        })?;
        Ok(Self { chain, engine, slots: Arc::new(RwLock::new(slots)), register, log })
    }

    /// The slot tree, to share with readers.
    pub(crate) fn shared_slots(&self) -> Arc<RwLock<SlotTree>> {
        Arc::clone(&self.slots)
    }

    pub(crate) fn slots(&self) -> RwLockReadGuard<'_, SlotTree> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn slots_mut(&self) -> RwLockWriteGuard<'_, SlotTree> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many request lines there are.
    pub(crate) fn requests(&self) -> u64 {
        self.log.len()
    }

    /// The roots of the trees as they stand.
    pub(crate) fn roots(&mut self) -> StateRoots {
        let slots = self.slots().root();
        StateRoots::new(slots, self.log.root(), self.register.root())
    }

    /// Takes the trees over a block's changes; the rows follow with [`State::rows`] and the engine's `write`.
    pub(crate) fn advance(
        &mut self,
        height: Height,
        leaves: u64,
        changes: &ChangeSet,
    ) -> Result<StateRoots, StoreError> {
        let updates: Vec<(u64, Digest)> =
            changes.outputs().map(|(slot, record)| (slot.0, proofs::slot_leaf(record))).collect();
        self.slots_mut().apply(height, leaves, &updates, &StoredLeaves(self.engine.as_ref()))?;
        for (key, value) in changes.registry() {
            let key = sparse_tree::key_hash(key);
            match value {
                Some(value) => self.register.insert(key, sparse_tree::value_hash(value)),
                None => self.register.remove(&key),
            }
        }
        for line in changes.requests() {
            self.log.push(proofs::request_leaf(line));
        }
        Ok(self.roots())
    }

    /// The rows of a block, after [`State::advance`].
    pub(crate) fn rows(&self, leaves_before: u64, changes: &ChangeSet, tip: &Tip) -> Result<Batch, StoreError> {
        let mut batch = project(self.engine.as_ref(), leaves_before, tip.height, changes)?;
        batch.put(Column::Headers, &rows::height_key(tip.height), &rows::tip_value(tip));
        let leaves = self.slots().leaves();
        let meta = MetaRow { version: MetaRow::VERSION, height: tip.height, leaves, log: self.log.clone() };
        batch.put(Column::Meta, rows::META_STATE, &meta.to_canonical());
        Ok(batch)
    }
}
