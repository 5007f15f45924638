//! Orders of erasure, and whether what is missing was ordered away.

use std::collections::BTreeMap;

use ledger_types::output::Origin;
use ledger_types::{
    AccountKind, Asset, ErasedBy, ErasedSections, Erasure, ErasureId, ErasureRequest, FaceState, Height, Payload,
    RegistryKey, RegistryValue, RejectReason, SectionSet, Transaction,
};

use super::Case;
use crate::authority::covers;
use crate::reasons::Reasons;
use crate::report::{AuditReport, Erasing};
use crate::world::{Draft, World};

pub(super) fn order(case: &Case<'_>, asked: &ErasureRequest, found: &mut Reasons, draft: &mut Draft) {
    let Some(bureau) = case.signers.acting(AccountKind::Bureau, found) else { return };
    if bureau.kind == AccountKind::Bureau {
        found.add_if(!covers(bureau.area, asked.area), RejectReason::WrongArea);
    }
    found.add_if(case.world.staff(bureau.id).is_none(), RejectReason::BureauNotStaffed);
    let id = ErasureId { height: case.height, tx: case.index };
    for (item, slot) in (0u16..).zip(&asked.slots) {
        found.at_item(Some(item));
        let invoice = match case.world.output(*slot).map(|output| output.asset) {
            None => {
                found.add(RejectReason::OutputUnknown);
                continue;
            }
            Some(Asset::Payment(_)) => {
                found.add(RejectReason::WrongAsset);
                continue;
            }
            Some(Asset::Invoice(invoice)) => invoice,
        };
        found.add_if(invoice.code.area() != asked.area, RejectReason::WrongArea);
        found.add_if(matches!(invoice.face, FaceState::Red { .. }), RejectReason::IsRed);
        let mut erased = case.world.erased(*slot).cloned().unwrap_or(ErasedSections { orders: Vec::new() });
        let named_before = erased.orders.iter().fold(0, |bits, by| bits | by.sections.0);
        let sections = SectionSet(asked.sections.0 & !named_before);
        found.add_if(sections.0 == 0, RejectReason::AlreadyErased);
        erased.orders.push(ErasedBy { order: id, sections });
        draft.set(RegistryKey::Erased(*slot), RegistryValue::Erased(erased));
    }
    found.at_item(None);
    let ErasureRequest { area, sections, ground, .. } = *asked;
    let order = Erasure { bureau: bureau.id, area, slots: asked.slots.clone(), sections, ground, at_ms: case.now.0 };
    draft.set(RegistryKey::Erasure(id), RegistryValue::Erasure(order));
}

/// What an accepted transaction orders to be erased, if it does.
pub(crate) fn ordered(world: &World, height: Height, tx: u16, of: &Transaction) -> Option<Erasing> {
    let Payload::OrderErasure(_) = &of.envelope.payload else { return None };
    let order = world.erasure(ErasureId { height, tx })?;
    let Erasure { bureau, sections, ref slots, .. } = *order;
    Some(Erasing { height, tx, bureau, sections, slots: slots.clone() })
}

/// What was met erased, by where it stands.
#[derive(Default)]
pub(crate) struct Missing(Vec<(Origin, SectionSet)>);

impl Missing {
    /// Notes what a transaction lacks.
    pub(crate) fn note(&mut self, height: Height, tx: u16, of: &Transaction) {
        if !of.has_erased() {
            return;
        }
        for item in 0..u16::try_from(of.batch_items().len().max(1)).unwrap_or(u16::MAX) {
            let gone = of.sections_of(item).iter().filter(|section| section.is_erased());
            let bits = gone.fold(0, |bits, section| bits | 1 << (section.kind() as u8));
            if bits != 0 {
                self.0.push((Origin { height, tx, item }, SectionSet(bits)));
            }
        }
    }

    /// Holds it against the orders: what none of them names is a difference.
    pub(crate) fn hold_against_orders(&self, world: &World, report: &mut AuditReport) {
        let mut named: BTreeMap<Origin, u16> = BTreeMap::new();
        for order in &report.erasures {
            let invoices = order.slots.iter().filter_map(|slot| world.output(*slot)?.invoice().copied());
            for invoice in invoices {
                *named.entry(invoice.origin).or_default() |= order.sections.0;
            }
        }
        for (origin, gone) in &self.0 {
            report.erased += u64::from(gone.0.count_ones());
            let strange = gone.0 & !named.get(origin).copied().unwrap_or(0);
            if strange != 0 {
                let what = format!("sections of item {}", origin.item);
                report.add(
                    origin.height,
                    Some(origin.tx),
                    what,
                    format!("erased: {strange:#b}"),
                    "no order names them",
                );
            }
        }
    }
}
