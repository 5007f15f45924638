//! The committee's keys, and that each later one came into force.

use ledger::SealingRules;
use ledger_types::{Committee, PastCommittee, RegistryKey, RegistryValue};
use proofs::{Handover, change_leaf, log_tree};
use storage::{Reader, StoreError};

/// The committee's keys as the newest state has them.
#[derive(Clone, Debug, Default)]
pub struct CommitteeView {
    /// In force, named, and still accepted.
    pub rules: SealingRules,
    /// Those that were, rising.
    pub past: Vec<PastCommittee>,
}

/// Reads them.
///
/// # Errors
/// [`StoreError`].
pub fn committee(reader: &Reader) -> Result<CommitteeView, StoreError> {
    let state = |fault: ledger::StateFault| StoreError::Poisoned { cause: fault.0 };
    let rules = SealingRules::read(&reader.view()).map_err(state)?;
    let mut past = Vec::new();
    for epoch in Committee::FIRST..rules.committee.map_or(0, |now| now.epoch) {
        if let Some(RegistryValue::PastCommittee(one)) = reader.registry(&RegistryKey::PastCommittee(epoch))? {
            past.push(one);
        }
    }
    Ok(CommitteeView { rules, past })
}

/// That each key after the first came into force, as far as its block is kept and the one after it is there.
///
/// # Errors
/// [`StoreError`].
pub fn handovers(reader: &Reader, past: &[PastCommittee]) -> Result<Vec<Handover>, StoreError> {
    let mut found = Vec::new();
    for former in past {
        let height = former.last;
        if height < reader.first_block() {
            continue;
        }
        let Some(frame) = reader.frame(height)? else { continue };
        let changes = &frame.changes.changes;
        let Some(place) = changes.iter().position(|change| Handover::committee(change).is_some()) else { continue };
        let leaves: Vec<_> = changes.iter().map(change_leaf).collect();
        let path = log_tree::steps(&leaves, place).unwrap_or_default();
        found.push(Handover { height, change: changes[place].clone(), path });
    }
    Ok(found)
}
