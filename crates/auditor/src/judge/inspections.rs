//! Inspections, and the records of access under them.

use std::collections::BTreeSet;

use ledger_types::{
    Access, AccessRequest, AccountKind, Asset, Envelope, Height, Inspection, InspectionId, InspectionRequest, KeyId,
    LinkAccess, Payload, RegistryKey, RegistryValue, RejectReason, Role, SignerIdentity, SignerRole,
};

use super::Case;
use crate::authority::covers;
use crate::reasons::Reasons;
use crate::report::Reading;
use crate::world::Draft;

/// A year of 366 days.
const LONGEST_MS: u64 = 366 * 24 * 3_600_000;

pub(super) fn open(case: &Case<'_>, asked: &InspectionRequest, found: &mut Reasons, draft: &mut Draft) {
    let Some(bureau) = case.signers.acting(AccountKind::Bureau, found) else { return };
    if bureau.kind == AccountKind::Bureau {
        found.add_if(!covers(bureau.area, asked.area), RejectReason::WrongArea);
    }
    let staffed = case.world.staff(bureau.id).is_some();
    found.add_if(!staffed, RejectReason::BureauNotStaffed);
    found.add_if(!case.is_ahead(asked.until_ms, LONGEST_MS), RejectReason::TimeOutOfRange);
    let mut sellers = BTreeSet::new();
    for (item, tax_id) in (0u16..).zip(&asked.tax_ids) {
        found.at_item(Some(item));
        match case.world.account_of_tax_id(tax_id) {
            Some(account) => {
                sellers.insert(*account);
            }
            None => found.add(RejectReason::AccountUnknown),
        }
    }
    for (item, key) in (0u16..).zip(&asked.auditors) {
        found.at_item(Some(item));
        let office = case.world.office(bureau.id, *key).filter(|office| case.now.0 <= office.until_ms);
        found.add_if(staffed && office.is_none_or(|office| office.role != Role::Auditor), RejectReason::OfficeUnknown);
    }
    found.at_item(None);

    let inspection = Inspection {
        bureau: bureau.id,
        area: asked.area,
        sellers: sellers.into_iter().collect(),
        from_ms: asked.from_ms,
        to_ms: asked.to_ms,
        case: asked.case,
        until_ms: asked.until_ms,
        auditors: asked.auditors.clone(),
    };
    let id = InspectionId { height: case.height, tx: case.index };
    draft.set(RegistryKey::Inspection(id), RegistryValue::Inspection(inspection));
}

pub(super) fn record(case: &Case<'_>, asked: &AccessRequest, links: bool, found: &mut Reasons, draft: &mut Draft) {
    let Some(bureau) = case.signers.acting(AccountKind::Bureau, found) else { return };
    found.add_if(case.world.staff(bureau.id).is_none(), RejectReason::BureauNotStaffed);
    let Some(inspection) = case.world.inspection(asked.inspection) else {
        return found.add(RejectReason::InspectionUnknown);
    };
    let signed = case.signers.keys.iter().filter(|signing| signing.stands_for != SignerRole::Sponsor);
    let officers: Vec<KeyId> = signed.filter(|s| s.account.id == bureau.id).map(|s| s.key.id).collect();
    let named = officers.iter().all(|key| inspection.auditors.contains(key));
    let over = case.now.0 > inspection.until_ms;
    found.add_if(inspection.bureau != bureau.id || !named || over, RejectReason::OutsideInspection);
    let access = Access { inspection: asked.inspection, at_ms: case.now.0 };
    for (item, slot) in (0u16..).zip(&asked.slots) {
        found.at_item(Some(item));
        match case.world.output(*slot).map(|output| output.asset) {
            None => found.add(RejectReason::OutputUnknown),
            Some(Asset::Payment(_)) => found.add(RejectReason::WrongAsset),
            Some(Asset::Invoice(invoice)) => {
                let within = invoice.code.area() == inspection.area
                    && inspection.sellers.contains(&invoice.seller)
                    && invoice.issued_ms >= inspection.from_ms
                    && invoice.issued_ms <= inspection.to_ms;
                found.add_if(!within, RejectReason::OutsideInspection);
            }
        }
        for key in &officers {
            let (account, key, slot) = (bureau.id, *key, *slot);
            match links {
                false => draft.set(RegistryKey::Access { account, key, slot }, RegistryValue::Access(access)),
                true => draft
                    .set(RegistryKey::LinkAccess { account, key, slot }, RegistryValue::LinkAccess(LinkAccess(access))),
            }
        }
    }
    found.at_item(None);
}

/// What an accepted transaction puts on record of reading, if it does.
pub(crate) fn reading(height: Height, tx: u16, envelope: &Envelope) -> Option<Reading> {
    let (asked, links) = match &envelope.payload {
        Payload::RecordAccess(asked) => (asked, false),
        Payload::RecordLinkAccess(asked) => (asked, true),
        _ => return None,
    };
    let mut signed = envelope.signers.iter().filter(|signer| signer.role != SignerRole::Sponsor);
    let account = |identity: &SignerIdentity| match identity {
        SignerIdentity::Account { account, key } => Some((*account, *key)),
        SignerIdentity::BareKey(_) => None,
    };
    let (bureau, _) = signed.clone().find(|s| s.role == SignerRole::Owner).and_then(|s| account(&s.identity))?;
    let auditors = signed.by_ref().filter_map(|s| account(&s.identity)).filter(|(of, _)| *of == bureau);
    let auditors = auditors.map(|(_, key)| key).collect();
    Some(Reading { height, tx, bureau, auditors, inspection: asked.inspection, slots: asked.slots.clone(), links })
}
