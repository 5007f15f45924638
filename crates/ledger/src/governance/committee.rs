//! Which keys of the committee count, and when the next one takes its place.
//!
//! A key is named by a change, shown by each validator, and in force some blocks after the last of them did. Like all that
//! a height is made under, it is decided by the state before: at the beginning of block H for H + 1.

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::limits::{COMMITTEE_NOTICE, MAX_ACCEPTED_COMMITTEES};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    AcceptedEpochs, Committee, CommitteeChange, Height, NextCommittee, PastCommittee, RegistryKey, RegistryValue,
    RejectReason, TimerTask, ValidatorSet,
};

use crate::execution::BlockContext;
use crate::fault::ExecutionFault;
use crate::overlay::{BlockOverlay, TxOverlay};
use crate::state_view::{StateFault, StateView};

/// The committee's keys as a state has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealingRules {
    /// The one in force; none on a chain of plain bodies.
    pub committee: Option<Committee>,
    /// The one that is named and not in force yet.
    pub next: Option<NextCommittee>,
    /// Former epochs that bodies may still be sealed for, rising.
    pub accepted: Vec<u32>,
}

impl SealingRules {
    /// Those of a state.
    ///
    /// # Errors
    /// [`StateFault`] if the state cannot be read.
    pub fn read(state: &dyn StateView) -> Result<Self, StateFault> {
        let Some(committee) = (match state.registry(&RegistryKey::Committee)? {
            None => None,
            Some(RegistryValue::Committee(committee)) => Some(committee),
            Some(_) => return Err(StateFault("the entry of the committee is none".to_owned())),
        }) else {
            return Ok(Self::default());
        };
        let next = match state.registry(&RegistryKey::NextCommittee)? {
            Some(RegistryValue::NextCommittee(next)) => Some(next),
            _ => None,
        };
        let accepted = match state.registry(&RegistryKey::AcceptedEpochs)? {
            Some(RegistryValue::AcceptedEpochs(accepted)) => accepted.epochs,
            _ => Vec::new(),
        };
        Ok(Self { committee: Some(committee), next, accepted })
    }

    /// Whether a body sealed for this epoch may stand in the next block.
    pub fn accepts(&self, epoch: u32) -> bool {
        self.committee.is_some_and(|committee| committee.epoch == epoch) || self.accepted.contains(&epoch)
    }

    /// Why a body sealed for this epoch may not: with the epoch that it says and the one in force, 0 for none.
    pub fn refusal(&self, epoch: u32) -> Refusal {
        let epochs = [epoch, self.committee.map_or(0, |committee| committee.epoch)];
        let args = epochs.map(|epoch| Arg::Count(u64::from(epoch)));
        Refusal::new(RejectReason::WrongSealEpoch, Field::Sections).with(args)
    }

    /// Why this key cannot be named next.
    pub(super) fn check_next(&self, change: &CommitteeChange) -> Option<Refusal> {
        let now = self.committee.unwrap_or(Committee { epoch: 0, public_key: [0; 33] });
        let expected = now.epoch.saturating_add(1);
        let CommitteeChange { committee, .. } = change;
        let fits = self.committee.is_some()
            && self.next.is_none()
            && self.accepted.len() < MAX_ACCEPTED_COMMITTEES
            && committee.epoch == expected
            && committee.public_key != now.public_key;
        let args = [committee.epoch, expected].map(|epoch| Arg::Count(u64::from(epoch)));
        (!fits).then(|| Refusal::new(RejectReason::CommitteeKeyInvalid, Field::Change).with(args))
    }

    /// Why the next key cannot be given up.
    pub(super) fn check_withdrawal(&self, epoch: u32) -> Option<Refusal> {
        let named = self.next.as_ref().map_or(0, |next| next.change.committee.epoch);
        (named != epoch || named == 0).then(|| no_next(Field::Change, epoch, named))
    }
}

/// No next key is named, or another.
pub(crate) fn no_next(field: Field, said: u32, named: u32) -> Refusal {
    let args = [said, named].map(|epoch| Arg::Count(u64::from(epoch)));
    Refusal::new(RejectReason::NoNextCommittee, field).with(args)
}

/// Announces the height of a key that all validators have, takes that back if one of them has it no more, and puts it in
/// force. After the changes of the block, so that `Validators` is the set of the next height.
pub(super) fn begin_block(block: &mut BlockOverlay<'_>, ctx: &BlockContext) -> Result<(), ExecutionFault> {
    let mut state = TxOverlay::new(block);
    let Some(next) = state.get::<NextCommittee>(&RegistryKey::NextCommittee)? else { return Ok(()) };
    let mut next = NextCommittee::clone(&next);
    let set = state.must_get::<ValidatorSet>(&RegistryKey::Validators)?;
    let coming = ctx.height.next();
    let ready = next.are_ready(&set);
    match next.first {
        Some(first) if ready && first <= coming => put_in_force(&mut state, &next.change, ctx)?,
        Some(_) if ready => return Ok(()),
        None if !ready => return Ok(()),
        _ => {
            next.first = ready.then(|| Height(ctx.height.0.saturating_add(COMMITTEE_NOTICE)));
            state.put(RegistryKey::NextCommittee, next);
        }
    }
    let writes = state.into_writes();
    block.absorb(SYSTEM_CAUSE, writes);
    Ok(())
}

fn put_in_force(
    state: &mut TxOverlay<'_, '_>,
    change: &CommitteeChange,
    ctx: &BlockContext,
) -> Result<(), ExecutionFault> {
    let former = *state.must_get::<Committee>(&RegistryKey::Committee)?;
    let until = ctx.time.plus_ms(change.overlap_ms);
    let held = state.get::<AcceptedEpochs>(&RegistryKey::AcceptedEpochs)?;
    let mut accepted = held.map_or_else(AcceptedEpochs::default, |held| AcceptedEpochs::clone(&held));
    accepted.epochs.push(former.epoch);
    state.put(RegistryKey::Committee, change.committee);
    state.put(RegistryKey::PastCommittee(former.epoch), PastCommittee { committee: former, last: ctx.height, until });
    state.put(RegistryKey::AcceptedEpochs, accepted);
    state.remove(RegistryKey::NextCommittee);
    state.add_timer_after(until.0, TimerTask::EndCommitteeOverlap { epoch: former.epoch })?;
    Ok(())
}

/// The overlap of a former key is over: from the next block on no body is sealed for it.
pub(crate) fn end_overlap(state: &mut TxOverlay<'_, '_>, epoch: u32) -> Result<bool, StateFault> {
    let Some(held) = state.get::<AcceptedEpochs>(&RegistryKey::AcceptedEpochs)? else { return Ok(false) };
    let mut accepted = AcceptedEpochs::clone(&held);
    let before = accepted.epochs.len();
    accepted.epochs.retain(|held| *held != epoch);
    if accepted.epochs.len() == before {
        return Ok(false);
    }
    match accepted.epochs.is_empty() {
        true => state.remove(RegistryKey::AcceptedEpochs),
        false => state.put(RegistryKey::AcceptedEpochs, accepted),
    }
    Ok(true)
}
