//! Validators that lie. Each runs a real node and works on what that says, or signs other things with its real key.

mod amnesia;
mod equivocate_proposal;
mod equivocate_vote;
mod false_alarm;
mod forger;
mod invalid_block;
mod late_voter;
mod replayer;
mod spam;
mod twins;
mod withhold;

use chain_node::Node;
use chain_node::engines::bft::Statement;
use chain_node::peer_message::PeerMessage;
use crypto::SigningKey;
use ledger_types::{Block, BlockId, Canonical, ChainId, Height, ProposalBody, VoteBody};
use storage::MemoryDisk;

use super::epochs::Epochs;
use crate::dice::Dice;

/// The kinds of adversaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdversaryKind {
    /// Votes for two things in one step.
    EquivocateVote,
    /// Proposes two blocks in one round.
    EquivocateProposal,
    /// Keeps blocks and proposals from some or all.
    Withhold,
    /// Votes late.
    LateVoter,
    /// Starts again and again without knowing what it signed.
    Amnesia,
    /// Proposes blocks that are wrong.
    InvalidBlock,
    /// Two nodes with one key.
    Twins,
    /// Says old things again.
    Replayer,
    /// Sends garbage, and much of it.
    Spam,
    /// Makes up votes and certificates of others.
    Forger,
    /// Asks for another kind of consensus without ground.
    FalseAlarm,
}

impl AdversaryKind {
    /// All.
    pub const ALL: [Self; 11] = [
        Self::EquivocateVote,
        Self::EquivocateProposal,
        Self::Withhold,
        Self::LateVoter,
        Self::Amnesia,
        Self::InvalidBlock,
        Self::Twins,
        Self::Replayer,
        Self::Spam,
        Self::Forger,
        Self::FalseAlarm,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::EquivocateVote => "equivocate vote",
            Self::EquivocateProposal => "equivocate proposal",
            Self::Withhold => "withhold",
            Self::LateVoter => "late voter",
            Self::Amnesia => "amnesia",
            Self::InvalidBlock => "invalid block",
            Self::Twins => "twins",
            Self::Replayer => "replayer",
            Self::Spam => "spam",
            Self::Forger => "forger",
            Self::FalseAlarm => "false alarm",
        }
    }

    /// One of this kind.
    pub(super) fn adversary(self) -> Box<dyn Adversary> {
        match self {
            Self::EquivocateVote => Box::new(equivocate_vote::EquivocateVote::default()),
            Self::EquivocateProposal => Box::new(equivocate_proposal::EquivocateProposal::default()),
            Self::Withhold => Box::new(withhold::Withhold),
            Self::LateVoter => Box::new(late_voter::LateVoter),
            Self::Amnesia => Box::new(amnesia::Amnesia),
            Self::InvalidBlock => Box::new(invalid_block::InvalidBlock::default()),
            Self::Twins => Box::new(twins::Twins),
            Self::Replayer => Box::new(replayer::Replayer::default()),
            Self::Spam => Box::new(spam::Spam::default()),
            Self::Forger => Box::new(forger::Forger::default()),
            Self::FalseAlarm => Box::new(false_alarm::FalseAlarm),
        }
    }
}

/// What an adversary has to work with.
pub(super) struct Scene<'a> {
    pub(super) dice: &'a mut Dice,
    pub(super) key: &'a SigningKey,
    pub(super) chain: ChainId,
    /// Which machine it is.
    pub(super) machine: u16,
    pub(super) machines: u16,
    pub(super) epochs: &'a Epochs,
    /// Its own node, if that runs.
    pub(super) node: Option<&'a Node>,
}

/// Something sent, and how much later than now, ms.
pub(super) type Sent = (u64, PeerMessage);

/// A validator that lies.
pub(super) trait Adversary {
    /// What goes to `to` in place of what its node says.
    fn says(&mut self, scene: &mut Scene<'_>, to: u16, message: &PeerMessage) -> Vec<Sent> {
        let _ = (scene, to);
        vec![(0, message.clone())]
    }

    /// What it hears.
    fn hears(&mut self, message: &PeerMessage) {
        let _ = message;
    }

    /// What it says of its own accord, and to whom.
    fn plots(&mut self, scene: &mut Scene<'_>) -> Vec<(u16, PeerMessage)> {
        let _ = scene;
        Vec::new()
    }

    /// What it does to its disk before its node starts.
    fn before_start(&mut self, disk: &MemoryDisk) {
        let _ = disk;
    }

    /// How often it starts its node again, ms.
    fn restarts_every(&self) -> Option<u64> {
        None
    }

    /// Whether a second machine runs with its key.
    fn is_twin(&self) -> bool {
        false
    }
}

impl Scene<'_> {
    /// The machines other than itself.
    pub(super) fn others(&self) -> Vec<u16> {
        (0..self.machines).filter(|machine| *machine != self.machine).collect()
    }

    /// Its seat in the newest epoch.
    pub(super) fn seat(&self) -> Option<u16> {
        self.epochs.newest().seat_of(self.machine)
    }

    /// The statement in a message, if it is its own.
    pub(super) fn own(&self, message: &PeerMessage) -> Option<Statement> {
        self.epochs.read(message).filter(|statement| statement.signer() == self.machine)
    }

    /// A vote of its own.
    pub(super) fn vote(&self, body: VoteBody) -> Option<PeerMessage> {
        let signature = self.key.sign_vote(&self.chain, &body).ok()?;
        let voter = self.epochs.of(body.epoch)?.seat_of(self.machine)?;
        Some(Statement::Vote { voter, body, signature }.to_message().into())
    }

    /// A proposal of its own.
    pub(super) fn proposal(&self, body: ProposalBody) -> Option<PeerMessage> {
        let signature = self.key.sign_proposal(&self.chain, &body).ok()?;
        let proposer = self.epochs.of(body.epoch)?.seat_of(self.machine)?;
        Some(Statement::Proposal { proposer, body, signature }.to_message().into())
    }

    /// The height its node works on.
    pub(super) fn height(&self) -> Height {
        self.node.map_or(Height(1), |node| node.height().next())
    }

    /// Any bytes.
    pub(super) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.dice.bits() as u8).collect()
    }

    /// The id of no block.
    pub(super) fn made_up(&mut self) -> BlockId {
        let mut id = BlockId([7; 33]);
        id.0[1..].copy_from_slice(&sm::sm3(&self.dice.bits().to_be_bytes()));
        id
    }
}

/// The block in a message.
fn body(message: &PeerMessage) -> Option<Block> {
    match message {
        PeerMessage::Body(bytes) => Block::from_canonical(bytes).ok(),
        _ => None,
    }
}
