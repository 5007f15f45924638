//! Orders that parts of invoices' contents be deleted on every node (依法删除). By a security administrator of a staffed bureau
//! with an approver beside him, within the bureau's authority. Nothing of the invoices changes but what can be read of them.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    ErasedBy, ErasedSections, Erasure, ErasureId, ErasureRequest, FaceState, RegistryKey, RejectReason, SectionSet,
    Slot, Staff, TxOutcome,
};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::target::Target;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, asked: &ErasureRequest) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    call.bureau_over(asked.area, &mut found)?;
    let bureau = call.actor_id()?;
    let staffed = state.get::<Staff>(&RegistryKey::Staff(bureau))?.is_some();
    found.require(staffed, RejectReason::BureauNotStaffed, Field::Signers);
    let order = ErasureId::at(call.origin);
    let mut erased = Vec::with_capacity(asked.slots.len());
    for (item, slot) in (0u16..).zip(&asked.slots) {
        let Some(target) = found.take(Target::of_item(state, *slot, item))? else { continue };
        if target.invoice.code.area() != asked.area {
            found.add(target.refusal(RejectReason::WrongArea));
        }
        // What a red invoice says is what the blue one says: that is to be named.
        if matches!(target.invoice.face, FaceState::Red { .. }) {
            found.add(target.refusal(RejectReason::IsRed));
        }
        match with_order(state, *slot, asked.sections, order)? {
            Some(sections) => erased.push((*slot, sections)),
            None => {
                let refusal = Refusal::new(RejectReason::AlreadyErased, Field::Erasure).with([Arg::Slot(*slot)]);
                found.add(refusal.at_item(item));
            }
        }
    }
    found.finish()?;
    let ErasureRequest { area, sections, ground, .. } = *asked;
    let entry = Erasure { bureau, area, slots: asked.slots.clone(), sections, ground, at_ms: call.now.0 };
    state.put(RegistryKey::Erasure(order), entry);
    for (slot, sections) in erased {
        state.put(RegistryKey::Erased(slot), sections);
    }
    Ok(TxOutcome::Done)
}

/// What is erased of an invoice with this order; none if the order adds nothing.
fn with_order(
    state: &TxOverlay<'_, '_>,
    slot: Slot,
    asked: SectionSet,
    order: ErasureId,
) -> Result<Option<ErasedSections>, Stop> {
    let before = state.get::<ErasedSections>(&RegistryKey::Erased(slot))?;
    let mut erased = before.map(|held| (*held).clone()).unwrap_or_default();
    let sections = SectionSet(asked.0 & !erased.sections().0);
    if sections.0 == 0 {
        return Ok(None);
    }
    erased.orders.push(ErasedBy { order, sections });
    Ok(Some(erased))
}
