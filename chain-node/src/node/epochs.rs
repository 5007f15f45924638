//! Epochs: another engine, other places, the same peers.

use std::collections::BTreeMap;

use ledger_types::{ConsensusKind, Epoch, Height};

use super::{Node, kept_votes};
use crate::commit::NodeFault;
use crate::consensus::Wish;
use crate::engines::bft::{BftConfig, BftEngine, Pace};
use crate::engines::solo::SoloEngine;
use crate::engines::{ConsensusEngine, EngineMessage, EngineStopped};
use crate::peers::PeerId;
use crate::proposal::Proposer;

/// Engines' messages of an epoch that has not begun here, for each peer.
const MAX_FROM_ONE: usize = 64;
/// How many epochs ahead are kept.
const MAX_EPOCHS_AHEAD: u64 = 2;
/// The longest such message kept, bytes.
const MAX_MESSAGE: usize = 64 * 1024;

/// Messages that come before their epoch, in order of arrival, bounded for each peer.
#[derive(Debug, Default)]
pub(super) struct FutureEpochs {
    waiting: BTreeMap<PeerId, Vec<EngineMessage>>,
}

impl FutureEpochs {
    /// Keeps a message of an epoch after `now`; false if there is no room for it.
    pub(super) fn keep(&mut self, from: PeerId, now: u64, message: EngineMessage) -> bool {
        let of_peer = self.waiting.entry(from).or_default();
        let room = of_peer.len() < MAX_FROM_ONE && message.bytes.len() <= MAX_MESSAGE;
        let near = message.epoch <= now.saturating_add(MAX_EPOCHS_AHEAD);
        if room && near {
            of_peer.push(message);
        }
        room && near
    }

    /// Takes what waits for an epoch, and forgets what is before it.
    fn take(&mut self, epoch: u64) -> Vec<(PeerId, EngineMessage)> {
        let mut taken = Vec::new();
        for (peer, messages) in &mut self.waiting {
            taken.extend(messages.extract_if(.., |m| m.epoch <= epoch).map(|m| (*peer, m)));
        }
        taken.retain(|(_, m)| m.epoch == epoch);
        self.waiting.retain(|_, messages| !messages.is_empty());
        taken
    }

    /// A peer is gone, and what it said with it.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.waiting.remove(&peer);
    }
}

impl Node {
    /// Tells the node which voting key a peer has. Those of the genesis document are known: validator `n` is peer `n`.
    /// Only a peer whose key is in the set of the epoch is heard as a validator.
    pub fn introduce(&mut self, peer: PeerId, vote_key: [u8; 33]) {
        self.peer_keys.insert(peer, vote_key);
    }

    /// Behaves as software that knows protocol versions up to `known` only.
    ///
    /// # Errors
    /// [`NodeFault::NewerProtocol`] if the chain is beyond that already.
    pub fn limit_protocol(mut self, known: u32) -> Result<Self, NodeFault> {
        self.known_protocol = known;
        check_protocol(&self.proposer, self.height(), known)?;
        Ok(self)
    }

    /// The epoch of the next block.
    pub fn epoch(&self) -> Epoch {
        self.proposer.regime().epoch
    }

    /// This node's place among the validators of the next block; none for an observer.
    pub fn place(&self) -> Option<u16> {
        self.proposer.place()
    }

    /// A peer's place among the validators of the next block.
    pub(super) fn place_of(&self, peer: PeerId) -> Option<u16> {
        self.peer_keys.get(&peer).and_then(|key| self.proposer.place_of(key))
    }

    /// The peer at a place among the validators of the next block.
    pub(super) fn peer_at(&self, place: u16) -> Option<PeerId> {
        let validator = self.proposer.regime().validators.validators.get(usize::from(place))?;
        self.peer_keys.iter().find(|(_, key)| **key == validator.vote_key).map(|(peer, _)| *peer)
    }

    /// Reads what the state after a block prescribes; another epoch begins with an engine of its own.
    pub(super) fn renew(&mut self) -> Result<bool, NodeFault> {
        let changed = self.proposer.renew(&self.store.view()).map_err(NodeFault::State)?;
        let params = &self.proposer.regime().params;
        self.min_interval_ms = u64::from(params.min_block_interval_ms);
        self.heartbeat_ms = u64::from(params.heartbeat_ms);
        check_protocol(&self.proposer, self.height(), self.known_protocol)?;
        if let Some(next) = &self.proposer.regime().sealing.next {
            // Also while it catches up, when nobody waits.
            self.committee_keys.confirm(&next.change.committee);
        }
        if changed {
            self.switch_engine()?;
        }
        Ok(changed)
    }

    fn switch_engine(&mut self) -> Result<(), NodeFault> {
        let epoch = self.epoch();
        tracing::info!(epoch = epoch.number, kind = ?epoch.kind, first = epoch.first.0, "another epoch begins");
        let engine = engine(&self.proposer, self.store.chain_id(), self.vote_key.clone(), self.pace)?;
        self.consensus.switch(engine);
        if self.decides_alone() {
            self.votes = None;
        } else if self.votes.is_none() {
            let (votes, kept) = kept_votes::open(&self.store)?;
            self.votes = Some(votes);
            let (records, _) = kept_votes::restored(kept, self.height().next());
            self.consensus.restore(&records);
        }
        let guard = self.last_guard.clone();
        self.consensus.restore(guard.as_slice());
        Ok(())
    }

    /// Whether this node is the only validator.
    pub(super) fn decides_alone(&self) -> bool {
        self.epoch().kind == ConsensusKind::Solo && self.place().is_some()
    }

    /// An engine's message: of this epoch to the engine, of a later one aside, of an earlier one nowhere.
    pub(super) fn hear_engine(&mut self, from: PeerId, message: EngineMessage) -> Vec<Wish> {
        let now = self.epoch().number;
        if message.epoch > now {
            if !self.future_epochs.keep(from, now, message) {
                tracing::debug!(peer = from.0, "no room for a message of an epoch to come");
            }
            return Vec::new();
        }
        if self.holds_back() {
            return Vec::new();
        }
        match self.place_of(from) {
            Some(place) => self.consensus.message(place, message),
            None => Vec::new(),
        }
    }

    /// What was said of this epoch before it began here.
    pub(super) fn hear_kept(&mut self) -> Vec<Wish> {
        let mut wishes = Vec::new();
        for (from, message) in self.future_epochs.take(self.epoch().number) {
            wishes.extend(self.hear_engine(from, message));
        }
        wishes
    }
}

/// The engine that the chain prescribes for the next block.
pub(super) fn engine(
    proposer: &Proposer,
    chain: ledger_types::ChainId,
    vote_key: Option<crypto::SigningKey>,
    pace: Pace,
) -> Result<Box<dyn ConsensusEngine>, EngineStopped> {
    let regime = proposer.regime();
    let (epoch, kind) = (regime.epoch.number, regime.epoch.kind);
    let key = vote_key.filter(|_| proposer.place().is_some());
    Ok(match kind {
        ConsensusKind::Solo => Box::new(SoloEngine::in_epoch(chain, epoch, key)),
        ConsensusKind::Bft | ConsensusKind::CrashFault | ConsensusKind::Adaptive => {
            let config = BftConfig { chain, epoch, kind, validators: regime.validators.clone(), pace };
            Box::new(BftEngine::new(&config, key)?)
        }
    })
}

/// A node that does not know the rules of the next block must not go on.
pub(super) fn check_protocol(proposer: &Proposer, tip: Height, known: u32) -> Result<(), NodeFault> {
    let needed = proposer.regime().epoch.protocol;
    if needed > known { Err(NodeFault::NewerProtocol { height: tip.next(), needed, known }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_epochs_to_come_are_kept_in_bounds_and_given_back_once() {
        let message = |epoch, size| EngineMessage { epoch, bytes: vec![0; size] };
        let mut future = FutureEpochs::default();
        assert!(!future.keep(PeerId(0), 3, message(6, 1)), "too far ahead");
        assert!(!future.keep(PeerId(0), 3, message(4, MAX_MESSAGE + 1)), "too long");
        for n in 0..MAX_FROM_ONE + 5 {
            assert_eq!(future.keep(PeerId(0), 3, message(4, 1)), n < MAX_FROM_ONE);
        }
        assert!(future.keep(PeerId(1), 3, message(5, 1)), "each peer has its own room");
        assert_eq!(future.take(4).len(), MAX_FROM_ONE);
        assert_eq!(future.take(4), []);
        assert_eq!(future.take(5), [(PeerId(1), message(5, 1))]);
        assert!(future.keep(PeerId(0), 5, message(6, 1)), "room was freed");
        assert_eq!(future.take(7), [], "what is past is forgotten");
        assert!(future.waiting.is_empty());
    }
}
