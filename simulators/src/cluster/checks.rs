//! What must always hold, a file each.

mod acknowledged;
mod agreement;
mod bounded;
mod conservation;
mod convergence;
mod double_signing;
mod evidence_complete;
mod evidence_sound;
mod justified;
mod lock_rule;
mod monotone;
mod no_fault;
mod once_only;
mod outspoken;
mod proofs_verify;
pub(super) mod raised;
mod remembered;
mod same_root;
mod validity;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use chain_node::Node;
use chain_node::commit::CommittedBlock;
use chain_node::engines::Evidence;
use chain_node::engines::bft::Statement;
use ledger_types::{Genesis, Height, Slot, TxId};
use serde::Serialize;
use storage::KeptVotes;

use super::epochs::Epochs;
use super::workload::Totals;

/// The properties that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// One block at each height.
    Agreement,
    /// The chain judged again from its genesis comes to the same.
    Validity,
    /// One state after each height.
    SameRoot,
    /// Sums and counts of the register are those of the transactions that took effect.
    Conservation,
    /// A transaction stands in the chain once.
    OnceOnly,
    /// What a node promised is in the chain, and no node falls back.
    NoAcknowledgedLoss,
    /// What a node let wait is committed, refused or waits.
    NothingForgotten,
    /// Heights rise by one on each node, times rise and are not ahead.
    Monotone,
    /// Proofs of invoices verify.
    ProofsVerify,
    /// Nobody is accused who did nothing.
    SoundEvidence,
    /// Who contradicts himself in front of honest nodes is named.
    CompleteEvidence,
    /// What waits in a node is bounded.
    BoundedQueues,
    /// Without faults, all come to one height and go on.
    Convergence,
    /// After an offence, a chain under an adaptive policy comes to the Byzantine kind.
    Raised,
    /// An honest node signs one statement at one place.
    NoDoubleSigning,
    /// A precommit rests on a quorum of prevotes, a commit on a quorum of precommits.
    Justified,
    /// Who precommitted a block prevotes another only if a quorum did since.
    LockRule,
    /// What a node said it finds again after a restart.
    Remembered,
    /// A node with an honest disk starts and goes on.
    NoFault,
    /// A node with an honest disk may say all that follows from what it said.
    NeverSilenced,
}

/// A property that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which.
    pub check: Check,
    /// When, ms from the start.
    pub at_ms: u64,
    /// What was seen.
    pub what: String,
}

/// Who is who.
pub(super) struct Roles {
    pub(super) chain: ledger_types::ChainId,
    /// The voting key of each machine.
    pub(super) keys: Vec<sm::PublicKeyBytes>,
    pub(super) epochs: Epochs,
    /// The machines of adversaries.
    pub(super) adversaries: BTreeSet<u16>,
    /// Whose disk was lost, and up to which height they may contradict themselves.
    pub(super) forgot: BTreeMap<u16, Height>,
}

impl Roles {
    /// The machine with a voting key.
    pub(super) fn machine_of(&self, key: sm::PublicKeyBytes) -> Option<u16> {
        self.keys.iter().position(|k| *k == key).map(|machine| machine as u16)
    }

    /// How many votes decide in an epoch; of one that nobody came to none do.
    pub(super) fn quorum(&self, epoch: u64) -> usize {
        self.epochs.of(epoch).map_or(usize::MAX, |epoch| epoch.quorum())
    }

    /// Whether a machine is held to its words at a height.
    pub(super) fn is_bound(&self, machine: u16, height: Height) -> bool {
        !self.adversaries.contains(&machine) && self.forgot.get(&machine).is_none_or(|until| height > *until)
    }
}

/// What happens. Nodes are honest ones unless it says otherwise.
pub(super) enum Seen<'a> {
    /// A node committed a block.
    Committed { node: u16, block: &'a CommittedBlock, now_ms: u64 },
    /// A statement left the machine of its signer, honest or not: each once.
    Said(&'a Statement),
    /// A statement arrived at a node of this height.
    Heard { node: u16, height: Height, statement: &'a Statement },
    /// A node found a contradiction.
    Evidence(&'a Evidence),
    /// A node says that a peer broke the rules.
    Blamed { by: u16, whom: u16, why: &'a str },
    /// A node lets a client's transaction wait; the number of its process.
    Waits { node: u16, boot: u64, id: TxId },
    /// A node lets it wait no longer, and said so.
    Refused { node: u16, id: TxId },
    /// A node committed what its own client waited for.
    Promised(TxId),
    /// A node starts from its disk.
    Started { node: u16, height: Height, kept: &'a KeptVotes },
    /// A node took a step.
    Stepped { node: u16, running: &'a Node },
    /// A node with an honest disk stopped, or did not start.
    Failed { node: u16, what: &'a str },
    /// It is over.
    Finished(&'a Finish<'a>),
}

/// How it ended.
pub(super) struct Finish<'a> {
    pub(super) genesis: &'a Genesis,
    /// The running nodes, with the numbers of their processes.
    pub(super) nodes: &'a [(u16, u64, &'a Node)],
    /// How many there should be.
    pub(super) honest: usize,
    /// The height to be reached.
    pub(super) wanted: Height,
    pub(super) totals: &'a Totals,
    pub(super) slots: &'a [Slot],
}

/// Looks at one property.
pub(super) trait Checker {
    /// Which.
    fn check(&self) -> Check;
    /// Takes in what happens; says what is wrong.
    fn see(&mut self, roles: &Roles, seen: &Seen<'_>) -> Vec<String>;
}

/// All checkers, and what they found.
pub(super) struct Checks {
    checkers: Vec<Box<dyn Checker>>,
    pub(super) violations: Vec<Violation>,
}

/// More would only say the same again.
const MOST: usize = 20;

impl Default for Checks {
    fn default() -> Self {
        let checkers: Vec<Box<dyn Checker>> = vec![
            Box::new(agreement::Agreement::default()),
            Box::new(same_root::SameRoot::default()),
            Box::new(once_only::OnceOnly::default()),
            Box::new(acknowledged::Acknowledged::default()),
            Box::new(monotone::Monotone::default()),
            Box::new(double_signing::DoubleSigning::default()),
            Box::new(justified::Justified::default()),
            Box::new(lock_rule::LockRule::default()),
            Box::new(remembered::Remembered::default()),
            Box::new(evidence_sound::EvidenceSound),
            Box::new(evidence_complete::EvidenceComplete::default()),
            Box::new(bounded::Bounded),
            Box::new(waiting::Waiting::default()),
            Box::new(no_fault::NoFault),
            Box::new(outspoken::Outspoken),
            Box::new(convergence::Convergence),
            Box::new(raised::Raised),
            Box::new(proofs_verify::ProofsVerify),
            Box::new(validity::Validity),
            Box::new(conservation::Conservation),
        ];
        Self { checkers, violations: Vec::new() }
    }
}

impl Checks {
    /// Shows all checkers what happened.
    pub(super) fn see(&mut self, roles: &Roles, at_ms: u64, seen: &Seen<'_>) {
        for checker in &mut self.checkers {
            for what in checker.see(roles, seen) {
                if self.violations.len() < MOST {
                    self.violations.push(Violation { check: checker.check(), at_ms, what });
                }
            }
        }
    }
}
