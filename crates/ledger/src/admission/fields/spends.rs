//! Spends: how many, none twice, well-formed reveals.

use std::collections::BTreeSet;

use ledger_types::limits::MAX_SPENDS;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{Slot, Spend};

use super::{bad, ensure};

pub(super) fn check_one(spend: &Spend) -> Result<(), Refusal> {
    let well_formed = spend.reveal.as_ref().is_none_or(|condition| condition.is_well_formed());
    ensure(well_formed, || bad(Field::Spend).with([Arg::Slot(spend.slot)]))
}

/// One to [`MAX_SPENDS`], none twice.
pub(super) fn check_many(spends: &[Spend]) -> Result<(), Refusal> {
    ensure(!spends.is_empty(), || bad(Field::Spend))?;
    check_list(spends.iter(), Field::Spend)
}

/// A list that may be empty: at most [`MAX_SPENDS`], none twice.
pub(super) fn check_list<'a>(spends: impl ExactSizeIterator<Item = &'a Spend>, field: Field) -> Result<(), Refusal> {
    let args = [Arg::Count(spends.len() as u64), Arg::Count(MAX_SPENDS as u64)];
    ensure(spends.len() <= MAX_SPENDS, || bad(field).with(args))?;
    let mut seen: BTreeSet<Slot> = BTreeSet::new();
    for (i, spend) in spends.enumerate() {
        let item = i as u16;
        ensure(seen.insert(spend.slot), || bad(field).with([Arg::Slot(spend.slot)]).at_item(item))?;
        check_one(spend).map_err(|refusal| refusal.at_item(item))?;
    }
    Ok(())
}
