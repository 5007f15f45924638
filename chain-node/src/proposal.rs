//! Room 4: picks and orders a batch, and fills the header; or checks that a peer did so rightly.

use ledger::admission::{AuthenticatedTx, check_time};
use ledger::{Regime, SealingRules, StateView};
use ledger_types::{
    Block, BlockId, BlockTime, ChainId, CommitCertificate, ConsensusKind, Digest, Genesis, Header, Height, TxId,
};
use storage::Tip;
use storage::planted::{self, Bug};

use crate::mempool::TxBatch;
use crate::node::seal_fault;

/// A block as this node would have it, or has found right. Only this room makes it.
pub struct ProposedBlock {
    block: Block,
    id: BlockId,
    txs: Vec<AuthenticatedTx>,
}

impl ProposedBlock {
    /// The block's id.
    pub fn id(&self) -> BlockId {
        self.id
    }

    /// The block.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// The block and its transactions with the proof that their signatures were checked.
    pub fn into_parts(self) -> (Block, Vec<AuthenticatedTx>) {
        (self.block, self.txs)
    }
}

/// What is wrong with a peer's block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockFault {
    /// It is not the block after the tip.
    #[error("it does not follow block {0}")]
    Place(Height),
    /// Its time is not after its parent's, or too far ahead of this node's clock.
    #[error("its time {0} is out of bounds")]
    Time(BlockTime),
    /// The certificate of its parent does not hold.
    #[error("the certificate of its parent: {0}")]
    ParentCertificate(String),
    /// Too many transactions or bytes.
    #[error("it is larger than the chain allows")]
    Size,
    /// A transaction may not stand in it.
    #[error("transaction {id}: {why}")]
    Transaction {
        /// Which.
        id: TxId,
        /// Why.
        why: String,
    },
    /// The header says otherwise than this node's state.
    #[error("its header has another {0}")]
    Header(&'static str),
}

impl BlockFault {
    /// Whether it is in what stands beside a header, which whoever hands a certified block on may have changed.
    pub fn is_beside_header(&self) -> bool {
        match self {
            Self::Header(field) => ["transaction root", "last certificate", "evidence root"].contains(field),
            Self::ParentCertificate(_) | Self::Size => true,
            Self::Place(_) | Self::Time(_) | Self::Transaction { .. } => false,
        }
    }
}

/// Fills headers by what the chain prescribes for their height.
pub struct Proposer {
    chain: ChainId,
    genesis_time: BlockTime,
    genesis_kind: ConsensusKind,
    areas: Vec<ledger_types::Area>,
    /// This node's voting key; none of one that only follows.
    vote_key: Option<[u8; 33]>,
    /// What is prescribed for the next block.
    regime: Regime,
}

/// The header, certificate and frame of a block are small beside this.
const RESERVE: usize = 64 * 1024;
/// A block may be so much ahead of a validator's clock, ms.
pub const MAX_AHEAD_MS: u64 = 2_000;

impl Proposer {
    /// For the block after this state.
    pub fn new(
        genesis: &Genesis,
        state: &dyn StateView,
        vote_key: Option<[u8; 33]>,
    ) -> Result<Self, ledger::StateFault> {
        Ok(Self {
            chain: genesis.chain_id(),
            genesis_time: genesis.time,
            genesis_kind: genesis.consensus,
            areas: genesis.areas.clone(),
            vote_key,
            regime: ledger::regime(state, genesis.consensus)?,
        })
    }

    /// Reads what is prescribed after another block; true if that begins another epoch.
    pub fn renew(&mut self, state: &dyn StateView) -> Result<bool, ledger::StateFault> {
        let before = std::mem::replace(&mut self.regime, ledger::regime(state, self.genesis_kind)?);
        Ok(before.epoch != self.regime.epoch)
    }

    /// What is prescribed for the next block.
    pub fn regime(&self) -> &Regime {
        &self.regime
    }

    /// This node's place among the validators of the next block; none for an observer.
    pub fn place(&self) -> Option<u16> {
        self.place_of(self.vote_key.as_ref()?)
    }

    /// The place of a voting key among the validators of the next block.
    pub fn place_of(&self, vote_key: &[u8; 33]) -> Option<u16> {
        self.regime.validators.place_of(vote_key).and_then(|place| u16::try_from(place).ok())
    }

    /// Most transactions and bytes of them in a block.
    pub fn limits(&self) -> (usize, usize) {
        let params = &self.regime.params;
        (usize::from(params.max_block_txs), (params.max_block_bytes as usize).saturating_sub(RESERVE))
    }

    /// Block time: the proposer's clock, but always after the parent.
    pub fn block_time(&self, tip: &Tip, clock: BlockTime) -> BlockTime {
        clock.max(self.parent_time(tip).plus_ms(1))
    }

    fn parent_time(&self, tip: &Tip) -> BlockTime {
        if tip.height == Height(0) { self.genesis_time } else { tip.time }
    }

    /// Builds the block after `tip`.
    pub fn propose(
        &self,
        tip: &Tip,
        state: &dyn StateView,
        time: BlockTime,
        batch: TxBatch,
    ) -> Result<ProposedBlock, ledger::StateFault> {
        let txs = batch.into_txs();
        let ids: Vec<_> = txs.iter().map(AuthenticatedTx::id).collect();
        let last = tip.certificate.as_ref();
        let proposer = self.place().unwrap_or(u16::MAX);
        let root = evidence_root(&txs);
        let header = self.header(tip, state, Own { time, proposer, ids: &ids, last, evidence_root: root })?;
        let id = header.block_id();
        let block =
            Block { header, txs: txs.iter().map(|t| t.tx().clone()).collect(), last_certificate: last.cloned() };
        Ok(ProposedBlock { block, id, txs })
    }

    /// Checks a peer's block against this node's state. `txs` are its transactions, their signatures checked, in order;
    /// `clock` is this node's, none for a block that is final already.
    pub fn check(
        &self,
        tip: &Tip,
        state: &dyn StateView,
        block: Block,
        txs: Vec<AuthenticatedTx>,
        clock: Option<BlockTime>,
    ) -> Result<Result<ProposedBlock, BlockFault>, ledger::StateFault> {
        let ids: Vec<_> = txs.iter().map(AuthenticatedTx::id).collect();
        let bytes = txs.iter().map(AuthenticatedTx::raw_len).sum();
        if let Err(fault) = self.check_closed(tip, state, &block, (&ids, bytes), clock)? {
            return Ok(Err(fault));
        }
        if let Some(fault) = bad_transaction(state, &self.regime.sealing, &txs, block.header.time)? {
            return Ok(Err(fault));
        }
        let id = block.header.block_id();
        Ok(Ok(ProposedBlock { block, id, txs }))
    }

    /// What of a block can be checked without opening its transactions, of which ids and bytes are given.
    pub fn check_closed(
        &self,
        tip: &Tip,
        state: &dyn StateView,
        block: &Block,
        (ids, bytes): (&[TxId], usize),
        clock: Option<BlockTime>,
    ) -> Result<Result<(), BlockFault>, ledger::StateFault> {
        let time = block.header.time;
        if (block.header.height, block.header.parent) != (tip.height.next(), tip.block_id) {
            return Ok(Err(BlockFault::Place(tip.height)));
        }
        let clock = clock.filter(|_| !planted::is_on(Bug::TimeUnchecked));
        if time <= self.parent_time(tip) || clock.is_some_and(|now| time > now.plus_ms(MAX_AHEAD_MS)) {
            return Ok(Err(BlockFault::Time(time)));
        }
        let (max_txs, max_bytes) = self.limits();
        if ids.len() > max_txs || bytes > max_bytes {
            return Ok(Err(BlockFault::Size));
        }
        if let Err(fault) = self.check_parent_certificate(tip, state, block.last_certificate.as_ref())? {
            return Ok(Err(fault));
        }
        let proposer = block.header.proposer;
        if usize::from(proposer) >= self.regime.validators.validators.len() {
            return Ok(Err(BlockFault::Header("proposer")));
        }
        let last = block.last_certificate.as_ref();
        let evidence_root = proofs::evidence_root(block.txs.iter().map(|tx| &tx.envelope.payload));
        let expected = self.header(tip, state, Own { time, proposer, ids, last, evidence_root })?;
        match difference(&expected, &block.header).filter(|_| !planted::is_on(Bug::RootsUnchecked)) {
            Some(field) => Ok(Err(BlockFault::Header(field))),
            None => Ok(Ok(())),
        }
    }

    /// What is prescribed for the block after the one at `height`, by the state before that: headers name it one block ahead.
    pub fn next_regime(&self, state: &dyn StateView, height: Height) -> Result<Regime, ledger::StateFault> {
        ledger::next_regime(state, height, self.genesis_kind)
    }

    fn check_parent_certificate(
        &self,
        tip: &Tip,
        state: &dyn StateView,
        given: Option<&CommitCertificate>,
    ) -> Result<Result<(), BlockFault>, ledger::StateFault> {
        let bad = |why: &str| Err(BlockFault::ParentCertificate(why.to_owned()));
        let (header, given) = match (&tip.header, given) {
            (None, None) => return Ok(Ok(())),
            (None, Some(_)) => return Ok(bad("the first block has no parent with one")),
            (Some(_), None) => return Ok(bad("missing")),
            (Some(_), Some(given)) if Some(given) == tip.certificate.as_ref() => return Ok(Ok(())),
            (Some(header), Some(given)) => (header, given),
        };
        // The parent may be the last block of the epoch before.
        let Some((_, set)) = ledger::validators_of(state, header.epoch, self.genesis_kind)? else {
            return Ok(bad("of an epoch that never was"));
        };
        let verdict = proofs::certificate::verify(&self.chain, given, &set, header);
        Ok(verdict.or_else(|e| bad(&e.to_string())))
    }

    fn header(&self, tip: &Tip, state: &dyn StateView, own: Own<'_>) -> Result<Header, ledger::StateFault> {
        let books = ledger::active_rule_books(state, &self.areas)?;
        let height = tip.height.next();
        let Regime { epoch, validators, params, .. } = ledger::regime(state, self.genesis_kind)?;
        let next = ledger::next_regime(state, height, self.genesis_kind)?;
        Ok(Header {
            version: Header::VERSION,
            protocol: epoch.protocol,
            chain_id: self.chain,
            height,
            epoch: epoch.number,
            consensus: epoch.kind,
            time: own.time,
            parent: tip.block_id,
            tx_root: proofs::tx_root(own.ids),
            state_root: tip.state_root,
            receipts_root: tip.receipts_root,
            changes_root: tip.changes_root,
            rule_books_root: proofs::rule_books_root(&self.chain, &books),
            validators_hash: validators.digest(&self.chain),
            next_validators_hash: next.validators.digest(&self.chain),
            params_hash: params.digest(&self.chain),
            last_certificate_hash: own.last.map_or(Digest::ZERO, |c| c.digest(&self.chain)),
            evidence_root: own.evidence_root,
            proposer: own.proposer,
        })
    }
}

/// What of a header is its proposer's choice.
struct Own<'a> {
    time: BlockTime,
    proposer: u16,
    ids: &'a [TxId],
    last: Option<&'a CommitCertificate>,
    evidence_root: Digest,
}

fn evidence_root(txs: &[AuthenticatedTx]) -> Digest {
    proofs::evidence_root(txs.iter().map(|tx| &tx.envelope().payload))
}

/// The first transaction that may not stand in a block at this time, or whose request id is used up.
fn bad_transaction(
    state: &dyn StateView,
    sealing: &SealingRules,
    txs: &[AuthenticatedTx],
    time: BlockTime,
) -> Result<Option<BlockFault>, ledger::StateFault> {
    let mut seen = std::collections::BTreeSet::new();
    for tx in txs {
        let request = tx.envelope().request_id;
        let why = if let Err(refusal) = check_time(tx, time) {
            refusal.reason.name().to_owned()
        } else if let Some(refusal) = seal_fault(sealing, tx) {
            // It waited here, and its key is over.
            refusal.reason.name().to_owned()
        } else if !seen.insert((tx.scope(), request)) || state.request(tx.scope(), request)?.is_some() {
            "its request id was used".to_owned()
        } else {
            continue;
        };
        return Ok(Some(BlockFault::Transaction { id: tx.id(), why }));
    }
    Ok(None)
}

/// The first field in which two headers of one height differ.
fn difference(expected: &Header, found: &Header) -> Option<&'static str> {
    let roots = [
        ("transaction root", expected.tx_root, found.tx_root),
        ("state root", expected.state_root, found.state_root),
        ("receipts root", expected.receipts_root, found.receipts_root),
        ("changes root", expected.changes_root, found.changes_root),
        ("rule books root", expected.rule_books_root, found.rule_books_root),
        ("last certificate", expected.last_certificate_hash, found.last_certificate_hash),
        ("validator set", expected.validators_hash, found.validators_hash),
        ("next validator set", expected.next_validators_hash, found.next_validators_hash),
        ("parameters", expected.params_hash, found.params_hash),
        ("evidence root", expected.evidence_root, found.evidence_root),
    ];
    let root = roots.into_iter().find(|(_, a, b)| a != b).map(|(name, ..)| name);
    root.or_else(|| (expected != found).then_some("field"))
}
