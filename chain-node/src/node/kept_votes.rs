//! The engine's records and proposed bodies on disk.

use ledger_types::{Block, Canonical, Height};
use storage::{KeptVotes, VoteLog};

use super::Node;
use crate::commit::NodeFault;
use crate::engines::{Record, RecordKind};

/// A record of the engine's log.
const LOG: u8 = 1;
/// A proposed block.
pub(super) const BODY: u8 = 2;

impl Node {
    pub(super) fn persist(&mut self, record: &Record) -> Result<(), NodeFault> {
        let Some(votes) = &mut self.votes else { return Ok(()) };
        match record.kind {
            RecordKind::Log => votes.append(LOG, &record.bytes)?,
            RecordKind::Guard => votes.guard(&[&record.height.0.to_le_bytes(), record.bytes.as_slice()].concat())?,
        }
        Ok(())
    }
}

/// What the engine wrote, the guard first, and the bodies of the height under way.
pub(super) fn restored(kept: KeptVotes, under_way: Height) -> (Vec<Record>, Vec<Block>) {
    let (mut records, mut bodies) = (Vec::new(), Vec::new());
    if let Some((height, bytes)) = kept.guard.as_deref().and_then(<[u8]>::split_first_chunk::<8>) {
        let height = Height(u64::from_le_bytes(*height));
        records.push(Record { kind: RecordKind::Guard, height, bytes: bytes.to_vec() });
    }
    for record in kept.records {
        match record.kind {
            BODY if record.height == under_way => bodies.extend(Block::from_canonical(&record.bytes).ok()),
            BODY => {}
            _ => records.push(Record { kind: RecordKind::Log, height: record.height, bytes: record.bytes }),
        }
    }
    (records, bodies)
}

/// The log of a node that has peers.
pub(super) fn open(store: &storage::Store) -> Result<(VoteLog, KeptVotes), storage::StoreError> {
    store.vote_log()
}
