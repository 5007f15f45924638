//! Inspections: opened by two persons of a staffed bureau, and read under by two auditors, on record.

use ledger_types::inspection::{ACCESS_WINDOW_MS, MAX_INSPECTION_MS};
use ledger_types::*;

use crate::offices::{assign_until, hire, tried};
use crate::scenario::Step;
use crate::values::entry;
use crate::world::{AREA, Draft, START, World, account_id};

const SHOP: &str = "91350100M000100Y43";
const SHOP2: &str = "9144030071526726XG";
const FOREVER: u64 = 400 * 86_400_000;

/// The bureau's staff, by the names of their keys.
struct Staffed {
    world: World,
    security: String,
    approver: String,
    auditors: [String; 3],
}

fn key_of(name: &str) -> KeyId {
    KeyId(name.split('/').nth(1).unwrap().parse().unwrap())
}

/// A staffed bureau with three auditors' keys of two persons, and two invoices of the shop.
fn staffed() -> Staffed {
    let mut world = World::new();
    for step in ["issue", "issue by=shop2", "issue"] {
        let draft = Step::parse(step).draft(&world).unwrap();
        world.must(draft);
    }
    let security = hire(&mut world, "bureau", Role::SecurityAdministrator, "zhao");
    let approver = hire(&mut world, "bureau", Role::Approver, "li");
    let first = hire(&mut world, "bureau", Role::Auditor, "wang");
    let second = hire(&mut world, "bureau", Role::Auditor, "chen");
    let third = hire(&mut world, "bureau", Role::Auditor, "zhou");
    Staffed { world, security, approver, auditors: [first, second, third] }
}

impl Staffed {
    fn request(&self) -> InspectionRequest {
        InspectionRequest {
            area: AREA,
            tax_ids: vec![SHOP.parse().unwrap()],
            from_ms: START - FOREVER,
            to_ms: START + FOREVER,
            case: Digest([7; 32]),
            until_ms: self.world.time + 86_400_000,
            auditors: self.auditors[..2].iter().map(|name| key_of(name)).collect(),
        }
    }

    fn open(&mut self, request: InspectionRequest) -> Vec<RejectReason> {
        let by = format!("{}+{}:cosigner", self.security, self.approver);
        tried(&mut self.world, &by, Payload::OpenInspection(request))
    }

    /// An inspection of the shop by the first two auditors.
    fn opened() -> (Self, InspectionId) {
        let mut staffed = staffed();
        let request = staffed.request();
        assert_eq!(staffed.open(request), []);
        let id = InspectionId { height: Height(staffed.world.height), tx: 0 };
        (staffed, id)
    }

    fn record(&mut self, inspection: InspectionId, slots: &[u64], by: &str) -> Vec<RejectReason> {
        let slots = slots.iter().map(|slot| Slot(*slot)).collect();
        let asked = AccessRequest { inspection, slots, purpose: Digest([8; 32]) };
        tried(&mut self.world, by, Payload::RecordAccess(asked))
    }

    fn pair(&self) -> String {
        format!("{}+{}:cosigner", self.auditors[0], self.auditors[1])
    }

    fn access(&self, auditor: usize, slot: u64) -> Option<Access> {
        let (account, key) = (account_id("bureau").unwrap(), key_of(&self.auditors[auditor]));
        match entry(&self.world, &RegistryKey::Access { account, key, slot: Slot(slot) }) {
            Some(RegistryValue::Access(access)) => Some(access),
            None => None,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_inspection_takes_a_security_administrator_and_an_approver_of_two_persons() {
    let mut staffed = staffed();
    let same = hire(&mut staffed.world, "bureau", Role::Approver, "zhao");
    let (security, approver, auditor) =
        (staffed.security.clone(), staffed.approver.clone(), staffed.auditors[0].clone());
    use RejectReason::*;
    let cases = [
        (security.clone(), vec![ApproverMissing]),
        (format!("{security}+{same}:cosigner"), vec![OwnProposal]),
        (format!("{security}+{approver}:sponsor"), vec![ApproverMissing]),
        (format!("{security}+{auditor}:cosigner"), vec![RoleNotAllowed, ApproverMissing]),
        (format!("{approver}+{security}:cosigner"), vec![RoleNotAllowed, ApproverMissing]),
        (format!("{auditor}+{approver}:cosigner"), vec![RoleNotAllowed]),
        ("bureau".to_owned(), vec![RoleNotAllowed, ApproverMissing]),
        ("province".to_owned(), vec![OfficeUnknown, BureauNotStaffed]),
        ("shop".to_owned(), vec![WrongRole, BureauNotStaffed]),
        (format!("{security}+{approver}:cosigner"), vec![]),
    ];
    for (by, reasons) in cases {
        let request = staffed.request();
        let mut found = tried(&mut staffed.world, &by, Payload::OpenInspection(request));
        found.dedup();
        let mut expected = reasons;
        expected.retain(|reason| *reason != OfficeUnknown);
        assert_eq!(found, expected, "{by}");
    }
}

#[test]
fn an_inspection_stays_within_authority_time_and_known_taxpayers() {
    let mut staffed = staffed();
    use RejectReason::*;
    let base = staffed.request();
    let now = |s: &Staffed| s.world.time + 1_000;
    assert_eq!(staffed.open(InspectionRequest { area: Area(4401), ..base.clone() }), [WrongArea]);
    for (ms, good) in [(0, false), (MAX_INSPECTION_MS, true), (MAX_INSPECTION_MS + 1, false)] {
        let until_ms = now(&staffed) + ms;
        let expected = if good { vec![] } else { vec![TimeOutOfRange] };
        assert_eq!(staffed.open(InspectionRequest { until_ms, ..base.clone() }), expected, "{ms} ms");
    }
    let unknown = vec!["44030012345678901".parse().unwrap()];
    assert_eq!(staffed.open(InspectionRequest { tax_ids: unknown, ..base.clone() }), [AccountUnknown]);
    let clerk = key_of(&staffed.approver);
    let mut auditors = vec![clerk, base.auditors[0]];
    auditors.sort_unstable();
    assert_eq!(staffed.open(InspectionRequest { auditors, ..base.clone() }), [OfficeUnknown], "no auditor");
    let first = key_of(&staffed.auditors[0]);
    let until = staffed.world.time + 5_000;
    staffed.world.must(Draft::new("bureau", assign_until("bureau", first.0, Role::Auditor, "wang", until)));
    staffed.world.pass(10_000);
    let until_ms = now(&staffed) + 1_000;
    assert_eq!(staffed.open(InspectionRequest { until_ms, ..base }), [OfficeUnknown], "his office ran out");
}

#[test]
fn malformed_inspections_and_records_do_not_come_in() {
    let (mut staffed, id) = Staffed::opened();
    let good = staffed.request();
    let id_of = |text: &str| text.parse::<TaxId>().unwrap();
    let mut turned = good.clone();
    turned.auditors.reverse();
    let bad = [
        turned,
        InspectionRequest { tax_ids: vec![], ..good.clone() },
        InspectionRequest { tax_ids: vec![id_of(SHOP), id_of(SHOP)], ..good.clone() },
        InspectionRequest { tax_ids: vec![id_of(SHOP2), id_of(SHOP)], ..good.clone() },
        InspectionRequest { auditors: good.auditors[..1].to_vec(), ..good.clone() },
        InspectionRequest { auditors: (1..=17).map(KeyId).collect(), ..good.clone() },
        InspectionRequest { from_ms: 2, to_ms: 1, ..good.clone() },
        InspectionRequest { case: Digest::ZERO, ..good },
    ];
    for request in bad {
        let by = format!("{}+{}:cosigner", staffed.security, staffed.approver);
        let refusal = staffed.world.submit(&Draft::new(&by, Payload::OpenInspection(request.clone()))).unwrap_err();
        assert_eq!(refusal.reason, RejectReason::BadField, "{request:?}");
    }
    let record = AccessRequest { inspection: id, slots: vec![Slot(0)], purpose: Digest([1; 32]) };
    let bad = [
        AccessRequest { slots: vec![], ..record.clone() },
        AccessRequest { slots: vec![Slot(2), Slot(0)], ..record.clone() },
        AccessRequest { slots: (0..101).map(Slot).collect(), ..record.clone() },
        AccessRequest { purpose: Digest::ZERO, ..record },
    ];
    for request in bad {
        let by = staffed.pair();
        let refusal = staffed.world.submit(&Draft::new(&by, Payload::RecordAccess(request))).unwrap_err();
        assert_eq!(refusal.reason, RejectReason::BadField);
    }
}

#[test]
fn access_takes_two_auditors_of_two_persons_who_are_named() {
    let (mut staffed, id) = Staffed::opened();
    let [first, second, third] = staffed.auditors.clone();
    let (security, approver) = (staffed.security.clone(), staffed.approver.clone());
    use RejectReason::*;
    let cases = [
        (first.clone(), vec![SecondAuditorMissing]),
        (format!("{first}+{second}:sponsor"), vec![SecondAuditorMissing]),
        (format!("{first}+{approver}:cosigner"), vec![RoleNotAllowed, SecondAuditorMissing]),
        (format!("{first}+{third}:cosigner"), vec![OutsideInspection]),
        (format!("{security}+{approver}:cosigner"), vec![RoleNotAllowed, SecondAuditorMissing]),
        ("bureau".to_owned(), vec![RoleNotAllowed, SecondAuditorMissing]),
        ("province".to_owned(), vec![OutsideInspection, BureauNotStaffed]),
        ("shop".to_owned(), vec![WrongRole, OutsideInspection, BureauNotStaffed]),
    ];
    for (by, reasons) in cases {
        let mut found = staffed.record(id, &[0], &by);
        found.dedup();
        assert_eq!(found, reasons, "{by}");
    }
    assert_eq!((staffed.access(0, 0), staffed.access(1, 0)), (None, None));
    let by = staffed.pair();
    assert_eq!(staffed.record(id, &[0], &by), []);
    let noted = Access { inspection: id, at_ms: staffed.world.time };
    assert_eq!((staffed.access(0, 0), staffed.access(1, 0)), (Some(noted), Some(noted)));
    assert_eq!((staffed.access(0, 2), staffed.access(2, 0)), (None, None), "no other slot, no other officer");
    assert!(noted.is_fresh(noted.at_ms + ACCESS_WINDOW_MS) && !noted.is_fresh(noted.at_ms + ACCESS_WINDOW_MS + 1));
}

#[test]
fn access_stays_within_the_inspection() {
    let (mut staffed, id) = Staffed::opened();
    let by = staffed.pair();
    use RejectReason::*;
    assert_eq!(staffed.record(id, &[0, 1, 2], &by), [OutsideInspection], "slot 1 is another's");
    assert_eq!(staffed.access(0, 0), None, "all or none");
    assert_eq!(staffed.record(id, &[0, 99], &by), [OutputUnknown]);
    let other = InspectionId { height: id.height, tx: 9 };
    assert_eq!(staffed.record(other, &[0], &by), [InspectionUnknown]);
    // Of another period.
    let narrow = InspectionRequest { from_ms: 1, to_ms: 2, ..staffed.request() };
    assert_eq!(staffed.open(narrow), []);
    let narrow = InspectionId { height: Height(staffed.world.height), tx: 0 };
    assert_eq!(staffed.record(narrow, &[0], &by), [OutsideInspection]);
    assert_eq!(staffed.record(id, &[0, 2], &by), []);
    let first = staffed.access(0, 2).unwrap();
    staffed.world.pass(60_000);
    assert_eq!(staffed.record(id, &[2], &by), [], "again");
    assert!(staffed.access(0, 2).unwrap().at_ms > first.at_ms && staffed.access(0, 0).unwrap() == first);
    staffed.world.pass(86_400_000);
    assert_eq!(staffed.record(id, &[0], &by), [OutsideInspection], "it has ended");
}
