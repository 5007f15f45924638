//! What breaks.

use crate::dice::Dice;

/// The kinds of faults, and what operators do meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// The power of one node goes, now or in the middle of a write: what was not synced is kept, lost or torn.
    PowerCut,
    /// One process is killed.
    Kill,
    /// The power of all nodes goes at once.
    Blackout,
    /// A stored byte changes.
    BitRot,
    /// One disk is lost.
    Wipe,
    /// A disk is full at one of the next writes.
    DiskFull,
    /// Each write takes long.
    SlowDisk,
    /// The nodes fall into two groups that do not hear each other.
    Partition,
    /// Each hears only its two neighbours.
    Ring,
    /// One node is heard by nobody, but hears.
    Mute,
    /// One node hears nobody, but is heard.
    Deaf,
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
    /// A machine joins the validators and another one leaves; later the other way round.
    Replace,
    /// The chain trusts in crashes only, for a while.
    Switch,
    /// A new protocol.
    Upgrade,
}

impl FaultKind {
    /// All.
    pub const ALL: [Self; 19] = [
        Self::PowerCut,
        Self::Kill,
        Self::Blackout,
        Self::BitRot,
        Self::Wipe,
        Self::DiskFull,
        Self::SlowDisk,
        Self::Partition,
        Self::Ring,
        Self::Mute,
        Self::Deaf,
        Self::Loss,
        Self::Delay,
        Self::Duplicate,
        Self::Pause,
        Self::Skew,
        Self::Replace,
        Self::Switch,
        Self::Upgrade,
    ];

    /// Whether it changes how much the chain tolerates, or what it has to.
    pub(super) fn is_weighed(self) -> bool {
        matches!(self, Self::BitRot | Self::Wipe | Self::Replace | Self::Switch | Self::Upgrade)
    }

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::PowerCut => "power cut",
            Self::Kill => "kill",
            Self::Blackout => "blackout",
            Self::BitRot => "bit rot",
            Self::Wipe => "wipe",
            Self::DiskFull => "disk full",
            Self::SlowDisk => "slow disk",
            Self::Partition => "partition",
            Self::Ring => "ring",
            Self::Mute => "mute",
            Self::Deaf => "deaf",
            Self::Loss => "loss",
            Self::Delay => "delay",
            Self::Duplicate => "duplicate",
            Self::Pause => "pause",
            Self::Skew => "skew",
            Self::Replace => "replace a validator",
            Self::Switch => "switch of kind",
            Self::Upgrade => "upgrade",
        }
    }
}

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// The node it is about.
    pub(super) node: u16,
    /// How bad: a group of nodes as bits, a probability in thousandths, a delay or skew in milliseconds, a number of
    /// writes.
    pub(super) measure: u64,
    /// How long it lasts, ms.
    pub(super) lasts_ms: u64,
}

impl Fault {
    /// One of the kinds given, or of all.
    pub(super) fn draw(dice: &mut Dice, nodes: u16, kinds: &[FaultKind]) -> Self {
        let kinds = if kinds.is_empty() { &FaultKind::ALL } else { kinds };
        let kind = kinds[dice.below(kinds.len())];
        let node = dice.below(usize::from(nodes)) as u16;
        let measure = match kind {
            FaultKind::Partition => 1 + dice.below((1 << nodes) - 2) as u64,
            FaultKind::Loss | FaultKind::Duplicate => u64::from(dice.between(20, 500)),
            FaultKind::Delay => u64::from(dice.between(50, 2_000)),
            FaultKind::Skew => u64::from(dice.between(0, 6_000)),
            FaultKind::PowerCut | FaultKind::DiskFull => u64::from(dice.between(0, 40)),
            FaultKind::SlowDisk => u64::from(dice.between(1, 60)),
            _ => 0,
        };
        let lasts_ms = match kind {
            FaultKind::PowerCut | FaultKind::Kill | FaultKind::Blackout => u64::from(dice.between(100, 8_000)),
            FaultKind::BitRot | FaultKind::Wipe => u64::from(dice.between(100, 3_000)),
            FaultKind::DiskFull => u64::from(dice.between(1_000, 8_000)),
            FaultKind::Replace | FaultKind::Switch => u64::from(dice.between(1_000, 30_000)),
            _ => u64::from(dice.between(200, 12_000)),
        };
        Self { kind, node, measure, lasts_ms }
    }
}
