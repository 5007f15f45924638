use ledger_types::account::KeyAlgorithm;
use ledger_types::registry::{Counters, KeyUsage, Numbering, OrderFate, RuleBookHead};
use ledger_types::*;

use super::*;
use crate::seed::Seed;

const ACCOUNT_KINDS: [AccountKind; 6] = [
    AccountKind::Bureau,
    AccountKind::Enterprise,
    AccountKind::ServiceProvider,
    AccountKind::PaymentProvider,
    AccountKind::Person,
    AccountKind::Node,
];

fn end(s: &mut Seed) -> u64 {
    if s.flag() { u64::MAX } else { ms(s) }
}

pub(crate) fn key_record(s: &mut Seed) -> KeyRecord {
    KeyRecord {
        id: KeyId(s.next() as u16),
        algorithm: KeyAlgorithm::Sm2Sm3,
        purpose: s.pick(&[KeyPurpose::Admin, KeyPurpose::Operator, KeyPurpose::Vote, KeyPurpose::Encryption]),
        public_key: s.bytes(),
        kinds: s.next(),
        daily_count: s.next() as u32,
        daily_amount: fen(s),
        valid_from_ms: ms(s),
        valid_to_ms: end(s),
        status: s.pick(&[KeyStatus::Active, KeyStatus::Revoked]),
    }
}

pub(crate) fn account_kind(s: &mut Seed) -> AccountKind {
    s.pick(&ACCOUNT_KINDS)
}

pub(crate) fn account(s: &mut Seed) -> Account {
    Account {
        id: account_id(s),
        kind: account_kind(s),
        area: area_id(s),
        tax_id: s.option(tax_id),
        name: text(s),
        open: s.flag(),
        keys: s.list(3, key_record),
    }
}

fn prefix(s: &mut Seed) -> (u64, u8) {
    let digits = s.below(20) as u32;
    // Leading zeros are part of a prefix: it is padded to its number of digits.
    (if digits == 0 { 0 } else { s.next() % 10u64.pow(digits) }, digits as u8)
}

fn grant(s: &mut Seed) -> RateGrant {
    let (code_prefix, prefix_digits) = prefix(s);
    RateGrant {
        code_prefix,
        prefix_digits,
        rate: rate(s),
        policy: policy(s),
        valid_from_ms: ms(s),
        valid_to_ms: end(s),
    }
}

pub(crate) fn profile(s: &mut Seed) -> TaxpayerProfile {
    TaxpayerProfile {
        kind: s.pick(TaxpayerKind::ALL),
        status: s.pick(TaxpayerStatus::ALL),
        credit: s.pick(CreditGrade::ALL),
        risk: s.pick(RiskLevel::ALL),
        kinds: s.list(2, |s| KindApproval { kind: s.pick(InvoiceKind::ALL), max_amount: fen(s) }),
        monthly_quota: fen(s),
        daily_count: s.next() as u32,
        burst_per_minute: s.next() as u32,
        rates: s.list(3, grant),
        categories: s.list(3, prefix),
    }
}

pub(crate) fn usage(s: &mut Seed) -> Usage {
    Usage {
        month: Month(s.next() as u32),
        reserved: fen(s),
        consumed: fen(s),
        day: s.next(),
        day_count: s.next() as u32,
        minute: s.next(),
        minute_count: s.next() as u32,
    }
}

pub(crate) fn rule_book(s: &mut Seed) -> RuleBook {
    RuleBook {
        rates: s.list(4, rate),
        line_tax_tolerance: fen(s),
        discount_tax_tolerance: fen(s),
        product_tolerance: fen(s),
        invoice_tax_tolerance: fen(s),
        sum_tolerance: fen(s),
        max_lines: s.next() as u16,
        max_line_name: s.next() as u16,
        max_remark: s.next() as u16,
        max_buyer_name: s.next() as u16,
        max_invoice_amount: fen(s),
        max_payment_links: s.next() as u8,
        red_confirm_ms: ms(s),
        max_application_ms: ms(s),
        max_lock_ms: ms(s),
        max_offer_ms: ms(s),
        organisation_needs_tax_id: s.flag(),
        ..RuleBook::standard(area_id(s), s.next() as u32, ms(s))
    }
}

pub(crate) fn office(s: &mut Seed) -> Office {
    Office { role: s.pick(Role::ALL), holder: digest(s), until_ms: end(s) }
}

pub(crate) fn delegation(s: &mut Seed) -> Delegation {
    Delegation {
        kinds: s.next(),
        until_ms: ms(s),
        daily_count: s.next() as u32,
        daily_amount: fen(s),
        used: KeyUsage { day: s.next(), count: s.next() as u32, amount: fen(s) },
    }
}

pub(crate) fn recovery_policy(s: &mut Seed) -> RecoveryPolicy {
    RecoveryPolicy {
        guardians: s.list(3, account_id),
        threshold: s.next() as u8,
        delay_ms: s.next(),
        per_year: s.next() as u8,
    }
}

fn mark(s: &mut Seed) -> RecoveryMark {
    RecoveryMark { guardian: account_id(s), at_ms: ms(s) }
}

fn pending(s: &mut Seed) -> PendingRecovery {
    PendingRecovery {
        number: s.next() as u32,
        new_key: s.bytes(),
        evidence: digest(s),
        approvals: s.list(3, account_id),
        proposed_ms: ms(s),
        due_ms: s.option(ms),
    }
}

pub(crate) fn recovery(s: &mut Seed) -> Recovery {
    Recovery {
        policy: s.option(recovery_policy),
        next: s.next() as u32,
        pending: s.option(pending),
        proposed: s.list(3, mark),
        done: s.list(3, mark),
    }
}

pub(crate) fn certificate_claim(s: &mut Seed) -> CertificateClaim {
    CertificateClaim {
        fingerprint: digest(s),
        public_key: s.bytes(),
        not_before_ms: ms(s),
        not_after_ms: end(s),
        usage: s.pick(CertificateUse::ALL),
    }
}

pub(crate) fn certificate_record(s: &mut Seed) -> CertificateRecord {
    CertificateRecord {
        account: account_id(s),
        claim: certificate_claim(s),
        registered: Height(s.next()),
        revoked: s.option(|s| Revocation { height: Height(s.next()), reason: s.next() as u8 }),
    }
}

pub(crate) fn anchors(s: &mut Seed) -> TrustAnchors {
    let one = |s: &mut Seed| TrustAnchor { fingerprint: digest(s), der: digest(s).0.to_vec(), label: text(s) };
    TrustAnchors { anchors: s.list(3, one) }
}

pub(crate) fn registry_key(s: &mut Seed) -> RegistryKey {
    match s.below(44) {
        41 => RegistryKey::LinkAccess { account: account_id(s), key: KeyId(s.next() as u16), slot: slot(s) },
        27 => RegistryKey::Delegates(account_id(s)),
        28 => RegistryKey::Delegation { from: account_id(s), to: account_id(s) },
        29 => RegistryKey::Recovery(account_id(s)),
        30 => RegistryKey::Certificate(digest(s)),
        31 => RegistryKey::TrustAnchors,
        37 => RegistryKey::AnchoredLog { account: account_id(s), log: digest(s) },
        38 => RegistryKey::NextCommittee,
        39 => RegistryKey::PastCommittee(s.next() as u32),
        40 => RegistryKey::AcceptedEpochs,
        42 => RegistryKey::Erasure(erasure_id(s)),
        43 => RegistryKey::Erased(slot(s)),
        0 => RegistryKey::Counters,
        32 => RegistryKey::Grant(grant_id(s)),
        33 => RegistryKey::GrantsTo { to: address(s), from: address(s) },
        34 => RegistryKey::GrantsBy(address(s)),
        35 => RegistryKey::Inspection(inspection_id(s)),
        36 => RegistryKey::Access { account: account_id(s), key: KeyId(s.next() as u16), slot: slot(s) },
        23 => RegistryKey::Office { account: account_id(s), key: KeyId(s.next() as u16) },
        24 => RegistryKey::Staff(account_id(s)),
        25 => RegistryKey::Separated { account: account_id(s), holder: digest(s) },
        26 => RegistryKey::Hands(ProposalId(s.next())),
        16 => RegistryKey::Epoch,
        17 => RegistryKey::PastEpoch(s.next()),
        18 => RegistryKey::Governance,
        19 => RegistryKey::Proposal(ProposalId(s.next())),
        20 => RegistryKey::Offence(digest(s)),
        21 => RegistryKey::Adaptive,
        22 => RegistryKey::Committee,
        1 => RegistryKey::Params,
        2 => RegistryKey::Validators,
        3 => RegistryKey::Timer { due_ms: ms(s), number: s.next() },
        4 => RegistryKey::Account(account_id(s)),
        5 => RegistryKey::AccountOfTaxId(tax_id(s)),
        6 => RegistryKey::Taxpayer(account_id(s)),
        7 => RegistryKey::Usage(account_id(s)),
        8 => RegistryKey::RuleBook { area: area_id(s), version: s.next() as u32 },
        9 => RegistryKey::RuleBookHead(area_id(s)),
        10 => RegistryKey::Numbering(area_id(s)),
        11 => RegistryKey::Application(ApplicationId(s.next())),
        12 => RegistryKey::Order { seller: account_id(s), order_ref: digest(s) },
        13 => RegistryKey::Payment { provider: account_id(s), payment_ref: digest(s) },
        14 => RegistryKey::RedForm(FormId(s.next())),
        _ => RegistryKey::KeyUsage { account: account_id(s), key: KeyId(s.next() as u16) },
    }
}

pub(crate) fn counters(s: &mut Seed) -> RegistryValue {
    RegistryValue::Counters(Counters {
        account: account_id(s),
        slot: slot(s),
        application: ApplicationId(s.next()),
        form: FormId(s.next()),
        timer: s.next(),
    })
}

/// The value that goes with a key, by the key's tag.
pub(crate) fn value_of(s: &mut Seed, tag: u8) -> RegistryValue {
    match tag {
        0 => counters(s),
        16..=22 | 37 | 39 | 40 => governance_value(s, tag),
        23 => RegistryValue::Office(office(s)),
        24 => RegistryValue::Staff(Staff { offices: s.below(257) as u16 }),
        25 => RegistryValue::Separated(KeyId(s.next() as u16)),
        27 => RegistryValue::Delegates(Delegates { to: s.list(3, account_id) }),
        28 => RegistryValue::Delegation(delegation(s)),
        29 => RegistryValue::Recovery(Box::new(recovery(s))),
        30 => RegistryValue::Certificate(Box::new(certificate_record(s))),
        31 => RegistryValue::TrustAnchors(anchors(s)),
        38 => RegistryValue::AnchoredLog(AnchoredLog {
            entries: s.next(),
            head: digest(s),
            height: Height(s.next()),
            time: BlockTime(ms(s)),
        }),
        41 => RegistryValue::Erasure(erasure(s)),
        42 => RegistryValue::Erased(ErasedSections {
            orders: s.list(3, |s| ErasedBy { order: erasure_id(s), sections: SectionSet(s.next() as u16) }),
        }),
        26 => RegistryValue::Hands(Hands { holders: s.list(3, digest) }),
        32 => RegistryValue::Grant(access_grant(s)),
        33 => RegistryValue::GrantsTo(GrantsTo { grants: s.list(3, grant_ref) }),
        34 => RegistryValue::GrantsBy(GrantsBy { grants: s.list(3, grant_ref) }),
        35 => RegistryValue::Inspection(inspection(s)),
        36 => RegistryValue::Access(Access { inspection: inspection_id(s), at_ms: ms(s) }),
        45 => {
            RegistryValue::LinkAccess(ledger_types::LinkAccess(Access { inspection: inspection_id(s), at_ms: ms(s) }))
        }
        1 => RegistryValue::Params(params(s)),
        2 => RegistryValue::Validators(validators(s)),
        3 => RegistryValue::Timer(timer_task(s)),
        4 => RegistryValue::Account(account(s)),
        5 => RegistryValue::AccountOfTaxId(account_id(s)),
        6 => RegistryValue::Taxpayer(profile(s)),
        7 => RegistryValue::Usage(usage(s)),
        8 => RegistryValue::RuleBook(Box::new(rule_book(s))),
        9 => RegistryValue::RuleBookHead(RuleBookHead { active: s.next() as u32, published: s.next() as u32 }),
        10 => RegistryValue::Numbering(Numbering { code: code(s), next: s.option(number) }),
        11 => RegistryValue::Application(application(s)),
        12 if s.flag() => RegistryValue::Order(OrderFate::Applied(ApplicationId(s.next()))),
        12 => RegistryValue::Order(OrderFate::Issued(slot(s))),
        13 => RegistryValue::Payment(slot(s)),
        14 => RegistryValue::RedForm(red_form(s)),
        _ => RegistryValue::KeyUsage(KeyUsage { day: s.next(), count: s.next() as u32, amount: fen(s) }),
    }
}

pub(crate) fn registry_value(s: &mut Seed) -> RegistryValue {
    let tag = registry_key(s).tag();
    value_of(s, tag)
}

/// The variant's number: the first byte of its canonical form.
pub(crate) fn value_tag(value: &RegistryValue) -> u8 {
    value.to_canonical()[0]
}
