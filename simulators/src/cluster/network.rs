//! Who hears whom, and how late.

use super::faults::{Fault, FaultKind};
use crate::dice::Dice;

/// The network.
#[derive(Default)]
pub(super) struct Network {
    active: Vec<Fault>,
}

impl Network {
    pub(super) fn breaks(&mut self, fault: Fault) {
        self.active.push(fault);
    }

    pub(super) fn mends(&mut self, fault: &Fault) {
        self.active.retain(|f| f != fault);
    }

    pub(super) fn heal(&mut self) {
        self.active.clear();
    }

    /// When each copy of a message arrives, in milliseconds from now: none if it is lost.
    pub(super) fn delays(&self, dice: &mut Dice, from: u16, to: u16, nodes: u16) -> Vec<u64> {
        let (mut copies, mut slow) = (1, 0);
        for fault in &self.active {
            match fault.kind {
                FaultKind::Partition if (fault.measure >> from) & 1 != (fault.measure >> to) & 1 => return Vec::new(),
                FaultKind::Mute if fault.node == from => return Vec::new(),
                FaultKind::Deaf if fault.node == to => return Vec::new(),
                FaultKind::Ring if !neighbours(from, to, nodes) => return Vec::new(),
                FaultKind::Loss if dice.chance(fault.measure as f64 / 1_000.0) => return Vec::new(),
                FaultKind::Duplicate if dice.chance(fault.measure as f64 / 1_000.0) => copies += 1,
                FaultKind::Delay => slow = fault.measure,
                _ => {}
            }
        }
        (0..copies).map(|_| 1 + dice.below(40) as u64 + dice.below(slow as usize + 1) as u64).collect()
    }
}

fn neighbours(a: u16, b: u16, nodes: u16) -> bool {
    let apart = a.abs_diff(b);
    apart <= 1 || apart + 1 == nodes
}
