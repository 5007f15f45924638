//! Putting a node on top of its store.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crypto::{CommitteeKeys, SigningKey};
use ledger::{SealingRules, StateView};
use ledger_types::{Block, Committee, Genesis, Header, Height, RegistryKey, RegistryValue};
use storage::Store;

use super::committee::Readiness;
use super::epochs::{self, FutureEpochs};
use super::standing::Standing;
use super::{Node, kept_votes};
use crate::catch_up::CatchUp;
use crate::commit::NodeFault;
use crate::consensus::Consensus;
use crate::engines::bft::{ABSENCE_WINDOW, Pace};
use crate::engines::{EngineStopped, RecordKind};
use crate::mempool::{Mempool, MempoolLimits};
use crate::peers::PeerId;
use crate::proposal::Proposer;
use crate::signers;
use crate::stage_times::StageTimes;

/// What a node needs beside its store.
pub struct NodeSetup {
    /// The node's voting key; it votes in the epochs in which that is a validator's, and else follows.
    pub vote_key: Option<SigningKey>,
    /// The committee's private keys: needed for the one that bodies are sealed for.
    pub committee_keys: Arc<CommitteeKeys>,
    /// It executes nothing and needs no key of the committee: it takes what blocks changed from peers and holds it against
    /// certified roots. It does not vote.
    pub applies: bool,
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
    /// The state cannot be read.
    #[error("state: {}", .0.0)]
    State(ledger::StateFault),
    /// A private key that bodies are sealed for is missing.
    #[error(
        "the committee's key of epoch {epoch} (fingerprint {fingerprint}) is missing: put its file into the folder of the \
         committee's keys (taxchain node committee-key install), or name it under committee_keys"
    )]
    MissingCommitteeKey {
        /// The epoch of the committee's key.
        epoch: u32,
        /// What the chain's public key is compared by.
        fingerprint: String,
    },
    /// A private key of the committee is another than the chain's.
    #[error(
        "the committee's key of epoch {epoch} is another than the chain's: it has fingerprint {found}, the chain's {wanted}"
    )]
    OtherCommitteeKey {
        /// The epoch of the committee's key.
        epoch: u32,
        /// The fingerprint of what was given.
        found: String,
        /// The fingerprint of the chain's.
        wanted: String,
    },
    /// Who votes has to execute.
    #[error("a node that only applies what blocks changed has no voting key: leave out vote_key, or apply_only")]
    AppliesAndVotes,
    /// The store failed.
    #[error("storage: {0}")]
    Store(#[from] storage::StoreError),
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
        let NodeSetup { vote_key, committee_keys, applies, limits, pace, now_ms } = setup;
        let own_key = vote_key.as_ref().map(|key| key.public_key().0);
        let proposer = Proposer::new(&genesis, &store.view(), own_key).map_err(NodeStartError::State)?;
        if applies {
            if vote_key.is_some() {
                return Err(NodeStartError::AppliesAndVotes);
            }
        } else {
            check_committee(&store, &committee_keys)?;
        }
        let known_protocol = Header::NEWEST_PROTOCOL;
        epochs::check_protocol(&proposer, store.tip().height, known_protocol)?;
        if vote_key.is_some() && proposer.place().is_none() {
            tracing::warn!("the voting key is not that of a validator: this node follows until it is");
        }
        let engine = epochs::engine(&proposer, store.chain_id(), vote_key.clone(), pace)?;
        let (min_interval_ms, heartbeat_ms) = {
            let params = &proposer.regime().params;
            (u64::from(params.min_block_interval_ms), u64::from(params.heartbeat_ms))
        };
        let tip = store.tip();
        let mut node = Self {
            reader: store.reader(),
            mempool: Mempool::new(limits),
            proposer,
            consensus: Consensus::new(engine),
            votes: None,
            timers: BTreeMap::new(),
            catch_up: CatchUp::default(),
            committee_keys,
            signers: signers::of_blocks(),
            certificate_signers: proofs::certificate::signer_cache(),
            carried: VecDeque::new(),
            vote_key,
            pace,
            applies,
            peer_keys: genesis_peers(&genesis),
            future_epochs: FutureEpochs::default(),
            last_guard: None,
            known_protocol,
            adaptation: Box::default(),
            readiness: Readiness::default(),
            reporter: None,
            heard_peer: false,
            standing: None,
            clock: genesis.clock,
            driven_now: tip.time.max(genesis.time),
            min_interval_ms,
            heartbeat_ms,
            last_commit_ms: now_ms,
            next_status_ms: now_ms,
            wanted: false,
            owes_block: true,
            next_task_ms: next_task_ms(&store).map_err(NodeStartError::State)?,
            times: StageTimes::default(),
            making: None,
            snapshots: None,
            store,
        };
        let bodies = if applies || node.decides_alone() { Vec::new() } else { node.recall()? };
        node.begin(bodies, now_ms)?;
        Ok(node)
    }

    /// Reads what was written before the restart.
    fn recall(&mut self) -> Result<Vec<Block>, NodeStartError> {
        let (votes, kept) = kept_votes::open(&self.store)?;
        self.votes = Some(votes);
        let tip = self.store.tip().height;
        let (records, bodies) = kept_votes::restored(kept, tip.next());
        self.last_guard = records.iter().find(|r| r.kind == RecordKind::Guard).cloned();
        self.consensus.restore(&records);
        let first = tip.0.saturating_sub(ABSENCE_WINDOW as u64 - 1).max(1);
        for height in (first..=tip.0).map(Height) {
            self.carry(self.reader.carried(height)?);
        }
        Ok(bodies)
    }

    fn begin(&mut self, bodies: Vec<Block>, now_ms: u64) -> Result<(), NodeStartError> {
        if self.applies {
            // It stands aside for ever.
            self.standing = Some(Standing::new(Vec::new()));
            return Ok(());
        }
        let mut candidates = Vec::with_capacity(bodies.len());
        for block in bodies {
            // Its clock was right when it was kept.
            candidates.extend(self.check(block, None)?.ok());
        }
        let wishes = if self.decides_alone() {
            self.start_height(candidates)?
        } else {
            self.standing = Some(Standing::new(candidates));
            self.stand_up()?
        };
        // What is said before anyone is connected is said again: the engine repeats its votes.
        self.fulfil(wishes, now_ms, &mut Vec::new())?;
        Ok(())
    }
}

/// A node that could open no body would stop at the first one: better it says so before it starts. It needs the key in
/// force and those of the overlap; any other that the chain knows has to be right, if it is there.
fn check_committee(store: &Store, keys: &CommitteeKeys) -> Result<(), NodeStartError> {
    let view = store.view();
    let rules = SealingRules::read(&view).map_err(NodeStartError::State)?;
    let Some(now) = rules.committee else { return Ok(()) };
    let mut known = vec![now];
    for epoch in Committee::FIRST..now.epoch {
        let past = view.registry(&RegistryKey::PastCommittee(epoch)).map_err(NodeStartError::State)?;
        if let Some(RegistryValue::PastCommittee(past)) = past {
            known.push(past.committee);
        }
    }
    known.extend(rules.next.as_ref().map(|next| next.change.committee));
    for committee in known {
        let Committee { epoch, .. } = committee;
        if keys.confirm(&committee) {
            continue;
        }
        if let Some(other) = keys.public_key(epoch).or_else(|| keys.offered(epoch)) {
            let found = ledger_types::committee::fingerprint(&other.0);
            return Err(NodeStartError::OtherCommitteeKey { epoch, found, wanted: committee.fingerprint() });
        }
        if rules.accepts(epoch) {
            return Err(NodeStartError::MissingCommitteeKey { epoch, fingerprint: committee.fingerprint() });
        }
        tracing::warn!(epoch, "a key of the committee is not here: this node opens nothing that was sealed for it");
    }
    Ok(())
}

/// Validator `n` of the genesis document is peer `n`, for ever.
fn genesis_peers(genesis: &Genesis) -> BTreeMap<PeerId, [u8; 33]> {
    let keys = genesis.validators.validators.iter().map(|v| v.vote_key);
    (0..).map(PeerId::validator).zip(keys).collect()
}

/// When the first timed task falls due, block time.
pub(super) fn next_task_ms(store: &Store) -> Result<Option<u64>, ledger::StateFault> {
    let first = ledger::StateView::due_timers(&store.view(), u64::MAX, 1)?;
    Ok(first.first().and_then(|(key, _)| match key {
        RegistryKey::Timer { due_ms, .. } => Some(*due_ms),
        _ => None,
    }))
}
