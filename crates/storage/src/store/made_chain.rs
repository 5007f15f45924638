//! Chains made for tests: real headers, ids, signatures and certificates around changes of the right shape.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use ledger::BlockOutcome;
use ledger_types::output::Origin;
use ledger_types::payload::InvoiceRequest;
use ledger_types::receipt::{Issued, ReceiptSubject};
use ledger_types::registry::{Counters, Numbering, OrderFate};
use ledger_types::section::commit_section;
use ledger_types::transaction::TxBody;
use ledger_types::*;
use sm2::dsa::{Signature, SigningKey, signature::Signer as _};

use crate::tip::Tip;

pub(crate) const AREA: Area = Area(4403);
const START: u64 = 1_793_462_400_000;
pub(crate) const SELLERS: u32 = 50;

fn key(seed: &str) -> SigningKey {
    SigningKey::from_slice(sm::USER_ID, &sm::sm3(seed.as_bytes())).unwrap()
}

fn public(key: &SigningKey) -> [u8; 33] {
    use sm2::elliptic_curve::sec1::ToSec1Point as _;
    key.verifying_key().as_affine().to_sec1_point(true).as_bytes().try_into().unwrap()
}

/// 32 bytes that look random and depend on a number.
fn noise(what: &str, n: u64) -> [u8; 32] {
    sm::sm3_parts(&[what.as_bytes(), &n.to_le_bytes()])
}

/// The genesis document of all these chains.
pub(crate) fn genesis() -> Genesis {
    let account = |(n, tax_id): (u32, Option<&str>)| GenesisAccount {
        kind: if tax_id.is_none() { AccountKind::Bureau } else { AccountKind::Enterprise },
        area: AREA,
        tax_id: tax_id.map(|id| id.parse().unwrap()),
        name: format!("account {n}"),
        keys: vec![KeyRecord::admin(KeyId(0), public(&key("operator")))],
    };
    Genesis {
        version: Genesis::VERSION,
        committee: None,
        name: "made".to_owned(),
        time: BlockTime(START),
        clock: ClockMode::Driven,
        consensus: ConsensusKind::Solo,
        validators: ValidatorSet {
            validators: vec![Validator { operator: AccountId(1), vote_key: public(&key("vote")) }],
        },
        params: ChainParams::default(),
        areas: vec![AREA],
        accounts: [(1, None), (2, Some("91350100M000100Y43")), (3, Some("9144030071526726XG"))].map(account).to_vec(),
    }
}

/// What stands in a block.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) block: Block,
    pub(crate) certificate: CommitCertificate,
    pub(crate) outcome: BlockOutcome,
}

/// Makes one block after the other.
pub(crate) struct Maker {
    pub(crate) chain: ChainId,
    vote: SigningKey,
    genesis: Genesis,
    /// As in state.
    pub(crate) outputs: BTreeMap<Slot, OutputRecord>,
    slots: u64,
    numbers: u32,
    made: u64,
    last: Option<CommitCertificate>,
    usage: BTreeMap<AccountId, u32>,
    /// Entries that the next block makes beside its own.
    pub(crate) extra: Vec<(RegistryKey, RegistryValue)>,
}

/// The changes of a block, collected.
#[derive(Default)]
struct Collected {
    outputs: BTreeMap<Slot, (u16, OutputRecord)>,
    registry: BTreeMap<RegistryKey, Option<RegistryValue>>,
    requests: Vec<RequestEntry>,
    txs: Vec<Transaction>,
    receipts: Vec<Receipt>,
}

impl Maker {
    pub(crate) fn new() -> Self {
        let genesis = genesis();
        Self {
            chain: genesis.chain_id(),
            vote: key("vote"),
            genesis,
            outputs: BTreeMap::new(),
            slots: 0,
            numbers: 0,
            made: 0,
            last: None,
            usage: BTreeMap::new(),
            extra: Vec::new(),
        }
    }

    /// The block after `tip`: `issues` new invoices and a step of up to `steps` earlier ones.
    pub(crate) fn block(&mut self, tip: &Tip, issues: usize, steps: usize) -> Made {
        let height = tip.height.next();
        let time = tip.time.plus_ms(1_000);
        let mut all = Collected::default();
        for _ in 0..issues {
            self.issue(&mut all, height, time);
        }
        let old = self.slots - issues as u64;
        let picked: BTreeSet<Slot> =
            (0..steps as u64).filter(|_| old > 0).map(|n| Slot((height.0 * 7_919 + n * 104_729) % old)).collect();
        for slot in picked {
            self.step(&mut all, slot, height, time);
        }
        self.finish(tip, height, time, all)
    }

    fn issue(&mut self, all: &mut Collected, height: Height, time: BlockTime) {
        let n = self.made;
        let index = u16::try_from(all.txs.len()).unwrap();
        let seller = AccountId(2 + (n * n % 97 % u64::from(SELLERS)) as u32);
        let order_ref = Digest(noise("order", n));
        let token = Address(noise("token", n));
        let owner = OwnerCondition::TokenKey(token);
        let payload = Payload::Issue(InvoiceRequest { owner, order_ref, payments: Vec::new() });
        let tx = self.transaction(seller, payload, invoice_sections(n), time);
        let (slot, number) = (Slot(self.slots), InvoiceNumber::new(self.numbers + 1).unwrap());
        (self.slots, self.numbers) = (self.slots + 1, self.numbers + 1);
        let code = InvoiceCode::build(AREA, 26, 1).unwrap();
        let invoice = InvoiceRecord {
            kind: InvoiceKind::BlockchainOrdinary,
            title: TitleKind::Individual,
            origin: Origin { height, tx: index, item: 0 },
            seller,
            code,
            number,
            tax: Fen(78),
            issued_ms: time.0,
            rule_book: 1,
            face: FaceState::Blue,
            claim: ClaimState::Unclaimed,
            reimbursement: ReimbursementState::Open,
            booking: BookingState::NotBooked,
            red_form: None,
        };
        let record = OutputRecord {
            version: OutputRecord::VERSION,
            sequence: 0,
            amount: Fen(1_378),
            owner: Owner::TokenKey(token),
            asset: Asset::Invoice(invoice),
        };
        self.outputs.insert(slot, record);
        all.outputs.insert(slot, (index, record));
        let order = RegistryKey::Order { seller, order_ref };
        all.registry.insert(order, Some(RegistryValue::Order(OrderFate::Issued(slot))));
        let used = self.usage.entry(seller).or_default();
        *used += 1;
        let usage = Usage { month: time.month(), day_count: *used, ..Usage::default() };
        all.registry.insert(RegistryKey::Usage(seller), Some(RegistryValue::Usage(usage)));
        self.accept(all, tx, height, TxOutcome::Issued(Issued { slot, code, number }));
    }

    /// Claims, offers, accepts, locks: in turn.
    fn step(&mut self, all: &mut Collected, slot: Slot, height: Height, time: BlockTime) {
        let mut record = self.outputs[&slot];
        let Asset::Invoice(invoice) = &mut record.asset else { return };
        let holder = |n: u64| Address(noise("holder", n % 11));
        let spend = payload::Spend::new(slot, record.sequence);
        let n = self.made;
        let until_ms = time.0 + 60_000;
        let payload = match (record.sequence % 4, invoice.claim) {
            (0, _) => {
                record.owner = Owner::Address(holder(n));
                invoice.claim = ClaimState::Claimed;
                Payload::Claim { spend, to: holder(n) }
            }
            (1, _) => {
                let Owner::Address(from) = record.owner else { return };
                invoice.claim = ClaimState::Offered { from, to: holder(n + 1), until_ms };
                let any = OwnerCondition::AnyOf(vec![from, holder(n + 1)]);
                record.owner = any.to_owner(&self.chain);
                Payload::OfferTransfer { spend, to: holder(n + 1), until_ms }
            }
            (2, ClaimState::Offered { to, .. }) => {
                record.owner = Owner::Address(to);
                invoice.claim = ClaimState::Claimed;
                Payload::AcceptTransfer { spend }
            }
            _ => {
                invoice.reimbursement = ReimbursementState::Locked { by: AccountId(3), until_ms, reason: 1 };
                let timer = RegistryKey::Timer { due_ms: until_ms, number: n };
                let task = TimerTask::LapseLock { slot, sequence: record.sequence + 1 };
                all.registry.insert(timer, Some(RegistryValue::Timer(task)));
                Payload::Lock { spends: vec![spend], until_ms, reason: 1 }
            }
        };
        record.sequence += 1;
        let index = u16::try_from(all.txs.len()).unwrap();
        let tx = self.transaction(AccountId(3), payload, Vec::new(), time);
        self.outputs.insert(slot, record);
        all.outputs.insert(slot, (index, record));
        self.accept(all, tx, height, TxOutcome::Stepped(vec![(slot, record.sequence)]));
    }

    fn transaction(
        &mut self,
        signer: AccountId,
        payload: Payload,
        sections: Vec<Section>,
        time: BlockTime,
    ) -> Transaction {
        let n = self.made;
        self.made += 1;
        let random = noise("request", n)[..10].try_into().unwrap();
        let commitments = sections.iter().map(|section| {
            let Section::Plain { kind, salt, bytes } = section else { unreachable!() };
            commit_section(&self.chain, *kind, salt, bytes)
        });
        let identity = SignerIdentity::Account { account: signer, key: KeyId(0) };
        let envelope = Envelope {
            version: Envelope::VERSION,
            chain_id: self.chain,
            area: AREA,
            request_id: RequestId::new(time.0 - n % 900, random),
            signers: vec![Signer { identity, role: SignerRole::Owner, acting_for: None }],
            valid_until_ms: time.0 + 60_000,
            payload,
            sections: commitments.collect(),
        };
        let signature = [noise("r", n), noise("s", n)].concat().try_into().unwrap();
        Transaction { envelope, body: TxBody::Sections(sections), signatures: vec![signature] }
    }

    fn accept(&self, all: &mut Collected, tx: Transaction, height: Height, outcome: TxOutcome) {
        let id = tx.envelope.tx_id();
        let index = u16::try_from(all.txs.len()).unwrap();
        let scope = tx.envelope.request_scope().unwrap();
        let entry = RequestEntry { scope, id: tx.envelope.request_id, tx: id, height, index, accepted: true };
        all.requests.push(entry);
        let subject = ReceiptSubject::Tx(id);
        all.receipts.push(Receipt { version: Receipt::VERSION, subject, verdict: Verdict::Accepted(outcome) });
        all.txs.push(tx);
    }

    fn finish(&mut self, tip: &Tip, height: Height, time: BlockTime, mut all: Collected) -> Made {
        if self.slots > 0 {
            let counters = Counters {
                account: AccountId(4),
                slot: Slot(self.slots),
                application: ApplicationId(1),
                form: FormId(1),
                timer: self.made,
            };
            all.registry.insert(RegistryKey::Counters, Some(RegistryValue::Counters(counters)));
            let code = InvoiceCode::build(AREA, 26, 1).unwrap();
            let next = InvoiceNumber::new(self.numbers + 1).ok();
            all.registry.insert(RegistryKey::Numbering(AREA), Some(RegistryValue::Numbering(Numbering { code, next })));
        }
        if height.0.is_multiple_of(3) {
            let gone = RegistryKey::Usage(AccountId(2 + (height.0 % u64::from(SELLERS)) as u32));
            all.registry.insert(gone, None);
        }
        all.registry.extend(self.extra.drain(..).map(|(key, value)| (key, Some(value))));
        let outputs = all.outputs.iter().map(|(slot, (cause, record))| Change::Output {
            cause: *cause,
            slot: *slot,
            record: *record,
        });
        let registry =
            all.registry.into_iter().map(|(key, value)| Change::Registry { cause: 0, key, value: value.map(Box::new) });
        let requests = all.requests.iter().copied().map(Change::Request);
        let changes = ChangeSet { changes: outputs.chain(registry).chain(requests).collect() };
        let ids: Vec<TxId> = all.requests.iter().map(|r| r.tx).collect();
        let header = self.header(tip, height, time, proofs::tx_root(&ids));
        let certificate = self.certify(&header);
        let block = Block { header, txs: all.txs, last_certificate: self.last.replace(certificate.clone()) };
        Made { block, certificate, outcome: BlockOutcome { receipts: all.receipts, changes } }
    }

    fn header(&self, tip: &Tip, height: Height, time: BlockTime, tx_root: Digest) -> Header {
        let validators = self.genesis.validators.digest(&self.chain);
        Header {
            version: Header::VERSION,
            protocol: Header::PROTOCOL,
            chain_id: self.chain,
            height,
            epoch: 0,
            consensus: ConsensusKind::Solo,
            time,
            parent: tip.block_id,
            tx_root,
            state_root: tip.state_root,
            receipts_root: tip.receipts_root,
            changes_root: tip.changes_root,
            rule_books_root: proofs::rule_books_root(&self.chain, &[]),
            validators_hash: validators,
            next_validators_hash: validators,
            params_hash: self.genesis.params.digest(&self.chain),
            last_certificate_hash: self.last.as_ref().map_or(Digest::ZERO, |c| c.digest(&self.chain)),
            evidence_root: proofs::log_tree::empty_root(),
            proposer: 0,
        }
    }

    fn certify(&self, header: &Header) -> CommitCertificate {
        let mut certificate = CommitCertificate {
            version: CommitCertificate::VERSION,
            epoch: header.epoch,
            kind: header.consensus,
            height: header.height,
            round: 0,
            block_id: header.block_id(),
            bitmap: vec![1],
            signatures: Vec::new(),
        };
        let signature: Signature = self.vote.sign(&certificate.vote().message(&self.chain));
        certificate.signatures.push(signature.to_bytes().into());
        certificate
    }
}

/// Facts, buyer and two lines, as a till sends them: about 300 bytes.
fn invoice_sections(n: u64) -> Vec<Section> {
    let names = ["*餐饮服务*午餐", "*餐饮服务*晚餐", "*软饮料*矿泉水", "*纸制品*打印纸", "*住宿服务*标准间"];
    let line = |k: u64| InvoiceLine {
        nature: LineNature::Normal,
        name: names[((n + k) % 5) as usize].to_owned(),
        tax_code: TaxCode::new(3_070_401_000_000_000_000 + (n + k) % 5).unwrap(),
        spec: String::new(),
        unit: "份".to_owned(),
        quantity: Some(Quantity::new(1 + (n % 3) as i64, 0).unwrap()),
        price: Some(Quantity::new(1_000 + (n % 700) as i64, 2).unwrap()),
        net: Fen(1_000 + (n % 700) as i64),
        rate: TaxRate::Percent(600),
        policy: Policy::None,
        tax: Fen(60 + (n % 42) as i64),
    };
    let facts = InvoiceFacts {
        kind: InvoiceKind::BlockchainOrdinary,
        entry: body::EntryMode::Gross,
        net: Fen(2_000),
        tax: Fen(120),
        total: Fen(2_120),
        remark: String::new(),
        drawer: "收银员".to_owned(),
        special_element: 0,
        deduction: None,
        secret_salt: noise("secret", n)[..16].try_into().unwrap(),
    };
    let buyer = BuyerTitle {
        kind: TitleKind::Individual,
        name: "个人".to_owned(),
        tax_id: None,
        address_and_bank: String::new(),
    };
    let plain = |kind: SectionKind, bytes: Vec<u8>| Section::Plain {
        kind,
        salt: noise(&format!("salt {kind:?}"), n)[..16].try_into().unwrap(),
        bytes,
    };
    vec![
        plain(SectionKind::Facts, facts.to_canonical()),
        plain(SectionKind::Buyer, buyer.to_canonical()),
        plain(SectionKind::Lines, vec![line(0), line(1)].to_canonical()),
    ]
}

/// Addresses that the steps use.
pub(crate) fn holders_in_tests() -> Vec<Owner> {
    (0..11).map(|n| Owner::Address(Address(noise("holder", n)))).collect()
}
