use ledger_types::*;

use super::*;
use crate::seed::Seed;

pub(crate) fn grant_id(s: &mut Seed) -> GrantId {
    GrantId { height: Height(s.next()), tx: s.next() as u16 }
}

pub(crate) fn inspection_id(s: &mut Seed) -> InspectionId {
    InspectionId { height: Height(s.next()), tx: s.next() as u16 }
}

pub(crate) fn grant_ref(s: &mut Seed) -> GrantRef {
    GrantRef { id: grant_id(s), until_ms: ms(s) }
}

fn end(s: &mut Seed) -> u64 {
    s.option(ms).unwrap_or(u64::MAX)
}

fn scope(s: &mut Seed) -> GrantScope {
    if s.flag() {
        return GrantScope::Slots(s.list(4, slot));
    }
    let kind = s.option(|s| s.pick(InvoiceKind::ALL));
    GrantScope::Period { issued: s.flag(), held: s.flag(), kind, from_ms: ms(s), to_ms: end(s) }
}

pub(crate) fn access_grant(s: &mut Seed) -> Grant {
    let sections = SectionSet(s.next() as u16);
    Grant { from: address(s), to: address(s), scope: scope(s), sections, until_ms: ms(s) }
}

pub(crate) fn erasure_id(s: &mut Seed) -> ErasureId {
    ErasureId { height: Height(s.next()), tx: s.next() as u16 }
}

pub(crate) fn erasure(s: &mut Seed) -> Erasure {
    Erasure {
        bureau: account_id(s),
        area: area_id(s),
        slots: s.list(3, slot),
        sections: SectionSet(s.next() as u16),
        ground: digest(s),
        at_ms: ms(s),
    }
}

pub(crate) fn inspection(s: &mut Seed) -> Inspection {
    Inspection {
        bureau: account_id(s),
        area: area_id(s),
        sellers: s.list(3, account_id),
        from_ms: ms(s),
        to_ms: end(s),
        case: digest(s),
        until_ms: ms(s),
        auditors: s.list(3, |s| KeyId(s.next() as u16)),
    }
}

pub(crate) fn access_payload(s: &mut Seed, number: u64) -> Payload {
    match number {
        41 => {
            let Grant { to, scope, sections, until_ms, .. } = access_grant(s);
            Payload::GrantAccess(GrantRequest { to, scope, sections, until_ms })
        }
        42 => Payload::RevokeAccess { grant: grant_id(s) },
        43 => {
            let Inspection { area, from_ms, to_ms, case, until_ms, auditors, .. } = inspection(s);
            let tax_ids = s.list(2, tax_id);
            Payload::OpenInspection(InspectionRequest { area, tax_ids, from_ms, to_ms, case, until_ms, auditors })
        }
        48 => {
            let Erasure { area, slots, sections, ground, .. } = erasure(s);
            Payload::OrderErasure(ErasureRequest { area, slots, sections, ground })
        }
        number => {
            let (inspection, slots, purpose) = (inspection_id(s), s.list(3, slot), digest(s));
            let asked = AccessRequest { inspection, slots, purpose };
            if number == 44 { Payload::RecordAccess(asked) } else { Payload::RecordLinkAccess(asked) }
        }
    }
}
