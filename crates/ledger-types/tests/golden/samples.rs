//! Values that several vectors are made of.

use ledger_types::{
    AccountId, Address, Area, Asset, BlockId, BlockTime, BookingState, BuyerTitle, ChainId, ChainParams, ClaimState,
    ClockMode, ConsensusKind, CreditGrade, Digest, Evidence, FaceState, Fen, Genesis, GenesisAccount, Height,
    InvoiceFacts, InvoiceKind, InvoiceLine, InvoiceNumber, InvoiceRecord, KeyId, KeyRecord, KindApproval, LineNature,
    OutputRecord, Owner, Policy, Quantity, RateGrant, ReimbursementState, RequestId, RiskLevel, SellerFace, TaxId,
    TaxRate, TaxpayerKind, TaxpayerProfile, TaxpayerStatus, TitleKind, Validator, ValidatorSet, VoteBody,
    account::{AccountKind, KeyAlgorithm, KeyPurpose, KeyStatus},
    body::EntryMode,
    output::Origin,
};
use ledger_types::{CertificateClaim, CertificateUse, RecoveryPolicy, TrustAnchor, TrustAnchors};
use ledger_types::{Committee, CommitteeChange, CommitteeReady, ReadyBody};
use ledger_types::{SignedAck, SwitchBody, SwitchRequest, SwitchWay};

pub(crate) const CHAIN: ChainId = ChainId([0xc4; 32]);
/// 2026-11-01 00:00:00 in Shenzhen.
pub(crate) const NOW_MS: u64 = 1_793_462_400_000;

pub(crate) fn address(n: u8) -> Address {
    Address([n; 32])
}

pub(crate) fn digest(n: u8) -> Digest {
    Digest([n; 32])
}

pub(crate) fn tax_id() -> TaxId {
    "91350100M000100Y43".parse().unwrap()
}

pub(crate) fn request_id() -> RequestId {
    RequestId::new(NOW_MS, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
}

/// The SM2 key whose secret is SM3 of "golden".
pub(crate) fn secret() -> sm2::dsa::SigningKey {
    sm2::dsa::SigningKey::from_slice(sm::USER_ID, &sm::sm3(b"golden")).unwrap()
}

pub(crate) fn public_key() -> [u8; 33] {
    let point = secret().verifying_key().to_sec1_bytes();
    sm::PublicKey::from_sec1(&point).unwrap().to_bytes().0
}

pub(crate) fn operator_key() -> KeyRecord {
    KeyRecord {
        id: KeyId(1),
        algorithm: KeyAlgorithm::Sm2Sm3,
        purpose: KeyPurpose::Operator,
        public_key: public_key(),
        kinds: 1 << 10,
        daily_count: 500,
        daily_amount: Fen(10_000_000),
        valid_from_ms: NOW_MS,
        valid_to_ms: NOW_MS + 1_000,
        status: KeyStatus::Revoked,
    }
}

pub(crate) fn profile() -> TaxpayerProfile {
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::A,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(1_000_000) }],
        monthly_quota: Fen(750_000_000),
        daily_count: 1_000,
        burst_per_minute: 60,
        rates: vec![RateGrant {
            code_prefix: 307,
            prefix_digits: 3,
            rate: TaxRate::Percent(600),
            policy: Policy::None,
            valid_from_ms: 0,
            valid_to_ms: u64::MAX,
        }],
        categories: vec![(307, 3)],
    }
}

pub(crate) fn validators() -> ValidatorSet {
    ValidatorSet { validators: vec![Validator { operator: AccountId(2), vote_key: public_key() }] }
}

/// Two votes of one place. Their signatures are not of this key: the form is what is shown.
pub(crate) fn evidence() -> Evidence {
    let vote = |id| VoteBody {
        epoch: 3,
        kind: ConsensusKind::Bft,
        step: VoteBody::PRECOMMIT,
        height: Height(7),
        round: 1,
        block_id: BlockId([id; 33]),
    };
    Evidence::of_votes(sm::PublicKeyBytes(public_key()), (vote(1), [1; 64]), (vote(2), [2; 64]))
}

/// A wish to raise, with an acknowledgement, and one to lower without. Their signatures are not of this key.
pub(crate) fn switch_requests() -> [SwitchRequest; 2] {
    let ack = SignedAck { height: Height(8), round: 1, block_id: BlockId([1; 33]) };
    let raise = SwitchBody { epoch: 3, way: SwitchWay::Raise, tip: Height(7), ack: Some(ack) };
    let lower = SwitchBody { way: SwitchWay::Lower { since: BlockTime(NOW_MS) }, ack: None, ..raise };
    [raise, lower].map(|body| SwitchRequest {
        version: SwitchRequest::VERSION,
        vote_key: public_key(),
        body,
        signature: [5; 64],
    })
}

/// A change to the committee's third key.
pub(crate) fn committee_change() -> CommitteeChange {
    CommitteeChange {
        committee: Committee { epoch: 3, public_key: public_key() },
        overlap_ms: CommitteeChange::OVERLAP_MS,
    }
}

/// Signed by nobody.
pub(crate) fn committee_ready() -> CommitteeReady {
    let body = ReadyBody { committee: committee_change().committee, vote_key: public_key() };
    CommitteeReady { version: CommitteeReady::VERSION, body, possession: [4; 64], signature: [5; 64] }
}

pub(crate) fn genesis() -> Genesis {
    Genesis {
        version: Genesis::VERSION,
        name: "golden".to_owned(),
        time: BlockTime(NOW_MS),
        clock: ClockMode::Driven,
        consensus: ConsensusKind::Solo,
        validators: validators(),
        params: ChainParams::default(),
        areas: vec![Area(4403)],
        accounts: vec![GenesisAccount {
            kind: AccountKind::Bureau,
            area: Area(4403),
            tax_id: None,
            name: "深圳市税务局".to_owned(),
            keys: vec![KeyRecord::admin(KeyId(0), public_key())],
        }],
        committee: None,
    }
}

pub(crate) fn facts() -> InvoiceFacts {
    InvoiceFacts {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Gross,
        net: Fen(18_679),
        tax: Fen(1_121),
        total: Fen(19_800),
        remark: "餐饮".to_owned(),
        drawer: "李四".to_owned(),
        special_element: 0,
        deduction: None,
        secret_salt: [0x5a; 16],
    }
}

pub(crate) fn buyer() -> BuyerTitle {
    BuyerTitle {
        kind: TitleKind::Organisation,
        name: "深圳某某科技有限公司".to_owned(),
        tax_id: Some(tax_id()),
        address_and_bank: String::new(),
    }
}

pub(crate) fn seller_face() -> SellerFace {
    SellerFace { branch: "南山店".to_owned(), address_and_bank: "深圳市南山区".to_owned() }
}

pub(crate) fn lines() -> Vec<InvoiceLine> {
    let line = InvoiceLine {
        nature: LineNature::Discounted,
        name: "*餐饮服务*餐费".to_owned(),
        tax_code: "3070401000000000000".parse().unwrap(),
        spec: String::new(),
        unit: "次".to_owned(),
        quantity: Some("2".parse::<Quantity>().unwrap()),
        price: Some("99.0566".parse().unwrap()),
        net: Fen(19_811),
        rate: TaxRate::Percent(600),
        policy: Policy::None,
        tax: Fen(1_189),
    };
    let discount = InvoiceLine {
        nature: LineNature::Discount,
        quantity: None,
        price: None,
        net: Fen(-1_132),
        tax: Fen(-68),
        unit: String::new(),
        ..line.clone()
    };
    vec![line, discount]
}

/// An invoice just issued to the holder of an order token.
pub(crate) fn issued_invoice() -> OutputRecord {
    let invoice = InvoiceRecord {
        kind: InvoiceKind::BlockchainOrdinary,
        title: TitleKind::Organisation,
        origin: Origin { height: Height(1_000_000), tx: 9_999, item: 999 },
        seller: AccountId(7),
        code: "144032609110".parse().unwrap(),
        number: InvoiceNumber::LAST,
        tax: Fen(1_121),
        issued_ms: NOW_MS,
        rule_book: 1,
        face: FaceState::Blue,
        claim: ClaimState::Unclaimed,
        reimbursement: ReimbursementState::Open,
        booking: BookingState::NotBooked,
        red_form: None,
    };
    let owner = Owner::TokenKey(address(0xaa));
    OutputRecord { version: 1, sequence: 0, amount: Fen(19_800), owner, asset: Asset::Invoice(invoice) }
}

/// Guardians of an account.
pub(crate) fn recovery_policy() -> RecoveryPolicy {
    RecoveryPolicy { guardians: vec![AccountId(1), AccountId(3)], threshold: 2, delay_ms: 86_400_000, per_year: 2 }
}

/// What is registered of a certificate.
pub(crate) fn certificate_claim() -> CertificateClaim {
    CertificateClaim {
        fingerprint: Digest([2; 32]),
        public_key: public_key(),
        not_before_ms: NOW_MS,
        not_after_ms: NOW_MS + 31_536_000_000,
        usage: CertificateUse::Client,
    }
}

/// One outside authority.
pub(crate) fn trust_anchors() -> TrustAnchors {
    let der = b"no certificate, but bytes".to_vec();
    TrustAnchors { anchors: vec![TrustAnchor { fingerprint: Digest(sm::sm3(&der)), der, label: "CFCA".to_owned() }] }
}
