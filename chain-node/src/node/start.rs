//! Putting a node on top of its store.

use std::collections::{BTreeMap, VecDeque};

use crypto::SigningKey;
use ledger_types::{Block, ConsensusKind, Height, RegistryKey, RegistryValue, ValidatorSet};
use sm::SignerCache;
use storage::Store;

use super::{Node, kept_votes, next_task_ms};
use crate::catch_up::CatchUp;
use crate::commit::NodeFault;
use crate::consensus::Consensus;
use crate::engines::bft::{ABSENCE_WINDOW, BftConfig, BftEngine, Pace};
use crate::engines::solo::SoloEngine;
use crate::engines::{ConsensusEngine, EngineStopped};
use crate::mempool::{Mempool, MempoolLimits};
use crate::proposal::Proposer;
use crate::stage_times::StageTimes;

/// Tables for known signers and parsed keys kept for the transactions of peers' blocks.
const TABLES: usize = 1_024;
const KEYS: usize = 16_384;
const PROMOTE_AFTER: u32 = 3;

/// What a node needs beside its store.
pub struct NodeSetup {
    /// The validator's voting key; none makes it an observer.
    pub vote_key: Option<SigningKey>,
    /// How much may wait.
    pub limits: MempoolLimits,
    /// The engine's waits.
    pub pace: Pace,
    /// The host's clock, ms.
    pub now_ms: u64,
}

/// A node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum NodeStartError {
    /// The state lacks what every chain has.
    #[error("the state has no {0}; run fsck")]
    StateIncomplete(&'static str),
    /// The state cannot be read.
    #[error("state: {}", .0.0)]
    State(ledger::StateFault),
    /// The store failed.
    #[error("storage: {0}")]
    Store(#[from] storage::StoreError),
    /// The voting key is not the validator's.
    #[error("the voting key is not that of one of the chain's validators")]
    WrongVoteKey,
    /// The engine cannot run this chain.
    #[error(transparent)]
    Engine(#[from] EngineStopped),
    /// The first step failed.
    #[error(transparent)]
    Fault(#[from] NodeFault),
}

impl Node {
    /// A node on top of an open store.
    pub fn new(store: Store, setup: NodeSetup) -> Result<Self, NodeStartError> {
        let genesis = store.genesis().clone();
        let view = store.view();
        let get = |key: RegistryKey| ledger::StateView::registry(&view, &key).map_err(NodeStartError::State);
        let Some(RegistryValue::Validators(validators)) = get(RegistryKey::Validators)? else {
            return Err(NodeStartError::StateIncomplete("validators"));
        };
        let Some(RegistryValue::Params(params)) = get(RegistryKey::Params)? else {
            return Err(NodeStartError::StateIncomplete("parameters"));
        };
        drop(view);
        let NodeSetup { vote_key, limits, pace, now_ms } = setup;
        let place = match &vote_key {
            Some(key) => place_of(&validators, &key.public_key().0).ok_or(NodeStartError::WrongVoteKey)?,
            None => u16::MAX,
        };
        let alone = genesis.consensus == ConsensusKind::Solo && vote_key.is_some();
        let engine = engine(&store, &validators, genesis.consensus, vote_key, pace)?;
        let tip = store.tip();
        let mut node = Self {
            reader: store.reader(),
            mempool: Mempool::new(limits),
            proposer: Proposer::new(&genesis, validators, &params, place),
            consensus: Consensus::new(engine),
            votes: None,
            timers: BTreeMap::new(),
            catch_up: CatchUp::default(),
            signers: SignerCache::new(TABLES, KEYS, PROMOTE_AFTER),
            certificate_signers: proofs::certificate::signer_cache(),
            carried: VecDeque::new(),
            clock: genesis.clock,
            driven_now: tip.time.max(genesis.time),
            min_interval_ms: u64::from(params.min_block_interval_ms),
            heartbeat_ms: u64::from(params.heartbeat_ms),
            last_commit_ms: now_ms,
            next_status_ms: now_ms,
            wanted: false,
            owes_block: true,
            next_task_ms: next_task_ms(&store).map_err(NodeStartError::State)?,
            times: StageTimes::default(),
            store,
        };
        let bodies = if alone { Vec::new() } else { node.recall()? };
        node.begin(bodies, now_ms)?;
        Ok(node)
    }

    /// Reads what was written before the restart.
    fn recall(&mut self) -> Result<Vec<Block>, NodeStartError> {
        let (votes, kept) = kept_votes::open(&self.store)?;
        self.votes = Some(votes);
        let tip = self.store.tip().height;
        let (records, bodies) = kept_votes::restored(kept, tip.next());
        self.consensus.restore(&records);
        let first = tip.0.saturating_sub(ABSENCE_WINDOW as u64 - 1).max(1);
        for height in (first..=tip.0).map(Height) {
            let frame = self.reader.frame(height)?;
            self.carry(frame.and_then(|f| f.block.last_certificate.clone()));
        }
        Ok(bodies)
    }

    fn begin(&mut self, bodies: Vec<Block>, now_ms: u64) -> Result<(), NodeStartError> {
        let mut candidates = Vec::with_capacity(bodies.len());
        for block in bodies {
            // Its clock was right when it was kept.
            candidates.extend(self.check(block, None)?.ok());
        }
        let wishes = self.start_height(candidates)?;
        // What is said before anyone is connected is said again: the engine repeats its votes.
        self.fulfil(wishes, now_ms, &mut Vec::new())?;
        Ok(())
    }
}

fn place_of(set: &ValidatorSet, key: &[u8; 33]) -> Option<u16> {
    set.validators.iter().position(|v| v.vote_key == *key).and_then(|place| u16::try_from(place).ok())
}

fn engine(
    store: &Store,
    validators: &ValidatorSet,
    kind: ConsensusKind,
    vote_key: Option<SigningKey>,
    pace: Pace,
) -> Result<Box<dyn ConsensusEngine>, NodeStartError> {
    let chain = store.chain_id();
    Ok(match (kind, vote_key) {
        (ConsensusKind::Solo, Some(key)) => Box::new(SoloEngine::new(chain, key)),
        (ConsensusKind::Solo, None) => return Err(NodeStartError::WrongVoteKey),
        (kind, key) => {
            let config = BftConfig { chain, epoch: 0, kind, validators: validators.clone(), pace };
            Box::new(BftEngine::new(&config, key)?)
        }
    })
}
