//! Profiles, bodies and chains that tests begin with.
#![allow(clippy::unwrap_used)]

use ledger_types::body::EntryMode;
use ledger_types::owner::key_address;
use ledger_types::payload::{InvoiceRequest, Spend};
use ledger_types::taxpayer::{KindApproval, RateGrant};
use ledger_types::transaction::TxBody;
use ledger_types::{
    BatchItem, BuyerTitle, Canonical, CreditGrade, Digest, Fen, InvoiceFacts, InvoiceKind, InvoiceLine, LineNature,
    OwnerCondition, Payload, Policy, RejectReason, RiskLevel, RuleBook, Section, SectionKind, Slot, TaxRate,
    TaxpayerKind, TaxpayerProfile, TaxpayerStatus, TitleKind, Transaction,
};

use crate::chain_by_hand::{AREA, BUREAU, BUYER, Chain, SELLER, START, commit, key, public};

pub(crate) const HOUR: u64 = 3_600_000;
pub(crate) const DAY: u64 = 24 * HOUR;
const SIX: TaxRate = TaxRate::Percent(600);

pub(crate) fn profile() -> TaxpayerProfile {
    let grant = RateGrant {
        code_prefix: 0,
        prefix_digits: 0,
        rate: SIX,
        policy: Policy::None,
        valid_from_ms: 0,
        valid_to_ms: u64::MAX,
    };
    TaxpayerProfile {
        kind: TaxpayerKind::General,
        status: TaxpayerStatus::Normal,
        credit: CreditGrade::A,
        risk: RiskLevel::Low,
        kinds: vec![KindApproval { kind: InvoiceKind::BlockchainOrdinary, max_amount: Fen(1_000_000) }],
        monthly_quota: Fen(35_000),
        daily_count: 0,
        burst_per_minute: 0,
        rates: vec![grant],
        categories: Vec::new(),
    }
}

fn plain(kind: SectionKind, value: &impl Canonical) -> Section {
    Section::Plain { kind, salt: [7; 16], bytes: value.to_canonical() }
}

pub(crate) fn body(net: i64) -> Vec<Section> {
    let tax = net * 6 / 100;
    let facts = InvoiceFacts {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Net,
        net: Fen(net),
        tax: Fen(tax),
        total: Fen(net + tax),
        remark: String::new(),
        drawer: String::new(),
        special_element: 0,
        deduction: None,
        secret_salt: [3; 16],
    };
    let buyer = BuyerTitle {
        kind: TitleKind::Organisation,
        name: "买方".to_owned(),
        tax_id: "9144030071526726XG".parse().ok(),
        address_and_bank: String::new(),
    };
    let line = InvoiceLine {
        nature: LineNature::Normal,
        name: "*餐饮服务*餐费".to_owned(),
        tax_code: "3070401000000000000".parse().unwrap(),
        spec: String::new(),
        unit: String::new(),
        quantity: None,
        price: None,
        net: Fen(net),
        rate: SIX,
        policy: Policy::None,
        tax: Fen(tax),
    };
    vec![plain(SectionKind::Facts, &facts), plain(SectionKind::Buyer, &buyer), plain(SectionKind::Lines, &vec![line])]
}

pub(crate) fn request(owner: OwnerCondition) -> InvoiceRequest {
    InvoiceRequest { owner, order_ref: Digest::ZERO, payments: Vec::new() }
}

pub(crate) fn token(chain: &Chain) -> OwnerCondition {
    OwnerCondition::TokenKey(key_address(&chain.genesis.chain_id(), &public(&key("token"))))
}

/// Rules, approval, and one invoice of 100 yuan in slot 0 that waits for its token.
pub(crate) fn opened() -> Chain {
    let mut chain = Chain::new();
    let book = RuleBook::standard(AREA, 1, START);
    let book =
        chain.by(BUREAU, Payload::PublishRuleBook(Box::new(RuleBook { effective_ms: START + 1, ..book })), vec![]);
    let approve = chain.by(BUREAU, Payload::ApproveTaxpayer { account: SELLER, profile: profile() }, vec![]);
    chain.block(1, vec![book, approve]);
    let owner = token(&chain);
    let issue = chain.by(SELLER, Payload::Issue(request(owner)), body(10_000));
    chain.block(10, vec![issue]);
    assert_eq!(chain.reasons(0), []);
    chain
}

/// The invoice claimed by the buyer, locked, booked and reimbursed, with a second attempt.
pub(crate) fn reimbursed() -> Chain {
    let mut chain = opened();
    let to = chain.address(BUYER);
    let claim = chain.by_key(&key("token"), Payload::Claim { spend: Spend::new(Slot(0), 0), to });
    let again = chain.by_key(&key("token"), Payload::Claim { spend: Spend::new(Slot(0), 0), to });
    chain.block(10, vec![claim, again]);
    assert_eq!(chain.reasons(0), []);
    let until_ms = chain.now + DAY;
    let lock = Payload::Lock { spends: vec![Spend::new(Slot(0), 1)], until_ms, reason: 1 };
    let lock = chain.by(BUYER, lock, vec![]);
    let book = Payload::Book { spend: Spend::new(Slot(0), 2), deductible: true, voucher_ref: Digest([4; 32]) };
    let book = chain.by(BUYER, book, vec![]);
    chain.block(10, vec![lock, book]);
    let pay = |sequence| Payload::Reimburse { spend: Spend::new(Slot(0), sequence), paid_ref: Digest([5; 32]) };
    let (first, second) = (chain.by(BUYER, pay(3), vec![]), chain.by(BUYER, pay(3), vec![]));
    let third = chain.by(BUYER, pay(4), vec![]);
    chain.block(10, vec![first, second, third]);
    assert_eq!(chain.reasons(0), []);
    chain
}

pub(crate) fn token_of(seed: &str) -> OwnerCondition {
    OwnerCondition::TokenKey(key_address(&Chain::new().genesis.chain_id(), &public(&key(seed))))
}

/// A batch of invoices, each of so much net.
pub(crate) fn batch(chain: &mut Chain, nets: &[i64]) -> Transaction {
    let id = chain.genesis.chain_id();
    let item = |net: &i64| {
        let sections = body(*net);
        let commitments = sections.iter().map(|section| commit(&id, section)).collect();
        BatchItem { owner: token_of("batch"), commitments, sections }
    };
    let items: Vec<BatchItem> = nets.iter().map(item).collect();
    let digests: Vec<Digest> = items.iter().zip(0..).map(|(item, index)| item.commitment(index).digest(&id)).collect();
    let payload = Payload::IssueBatch { count: nets.len() as u16, root: proofs::batch_root(&digests) };
    chain.with_body(SELLER, payload, TxBody::Batch(items))
}

/// An invoice for a token, issued by the seller.
pub(crate) fn issue(chain: &mut Chain, net: i64) -> Transaction {
    chain.by(SELLER, Payload::Issue(request(token_of("t"))), body(net))
}

/// The reasons for which the last block's transactions were refused, one list each.
pub(crate) fn refusals(chain: &Chain) -> Vec<Vec<RejectReason>> {
    (0..chain.frames.last().unwrap().block.txs.len()).map(|index| chain.reasons(index)).collect()
}
