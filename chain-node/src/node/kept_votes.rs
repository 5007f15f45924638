//! The engine's records and proposed bodies on disk.

use ledger_types::{Block, Canonical, Height};
use storage::{KeptVotes, VoteLog};

use super::Node;
use crate::commit::NodeFault;
use crate::engines::{Record, RecordKind};

/// A record of the engine's log: its epoch, then the engine's bytes.
const LOG: u8 = 1;
/// A proposed block.
pub(super) const BODY: u8 = 2;

impl Node {
    pub(super) fn persist(&mut self, record: Record) -> Result<(), NodeFault> {
        let Some(votes) = &mut self.votes else { return Ok(()) };
        let epoch = record.epoch.to_le_bytes();
        match record.kind {
            RecordKind::Log => {
                let bytes = [epoch.as_slice(), &record.bytes].concat();
                // The guard is the signed statement, and is read with the log.
                let guards = |guard: &Record| (guard.epoch, &guard.bytes) == (record.epoch, &record.bytes);
                if self.last_guard.as_ref().is_some_and(guards) {
                    votes.append_known(LOG, &bytes)?;
                } else {
                    votes.append(LOG, &bytes)?;
                }
            }
            RecordKind::Guard => {
                votes.guard(&[record.height.0.to_le_bytes().as_slice(), &epoch, &record.bytes].concat())?;
                self.last_guard = Some(record);
            }
        }
        Ok(())
    }
}

/// What the engine wrote, the guard first, and the bodies of the height under way.
pub(super) fn restored(kept: KeptVotes, under_way: Height) -> (Vec<Record>, Vec<Block>) {
    let (mut records, mut bodies) = (Vec::new(), Vec::new());
    if let Some((height, rest)) = kept.guard.as_deref().and_then(number) {
        let height = Height(height);
        records.extend(number(rest).map(|(epoch, bytes)| record(RecordKind::Guard, epoch, height, bytes)));
    }
    for kept in kept.records {
        match kept.kind {
            BODY if kept.height == under_way => bodies.extend(Block::from_canonical(&kept.bytes).ok()),
            BODY => {}
            _ => {
                let log = number(&kept.bytes);
                records.extend(log.map(|(epoch, bytes)| record(RecordKind::Log, epoch, kept.height, bytes)));
            }
        }
    }
    (records, bodies)
}

fn record(kind: RecordKind, epoch: u64, height: Height, bytes: &[u8]) -> Record {
    Record { kind, epoch, height, bytes: bytes.to_vec() }
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    bytes.split_first_chunk::<8>().map(|(number, rest)| (u64::from_le_bytes(*number), rest))
}

/// The log of a node that has peers.
pub(super) fn open(store: &storage::Store) -> Result<(VoteLog, KeptVotes), storage::StoreError> {
    store.vote_log()
}
