//! Every entry of the register: keys as canonical bytes and in storage, and their values.

use ledger_types::{AcceptedEpochs, NextCommittee, PastCommittee};
use ledger_types::{
    Access, Account, AccountId, Adaptive, AdaptivePolicy, Address, AnchoredLog, Application, ApplicationId, Area,
    BlockTime, ChainParams, Committee, ConsensusKind, Digest, Epoch, ErasedBy, ErasedSections, Erasure, ErasureId, Fen,
    FormId, Governance, GovernanceChange, GovernancePolicy, Grant, GrantId, GrantRef, GrantScope, GrantsBy, GrantsTo,
    Hands, Height, Inspection, InspectionId, InvoiceKind, InvoiceNumber, KeyId, KeyRecord, LiveProposal, Month,
    Offence, Office, Owner, PastEpoch, Proposal, ProposalId, ProposalState, RedForm, RedFormState, RedInitiator,
    RedReason, RegistryKey, RegistryValue, Role, RuleBook, SectionKind, SectionSet, Slot, Staff, TimerTask, TitleKind,
    Usage,
    account::AccountKind,
    output::Origin,
    registry::{Counters, KeyUsage, Numbering, OrderFate, RuleBookHead},
};
use ledger_types::{
    CertificateRecord, Delegates, Delegation, PayloadKind, PendingRecovery, Recovery, RecoveryMark, Revocation,
};
use serde_json::{Value, json};

use crate::{
    golden,
    samples::{
        CHAIN, NOW_MS, address, certificate_claim, committee_change, evidence, operator_key, profile, public_key,
        recovery_policy, tax_id, trust_anchors, validators,
    },
    vector,
};

const ACCOUNT: AccountId = AccountId(7);
const AREA: Area = Area(4403);

fn entries() -> Vec<(RegistryKey, RegistryValue)> {
    [
        register(),
        issuing(),
        flows(),
        governance(),
        offices(),
        delegations_and_certificates(),
        access(),
        anchored_logs_and_keys(),
        erasures(),
        link_access(),
    ]
    .concat()
}

fn register() -> Vec<(RegistryKey, RegistryValue)> {
    let counters =
        Counters { account: AccountId(9), slot: Slot(100), application: ApplicationId(3), form: FormId(1), timer: 12 };
    let account = Account {
        id: ACCOUNT,
        kind: AccountKind::Enterprise,
        area: AREA,
        tax_id: Some(tax_id()),
        name: "深圳某某餐饮有限公司".to_owned(),
        open: true,
        keys: vec![KeyRecord::admin(KeyId(0), public_key()), operator_key()],
    };
    let timer = TimerTask::ActivateRuleBook { area: AREA, version: 2 };
    vec![
        (RegistryKey::Counters, RegistryValue::Counters(counters)),
        (RegistryKey::Params, RegistryValue::Params(ChainParams::default())),
        (RegistryKey::Validators, RegistryValue::Validators(validators())),
        (RegistryKey::Timer { due_ms: NOW_MS, number: 11 }, RegistryValue::Timer(timer)),
        (RegistryKey::Account(ACCOUNT), RegistryValue::Account(account)),
        (RegistryKey::AccountOfTaxId(tax_id()), RegistryValue::AccountOfTaxId(ACCOUNT)),
        (RegistryKey::Taxpayer(ACCOUNT), RegistryValue::Taxpayer(profile())),
    ]
}

fn issuing() -> Vec<(RegistryKey, RegistryValue)> {
    let usage = Usage {
        month: Month(202_611),
        reserved: Fen(1),
        consumed: Fen(2),
        day: 20_758,
        day_count: 3,
        minute: 29_891_040,
        minute_count: 4,
    };
    let book = RuleBook::standard(AREA, 2, NOW_MS);
    let numbering = Numbering { code: "144032609110".parse().unwrap(), next: Some(InvoiceNumber::FIRST) };
    let application = Application {
        id: ApplicationId(4),
        seller: ACCOUNT,
        origin: Origin { height: Height(3), tx: 2, item: 0 },
        kind: InvoiceKind::BlockchainOrdinary,
        title: TitleKind::Individual,
        net: Fen(18_679),
        tax: Fen(1_121),
        owner: Owner::TokenKey(address(1)),
        order_ref: [9; 32],
        quota_month: Month(202_611),
        rule_book: 2,
        expires_ms: NOW_MS,
    };
    vec![
        (RegistryKey::Usage(ACCOUNT), RegistryValue::Usage(usage)),
        (RegistryKey::RuleBook { area: AREA, version: 2 }, RegistryValue::RuleBook(Box::new(book))),
        (RegistryKey::RuleBookHead(AREA), RegistryValue::RuleBookHead(RuleBookHead { active: 1, published: 2 })),
        (RegistryKey::Numbering(AREA), RegistryValue::Numbering(numbering)),
        (RegistryKey::Application(ApplicationId(4)), RegistryValue::Application(application)),
    ]
}

fn flows() -> Vec<(RegistryKey, RegistryValue)> {
    let form = RedForm {
        id: FormId(2),
        invoice: Slot(5),
        seller: ACCOUNT,
        buyer: AccountId(8),
        owner: address(1),
        initiator: RedInitiator::Seller,
        reason: RedReason::SalesReturn,
        state: RedFormState::AwaitingBuyer,
        asked_ms: NOW_MS,
        expires_ms: NOW_MS + 259_200_000,
    };
    let key_usage = KeyUsage { day: 20_758, count: 3, amount: Fen(19_800) };
    let digest = Digest([9; 32]);
    vec![
        (
            RegistryKey::Order { seller: ACCOUNT, order_ref: digest },
            RegistryValue::Order(OrderFate::Applied(ApplicationId(4))),
        ),
        (RegistryKey::Payment { provider: AccountId(3), payment_ref: digest }, RegistryValue::Payment(Slot(6))),
        (RegistryKey::RedForm(FormId(2)), RegistryValue::RedForm(form)),
        (RegistryKey::KeyUsage { account: ACCOUNT, key: KeyId(1) }, RegistryValue::KeyUsage(key_usage)),
    ]
}

fn governance() -> Vec<(RegistryKey, RegistryValue)> {
    let epoch = Epoch { number: 1, kind: ConsensusKind::Bft, first: Height(90), protocol: 1 };
    let past = PastEpoch { epoch: Epoch::genesis(ConsensusKind::Solo), last: Height(89), validators: validators() };
    let id = ProposalId(3);
    let governance = Governance {
        policy: Some(GovernancePolicy { approvers: vec![AccountId(1), AccountId(2)], threshold: 2 }),
        next: ProposalId(4),
        live: vec![LiveProposal { proposal: id, effective: Height(90), scheduled: true }],
    };
    let proposal = Proposal {
        id,
        proposer: AccountId(1),
        change: GovernanceChange::Protocol(2),
        effective: Height(90),
        approvals: vec![AccountId(1), AccountId(2)],
        state: ProposalState::Scheduled,
    };
    let place = evidence().place();
    let digest = place.digest(&CHAIN);
    let offence = Offence { place, operator: AccountId(1), recorded: Height(12), suspension: Some(id) };
    let mut adaptive = Adaptive {
        policy: Some(AdaptivePolicy { raise_at: 2, lower_after_ms: None }),
        quiet_since: BlockTime(0),
        faulty: Vec::new(),
    };
    adaptive.note_offence(public_key(), BlockTime(NOW_MS));
    vec![
        (RegistryKey::Epoch, RegistryValue::Epoch(epoch)),
        (RegistryKey::PastEpoch(0), RegistryValue::PastEpoch(past)),
        (RegistryKey::Governance, RegistryValue::Governance(governance)),
        (RegistryKey::Proposal(id), RegistryValue::Proposal(Box::new(proposal))),
        (RegistryKey::Offence(digest), RegistryValue::Offence(offence)),
        (RegistryKey::Adaptive, RegistryValue::Adaptive(adaptive)),
        (RegistryKey::Committee, RegistryValue::Committee(Committee { epoch: 2, public_key: public_key() })),
    ]
}

fn offices() -> Vec<(RegistryKey, RegistryValue)> {
    let (key, holder) = (KeyId(1), Digest([4; 32]));
    let office = Office { role: Role::Auditor, holder, until_ms: NOW_MS };
    let hands = Hands { holders: vec![holder, Digest([5; 32])] };
    vec![
        (RegistryKey::Office { account: ACCOUNT, key }, RegistryValue::Office(office)),
        (RegistryKey::Staff(ACCOUNT), RegistryValue::Staff(Staff { offices: 3 })),
        (RegistryKey::Separated { account: ACCOUNT, holder }, RegistryValue::Separated(key)),
        (RegistryKey::Hands(ProposalId(3)), RegistryValue::Hands(hands)),
    ]
}

fn delegations_and_certificates() -> Vec<(RegistryKey, RegistryValue)> {
    let (to, used) = (AccountId(9), KeyUsage { day: 20_758, count: 3, amount: Fen(19_800) });
    let kinds = PayloadKind::delegable_bits();
    let delegation = Delegation { kinds, until_ms: NOW_MS, daily_count: 50, daily_amount: Fen(1_000_000), used };
    let mark = |guardian| RecoveryMark { guardian: AccountId(guardian), at_ms: NOW_MS };
    let pending = PendingRecovery {
        number: 2,
        new_key: public_key(),
        evidence: Digest([3; 32]),
        approvals: vec![AccountId(3), AccountId(1)],
        proposed_ms: NOW_MS,
        due_ms: Some(NOW_MS + 86_400_000),
    };
    let recovery = Recovery {
        policy: Some(recovery_policy()),
        next: 3,
        pending: Some(pending),
        proposed: vec![mark(1), mark(3)],
        done: vec![mark(1)],
    };
    let claim = certificate_claim();
    let revoked = Some(Revocation { height: Height(80), reason: 4 });
    let record = CertificateRecord { account: ACCOUNT, claim, registered: Height(70), revoked };
    vec![
        (RegistryKey::Delegates(ACCOUNT), RegistryValue::Delegates(Delegates { to: vec![AccountId(8), to] })),
        (RegistryKey::Delegation { from: ACCOUNT, to }, RegistryValue::Delegation(delegation)),
        (RegistryKey::Recovery(ACCOUNT), RegistryValue::Recovery(Box::new(recovery))),
        (RegistryKey::Certificate(claim.fingerprint), RegistryValue::Certificate(Box::new(record))),
        (RegistryKey::TrustAnchors, RegistryValue::TrustAnchors(trust_anchors())),
    ]
}

fn access() -> Vec<(RegistryKey, RegistryValue)> {
    let (from, to) = (Address([2; 32]), Address([3; 32]));
    let id = GrantId { height: Height(1_204), tx: 3 };
    let inspected = InspectionId { height: Height(1_204), tx: 4 };
    let scope = GrantScope::Slots(vec![Slot(5), Slot(900)]);
    let grant = Grant { from, to, scope, sections: SectionSet::ALL, until_ms: NOW_MS };
    let grants = vec![GrantRef { id, until_ms: NOW_MS }];
    let inspection = Inspection {
        bureau: ACCOUNT,
        area: AREA,
        sellers: vec![AccountId(8), AccountId(9)],
        from_ms: 0,
        to_ms: NOW_MS,
        case: Digest([5; 32]),
        until_ms: NOW_MS,
        auditors: vec![KeyId(3), KeyId(4)],
    };
    let access = Access { inspection: inspected, at_ms: NOW_MS };
    vec![
        (RegistryKey::Grant(id), RegistryValue::Grant(grant)),
        (RegistryKey::GrantsTo { to, from }, RegistryValue::GrantsTo(GrantsTo { grants: grants.clone() })),
        (RegistryKey::GrantsBy(from), RegistryValue::GrantsBy(GrantsBy { grants })),
        (RegistryKey::Inspection(inspected), RegistryValue::Inspection(inspection)),
        (RegistryKey::Access { account: ACCOUNT, key: KeyId(3), slot: Slot(5) }, RegistryValue::Access(access)),
    ]
}

fn erasures() -> Vec<(RegistryKey, RegistryValue)> {
    let sections = SectionSet::of(&[SectionKind::Buyer, SectionKind::Contacts]);
    let (order, slots) = (ErasureId { height: Height(1_204), tx: 5 }, vec![Slot(5), Slot(900)]);
    let entry = Erasure { bureau: ACCOUNT, area: AREA, slots, sections, ground: Digest([7; 32]), at_ms: NOW_MS };
    let erased = ErasedSections { orders: vec![ErasedBy { order, sections }] };
    vec![
        (RegistryKey::Erasure(order), RegistryValue::Erasure(entry)),
        (RegistryKey::Erased(Slot(5)), RegistryValue::Erased(erased)),
    ]
}

fn link_access() -> Vec<(RegistryKey, RegistryValue)> {
    let inspection = InspectionId { height: Height(1_204), tx: 4 };
    let key = RegistryKey::LinkAccess { account: ACCOUNT, key: KeyId(3), slot: Slot(5) };
    vec![(key, RegistryValue::LinkAccess(ledger_types::LinkAccess(Access { inspection, at_ms: NOW_MS })))]
}

fn anchored_logs_and_keys() -> Vec<(RegistryKey, RegistryValue)> {
    let anchored = AnchoredLog { entries: 1_000, head: Digest([2; 32]), height: Height(90), time: BlockTime(NOW_MS) };
    let next = NextCommittee {
        ready: vec![public_key()],
        first: Some(Height(120)),
        ..NextCommittee::named(committee_change(), Height(90))
    };
    let past = PastCommittee {
        committee: Committee { epoch: 1, public_key: public_key() },
        last: Height(89),
        until: BlockTime(NOW_MS),
    };
    let log = RegistryKey::AnchoredLog { account: ACCOUNT, log: Digest([4; 32]) };
    vec![
        (RegistryKey::NextCommittee, RegistryValue::NextCommittee(next)),
        (log, RegistryValue::AnchoredLog(anchored)),
        (RegistryKey::PastCommittee(1), RegistryValue::PastCommittee(past)),
        (RegistryKey::AcceptedEpochs, RegistryValue::AcceptedEpochs(AcceptedEpochs { epochs: vec![1] })),
    ]
}

#[test]
fn every_entry() {
    let entries = entries();
    let tags: Vec<u8> = entries.iter().map(|(key, _)| key.tag()).collect();
    let known: Vec<u8> = (0..=u8::MAX).filter(|tag| is_known(*tag)).collect();
    assert_eq!(tags, known, "every variant, by number");
    let vectors: Vec<Value> = entries
        .iter()
        .map(|(key, value)| {
            let [key_tag, value_tag] =
                [vector(key), vector(value)].map(|v| v["canonical"].as_str().unwrap()[..2].to_owned());
            assert_eq!(key_tag, value_tag, "a value's variant goes with its key's");
            json!({ "key": vector(key), "storage_key": hex::encode(key.storage_key()), "value": vector(value) })
        })
        .collect();
    golden("registry.json", &json!(vectors));
}

/// Whether a key of this number exists: it decodes, or ends too early, but is not an unknown tag.
fn is_known(tag: u8) -> bool {
    let bytes = [&[tag][..], &[0; 64]].concat();
    let mut rest = &bytes[..];
    <RegistryKey as borsh::BorshDeserialize>::deserialize(&mut rest).is_ok()
}

#[test]
fn storage_keys_sort_like_keys() {
    let mut keys: Vec<RegistryKey> = entries().into_iter().map(|(key, _)| key).collect();
    for n in [1u32, 255, 256, 70_000] {
        let due_ms = u64::from(n);
        keys.extend([
            RegistryKey::Timer { due_ms, number: 1 },
            RegistryKey::Timer { due_ms: 5, number: due_ms },
            RegistryKey::Account(AccountId(n)),
            RegistryKey::RuleBook { area: AREA, version: n },
            RegistryKey::Application(ApplicationId(due_ms)),
            RegistryKey::Order { seller: AccountId(n), order_ref: Digest([n as u8; 32]) },
            RegistryKey::KeyUsage { account: AccountId(n), key: KeyId(n as u16) },
            RegistryKey::PastEpoch(due_ms),
            RegistryKey::PastCommittee(n),
            RegistryKey::Office { account: AccountId(n), key: KeyId(n as u16) },
            RegistryKey::Separated { account: AccountId(n), holder: Digest([n as u8; 32]) },
            RegistryKey::Hands(ProposalId(due_ms)),
            RegistryKey::AnchoredLog { account: AccountId(n), log: Digest([n as u8; 32]) },
            RegistryKey::Grant(GrantId { height: Height(due_ms), tx: n as u16 }),
            RegistryKey::GrantsTo { to: Address([n as u8; 32]), from: Address([due_ms as u8; 32]) },
            RegistryKey::GrantsBy(Address([n as u8; 32])),
            RegistryKey::Inspection(InspectionId { height: Height(due_ms), tx: n as u16 }),
            RegistryKey::Erasure(ErasureId { height: Height(due_ms), tx: n as u16 }),
            RegistryKey::Erased(Slot(due_ms)),
            RegistryKey::Access { account: AccountId(n), key: KeyId(n as u16), slot: Slot(due_ms) },
            RegistryKey::LinkAccess { account: AccountId(n), key: KeyId(n as u16), slot: Slot(due_ms) },
            RegistryKey::Proposal(ProposalId(due_ms)),
            RegistryKey::Delegates(AccountId(n)),
            RegistryKey::Delegation { from: AccountId(n), to: AccountId(5) },
            RegistryKey::Delegation { from: AccountId(5), to: AccountId(n) },
            RegistryKey::Recovery(AccountId(n)),
            RegistryKey::Certificate(Digest([n as u8; 32])),
        ]);
    }
    keys.sort();
    assert!(keys.is_sorted_by_key(RegistryKey::storage_key));
}
