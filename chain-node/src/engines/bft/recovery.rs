//! After a restart: what was said is found again, and never signed anew.

use std::collections::BTreeSet;

use ledger_types::{BlockId, Height};
use malachite_core::Input;
use storage::planted::{self, Bug};

use super::{BftEngine, context::Ctx, guard::Position, record::Entry};
use crate::engines::{EngineStopped, Out, Record, RecordKind};

impl BftEngine {
    /// Takes in the records. One that cannot be read stops the engine: what it said may have been a vote.
    pub(super) fn read_records(&mut self, records: &[Record]) -> Result<(), EngineStopped> {
        let place = self.effects.place.map(|place| place.0);
        let records = if planted::is_on(Bug::SignAnew) { &[] } else { records };
        for record in records {
            if record.epoch != self.effects.epoch {
                // Said in another epoch, where places are others: nothing up to its height is signed again.
                if record.kind == RecordKind::Guard {
                    let position = Position { height: record.height.0, round: u32::MAX, step: u8::MAX };
                    self.effects.guard.advance(position);
                }
                continue;
            }
            let entry = Entry::decode(&record.bytes)
                .map_err(|e| self.stop(&format!("a record of height {} cannot be read: {e}", record.height)))?;
            let position = place.and_then(|place| entry.position_of(place));
            if let Some(position) = position {
                self.effects.guard.advance(position);
            }
            match record.kind {
                RecordKind::Log => self.records.entry(record.height.0).or_default().push(entry),
                RecordKind::Guard if position.is_some() => self.last_signed = Some(entry),
                // Signed with another key, before this one was this node's.
                RecordKind::Guard => {}
            }
        }
        Ok(())
    }

    /// The last signed statement, if it was of this height.
    pub(super) fn signed_at(&self, height: u64) -> Option<&Entry> {
        let place = self.effects.place?.0;
        let signed = self.last_signed.as_ref()?;
        signed.position_of(place).is_some_and(|position| position.height == height).then_some(signed)
    }

    /// Begins the height with what the records hold of it, in their order. Own statements are said again, as they were.
    pub(super) fn replay(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let height = self.effects.height;
        let mut entries = self.records.remove(&height).unwrap_or_default();
        let signed = self.signed_at(height).filter(|signed| !entries.contains(signed)).cloned();
        if entries.is_empty() && signed.is_none() {
            return self.start_core(out);
        }
        self.note_own_proposals(entries.iter().chain(&signed));
        self.effects.replayed = Some(entries.iter().map(Entry::encode).collect::<BTreeSet<_>>());
        let count = entries.len();
        // The last statement may be in the guard alone: known, though nothing after it was written.
        entries.extend(signed);
        let unreadable = |e| self.stop(&format!("a record of height {height} cannot be replayed: {e}"));
        let inputs: Vec<Input<Ctx>> =
            entries.into_iter().map(|e| e.into_input(Height(height))).collect::<Result<_, _>>().map_err(unreadable)?;
        self.core().index_wal_entries(&inputs);
        self.start_core(out)?;
        for input in inputs.into_iter().take(count) {
            if self.muted {
                break;
            }
            self.feed(input, out)?;
        }
        self.propose_again(out)?;
        self.end_replay(out);
        Ok(())
    }

    fn note_own_proposals<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>) {
        let Some(place) = self.effects.place else {
            return;
        };
        for entry in entries {
            if let Entry::Proposal(p) = entry
                && p.proposer == place.0
            {
                self.effects.proposed.entry(p.round).or_insert(p.block_id);
            }
        }
    }

    /// The block of a proposal that was signed, but whose record did not follow the guard's, is proposed again.
    fn propose_again(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let Some(round) = self.effects.wanted_in_replay.take() else {
            return Ok(());
        };
        let here = self.state.as_ref().is_some_and(|state| {
            state.round().as_u32() == Some(round) && state.driver.step_is_propose() && !self.muted
        });
        match self.effects.proposed.get(&round).copied() {
            Some(id) if here => self.propose(round, id, out),
            None if here => {
                out.push(Out::Build { height: Height(self.effects.height), view: u64::from(round) });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end_replay(&mut self, out: &mut Vec<Out>) {
        self.effects.replayed = None;
        if let Some(state) = &mut self.state {
            state.reset_entries_index();
        }
        let height = Height(self.effects.height);
        let open: Vec<BlockId> = self.effects.asked.keys().copied().collect();
        out.extend(open.into_iter().map(|id| Out::Validate { height, id }));
    }
}
