//! A chain made by hand in tests: real keys, signatures, roots and certificates around the auditor's own verdicts.
#![allow(clippy::unwrap_used)]

use ledger_types::change_set::Cause;
use ledger_types::envelope::transaction_message;
use ledger_types::owner::account_address;
use ledger_types::receipt::ReceiptSubject;
use ledger_types::transaction::TxBody;
use ledger_types::{
    AccountId, AccountKind, Address, Area, Block, BlockFrame, BlockId, BlockTime, ChainId, Change, ChangeSet,
    ClockMode, CommitCertificate, ConsensusKind, Digest, Envelope, Field, Genesis, GenesisAccount, Header, Height,
    KeyId, KeyRecord, Payload, Receipt, Refusal, RequestId, Section, SectionCommitment, Signer, SignerIdentity,
    SignerRole, Transaction, TxId, Validator, ValidatorSet, Verdict,
};
use proofs::{changes_root, log_tree, receipts_root, rule_books_root, tx_root};
use sm2::dsa::{Signature, SigningKey, signature::Signer as _};

use crate::genesis::first_world;
use crate::judge::judge;
use crate::opened::open;
use crate::reasons::Reasons;
use crate::timers;
use crate::trees::Trees;
use crate::world::{Touched, World};

pub(crate) const AREA: Area = Area(4403);
/// 2026-11-01T00:00 in Shenzhen.
pub(crate) const START: u64 = 1_793_462_400_000;
pub(crate) const BUREAU: AccountId = AccountId(1);
pub(crate) const SELLER: AccountId = AccountId(2);
pub(crate) const BUYER: AccountId = AccountId(3);
pub(crate) const PAYMENTS: AccountId = AccountId(4);

pub(crate) fn key(seed: &str) -> SigningKey {
    SigningKey::from_slice(sm::USER_ID, &sm::sm3(seed.as_bytes())).unwrap()
}

pub(crate) fn public(key: &SigningKey) -> [u8; 33] {
    use sm2::elliptic_curve::sec1::ToSec1Point as _;
    key.verifying_key().as_affine().to_sec1_point(true).as_bytes().try_into().unwrap()
}

fn sign(key: &SigningKey, message: &[u8]) -> [u8; 64] {
    let signature: Signature = key.sign(message);
    signature.to_bytes().into()
}

fn account(kind: AccountKind, tax_id: Option<&str>, seed: &str) -> GenesisAccount {
    GenesisAccount {
        kind,
        area: AREA,
        tax_id: tax_id.map(|id| id.parse().unwrap()),
        name: seed.to_owned(),
        keys: vec![KeyRecord::admin(KeyId(0), public(&key(seed)))],
    }
}

/// A chain that grows block by block.
pub(crate) struct Chain {
    pub(crate) genesis: Genesis,
    pub(crate) frames: Vec<BlockFrame>,
    pub(crate) now: u64,
    /// The area that transactions name.
    pub(crate) area: Area,
    world: World,
    trees: Trees,
    state_root: Digest,
    requests: u16,
}

fn seed(account: AccountId) -> &'static str {
    ["", "bureau", "seller", "buyer", "payments"][account.0 as usize]
}

impl Chain {
    pub(crate) fn new() -> Self {
        let validator = Validator { operator: BUREAU, vote_key: public(&key("validator")) };
        let genesis = Genesis {
            version: Genesis::VERSION,
            committee: None,
            name: "by hand".to_owned(),
            time: BlockTime(START),
            clock: ClockMode::Driven,
            consensus: ConsensusKind::Solo,
            validators: ValidatorSet { validators: vec![validator] },
            params: ledger_types::ChainParams::default(),
            areas: vec![AREA],
            accounts: vec![
                account(AccountKind::Bureau, None, seed(BUREAU)),
                account(AccountKind::Enterprise, Some("91350100M000100Y43"), seed(SELLER)),
                account(AccountKind::Enterprise, Some("9144030071526726XG"), seed(BUYER)),
                account(AccountKind::PaymentProvider, None, seed(PAYMENTS)),
            ],
        };
        let mut world = first_world(&genesis);
        let mut trees = Trees::default();
        let touched = world.take_touched();
        trees.update(&world, &touched);
        let state_root = trees.root(world.chain());
        Self { genesis, frames: Vec::new(), now: START, area: AREA, world, trees, state_root, requests: 0 }
    }

    pub(crate) fn address(&self, account: AccountId) -> Address {
        account_address(self.world.chain(), account)
    }

    /// A transaction signed by an account's first key.
    pub(crate) fn by(&mut self, account: AccountId, payload: Payload, sections: Vec<Section>) -> Transaction {
        let identity = SignerIdentity::Account { account, key: KeyId(0) };
        self.signed(identity, &key(seed(account)), payload, TxBody::Sections(sections))
    }

    /// The same with a body of any form.
    pub(crate) fn with_body(&mut self, account: AccountId, payload: Payload, body: TxBody) -> Transaction {
        let identity = SignerIdentity::Account { account, key: KeyId(0) };
        self.signed(identity, &key(seed(account)), payload, body)
    }

    /// A transaction signed by a key that is no account's.
    pub(crate) fn by_key(&mut self, signing: &SigningKey, payload: Payload) -> Transaction {
        self.signed(SignerIdentity::BareKey(public(signing)), signing, payload, TxBody::Sections(Vec::new()))
    }

    fn signed(
        &mut self,
        identity: SignerIdentity,
        signing: &SigningKey,
        payload: Payload,
        body: TxBody,
    ) -> Transaction {
        self.requests += 1;
        let mut random = [0; 10];
        random[..2].copy_from_slice(&self.requests.to_be_bytes());
        let chain = *self.world.chain();
        let commitments: Vec<SectionCommitment> = match &body {
            TxBody::Sections(sections) => sections.iter().map(|section| commit(&chain, section)).collect(),
            _ => Vec::new(),
        };
        let envelope = Envelope {
            version: Envelope::VERSION,
            chain_id: chain,
            area: self.area,
            request_id: RequestId::new(self.now, random),
            signers: vec![Signer { identity, role: SignerRole::Owner, acting_for: None }],
            valid_until_ms: self.now + 600_000,
            payload,
            sections: commitments,
        };
        let signature = sign(signing, &transaction_message(&chain, &envelope.tx_id()));
        Transaction { envelope, body, signatures: vec![signature] }
    }

    /// Makes a block `after_ms` later, with the verdicts that the auditor itself would give.
    pub(crate) fn block(&mut self, after_ms: u64, txs: Vec<Transaction>) -> &BlockFrame {
        self.now += after_ms;
        let height = Height(self.frames.len() as u64 + 1);
        let now = BlockTime(self.now);
        let header = self.header(height, now, &txs);
        let mut receipts: Vec<Receipt> = timers::run(&mut self.world, now)
            .into_iter()
            .map(|(task, outcome)| receipt(ReceiptSubject::System(task), Verdict::Accepted(outcome)))
            .collect();
        for (tx, index) in txs.iter().zip(0u16..) {
            receipts.push(self.execute(height, now, index, tx));
        }
        let touched = self.world.take_touched();
        self.trees.update(&self.world, &touched);
        self.state_root = self.trees.root(self.world.chain());
        let last_certificate = self.frames.last().map(|frame| frame.certificate.clone());
        self.frames.push(BlockFrame {
            version: BlockFrame::VERSION,
            certificate: certify(&self.genesis, &header),
            block: Block { header, txs, last_certificate },
            receipts,
            changes: change_set(&self.world, &touched),
            state_root: self.state_root,
        });
        self.frames.last().unwrap()
    }

    fn execute(&mut self, height: Height, now: BlockTime, index: u16, tx: &Transaction) -> Receipt {
        let id = tx.envelope.tx_id();
        let opened = open(self.world.chain(), tx, &|_| None).unwrap();
        let (reasons, draft) = judge(&self.world, height, now, index, tx, &opened);
        let (work, outcome) = draft.finish();
        let accepted = reasons.is_empty();
        if accepted {
            self.world.apply(index, work);
        }
        let scope = tx.envelope.request_scope().unwrap();
        let id_of_request = tx.envelope.request_id;
        self.world.put_request(ledger_types::RequestEntry {
            scope,
            id: id_of_request,
            tx: id,
            height,
            index,
            accepted,
        });
        let verdict = if accepted { Verdict::Accepted(outcome) } else { Verdict::Refused(refusals(&reasons)) };
        receipt(ReceiptSubject::Tx(id), verdict)
    }

    fn header(&self, height: Height, now: BlockTime, txs: &[Transaction]) -> Header {
        let chain = *self.world.chain();
        let parent = self.frames.last();
        let ids: Vec<TxId> = txs.iter().map(|tx| tx.envelope.tx_id()).collect();
        let validators = self.genesis.validators.digest(&chain);
        Header {
            version: Header::VERSION,
            protocol: Header::PROTOCOL,
            chain_id: chain,
            height,
            epoch: 0,
            consensus: ConsensusKind::Solo,
            time: now,
            parent: parent.map_or(BlockId::from_digest(Digest::ZERO), |frame| frame.block.header.block_id()),
            tx_root: tx_root(&ids),
            state_root: self.state_root,
            receipts_root: parent.map_or(log_tree::empty_root(), |frame| receipts_root(&frame.receipts)),
            changes_root: parent.map_or(log_tree::empty_root(), |frame| changes_root(&frame.changes)),
            rule_books_root: rule_books_root(&chain, &self.world.active_books()),
            validators_hash: validators,
            next_validators_hash: validators,
            params_hash: self.genesis.params.digest(&chain),
            last_certificate_hash: parent.map_or(Digest::ZERO, |frame| frame.certificate.digest(&chain)),
            evidence_root: log_tree::empty_root(),
            proposer: 0,
        }
    }

    /// The refusal reasons of the last block's transaction.
    pub(crate) fn reasons(&self, index: usize) -> Vec<ledger_types::RejectReason> {
        let frame = self.frames.last().unwrap();
        let first = frame.receipts.len() - frame.block.txs.len();
        frame.receipts[first + index].refusals().iter().map(|refusal| refusal.reason).collect()
    }

    /// The state after the last block.
    pub(crate) fn world(&self) -> &World {
        &self.world
    }
}

/// The commitment to a plain section.
pub(crate) fn commit(chain: &ChainId, section: &Section) -> SectionCommitment {
    match section {
        Section::Plain { kind, salt, bytes } => ledger_types::section::commit_section(chain, *kind, salt, bytes),
        Section::Sealed { .. } | Section::Erased { .. } => unreachable!("sections are plain here"),
    }
}

fn refusals(reasons: &Reasons) -> Vec<Refusal> {
    reasons
        .deciding()
        .map(|mark| Refusal { item: mark.item, line: mark.line, ..Refusal::new(mark.reason, Field::Transaction) })
        .collect()
}

fn receipt(subject: ReceiptSubject, verdict: Verdict) -> Receipt {
    Receipt { version: Receipt::VERSION, subject, verdict }
}

fn change_set(world: &World, touched: &Touched) -> ChangeSet {
    let of = |cause: Cause| cause;
    let outputs = touched.outputs.iter().map(|(slot, touch)| Change::Output {
        cause: of(touch.cause),
        slot: *slot,
        record: *world.output(*slot).unwrap(),
    });
    let register = touched.register.iter().map(|(key, touch)| Change::Registry {
        cause: of(touch.cause),
        key: key.clone(),
        value: world.entry(key).cloned().map(Box::new),
    });
    let requests = touched.requests.iter().map(|entry| Change::Request(*entry));
    ChangeSet { changes: outputs.chain(register).chain(requests).collect() }
}

/// The solo validator's certificate.
pub(crate) fn certify(genesis: &Genesis, header: &Header) -> CommitCertificate {
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
    let message = certificate.vote().message(&genesis.chain_id());
    certificate.signatures.push(sign(&key("validator"), &message));
    certificate
}
