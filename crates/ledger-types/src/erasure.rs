//! Lawful erasure (依法删除): a bureau orders that parts of invoices' contents be deleted on every node.
//!
//! Ids, signatures, roots and proofs are over commitments, so nothing of them changes. What execution keeps of an invoice is
//! in its slot and stays; [`SectionKind::Facts`] stays too, because an invoice's amounts are judged again from it.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::grant::SectionSet;
use crate::ids::{AccountId, Area, Digest, Slot};
use crate::place_id::ErasureId;
use crate::section::SectionKind;

/// Most invoices of one order.
pub const MAX_ERASED_SLOTS: usize = 100;
/// What can be erased: seller's face, buyer's title, lines, contacts, attachments.
pub const ERASABLE: SectionSet = SectionSet(0b11_1110);
/// Nodes carry an order out when so many blocks follow its own: by then no votes and bodies of earlier heights are kept
/// beside the block files.
pub const ERASURE_DEPTH: u64 = 3;

/// What a bureau orders.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ErasureRequest {
    /// Where the invoices were issued.
    pub area: Area,
    /// Which invoices, by rising slot.
    pub slots: Vec<Slot>,
    /// What of them.
    pub sections: SectionSet,
    /// A digest of the legal ground: the file of the case.
    pub ground: Digest,
}

impl ErasureRequest {
    /// Whether its slots are in order and within their limit, its sections can be erased, and it names a ground.
    pub fn is_well_formed(&self) -> bool {
        (1..=MAX_ERASED_SLOTS).contains(&self.slots.len())
            && self.slots.is_sorted_by(|a, b| a < b)
            && self.sections.0 != 0
            && self.sections.0 & !ERASABLE.0 == 0
            && self.ground != Digest::ZERO
    }
}

/// An order as it stands in the register.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Erasure {
    /// Which bureau ordered it.
    pub bureau: AccountId,
    /// Where the invoices were issued.
    pub area: Area,
    /// Which invoices, by rising slot.
    pub slots: Vec<Slot>,
    /// What of them.
    pub sections: SectionSet,
    /// A digest of the legal ground, which stays off the chain.
    pub ground: Digest,
    /// Block time (ms) of the order.
    pub at_ms: u64,
}

/// What one order takes of an invoice that no order before it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ErasedBy {
    /// Which order.
    pub order: ErasureId,
    /// The sections that it was the first to name.
    pub sections: SectionSet,
}

/// Everything that was ordered to be erased of one invoice, by rising order. No section stands in it twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ErasedSections {
    /// By which orders.
    pub orders: Vec<ErasedBy>,
}

impl ErasedSections {
    /// All sections that are to be erased.
    pub fn sections(&self) -> SectionSet {
        self.orders.iter().fold(SectionSet(0), |all, by| all.with(by.sections))
    }

    /// The order by which a section is erased.
    pub fn order_of(&self, kind: SectionKind) -> Option<ErasureId> {
        self.orders.iter().find(|by| by.sections.has(kind)).map(|by| by.order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_names_invoices_in_order_sections_but_facts_and_a_ground() {
        let good = ErasureRequest {
            area: Area(4403),
            slots: vec![Slot(3), Slot(9)],
            sections: SectionSet::of(&[SectionKind::Buyer, SectionKind::Contacts]),
            ground: Digest([1; 32]),
        };
        assert!(good.is_well_formed());
        let all: Vec<Slot> = (0..=MAX_ERASED_SLOTS as u64).map(Slot).collect();
        assert!(ErasureRequest { slots: all[1..].to_vec(), sections: ERASABLE, ..good.clone() }.is_well_formed());
        let facts = SectionSet::of(&[SectionKind::Facts, SectionKind::Buyer]);
        let wrong = [
            ErasureRequest { slots: all, ..good.clone() },
            ErasureRequest { slots: vec![], ..good.clone() },
            ErasureRequest { slots: vec![Slot(9), Slot(3)], ..good.clone() },
            ErasureRequest { slots: vec![Slot(3), Slot(3)], ..good.clone() },
            ErasureRequest { sections: facts, ..good.clone() },
            ErasureRequest { sections: SectionSet(0), ..good.clone() },
            ErasureRequest { sections: SectionSet::of(&[SectionKind::Access]), ..good.clone() },
            ErasureRequest { ground: Digest::ZERO, ..good },
        ];
        assert!(wrong.iter().all(|order| !order.is_well_formed()));
        assert!((0..6).all(|kind| SectionSet(1 << kind).0 & ERASABLE.0 != 0 || kind == SectionKind::Facts as u8));
    }

    #[test]
    fn the_first_order_that_names_a_section_is_the_one_it_is_erased_by() {
        let id = |text: &str| text.parse::<ErasureId>().unwrap_or(ErasureId { height: crate::Height(0), tx: 0 });
        let buyer = SectionSet::of(&[SectionKind::Buyer]);
        let lines = SectionSet::of(&[SectionKind::Lines, SectionKind::Contacts]);
        let by = |order: &str, sections| ErasedBy { order: id(order), sections };
        let erased = ErasedSections { orders: vec![by("4-0", buyer), by("9-1", lines)] };
        assert_eq!(erased.order_of(SectionKind::Buyer), Some(id("4-0")));
        assert_eq!(erased.order_of(SectionKind::Contacts), Some(id("9-1")));
        assert_eq!((erased.order_of(SectionKind::Seller), erased.sections()), (None, buyer.with(lines)));
    }
}
