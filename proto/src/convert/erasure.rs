//! Orders of erasure, and what they take.

use ledger_types::erasure::MAX_ERASED_SLOTS;
use ledger_types::{ErasedBy, ErasedSections, Erasure, ErasureId, ErasureRequest, SectionSet, Slot};

use super::error::ConvertError;
use super::field::{account, area, digest, list, list_with, message, ms, u16_of, wire_ms};
use crate::types::v1 as wire;

/// Most orders that take something of one invoice: each takes at least one of five sections.
const MAX_ORDERS: usize = 5;

impl From<&ErasureRequest> for wire::OrderErasurePayload {
    fn from(asked: &ErasureRequest) -> Self {
        Self {
            area: asked.area.0.into(),
            slots: asked.slots.iter().map(|slot| slot.0).collect(),
            sections: asked.sections.0.into(),
            ground: asked.ground.0.to_vec(),
        }
    }
}

impl From<&Erasure> for wire::Erasure {
    fn from(e: &Erasure) -> Self {
        Self {
            bureau: e.bureau.0,
            area: e.area.0.into(),
            slots: e.slots.iter().map(|slot| slot.0).collect(),
            sections: e.sections.0.into(),
            ground: e.ground.0.to_vec(),
            at_ms: wire_ms(e.at_ms),
        }
    }
}

impl TryFrom<wire::Erasure> for Erasure {
    type Error = ConvertError;

    fn try_from(w: wire::Erasure) -> Result<Self, ConvertError> {
        Ok(Self {
            bureau: account(w.bureau, "bureau")?,
            area: area(w.area, "area")?,
            slots: list_with(w.slots, MAX_ERASED_SLOTS, "slots", |slot| Ok(Slot(slot)))?,
            sections: SectionSet(u16_of(w.sections, "sections")?),
            ground: digest(&w.ground, "ground")?,
            at_ms: ms(w.at_ms, "at_ms")?,
        })
    }
}

impl From<&ErasedBy> for wire::ErasedBy {
    fn from(by: &ErasedBy) -> Self {
        Self { order: Some(by.order.into()), sections: by.sections.0.into() }
    }
}

impl TryFrom<wire::ErasedBy> for ErasedBy {
    type Error = ConvertError;

    fn try_from(w: wire::ErasedBy) -> Result<Self, ConvertError> {
        Ok(Self { order: message(w.order, "order")?, sections: SectionSet(u16_of(w.sections, "sections")?) })
    }
}

impl From<&ErasedSections> for wire::ErasedSections {
    fn from(erased: &ErasedSections) -> Self {
        Self { orders: erased.orders.iter().map(Into::into).collect() }
    }
}

impl TryFrom<wire::ErasedSections> for ErasedSections {
    type Error = ConvertError;

    fn try_from(w: wire::ErasedSections) -> Result<Self, ConvertError> {
        Ok(Self { orders: list(w.orders, MAX_ORDERS, "orders")? })
    }
}

impl TryFrom<wire::OrderedErasure> for (ErasureId, Erasure) {
    type Error = ConvertError;

    fn try_from(w: wire::OrderedErasure) -> Result<Self, ConvertError> {
        Ok((message(w.id, "id")?, message(w.erasure, "erasure")?))
    }
}
