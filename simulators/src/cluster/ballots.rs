//! Changes of the chain's own rules: one after the other, each sent again until it is in force.

use std::collections::VecDeque;

use ledger_types::limits::MIN_CHANGE_DELAY;
use ledger_types::{AdaptivePolicy, ConsensusKind, GovernanceChange, Header, Height, Payload, Validator, ValidatorSet};

use super::epochs::SeenEpoch;

/// Blocks between a proposal and its effect, beyond the least.
const SPARE_BLOCKS: u64 = 5;
/// How often a change is sent.
const TRIES: u32 = 2;

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// A machine's validator leaves.
    Leave(u16),
    /// It comes back, with the seat at the end.
    Join(u16, Validator),
    /// Another kind of consensus.
    Kind(ConsensusKind),
    /// The newest protocol.
    Upgrade,
    /// The chain raises itself on the first traitor.
    Adaptive,
}

impl Change {
    fn is_in_force(&self, epoch: &SeenEpoch) -> bool {
        match self {
            Self::Leave(machine) => epoch.seat_of(*machine).is_none(),
            Self::Join(machine, _) => epoch.seat_of(*machine).is_some(),
            Self::Kind(kind) => epoch.kind == *kind,
            // Not to be seen in an epoch: what is in force is refused.
            Self::Adaptive => false,
            Self::Upgrade => epoch.protocol == Header::NEWEST_PROTOCOL,
        }
    }

    fn on(&self, epoch: &SeenEpoch) -> GovernanceChange {
        let mut validators = epoch.validators.validators.clone();
        match self {
            Self::Leave(machine) => {
                validators.remove(usize::from(epoch.seat_of(*machine).unwrap_or_default()));
            }
            Self::Join(_, validator) => validators.push(validator.clone()),
            Self::Kind(kind) => return GovernanceChange::Consensus(*kind),
            Self::Adaptive => {
                return GovernanceChange::Adaptive(Some(AdaptivePolicy { raise_at: 1, lower_after_ms: None }));
            }
            Self::Upgrade => return GovernanceChange::Protocol(Header::NEWEST_PROTOCOL),
        }
        GovernanceChange::Validators(ValidatorSet { validators })
    }
}

/// What the operators want.
#[derive(Default)]
pub(super) struct Ballots {
    /// With the times that each was sent.
    wanted: VecDeque<(Change, u32)>,
    /// The height at which what was sent is in force, or has lapsed.
    sent: Option<Height>,
}

impl Ballots {
    pub(super) fn want(&mut self, change: Change) {
        self.wanted.push_back((change, 0));
    }

    /// Whether anything may still come of what was wanted.
    pub(super) fn is_open(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// What is to be sent now that a chain stands at `tip`.
    pub(super) fn next(&mut self, tip: Height, epoch: &SeenEpoch) -> Option<Payload> {
        if self.sent.is_some_and(|effective| tip < effective) {
            return None;
        }
        self.sent = None;
        while let Some((change, sent)) = self.wanted.front_mut() {
            if change.is_in_force(epoch) || *sent == TRIES {
                self.wanted.pop_front();
                continue;
            }
            *sent += 1;
            let effective = Height(tip.0 + MIN_CHANGE_DELAY + SPARE_BLOCKS);
            self.sent = Some(effective);
            return Some(Payload::ProposeChange { change: change.on(epoch), effective });
        }
        None
    }
}
