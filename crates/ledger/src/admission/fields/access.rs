//! Grants, inspections and erasures: lists in order, within their limits.

use ledger_types::refusal::{Field, Refusal};
use ledger_types::{Address, Payload};

use super::{bad, check_tax_id, ensure};

pub(super) fn check(payload: &Payload) -> Result<(), Refusal> {
    match payload {
        Payload::GrantAccess(asked) => {
            ensure(asked.to != Address::ZERO, || bad(Field::To))?;
            ensure(asked.scope.is_well_formed() && asked.sections.is_valid(), || bad(Field::Grant))
        }
        Payload::OpenInspection(asked) => {
            asked.tax_ids.iter().try_for_each(|id| check_tax_id(Some(id)))?;
            ensure(asked.is_well_formed(), || bad(Field::Inspection))
        }
        Payload::RecordAccess(asked) | Payload::RecordLinkAccess(asked) => {
            ensure(asked.is_well_formed(), || bad(Field::Inspection))
        }
        Payload::OrderErasure(asked) => ensure(asked.is_well_formed(), || bad(Field::Erasure)),
        _ => Ok(()),
    }
}
