//! Offices: what a role lets a key sign, who gives and ends them, and what takes two persons.

use ledger_types::account::KeyAlgorithm;
use ledger_types::*;

use crate::governance::{set, state_of, world as governed};
use crate::values::entry;
use crate::world::{AREA, Draft, World, account_id, key_record};

pub(crate) fn person(name: &str) -> Digest {
    Digest(sm::sm3(name.as_bytes()))
}

fn add_key(world: &World, party: &str) -> (AccountId, u16, Payload) {
    let account = account_id(party).unwrap();
    let Some(RegistryValue::Account(held)) = entry(world, &RegistryKey::Account(account)) else { panic!() };
    let id = held.keys.len() as u16;
    let record = KeyRecord {
        purpose: KeyPurpose::Operator,
        algorithm: KeyAlgorithm::Sm2Sm3,
        kinds: PayloadKind::ALL.iter().fold(0, |bits, kind| bits | kind.bit()),
        ..key_record(id, &format!("{party}/{id}"))
    };
    (account, id, Payload::UpdateKeys { account, add: vec![record], revoke: vec![] })
}

fn assign(party: &str, key: u16, role: Role, holder: &str) -> Payload {
    assign_until(party, key, role, holder, u64::MAX)
}

pub(crate) fn assign_until(party: &str, key: u16, role: Role, holder: &str, until_ms: u64) -> Payload {
    let account = account_id(party).unwrap();
    Payload::AssignRole { account, key: KeyId(key), role, holder: person(holder), until_ms }
}

fn end(party: &str, key: u16) -> Payload {
    Payload::EndRole { account: account_id(party).unwrap(), key: KeyId(key) }
}

/// A new key of a party whose holder has this office: `party/key`.
pub(crate) fn hire(world: &mut World, party: &str, role: Role, holder: &str) -> String {
    let (_, key, add) = add_key(world, party);
    world.must(Draft::new(party, add));
    world.must(Draft::new(party, assign(party, key, role, holder)));
    format!("{party}/{key}")
}

/// The reasons of a refusal; none if it is accepted.
pub(crate) fn tried(world: &mut World, by: &str, payload: Payload) -> Vec<RejectReason> {
    let receipt = world.submit(&Draft::new(by, payload)).unwrap();
    receipt.refusals().iter().map(|r| r.reason).collect()
}

fn suspend() -> Payload {
    let account = account_id("shop2").unwrap();
    Payload::SetTaxpayerStatus { account, status: TaxpayerStatus::Suspended, reason: 1 }
}

fn book(world: &World) -> Payload {
    let head = match entry(world, &RegistryKey::RuleBookHead(AREA)) {
        Some(RegistryValue::RuleBookHead(head)) => head.published,
        other => panic!("{other:?}"),
    };
    Payload::PublishRuleBook(Box::new(RuleBook::standard(AREA, head + 1, world.time + 60_000)))
}

#[test]
fn a_staffed_account_refuses_what_no_office_allows() {
    let mut world = World::new();
    assert_eq!(tried(&mut world, "bureau", suspend()), [], "unstaffed: its administrator may do everything");
    let clerk = hire(&mut world, "bureau", Role::BureauOperator, "wang");
    assert_eq!(tried(&mut world, &clerk, suspend()), []);
    assert_eq!(tried(&mut world, "bureau", suspend()), [RejectReason::RoleNotAllowed], "keys and offices only");
    let (_, key, add) = add_key(&world, "bureau");
    assert_eq!(tried(&mut world, "bureau", add), []);
    let idle = format!("bureau/{key}");
    assert_eq!(tried(&mut world, &idle, suspend()), [RejectReason::RoleNotAllowed], "a key without an office");
    assert_eq!(tried(&mut world, "province", suspend()), [], "another account is not touched");
    for role in [Role::SystemAdministrator, Role::Auditor, Role::RuleMaker, Role::Approver] {
        let key = hire(&mut world, "bureau", role, role.name());
        assert_eq!(tried(&mut world, &key, suspend()), [RejectReason::RoleNotAllowed], "{role}");
    }
}

#[test]
fn every_role_signs_its_kinds_and_no_other_and_viewers_sign_nothing() {
    // Whatever else is wrong with these, the office is judged first and alone.
    let account = account_id("shop2").unwrap();
    let spend = || Spend::new(Slot(999), 0);
    let samples = [
        Payload::CloseAccount { account },
        suspend(),
        Payload::IssueApplied { application: ApplicationId(99) },
        Payload::WithdrawApplication { application: ApplicationId(99) },
        Payload::Claim { spend: spend(), to: Address([1; 32]) },
        Payload::Unlock { spends: vec![spend()] },
        Payload::Unbook { spend: spend() },
        Payload::RequestRed { invoice: Slot(999), reason: RedReason::SalesReturn },
        Payload::ApproveChange { proposal: ProposalId(99) },
        Payload::WithdrawChange { proposal: ProposalId(99) },
        end("shop2", 9),
    ];
    for (party, kind) in [("bureau", AccountKind::Bureau), ("shop", AccountKind::Enterprise)] {
        for role in Role::ALL.iter().filter(|role| role.fits(kind)) {
            let mut world = World::new();
            let key = hire(&mut world, party, *role, "wang");
            for sample in &samples {
                // An end at another account is refused for that reason too, so it is left to the registrars.
                let kind = sample.kind();
                let allowed = role.kinds() & kind.bit() != 0;
                let reasons = tried(&mut world, &key, sample.clone());
                let refused = reasons.contains(&RejectReason::RoleNotAllowed);
                let elsewhere = kind == PayloadKind::EndRole;
                assert_eq!(refused, !allowed || elsewhere, "{role} signs {kind:?}: {reasons:?}");
            }
        }
    }
}

#[test]
fn an_office_ends_by_time_and_by_word_and_the_account_stays_staffed() {
    let mut world = World::new();
    let (_, key, add) = add_key(&world, "bureau");
    world.must(Draft::new("bureau", add));
    let until = world.time + 10_000;
    world.must(Draft::new("bureau", assign_until("bureau", key, Role::BureauOperator, "wang", until)));
    let clerk = format!("bureau/{key}");
    let last = until - world.time;
    assert!(world.submit_after(&Draft::new(&clerk, suspend()), last).unwrap().is_accepted(), "the last millisecond");
    let late = world.submit_after(&Draft::new(&clerk, suspend()), 1).unwrap();
    assert_eq!(late.refusals()[0].reason, RejectReason::RoleNotAllowed);
    let past = assign_until("bureau", key, Role::BureauOperator, "wang", world.time);
    assert_eq!(tried(&mut world, "bureau", past), [RejectReason::OfficeInvalid]);
    world.must(Draft::new("bureau", assign("bureau", key, Role::BureauOperator, "wang")));
    assert_eq!(tried(&mut world, &clerk, suspend()), []);
    world.must(Draft::new("bureau", end("bureau", key)));
    assert_eq!(tried(&mut world, &clerk, suspend()), [RejectReason::RoleNotAllowed]);
    assert_eq!(tried(&mut world, "bureau", end("bureau", key)), [RejectReason::OfficeUnknown]);
    let staff = entry(&world, &RegistryKey::Staff(account_id("bureau").unwrap()));
    assert_eq!(staff, Some(RegistryValue::Staff(Staff { offices: 0 })));
    assert_eq!(tried(&mut world, "bureau", suspend()), [RejectReason::RoleNotAllowed], "no way back to everything");
}

#[test]
fn nobody_has_two_of_the_three_separated_offices() {
    let mut world = World::new();
    let audit = hire(&mut world, "bureau", Role::Auditor, "wang");
    let (_, key, add) = add_key(&world, "bureau");
    world.must(Draft::new("bureau", add));
    for role in [Role::SystemAdministrator, Role::SecurityAdministrator, Role::Auditor] {
        let reasons = tried(&mut world, "bureau", assign("bureau", key, role, "wang"));
        assert_eq!(reasons, [RejectReason::RoleConflict], "{role}");
    }
    world.must(Draft::new("bureau", assign("bureau", key, Role::SecurityAdministrator, "li")));
    // The same key may change its office, and what it leaves is free again.
    let audit_key: u16 = audit.split('/').nth(1).unwrap().parse().unwrap();
    world.must(Draft::new("bureau", assign("bureau", audit_key, Role::SystemAdministrator, "wang")));
    world.must(Draft::new("bureau", assign("bureau", audit_key, Role::RuleMaker, "wang")));
    world.must(Draft::new("bureau", assign("bureau", key, Role::Auditor, "wang")));
    // One that has run out holds nothing back.
    let (_, third, add) = add_key(&world, "bureau");
    world.must(Draft::new("bureau", add));
    let until = world.time + 5_000;
    world.must(Draft::new("bureau", assign_until("bureau", key, Role::Auditor, "wang", until)));
    let system = || assign("bureau", third, Role::SystemAdministrator, "wang");
    assert_eq!(tried(&mut world, "bureau", system()), [RejectReason::RoleConflict]);
    world.pass(10_000);
    world.must(Draft::new("bureau", system()));
    let again = tried(&mut world, "bureau", assign("bureau", key, Role::Auditor, "wang"));
    assert_eq!(again, [RejectReason::RoleConflict], "the one that ran out does not come back beside it");
    world.must(Draft::new("bureau", end("bureau", third)));
    world.must(Draft::new("bureau", assign("bureau", key, Role::Auditor, "wang")));
}

#[test]
fn registrars_give_offices_of_their_own_account_and_never_to_themselves() {
    let mut world = World::new();
    let security = hire(&mut world, "bureau", Role::SecurityAdministrator, "zhao");
    let security_key: u16 = security.split('/').nth(1).unwrap().parse().unwrap();
    let (_, key, add) = add_key(&world, "bureau");
    world.must(Draft::new("bureau", add));
    assert_eq!(tried(&mut world, &security, assign("bureau", key, Role::Approver, "zhao")), [RejectReason::OwnOffice]);
    let own = assign("bureau", security_key, Role::Approver, "other");
    assert_eq!(tried(&mut world, &security, own), [RejectReason::OwnOffice]);
    assert_eq!(tried(&mut world, &security, end("bureau", security_key)), [RejectReason::OwnOffice]);
    assert_eq!(tried(&mut world, &security, assign("bureau", key, Role::Approver, "wang")), []);
    let foreign = tried(&mut world, &security, assign("province", 0, Role::Approver, "wang"));
    assert!(foreign.contains(&RejectReason::RoleNotAllowed), "{foreign:?}");
    let approver = format!("bureau/{key}");
    let by_approver = tried(&mut world, &approver, end("bureau", security_key));
    assert_eq!(by_approver, [RejectReason::RoleNotAllowed]);
    // An operator of an unstaffed account whose kinds cover it is no registrar.
    let (_, key, add) = add_key(&world, "corp");
    world.must(Draft::new("corp", add));
    let by = format!("corp/{key}");
    assert_eq!(tried(&mut world, &by, assign("corp", key, Role::Viewer, "wang")), [RejectReason::RoleNotAllowed]);
    assert_eq!(tried(&mut world, "no account", end("corp", key)), [RejectReason::WrongRole]);
    let unknown = Payload::EndRole { account: AccountId(999), key: KeyId(0) };
    assert_eq!(tried(&mut world, "corp", unknown), [RejectReason::AccountUnknown]);
}

#[test]
fn an_office_needs_the_right_account_and_an_active_operators_key() {
    let mut world = World::new();
    let (account, key, add) = add_key(&world, "corp");
    world.must(Draft::new("corp", add));
    for (key, role) in [(key, Role::Auditor), (0, Role::Viewer), (99, Role::Viewer)] {
        let reasons = tried(&mut world, "corp", assign("corp", key, role, "wang"));
        assert_eq!(reasons, [RejectReason::OfficeInvalid], "key {key}, {role}");
    }
    world.must(Draft::new("corp", Payload::UpdateKeys { account, add: vec![], revoke: vec![KeyId(key)] }));
    let revoked = tried(&mut world, "corp", assign("corp", key, Role::Viewer, "wang"));
    assert_eq!(revoked, [RejectReason::OfficeInvalid]);
    assert_eq!(entry(&world, &RegistryKey::Staff(account)), None, "nothing was written");
    let nobody =
        Payload::AssignRole { account, key: KeyId(key), role: Role::Viewer, holder: Digest::ZERO, until_ms: u64::MAX };
    assert_eq!(world.submit(&Draft::new("corp", nobody)).unwrap_err().reason, RejectReason::BadField);
}

#[test]
fn a_rule_book_takes_a_maker_and_an_approver_of_two_persons() {
    let mut world = World::new();
    assert_eq!(world.submit(&Draft::new("province", book(&world))).unwrap().refusals(), [], "unstaffed");
    let maker = hire(&mut world, "bureau", Role::RuleMaker, "wang");
    let approver = hire(&mut world, "bureau", Role::Approver, "li");
    let same = hire(&mut world, "bureau", Role::Approver, "wang");
    let cases = [
        (maker.clone(), vec![RejectReason::ApproverMissing]),
        (format!("{maker}+{approver}"), vec![RejectReason::ApproverMissing]),
        (format!("{maker}+{approver}:sponsor"), vec![RejectReason::ApproverMissing]),
        (format!("{maker}+province:cosigner"), vec![RejectReason::ApproverMissing]),
        (format!("{maker}+{same}:cosigner"), vec![RejectReason::OwnProposal]),
        (format!("{approver}+{same}:cosigner"), vec![RejectReason::RoleNotAllowed]),
        (format!("{approver}+{maker}:cosigner"), vec![RejectReason::RoleNotAllowed, RejectReason::ApproverMissing]),
        (format!("bureau+{approver}:cosigner"), vec![RejectReason::RoleNotAllowed]),
        (format!("{maker}+{approver}:cosigner"), vec![]),
        (format!("{maker}+{same}:cosigner+{approver}:cosigner"), vec![]),
    ];
    for (by, reasons) in cases {
        let payload = book(&world);
        assert_eq!(tried(&mut world, &by, payload), reasons, "{by}");
    }
}

#[test]
fn a_proposal_is_approved_by_persons_who_had_no_hand_in_it() {
    let mut world = governed(ConsensusKind::Bft);
    let maker = hire(&mut world, "bureau", Role::RuleMaker, "wang");
    let approver = hire(&mut world, "bureau", Role::Approver, "li");
    let both = [("wang", "province"), ("li", "province"), ("chen", "province")]
        .map(|(holder, bureau)| hire(&mut world, bureau, Role::Approver, holder));
    let clerk = hire(&mut world, "province", Role::BureauOperator, "zhou");
    let travels = hire(&mut world, "elsewhere", Role::Approver, "chen");
    let effective = Height(1_000);
    let propose = || Payload::ProposeChange { change: GovernanceChange::Validators(set(&["bureau"; 0])), effective };
    assert_eq!(tried(&mut world, &maker, propose()), [RejectReason::ApproverMissing]);
    let change = GovernanceChange::Protocol(2);
    let propose = Payload::ProposeChange { change, effective };
    world.must(Draft::new(&format!("{maker}+{approver}:cosigner"), propose));
    let id = ProposalId(1);
    let approve = || Payload::ApproveChange { proposal: id };
    for (by, why) in [
        (approver.as_str(), vec![RejectReason::OwnProposal, RejectReason::AlreadyApproved]),
        (both[0].as_str(), vec![RejectReason::OwnProposal]),
        (both[1].as_str(), vec![RejectReason::OwnProposal]),
        (maker.as_str(), vec![RejectReason::RoleNotAllowed]),
        (clerk.as_str(), vec![RejectReason::RoleNotAllowed]),
        ("province", vec![RejectReason::RoleNotAllowed]),
    ] {
        assert_eq!(tried(&mut world, by, approve()), why, "{by}");
    }
    world.must(Draft::new(&both[2], approve()));
    assert_eq!(tried(&mut world, &travels, approve()), [RejectReason::OwnProposal], "one person for two bureaus");
    assert_eq!(state_of(&world, 1), ProposalState::Open);
    world.must(Draft::new("node", approve()));
    assert_eq!(state_of(&world, 1), ProposalState::Scheduled, "an unstaffed operator approves as before");
    let mut holders = [person("wang"), person("li"), person("chen")].to_vec();
    holders.sort();
    assert_eq!(entry(&world, &RegistryKey::Hands(id)), Some(RegistryValue::Hands(Hands { holders })));
}

#[test]
fn a_key_signs_what_its_own_kinds_and_its_office_both_allow() {
    let mut world = World::new();
    // The shop's key 3 is registered for locks alone; as a clerk it still signs nothing else.
    world.must(Draft::new("shop", assign("shop", 3, Role::FinanceClerk, "wang")));
    let spend = Spend::new(Slot(999), 0);
    let unlock = Payload::Unlock { spends: vec![spend.clone()] };
    assert_eq!(tried(&mut world, "shop/3", unlock), [RejectReason::KeyNotAllowed]);
    let lock = Payload::Lock { spends: vec![spend], until_ms: world.time + 60_000, reason: 1 };
    assert_eq!(tried(&mut world, "shop/3", lock), [RejectReason::OutputUnknown]);
}
