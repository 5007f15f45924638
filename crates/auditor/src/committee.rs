//! The committee's keys, judged again: which epochs a body may be sealed for, and when the next key takes over. Written from
//! the formats, not from the node.

use std::collections::BTreeSet;

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::{
    AcceptedEpochs, BlockTime, CommitteeChange, CommitteeReady, Height, NextCommittee, PastCommittee, RegistryKey,
    RegistryValue, RejectReason, TimerTask,
};

use crate::world::{Draft, World};

/// Blocks between the last validator's readiness being seen and the key being in force.
const NOTICE: u64 = 20;
/// Former keys at one time.
const MOST_FORMER: usize = 8;

/// The epochs that a body may be sealed for after this state; none on a chain of plain bodies.
pub(crate) fn sealed_for(world: &World) -> BTreeSet<u32> {
    let former = world.accepted_epochs().map_or(&[][..], |accepted| &accepted.epochs);
    world.committee().map(|committee| committee.epoch).into_iter().chain(former.iter().copied()).collect()
}

/// Why a key cannot be named while `named` is.
pub(crate) fn naming_fault(
    world: &World,
    named: Option<&NextCommittee>,
    change: &CommitteeChange,
) -> Option<RejectReason> {
    let follows = world.committee().is_some_and(|now| {
        change.committee.epoch.checked_sub(1) == Some(now.epoch) && change.committee.public_key != now.public_key
    });
    let crowded = world.accepted_epochs().is_some_and(|accepted| accepted.epochs.len() >= MOST_FORMER);
    (!follows || named.is_some() || crowded).then_some(RejectReason::CommitteeKeyInvalid)
}

/// Why a key cannot be given up.
pub(crate) fn withdrawal_fault(named: Option<&NextCommittee>, epoch: u32) -> Option<RejectReason> {
    let is_named = named.is_some_and(|named| named.change.committee.epoch == epoch);
    (!is_named).then_some(RejectReason::NoNextCommittee)
}

/// What readiness does, or why it does nothing.
pub(crate) fn note_ready(world: &World, ready: &CommitteeReady, draft: &mut Draft) -> Option<RejectReason> {
    let Some(next) = world.next_committee().filter(|next| next.change.committee == ready.body.committee) else {
        return Some(RejectReason::NoNextCommittee);
    };
    if world.validators().validators.iter().all(|member| member.vote_key != ready.body.vote_key) {
        return Some(RejectReason::ReadinessForeign);
    }
    if next.ready.contains(&ready.body.vote_key) {
        return Some(RejectReason::ReadinessKnown);
    }
    let mut next = next.clone();
    next.ready.push(ready.body.vote_key);
    next.ready.sort_unstable();
    draft.set(RegistryKey::NextCommittee, RegistryValue::NextCommittee(next));
    None
}

/// What the beginning of the block at `height` does, after the changes of the chain's rules.
pub(crate) fn turn(world: &mut World, height: Height, now: BlockTime) {
    let (Some(next), Some(former)) = (world.next_committee().cloned(), world.committee().copied()) else { return };
    let all = world.validators().validators.iter().all(|member| next.ready.contains(&member.vote_key));
    let first = match (all, next.first) {
        (false, _) => None,
        (true, None) => Some(Height(height.0 + NOTICE)),
        (true, Some(first)) if first.0 > height.0 + 1 => return,
        (true, Some(_)) => return take_over(world, &next.change, former, height, now),
    };
    if first != next.first {
        let next = NextCommittee { first, ..next };
        world.put(SYSTEM_CAUSE, RegistryKey::NextCommittee, Some(RegistryValue::NextCommittee(next)));
    }
}

fn take_over(
    world: &mut World,
    change: &CommitteeChange,
    former: ledger_types::Committee,
    height: Height,
    now: BlockTime,
) {
    let until = BlockTime(now.0 + change.overlap_ms);
    let mut epochs = world.accepted_epochs().map_or_else(Vec::new, |accepted| accepted.epochs.clone());
    epochs.push(former.epoch);
    let mut draft = Draft::new(world, now);
    draft.remove(RegistryKey::NextCommittee);
    draft.set(RegistryKey::Committee, RegistryValue::Committee(change.committee));
    let past = PastCommittee { committee: former, last: height, until };
    draft.set(RegistryKey::PastCommittee(former.epoch), RegistryValue::PastCommittee(past));
    draft.set(RegistryKey::AcceptedEpochs, RegistryValue::AcceptedEpochs(AcceptedEpochs { epochs }));
    draft.schedule(until.0 + 1, TimerTask::EndCommitteeOverlap { epoch: former.epoch });
    let (work, _) = draft.finish();
    world.apply(SYSTEM_CAUSE, work);
}

/// The overlap of a former key is over. None if it was before.
pub(crate) fn end_overlap(world: &World, epoch: u32, draft: &mut Draft) -> Option<()> {
    let accepted = world.accepted_epochs().filter(|accepted| accepted.epochs.contains(&epoch))?;
    let epochs: Vec<u32> = accepted.epochs.iter().copied().filter(|held| *held != epoch).collect();
    if epochs.is_empty() {
        draft.remove(RegistryKey::AcceptedEpochs);
    } else {
        draft.set(RegistryKey::AcceptedEpochs, RegistryValue::AcceptedEpochs(AcceptedEpochs { epochs }));
    }
    Some(())
}
