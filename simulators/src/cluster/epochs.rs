//! The epochs of a simulated chain, with their validators as machines.

use chain_node::engines::EngineMessage;
use chain_node::engines::bft::Statement;
use chain_node::peer_message::PeerMessage;
use ledger::{Regime, SealingRules};
use ledger_types::{ConsensusKind, Genesis, ValidatorSet};
use sm::PublicKeyBytes;

/// An epoch.
#[derive(Clone, Debug)]
pub(super) struct SeenEpoch {
    pub(super) number: u64,
    pub(super) kind: ConsensusKind,
    pub(super) protocol: u32,
    pub(super) validators: ValidatorSet,
    /// The machine of each validator, by its seat.
    pub(super) members: Vec<u16>,
}

impl SeenEpoch {
    /// How many validators.
    pub(super) fn seats(&self) -> u16 {
        self.members.len() as u16
    }

    /// The seat of a machine.
    pub(super) fn seat_of(&self, machine: u16) -> Option<u16> {
        self.members.iter().position(|m| *m == machine).map(|seat| seat as u16)
    }

    /// How many votes decide.
    pub(super) fn quorum(&self) -> usize {
        match self.kind {
            ConsensusKind::Bft | ConsensusKind::Adaptive => self.members.len() * 2 / 3 + 1,
            _ => self.members.len() / 2 + 1,
        }
    }

    /// How many of so many validators may lie or have lost their words.
    pub(super) fn tolerated(kind: ConsensusKind, validators: usize) -> usize {
        if matches!(kind, ConsensusKind::Bft | ConsensusKind::Adaptive) { validators.saturating_sub(1) / 3 } else { 0 }
    }
}

/// All that were seen, by rising number.
#[derive(Clone, Debug)]
pub(super) struct Epochs {
    keys: Vec<PublicKeyBytes>,
    seen: Vec<SeenEpoch>,
}

impl Epochs {
    /// That of the genesis; a voting key for each machine.
    pub(super) fn new(genesis: &Genesis, keys: Vec<PublicKeyBytes>) -> Self {
        let mut epochs = Self { keys, seen: Vec::new() };
        let epoch = ledger_types::Epoch::genesis(genesis.consensus);
        let (validators, params) = (genesis.validators.clone(), genesis.params.clone());
        epochs.learn(&Regime { epoch, validators, params, adaptive: None, sealing: SealingRules::default() });
        epochs
    }

    /// Takes in what a node says of the next block.
    pub(super) fn learn(&mut self, regime: &Regime) {
        let machine = |key: &[u8; 33]| self.keys.iter().position(|k| k.0 == *key).map(|at| at as u16);
        let members = regime.validators.validators.iter().filter_map(|v| machine(&v.vote_key)).collect();
        let (number, kind, protocol) = (regime.epoch.number, regime.epoch.kind, regime.epoch.protocol);
        self.seen.push(SeenEpoch { number, kind, protocol, validators: regime.validators.clone(), members });
    }

    /// The newest.
    pub(super) fn newest(&self) -> &SeenEpoch {
        self.seen.last().expect("there is one from the start")
    }

    /// One of them; none that no honest node came to.
    pub(super) fn of(&self, number: u64) -> Option<&SeenEpoch> {
        self.seen.iter().find(|epoch| epoch.number == number)
    }

    /// The statement in a message, its signer named by machine.
    pub(super) fn read(&self, message: &PeerMessage) -> Option<Statement> {
        let PeerMessage::Engine { epoch, bytes } = message else { return None };
        let seen = self.of(*epoch)?;
        let message = EngineMessage { epoch: *epoch, bytes: bytes.clone() };
        let mut statement = Statement::read(&message, seen.kind, seen.seats())?;
        let (Statement::Vote { voter: signer, .. } | Statement::Proposal { proposer: signer, .. }) = &mut statement;
        *signer = *seen.members.get(usize::from(*signer))?;
        Some(statement)
    }
}
