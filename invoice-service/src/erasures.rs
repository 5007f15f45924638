//! What was ordered to be deleted (依法删除), as the chain said it: the service shows nothing of it from then on.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ledger_types::{ErasedBy, ErasedSections, SectionSet, Slot};
use sdk::{Contents, ErasedPart};

/// By invoice.
#[derive(Default)]
pub(crate) struct Erasures(Mutex<BTreeMap<Slot, ErasedSections>>);

impl Erasures {
    /// What the chain says of an invoice now.
    pub(crate) fn note(&self, slot: Slot, erased: ErasedSections) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(slot, erased);
    }

    /// One more order about an invoice, as a list of orders has it.
    pub(crate) fn add(&self, slot: Slot, by: ErasedBy) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(slot).or_default().orders.push(by);
    }

    /// What is left of an invoice's contents.
    pub(crate) fn without(&self, slot: Slot, contents: &Contents) -> Contents {
        let mut left = contents.clone();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(erased) = known.get(&slot) else { return left };
        let gone = erased.sections();
        left.sections.retain(|section| !gone.has(section.kind()));
        let parts = erased.orders.iter().map(|by| ErasedPart { sections: by.sections, order: Some(by.order) });
        left.erased = parts.filter(|part| part.sections != SectionSet(0)).collect();
        left
    }
}
