//! Room 4: picks and orders a batch, and fills the header.

use ledger::StateView;
use ledger::admission::AuthenticatedTx;
use ledger_types::{Block, BlockId, BlockTime, ChainId, ChainParams, Digest, Genesis, Header, Height, ValidatorSet};
use storage::Tip;

use crate::mempool::TxBatch;

/// A block as this node would have it. Only this room makes it.
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

    /// The block and its transactions with the proof that their signatures were checked.
    pub fn into_parts(self) -> (Block, Vec<AuthenticatedTx>) {
        (self.block, self.txs)
    }
}

/// What stays the same from block to block within an epoch.
pub struct Proposer {
    chain: ChainId,
    genesis_time: BlockTime,
    validators_hash: Digest,
    params_hash: Digest,
    areas: Vec<ledger_types::Area>,
    consensus: ledger_types::ConsensusKind,
}

impl Proposer {
    /// For a chain whose validators and parameters are those of its genesis.
    pub fn new(genesis: &Genesis, validators: &ValidatorSet, params: &ChainParams) -> Self {
        let chain = genesis.chain_id();
        Self {
            chain,
            genesis_time: genesis.time,
            validators_hash: validators.digest(&chain),
            params_hash: params.digest(&chain),
            areas: genesis.areas.clone(),
            consensus: genesis.consensus,
        }
    }

    /// Block time: the proposer's clock, but always after the parent.
    pub fn block_time(&self, tip: &Tip, clock: BlockTime) -> BlockTime {
        let parent = if tip.height == Height(0) { self.genesis_time } else { tip.time };
        clock.max(parent.plus_ms(1))
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
        let books = ledger::active_rule_books(state, &self.areas)?;
        let last = tip.certificate.as_ref();
        let header = Header {
            version: Header::VERSION,
            protocol: Header::PROTOCOL,
            chain_id: self.chain,
            height: tip.height.next(),
            epoch: 0,
            consensus: self.consensus,
            time,
            parent: tip.block_id,
            tx_root: proofs::tx_root(&ids),
            state_root: tip.state_root,
            receipts_root: tip.receipts_root,
            changes_root: tip.changes_root,
            rule_books_root: proofs::rule_books_root(&self.chain, &books),
            validators_hash: self.validators_hash,
            next_validators_hash: self.validators_hash,
            params_hash: self.params_hash,
            last_certificate_hash: last.map_or(Digest::ZERO, |c| c.digest(&self.chain)),
            evidence_root: proofs::log_tree::empty_root(),
            proposer: 0,
        };
        let id = header.block_id();
        let block =
            Block { header, txs: txs.iter().map(|t| t.tx().clone()).collect(), last_certificate: last.cloned() };
        Ok(ProposedBlock { block, id, txs })
    }
}
