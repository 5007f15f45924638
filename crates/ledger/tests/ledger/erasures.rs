//! Orders of erasure: two persons of a staffed bureau, invoices of its area, and no section twice.

use ledger_types::*;

use crate::offices::{hire, tried};
use crate::scenario::Step;
use crate::values::entry;
use crate::world::{AREA, Draft, World, account_id};

/// A staffed bureau and three invoices in slots 0 to 2.
struct Staffed {
    world: World,
    security: String,
    approver: String,
}

fn staffed() -> Staffed {
    let mut world = World::new();
    for step in ["issue", "issue by=shop2", "issue"] {
        let draft = Step::parse(step).draft(&world).unwrap();
        world.must(draft);
    }
    let security = hire(&mut world, "bureau", Role::SecurityAdministrator, "zhao");
    let approver = hire(&mut world, "bureau", Role::Approver, "li");
    Staffed { world, security, approver }
}

fn asked(slots: &[u64], kinds: &[SectionKind]) -> ErasureRequest {
    let slots = slots.iter().map(|slot| Slot(*slot)).collect();
    ErasureRequest { area: AREA, slots, sections: SectionSet::of(kinds), ground: Digest([7; 32]) }
}

impl Staffed {
    fn order_by(&mut self, by: &str, request: ErasureRequest) -> Vec<RejectReason> {
        tried(&mut self.world, by, Payload::OrderErasure(request))
    }

    fn order(&mut self, request: ErasureRequest) -> Vec<RejectReason> {
        let by = format!("{}+{}:cosigner", self.security, self.approver);
        self.order_by(&by, request)
    }

    fn erased(&self, slot: u64) -> Vec<(u64, u16)> {
        match entry(&self.world, &RegistryKey::Erased(Slot(slot))) {
            Some(RegistryValue::Erased(erased)) => {
                erased.orders.iter().map(|by| (by.order.height.0, by.sections.0)).collect()
            }
            None => Vec::new(),
            other => panic!("{other:?}"),
        }
    }
}

use SectionKind::{Buyer, Contacts, Facts, Lines};

#[test]
fn an_order_takes_a_security_administrator_and_an_approver_of_two_persons() {
    let mut staffed = staffed();
    let same = hire(&mut staffed.world, "bureau", Role::Approver, "zhao");
    let (security, approver) = (staffed.security.clone(), staffed.approver.clone());
    use RejectReason::*;
    let cases = [
        (security.clone(), vec![ApproverMissing]),
        (format!("{security}+{same}:cosigner"), vec![OwnProposal]),
        (format!("{security}+{approver}:sponsor"), vec![ApproverMissing]),
        (format!("{approver}+{security}:cosigner"), vec![RoleNotAllowed, ApproverMissing]),
        ("bureau".to_owned(), vec![RoleNotAllowed, ApproverMissing]),
        ("province".to_owned(), vec![BureauNotStaffed]),
        ("shop".to_owned(), vec![WrongRole, BureauNotStaffed]),
        (format!("{security}+{approver}:cosigner"), vec![]),
    ];
    for (by, reasons) in cases {
        let mut found = staffed.order_by(&by, asked(&[0], &[Buyer]));
        found.dedup();
        assert_eq!(found, reasons, "{by}");
    }
}

#[test]
fn an_order_stands_in_the_register_and_takes_no_section_twice() {
    let mut staffed = staffed();
    let before = entry(&staffed.world, &RegistryKey::Counters);
    assert_eq!(staffed.order(asked(&[0, 2], &[Buyer])), []);
    let first = staffed.world.height;
    let id = ErasureId { height: Height(first), tx: 0 };
    let bureau = account_id("bureau").unwrap();
    match entry(&staffed.world, &RegistryKey::Erasure(id)) {
        Some(RegistryValue::Erasure(order)) => {
            assert_eq!((order.bureau, order.area, order.slots), (bureau, AREA, vec![Slot(0), Slot(2)]));
            assert_eq!((order.sections, order.ground), (SectionSet::of(&[Buyer]), Digest([7; 32])));
            assert_eq!(order.at_ms, staffed.world.time);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(entry(&staffed.world, &RegistryKey::Counters), before, "it makes nothing");
    assert_eq!(staffed.order(asked(&[0, 1], &[Buyer])), [RejectReason::AlreadyErased], "all or nothing");
    assert_eq!(staffed.erased(1), []);
    assert_eq!(staffed.order(asked(&[0], &[Buyer, Lines, Contacts])), []);
    let second = staffed.world.height;
    let rest = SectionSet::of(&[Lines, Contacts]).0;
    assert_eq!(staffed.erased(0), [(first, SectionSet::of(&[Buyer]).0), (second, rest)]);
    assert_eq!(staffed.erased(2), [(first, SectionSet::of(&[Buyer]).0)]);
}

#[test]
fn an_order_names_blue_invoices_of_its_area_that_are_there() {
    let mut staffed = staffed();
    use RejectReason::*;
    assert_eq!(staffed.order(asked(&[0, 77], &[Buyer])), [OutputUnknown]);
    let elsewhere = ErasureRequest { area: Area(4401), ..asked(&[0], &[Buyer]) };
    let mut found = staffed.order(elsewhere);
    found.dedup();
    assert_eq!(found, [WrongArea]);
    let red = Step::parse("red inv=0").draft(&staffed.world).unwrap();
    let TxOutcome::RedIssued { red, .. } = staffed.world.must(red) else { panic!("no red invoice") };
    assert_eq!(staffed.order(asked(&[red.slot.0], &[Buyer])), [IsRed]);
    assert_eq!(staffed.order(asked(&[0], &[Buyer])), [], "the blue one, also when it was reversed");
}

#[test]
fn malformed_orders_do_not_come_in() {
    let mut staffed = staffed();
    let good = asked(&[0, 1], &[Buyer]);
    let wrong = [
        ErasureRequest { slots: vec![], ..good.clone() },
        ErasureRequest { slots: vec![Slot(1), Slot(0)], ..good.clone() },
        ErasureRequest { sections: SectionSet::of(&[Buyer, Facts]), ..good.clone() },
        ErasureRequest { sections: SectionSet(0), ..good.clone() },
        ErasureRequest { ground: Digest::ZERO, ..good.clone() },
    ];
    for request in wrong {
        let by = format!("{}+{}:cosigner", staffed.security, staffed.approver);
        let refused = staffed.world.submit(&Draft::new(&by, Payload::OrderErasure(request.clone()))).unwrap_err();
        assert_eq!((refused.reason, refused.field), (RejectReason::BadField, Field::Erasure), "{request:?}");
    }
    assert_eq!(staffed.order(good), []);
}
