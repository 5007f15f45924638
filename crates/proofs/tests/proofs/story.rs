//! What happens on the small chain: every way in which an invoice comes to be.

use std::collections::BTreeSet;

use ledger_types::{
    AccountId, Address, ApplicationId, Area, Asset, BatchItem, BookingState, BuyerTitle, Canonical, ChainId,
    ClaimState, Digest, Envelope, FaceState, Fen, Height, InvoiceCode, InvoiceFacts, InvoiceKind, InvoiceLine,
    InvoiceNumber, InvoiceRecord, KeyId, LineNature, OutputRecord, Owner, OwnerCondition, Payload, Policy, Quantity,
    Receipt, RedReason, ReimbursementState, RequestId, Section, SectionCommitment, SectionKind, Signer, SignerIdentity,
    SignerRole, Slot, Spend, TaxRate, TimerTask, TitleKind, Transaction, TxOutcome, Verdict,
    body::EntryMode,
    output::Origin,
    payload::InvoiceRequest,
    receipt::{Issued, ReceiptSubject},
    section::commit_section,
    transaction::TxBody,
};
use proofs::{InvoiceProof, InvoiceProofParts};

use crate::chain::Chain;

pub(crate) const SELLER: AccountId = AccountId(7);
const OWNER: Address = Address([0xaa; 32]);

/// An invoice of the story: how to prove it, and what its face says.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    pub(crate) slot: Slot,
    pub(crate) number: u32,
    pub(crate) issue: (u64, u16),
    pub(crate) total: i64,
}

pub(crate) const DIRECT: Told = Told { slot: Slot(0), number: 1, issue: (1, 0), total: 10_600 };
pub(crate) const OF_BATCH: Told = Told { slot: Slot(2), number: 3, issue: (1, 2), total: 21_200 };
pub(crate) const APPLIED: Told = Told { slot: Slot(4), number: 5, issue: (2, 1), total: 31_800 };
pub(crate) const RED: Told = Told { slot: Slot(5), number: 6, issue: (3, 1), total: -10_600 };

pub(crate) const ALL_SECTIONS: [SectionKind; 3] = [SectionKind::Facts, SectionKind::Buyer, SectionKind::Lines];

pub(crate) fn issued(told: Told) -> Issued {
    Issued { slot: told.slot, code: code(), number: InvoiceNumber::new(told.number).unwrap() }
}

fn code() -> InvoiceCode {
    InvoiceCode::build(Area(4403), 26, 1).unwrap()
}

/// Facts, buyer and lines of an invoice over `total` at 6 %.
pub(crate) fn sections(total: i64, salt: u8) -> Vec<Section> {
    let (net, tax) = (Fen(total / 106 * 100), Fen(total / 106 * 6));
    let facts = InvoiceFacts {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: EntryMode::Net,
        net,
        tax,
        total: Fen(total),
        remark: "备注".to_owned(),
        drawer: "李四".to_owned(),
        special_element: 0,
        deduction: None,
        secret_salt: [salt; 16],
    };
    let buyer = BuyerTitle {
        kind: TitleKind::Organisation,
        name: "深圳某某科技有限公司".to_owned(),
        tax_id: Some("91350100M000100Y43".parse().unwrap()),
        address_and_bank: String::new(),
    };
    let line = InvoiceLine {
        nature: LineNature::Normal,
        name: "*餐饮服务*餐费".to_owned(),
        tax_code: "3070401000000000000".parse().unwrap(),
        spec: String::new(),
        unit: "次".to_owned(),
        quantity: Some(Quantity::new(1, 0).unwrap()),
        price: Some(Quantity::new(net.0, 2).unwrap()),
        net,
        rate: TaxRate::Percent(600),
        policy: Policy::None,
        tax,
    };
    let contents = [
        (SectionKind::Facts, facts.to_canonical()),
        (SectionKind::Buyer, buyer.to_canonical()),
        (SectionKind::Lines, vec![line].to_canonical()),
    ];
    contents.map(|(kind, bytes)| Section::Plain { kind, salt: [salt ^ 0x55; 16], bytes }).to_vec()
}

pub(crate) fn commitments(chain: &ChainId, sections: &[Section]) -> Vec<SectionCommitment> {
    let commit = |section: &Section| match section {
        Section::Plain { kind, salt, bytes } => commit_section(chain, *kind, salt, bytes),
        Section::Sealed { .. } | Section::Erased { .. } => unreachable!("stage one has no sealed sections"),
    };
    sections.iter().map(commit).collect()
}

pub(crate) fn transaction(chain: &Chain, payload: Payload, body: TxBody, number: u8) -> Transaction {
    let sections = match &body {
        TxBody::Sections(sections) => commitments(&chain.id, sections),
        _ => Vec::new(),
    };
    let identity = SignerIdentity::Account { account: SELLER, key: KeyId(0) };
    let envelope = Envelope {
        version: Envelope::VERSION,
        chain_id: chain.id,
        area: Area(4403),
        request_id: RequestId::new(chain.genesis.time.0, [number; 10]),
        signers: vec![Signer { identity, role: SignerRole::Owner, acting_for: None }],
        valid_until_ms: chain.genesis.time.0 + 3_600_000,
        payload,
        sections,
    };
    // Proofs carry no signers' signatures: a transaction in a block has passed admission.
    Transaction { envelope, body, signatures: vec![[0; 64]] }
}

pub(crate) fn request() -> InvoiceRequest {
    InvoiceRequest { owner: OwnerCondition::TokenKey(OWNER), order_ref: Digest::ZERO, payments: Vec::new() }
}

fn batch_items(chain: &ChainId) -> Vec<BatchItem> {
    let item = |i: u8| {
        let sections = sections(10_600 * i64::from(i), 20 + i);
        let owner = OwnerCondition::TokenKey(Address([i; 32]));
        BatchItem { owner, commitments: commitments(chain, &sections), sections }
    };
    [1, 2, 3].map(item).to_vec()
}

pub(crate) fn record(chain: &Chain, told: Told, origin: Origin) -> OutputRecord {
    let invoice = InvoiceRecord {
        kind: InvoiceKind::BlockchainOrdinary,
        title: TitleKind::Organisation,
        origin,
        seller: SELLER,
        code: code(),
        number: InvoiceNumber::new(told.number).unwrap(),
        tax: Fen(told.total / 106 * 6),
        issued_ms: chain.next_time().0,
        rule_book: 1,
        face: FaceState::Blue,
        claim: ClaimState::Unclaimed,
        reimbursement: ReimbursementState::Open,
        booking: BookingState::NotBooked,
        red_form: None,
    };
    let owner = Owner::TokenKey(OWNER);
    OutputRecord { version: 1, sequence: 0, amount: Fen(told.total), owner, asset: Asset::Invoice(invoice) }
}

pub(crate) fn step(record: OutputRecord, change: impl FnOnce(&mut InvoiceRecord)) -> OutputRecord {
    let mut invoice = *record.invoice().unwrap();
    change(&mut invoice);
    OutputRecord { sequence: record.sequence + 1, asset: Asset::Invoice(invoice), ..record }
}

pub(crate) fn accepted(tx: &Transaction, outcome: TxOutcome) -> Receipt {
    let subject = ReceiptSubject::Tx(tx.envelope.tx_id());
    Receipt { version: Receipt::VERSION, subject, verdict: Verdict::Accepted(outcome) }
}

pub(crate) fn origin(height: u64, tx: u16, item: u16) -> Origin {
    Origin { height: Height(height), tx, item }
}

/// Five blocks: issues alone and in a batch, applies twice (1); issues the application (2); locks the first invoice and
/// reverses the second (3); nothing (4, 5).
pub(crate) fn tell(mut chain: Chain) -> Chain {
    issue_and_apply(&mut chain);
    let other = transaction(&chain, Payload::WithdrawApplication { application: ApplicationId(3) }, no_body(), 4);
    let issue = transaction(&chain, Payload::IssueApplied { application: ApplicationId(4) }, no_body(), 5);
    let receipts = vec![accepted(&other, TxOutcome::Done), accepted(&issue, TxOutcome::Issued(issued(APPLIED)))];
    let made = (APPLIED.slot, record(&chain, APPLIED, origin(1, 1, 0)));
    chain.add(vec![other, issue], receipts, &[made]);
    lock_and_reverse(&mut chain);
    chain.add(Vec::new(), Vec::new(), &[]);
    chain.add(Vec::new(), Vec::new(), &[]);
    chain
}

fn no_body() -> TxBody {
    TxBody::Sections(Vec::new())
}

fn issue_and_apply(chain: &mut Chain) {
    let direct = transaction(chain, Payload::Issue(request()), TxBody::Sections(sections(DIRECT.total, 1)), 1);
    let items = batch_items(&chain.id);
    let digests: Vec<_> = (0..).zip(&items).map(|(i, item)| item.commitment(i).digest(&chain.id)).collect();
    let payload = Payload::IssueBatch { count: 3, root: proofs::batch_root(&digests) };
    let batch = transaction(chain, payload, TxBody::Batch(items), 2);
    let apply = |number| {
        let payload = Payload::Apply { request: request(), expires_ms: chain.genesis.time.0 + 86_400_000 };
        transaction(chain, payload, TxBody::Sections(sections(APPLIED.total, number)), number)
    };
    let (apply, apply_too) = (apply(3), apply(8));
    let other = transaction(chain, Payload::WithdrawApplication { application: ApplicationId(2) }, no_body(), 9);
    let first = Told { slot: Slot(1), number: 2, ..OF_BATCH };
    let lapsed = ReceiptSubject::System(TimerTask::LapseApplication(ApplicationId(1)));
    let receipts = vec![
        Receipt { version: Receipt::VERSION, subject: lapsed, verdict: Verdict::Accepted(TxOutcome::Done) },
        accepted(&direct, TxOutcome::Issued(issued(DIRECT))),
        accepted(&apply, TxOutcome::Applied(ApplicationId(4))),
        accepted(&batch, TxOutcome::BatchIssued { first: issued(first), count: 3 }),
        accepted(&other, TxOutcome::Done),
        accepted(&apply_too, TxOutcome::Applied(ApplicationId(5))),
    ];
    let of_batch = |i: u16| {
        let told = Told { number: 2 + u32::from(i), total: 10_600 * i64::from(i + 1), ..OF_BATCH };
        (Slot(1 + u64::from(i)), record(chain, told, origin(1, 2, i)))
    };
    let made = [(DIRECT.slot, record(chain, DIRECT, origin(1, 0, 0))), of_batch(0), of_batch(1), of_batch(2)];
    chain.add(vec![direct, apply, batch, other, apply_too], receipts, &made);
}

fn lock_and_reverse(chain: &mut Chain) {
    let (direct, blue) = (chain.slot_state(DIRECT.slot, Height(2)).record, chain.slot_state(Slot(1), Height(2)).record);
    let spends = vec![Spend::new(DIRECT.slot, 0)];
    let until_ms = chain.next_time().0 + 1_000;
    let lock = transaction(chain, Payload::Lock { spends, until_ms, reason: 1 }, no_body(), 6);
    let payload = Payload::IssueRed { invoice: Slot(1), sequence: 0, reason: RedReason::IssueError, form: None };
    let red = transaction(chain, payload, no_body(), 7);
    let receipts = vec![
        accepted(&lock, TxOutcome::Stepped(vec![(DIRECT.slot, 1)])),
        accepted(&red, TxOutcome::RedIssued { red: issued(RED), blue: Slot(1) }),
    ];
    let by = AccountId(9);
    let made = [
        (DIRECT.slot, step(direct, |i| i.reimbursement = ReimbursementState::Locked { by, until_ms, reason: 1 })),
        (Slot(1), step(blue, |i| i.face = FaceState::Reversed { by: RED.slot })),
        (RED.slot, {
            let mut red = step(record(chain, RED, origin(3, 1, 0)), |i| i.face = FaceState::Red { of: Slot(1) });
            red.sequence = 0;
            red
        }),
    ];
    chain.add(vec![lock, red], receipts, &made);
}

/// The proof of an invoice after `height`, with sections opened.
pub(crate) fn prove(chain: &Chain, told: Told, height: u64, open: &[SectionKind]) -> InvoiceProof {
    InvoiceProof::build(&parts(chain, told, height, open)).unwrap()
}

pub(crate) fn parts<'a>(chain: &'a Chain, told: Told, height: u64, open: &[SectionKind]) -> InvoiceProofParts<'a> {
    let state = chain.slot_state(told.slot, Height(height));
    let frame = |height: u64| &chain.frames[height as usize - 1];
    InvoiceProofParts {
        body_block: frame(state.record.invoice().unwrap().origin.height.0),
        issue_block: frame(told.issue.0),
        issue_index: told.issue.1,
        state,
        headers: chain.headers(),
        open: open.iter().copied().collect::<BTreeSet<_>>(),
    }
}
