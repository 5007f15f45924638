//! Grants and inspections.

use ledger_types::grant::{MAX_GRANT_SLOTS, MAX_LIVE_GRANTS};
use ledger_types::inspection::{MAX_INSPECTED, MAX_INSPECTORS};
use ledger_types::{
    Access, AccessRequest, Address, ErasureId, Grant, GrantId, GrantRef, GrantRequest, GrantScope, GrantsBy, GrantsTo,
    Height, Inspection, InspectionId, InspectionRequest, InvoiceKind, RegistryKey, SectionSet, Slot,
};

use super::error::ConvertError;
use super::field::{
    Read, account, address, area, choice, digest, end_ms, key_id, list, list_with, message, ms, required, u16_of,
    wire_end_ms, wire_ms,
};
use crate::types::v1 as wire;
use crate::types::v1::grant::Scope;

macro_rules! places {
    ($($id:ident)*) => {$(
        impl From<$id> for wire::TxPlace {
            fn from(id: $id) -> Self {
                Self { height: id.height.0, tx: id.tx.into() }
            }
        }

        impl TryFrom<wire::TxPlace> for $id {
            type Error = ConvertError;

            fn try_from(w: wire::TxPlace) -> Result<Self, ConvertError> {
                Ok(Self { height: Height(w.height), tx: u16_of(w.tx, "tx")? })
            }
        }
    )*};
}

places! { GrantId InspectionId ErasureId }

fn wire_scope(scope: &GrantScope) -> Scope {
    match scope {
        GrantScope::Slots(slots) => Scope::Slots(wire::SlotList { slots: slots.iter().map(|slot| slot.0).collect() }),
        GrantScope::Period { issued, held, kind, from_ms, to_ms } => Scope::Period(wire::GrantPeriod {
            issued: *issued,
            held: *held,
            kind: kind.map(|kind| wire::InvoiceKind::from(kind).into()),
            from_ms: wire_ms(*from_ms),
            to_ms: wire_end_ms(*to_ms),
        }),
    }
}

fn scope(w: Scope) -> Read<GrantScope> {
    Ok(match w {
        Scope::Slots(w) => GrantScope::Slots(list_with(w.slots, MAX_GRANT_SLOTS, "slots", |slot| Ok(Slot(slot)))?),
        Scope::Period(w) => GrantScope::Period {
            issued: w.issued,
            held: w.held,
            kind: w.kind.map(|kind| choice::<wire::InvoiceKind, InvoiceKind>(kind, "period.kind")).transpose()?,
            from_ms: ms(w.from_ms, "period.from_ms")?,
            to_ms: end_ms(w.to_ms, "period.to_ms")?,
        },
    })
}

impl From<&Grant> for wire::Grant {
    fn from(grant: &Grant) -> Self {
        Self {
            from: grant.from.0.to_vec(),
            to: grant.to.0.to_vec(),
            scope: Some(wire_scope(&grant.scope)),
            sections: grant.sections.0.into(),
            until_ms: wire_ms(grant.until_ms),
        }
    }
}

impl From<&GrantRequest> for wire::Grant {
    fn from(asked: &GrantRequest) -> Self {
        Self {
            from: Vec::new(),
            to: asked.to.0.to_vec(),
            scope: Some(wire_scope(&asked.scope)),
            sections: asked.sections.0.into(),
            until_ms: wire_ms(asked.until_ms),
        }
    }
}

impl TryFrom<wire::Grant> for Grant {
    type Error = ConvertError;

    fn try_from(w: wire::Grant) -> Result<Self, ConvertError> {
        Ok(Self {
            from: address(&w.from, "from")?,
            to: address(&w.to, "to")?,
            scope: scope(required(w.scope, "scope")?)?,
            sections: SectionSet(u16_of(w.sections, "sections")?),
            until_ms: ms(w.until_ms, "until_ms")?,
        })
    }
}

impl TryFrom<wire::GivenGrant> for (GrantId, Grant) {
    type Error = ConvertError;

    fn try_from(w: wire::GivenGrant) -> Result<Self, ConvertError> {
        Ok((message(w.id, "id")?, message(w.grant, "grant")?))
    }
}

impl From<&GrantRef> for wire::GrantRef {
    fn from(entry: &GrantRef) -> Self {
        Self { id: Some(entry.id.into()), until_ms: wire_ms(entry.until_ms) }
    }
}

impl TryFrom<wire::GrantRef> for GrantRef {
    type Error = ConvertError;

    fn try_from(w: wire::GrantRef) -> Result<Self, ConvertError> {
        Ok(Self { id: message(w.id, "id")?, until_ms: ms(w.until_ms, "until_ms")? })
    }
}

macro_rules! lists {
    ($($ty:ident)*) => {$(
        impl From<&$ty> for wire::GrantList {
            fn from(list: &$ty) -> Self {
                Self { grants: list.grants.iter().map(Into::into).collect() }
            }
        }

        impl TryFrom<wire::GrantList> for $ty {
            type Error = ConvertError;

            fn try_from(w: wire::GrantList) -> Result<Self, ConvertError> {
                Ok(Self { grants: list(w.grants, MAX_LIVE_GRANTS, "grants")? })
            }
        }
    )*};
}

lists! { GrantsTo GrantsBy }

/// The key of the grants of one giver to one receiver.
pub(super) fn pair(w: &wire::GrantPair) -> Read<RegistryKey> {
    Ok(RegistryKey::GrantsTo { to: address(&w.to, "to")?, from: address(&w.from, "from")? })
}

pub(super) fn wire_pair(to: &Address, from: &Address) -> wire::GrantPair {
    wire::GrantPair { to: to.0.to_vec(), from: from.0.to_vec() }
}

/// The key of a record of access to contents.
pub(super) fn access(w: &wire::AccessKey) -> Read<RegistryKey> {
    let (account, key) = (account(w.account, "account")?, key_id(w.key, "key")?);
    Ok(RegistryKey::Access { account, key, slot: Slot(w.slot) })
}

/// The key of a record of asking for a wallet's claims.
pub(super) fn link_access(w: &wire::AccessKey) -> Read<RegistryKey> {
    let (account, key) = (account(w.account, "account")?, key_id(w.key, "key")?);
    Ok(RegistryKey::LinkAccess { account, key, slot: Slot(w.slot) })
}

impl From<&Inspection> for wire::Inspection {
    fn from(i: &Inspection) -> Self {
        Self {
            bureau: i.bureau.0,
            area: i.area.0.into(),
            sellers: i.sellers.iter().map(|account| account.0).collect(),
            from_ms: wire_ms(i.from_ms),
            to_ms: wire_end_ms(i.to_ms),
            case_digest: i.case.0.to_vec(),
            until_ms: wire_ms(i.until_ms),
            auditors: i.auditors.iter().map(|key| key.0.into()).collect(),
        }
    }
}

impl TryFrom<wire::Inspection> for Inspection {
    type Error = ConvertError;

    fn try_from(w: wire::Inspection) -> Result<Self, ConvertError> {
        Ok(Self {
            bureau: account(w.bureau, "bureau")?,
            area: area(w.area, "area")?,
            sellers: list_with(w.sellers, MAX_INSPECTED, "sellers", |id| account(id, ""))?,
            from_ms: ms(w.from_ms, "from_ms")?,
            to_ms: end_ms(w.to_ms, "to_ms")?,
            case: digest(&w.case_digest, "case_digest")?,
            until_ms: ms(w.until_ms, "until_ms")?,
            auditors: list_with(w.auditors, MAX_INSPECTORS, "auditors", |id| key_id(id, ""))?,
        })
    }
}

impl TryFrom<wire::OpenedInspection> for (InspectionId, Inspection) {
    type Error = ConvertError;

    fn try_from(w: wire::OpenedInspection) -> Result<Self, ConvertError> {
        Ok((message(w.id, "id")?, message(w.inspection, "inspection")?))
    }
}

impl From<&Access> for wire::Access {
    fn from(access: &Access) -> Self {
        Self { inspection: Some(access.inspection.into()), at_ms: wire_ms(access.at_ms) }
    }
}

impl TryFrom<wire::Access> for Access {
    type Error = ConvertError;

    fn try_from(w: wire::Access) -> Result<Self, ConvertError> {
        Ok(Self { inspection: message(w.inspection, "inspection")?, at_ms: ms(w.at_ms, "at_ms")? })
    }
}

impl From<&InspectionRequest> for wire::OpenInspectionPayload {
    fn from(asked: &InspectionRequest) -> Self {
        Self {
            area: asked.area.0.into(),
            tax_ids: asked.tax_ids.iter().map(|id| id.as_str().to_owned()).collect(),
            from_ms: wire_ms(asked.from_ms),
            to_ms: wire_end_ms(asked.to_ms),
            case_digest: asked.case.0.to_vec(),
            until_ms: wire_ms(asked.until_ms),
            auditors: asked.auditors.iter().map(|key| key.0.into()).collect(),
        }
    }
}

impl From<&AccessRequest> for wire::RecordAccessPayload {
    fn from(asked: &AccessRequest) -> Self {
        Self {
            inspection: Some(asked.inspection.into()),
            slots: asked.slots.iter().map(|slot| slot.0).collect(),
            purpose: asked.purpose.0.to_vec(),
        }
    }
}
