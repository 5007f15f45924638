//! A chain made by hand: real roots, real certificates, no rules.

use ledger_types::{
    AccountId, Area, Block, BlockFrame, BlockId, BlockTime, Canonical, ChainId, ChangeSet, ClockMode,
    CommitCertificate, ConsensusKind, Digest, Genesis, Header, Height, OutputRecord, Receipt, Slot, Transaction, TxId,
    Validator, ValidatorSet,
};
use proofs::{
    StateRoots, dense_tree,
    invoice_proof::{CertifiedHeader, SlotState},
    leaf_hash, log_tree, slot_leaf,
};
use sm2::dsa::{Signature, SigningKey, signature::Signer as _};

pub(crate) struct Chain {
    pub(crate) genesis: Genesis,
    pub(crate) id: ChainId,
    keys: Vec<SigningKey>,
    pub(crate) frames: Vec<BlockFrame>,
    /// All slots after each height, height 0 first.
    slots: Vec<Vec<OutputRecord>>,
    /// Changes headers before they are certified, as no honest validator would.
    pub(crate) twist: fn(&mut Header),
}

pub(crate) fn key(seed: &str) -> SigningKey {
    SigningKey::from_slice(sm::USER_ID, &sm::sm3(seed.as_bytes())).unwrap()
}

fn public(key: &SigningKey) -> [u8; 33] {
    use sm2::elliptic_curve::sec1::ToSec1Point as _;
    key.verifying_key().as_affine().to_sec1_point(true).as_bytes().try_into().unwrap()
}

pub(crate) fn sign(key: &SigningKey, message: &[u8]) -> [u8; 64] {
    let signature: Signature = key.sign(message);
    signature.to_bytes().into()
}

/// A validator set of keys made from the names `validator 0`, `validator 1`, ….
pub(crate) fn validators(count: usize) -> (ValidatorSet, Vec<SigningKey>) {
    let keys: Vec<_> = (0..count).map(|i| key(&format!("validator {i}"))).collect();
    let operator = |i: usize| AccountId(10 + i as u32);
    let members = keys.iter().enumerate().map(|(i, k)| Validator { operator: operator(i), vote_key: public(k) });
    (ValidatorSet { validators: members.collect() }, keys)
}

/// The certificate of a header by the validators at `signers`.
pub(crate) fn certify(chain: &ChainId, header: &Header, keys: &[SigningKey], signers: &[usize]) -> CommitCertificate {
    let mut bitmap = vec![0; keys.len().div_ceil(8)];
    signers.iter().for_each(|place| bitmap[place / 8] |= 1 << (place % 8));
    let mut certificate = CommitCertificate {
        version: CommitCertificate::VERSION,
        epoch: header.epoch,
        kind: header.consensus,
        height: header.height,
        round: 0,
        block_id: header.block_id(),
        bitmap,
        signatures: Vec::new(),
    };
    let message = certificate.vote().message(chain);
    certificate.signatures = signers.iter().map(|place| sign(&keys[*place], &message)).collect();
    certificate
}

impl Chain {
    /// One validator is solo, more are Byzantine fault tolerant.
    pub(crate) fn new(name: &str, members: usize) -> Self {
        let (validators, keys) = validators(members);
        let genesis = Genesis {
            version: Genesis::VERSION,
            committee: None,
            name: name.to_owned(),
            time: BlockTime(1_793_462_400_000),
            clock: ClockMode::Driven,
            consensus: if members == 1 { ConsensusKind::Solo } else { ConsensusKind::Bft },
            validators,
            params: ledger_types::ChainParams::default(),
            areas: vec![Area(4403)],
            accounts: Vec::new(),
        };
        Self { id: genesis.chain_id(), genesis, keys, frames: Vec::new(), slots: vec![Vec::new()], twist: |_| {} }
    }

    pub(crate) fn next_height(&self) -> Height {
        Height(self.frames.len() as u64 + 1)
    }

    pub(crate) fn next_time(&self) -> BlockTime {
        self.genesis.time.plus_ms(60_000 * self.next_height().0)
    }

    /// Adds a block; `records` are written to their slots (a slot past the end must be the next).
    pub(crate) fn add(&mut self, txs: Vec<Transaction>, receipts: Vec<Receipt>, records: &[(Slot, OutputRecord)]) {
        let mut header = self.header(&txs);
        (self.twist)(&mut header);
        let everybody: Vec<usize> = (0..self.keys.len()).collect();
        let certificate = certify(&self.id, &header, &self.keys, &everybody);
        let last_certificate = self.frames.last().map(|frame| frame.certificate.clone());
        let mut slots = self.slots.last().unwrap().clone();
        for (slot, record) in records {
            match slots.get_mut(slot.0 as usize) {
                Some(place) => *place = *record,
                None => slots.push(*record),
            }
            assert_eq!(slots[slot.0 as usize], *record);
        }
        self.slots.push(slots);
        self.frames.push(BlockFrame {
            version: BlockFrame::VERSION,
            block: Block { header, txs, last_certificate },
            certificate,
            receipts,
            changes: ChangeSet::default(),
            state_root: self.roots(self.next_height()).combine(&self.id),
        });
    }

    fn header(&self, txs: &[Transaction]) -> Header {
        let ids: Vec<TxId> = txs.iter().map(|tx| tx.envelope.tx_id()).collect();
        let (height, last) = (self.next_height(), self.frames.last());
        let validators_hash = self.genesis.validators.digest(&self.id);
        Header {
            version: Header::VERSION,
            protocol: Header::PROTOCOL,
            chain_id: self.id,
            height,
            epoch: 0,
            consensus: self.genesis.consensus,
            time: self.next_time(),
            parent: last.map_or(BlockId::from_digest(Digest::ZERO), |frame| frame.block.header.block_id()),
            tx_root: proofs::tx_root(&ids),
            state_root: self.roots(Height(height.0 - 1)).combine(&self.id),
            receipts_root: proofs::receipts_root(last.map_or(&[], |frame| &frame.receipts)),
            changes_root: log_tree::empty_root(),
            rule_books_root: log_tree::empty_root(),
            validators_hash,
            next_validators_hash: validators_hash,
            params_hash: self.genesis.params.digest(&self.id),
            last_certificate_hash: last.map_or(Digest::ZERO, |frame| frame.certificate.digest(&self.id)),
            evidence_root: log_tree::empty_root(),
            proposer: 0,
        }
    }

    /// All levels of the slot tree, from the leaves up.
    fn slot_levels(&self, height: Height) -> Vec<Vec<Digest>> {
        let slots = &self.slots[height.0 as usize];
        let mut level: Vec<Digest> = slots.iter().map(slot_leaf).collect();
        level.resize(1 << dense_tree::depth(slots.len() as u64), dense_tree::empty(0));
        let mut levels = vec![level];
        while levels[levels.len() - 1].len() > 1 {
            let pairs = levels[levels.len() - 1].chunks(2).map(|pair| (pair[0], pair[1]));
            levels.push(proofs::node_hashes(pairs));
        }
        levels
    }

    /// The state's roots after a height; logs and register hold something that changes with it.
    fn roots(&self, height: Height) -> StateRoots {
        let levels = self.slot_levels(height);
        let leaves = self.slots[height.0 as usize].len() as u64;
        let slots = dense_tree::root(&self.id, leaves, &levels[levels.len() - 1][0]);
        StateRoots::new(slots, leaf_hash(&height.to_canonical()), leaf_hash(b"register"))
    }

    pub(crate) fn slot_state(&self, slot: Slot, height: Height) -> SlotState {
        let levels = self.slot_levels(height);
        let below_top = levels[..levels.len() - 1].iter().enumerate();
        let slots = &self.slots[height.0 as usize];
        SlotState {
            height,
            record: slots[slot.0 as usize],
            leaves: slots.len() as u64,
            siblings: below_top.map(|(level, nodes)| nodes[(slot.0 as usize >> level) ^ 1]).collect(),
            roots: self.roots(height),
        }
    }

    pub(crate) fn headers(&self) -> Vec<CertifiedHeader> {
        let certified = |frame: &BlockFrame| CertifiedHeader {
            header: frame.block.header.clone(),
            certificate: frame.certificate.clone(),
        };
        self.frames.iter().map(certified).collect()
    }
}
