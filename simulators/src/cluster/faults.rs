//! What breaks.

use crate::dice::Dice;

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The power of one node goes: what was not synced is kept, lost or torn.
    PowerCut,
    /// One process is killed.
    Kill,
    /// The power of all nodes goes at once.
    Blackout,
    /// The nodes fall into two groups that do not hear each other.
    Partition,
    /// One node is heard by nobody, but hears.
    Mute,
    /// Messages get lost.
    Loss,
    /// Messages take long, and overtake each other.
    Delay,
    /// Messages come twice.
    Duplicate,
    /// A process stands still.
    Pause,
    /// A node's clock is off.
    Skew,
}

impl FaultKind {
    /// All.
    pub const ALL: [Self; 10] = [
        Self::PowerCut,
        Self::Kill,
        Self::Blackout,
        Self::Partition,
        Self::Mute,
        Self::Loss,
        Self::Delay,
        Self::Duplicate,
        Self::Pause,
        Self::Skew,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::PowerCut => "power cut",
            Self::Kill => "kill",
            Self::Blackout => "blackout",
            Self::Partition => "partition",
            Self::Mute => "mute",
            Self::Loss => "loss",
            Self::Delay => "delay",
            Self::Duplicate => "duplicate",
            Self::Pause => "pause",
            Self::Skew => "skew",
        }
    }
}

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// The node it is about.
    pub(super) node: u16,
    /// How bad: a group of nodes as bits, a probability in thousandths, a delay or skew in milliseconds.
    pub(super) measure: u64,
    /// How long it lasts, ms.
    pub(super) lasts_ms: u64,
}

impl Fault {
    pub(super) fn draw(dice: &mut Dice, nodes: u16) -> Self {
        let kind = FaultKind::ALL[dice.below(FaultKind::ALL.len())];
        let node = dice.below(usize::from(nodes)) as u16;
        let measure = match kind {
            FaultKind::Partition => 1 + dice.below((1 << nodes) - 2) as u64,
            FaultKind::Loss | FaultKind::Duplicate => u64::from(dice.between(20, 500)),
            FaultKind::Delay => u64::from(dice.between(50, 2_000)),
            FaultKind::Skew => u64::from(dice.between(0, 3_000)),
            _ => 0,
        };
        let lasts_ms = match kind {
            FaultKind::PowerCut | FaultKind::Kill | FaultKind::Blackout => u64::from(dice.between(100, 8_000)),
            _ => u64::from(dice.between(200, 12_000)),
        };
        Self { kind, node, measure, lasts_ms }
    }
}
