//! A node around an engine: disk, blocks, timers.

use std::collections::{BTreeMap, BTreeSet};

use crypto::SigningKey;
use ledger_types::{BlockId, CommitCertificate, Height};

use super::network::Chance;
use crate::engines::{
    ConsensusEngine, Record, RecordKind, TimerKey,
    bft::{BftConfig, BftEngine},
};

/// One node. `engine` is gone while it is down; all but disk, chain and bodies is gone then too.
pub(super) struct Host {
    pub(super) place: u16,
    /// Runs with another's key: nothing is expected of it.
    pub(super) traitor: bool,
    pub(super) key: SigningKey,
    pub(super) engine: Option<BftEngine>,
    synced: Vec<Record>,
    unsynced: Vec<Record>,
    pub(super) chain: Vec<(BlockId, CommitCertificate)>,
    pub(super) bodies: BTreeSet<BlockId>,
    pub(super) awaited: BTreeSet<BlockId>,
    pub(super) timers: BTreeMap<TimerKey, u64>,
    /// Counts lives, so that what was meant for an earlier one is dropped.
    pub(super) life: u32,
}

impl Host {
    pub(super) fn new(place: u16, traitor: bool, key: SigningKey) -> Self {
        Self {
            place,
            traitor,
            key,
            engine: None,
            synced: Vec::new(),
            unsynced: Vec::new(),
            chain: Vec::new(),
            bodies: BTreeSet::new(),
            awaited: BTreeSet::new(),
            timers: BTreeMap::new(),
            life: 0,
        }
    }

    /// The height after the last block.
    pub(super) fn next_height(&self) -> Height {
        Height(self.chain.len() as u64 + 1)
    }

    pub(super) fn tip(&self) -> BlockId {
        self.chain.last().map_or(BlockId::ZERO, |(id, _)| *id)
    }

    pub(super) fn write(&mut self, record: Record) {
        self.unsynced.push(record);
    }

    pub(super) fn sync(&mut self) {
        for record in std::mem::take(&mut self.unsynced) {
            if record.kind == RecordKind::Guard {
                self.synced.retain(|r| r.kind != RecordKind::Guard);
            }
            self.synced.push(record);
        }
    }

    /// The block is durable: its height's log may go, the guard stays.
    pub(super) fn commit(&mut self, id: BlockId, certificate: CommitCertificate) {
        let height = certificate.height;
        self.chain.push((id, certificate));
        self.awaited.clear();
        self.synced.retain(|r| r.kind == RecordKind::Guard || r.height > height);
    }

    /// Power is gone: of what was not synced, a first part may have reached the disk.
    pub(super) fn crash(&mut self, chance: &mut Chance) {
        self.engine = None;
        let kept = chance.within(0, self.unsynced.len() as u64 + 1) as usize;
        self.unsynced.truncate(kept);
        self.sync();
        self.awaited.clear();
        self.timers.clear();
        self.life += 1;
    }

    /// Comes up with a new engine and its records.
    pub(super) fn boot(&mut self, config: &BftConfig, plan: &super::Plan) -> Result<(), String> {
        let key = Some(self.key.clone());
        let mut engine = match plan.thresholds {
            Some(thresholds) => BftEngine::with_thresholds(config, key, thresholds),
            None => BftEngine::new(config, key),
        }
        .map_err(|e| e.to_string())?;
        if plan.lose_one_log && self.place == 0 {
            self.synced.retain(|r| r.kind == RecordKind::Guard);
        }
        if plan.forget_records {
            self.synced.clear();
        }
        engine.restore(&self.synced).map_err(|e| e.to_string())?;
        self.engine = Some(engine);
        Ok(())
    }
}
