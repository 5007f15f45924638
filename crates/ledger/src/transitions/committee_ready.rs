//! Notes that a validator has the committee's next key (就绪). By anyone. Both signatures were checked at admission; here
//! the key must be the one that is named, and its validator one of those of the next block.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{CommitteeReady, NextCommittee, RegistryKey, RejectReason, TxOutcome, ValidatorSet};

use crate::findings::Stop;
use crate::governance::no_next;
use crate::overlay::TxOverlay;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, ready: &CommitteeReady) -> Result<TxOutcome, Stop> {
    let (said, vote_key) = (ready.body.committee, ready.body.vote_key);
    let held = state.get::<NextCommittee>(&RegistryKey::NextCommittee)?;
    let named = held.as_ref().map_or(0, |next| next.change.committee.epoch);
    let Some(held) = held.filter(|next| next.change.committee == said) else {
        return Err(no_next(Field::CommitteeKey, said.epoch, named).into());
    };
    if state.must_get::<ValidatorSet>(&RegistryKey::Validators)?.place_of(&vote_key).is_none() {
        return Err(Refusal::new(RejectReason::ReadinessForeign, Field::CommitteeKey).into());
    }
    let mut next = NextCommittee::clone(&held);
    match next.ready.binary_search(&vote_key) {
        Ok(_) => {
            let args = [Arg::Count(u64::from(said.epoch))];
            Err(Refusal::new(RejectReason::ReadinessKnown, Field::CommitteeKey).with(args).into())
        }
        Err(place) => {
            next.ready.insert(place, vote_key);
            state.put(RegistryKey::NextCommittee, next);
            Ok(TxOutcome::Done)
        }
    }
}
