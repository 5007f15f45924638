//! Chance and links.

use std::collections::BTreeSet;

/// SplitMix64: small, seeded, the same everywhere.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x9e37_79b9_7f4a_7c15)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// At least `low`, less than `high`.
    pub(super) fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low)
    }

    /// Whether something of so many in a thousand happens.
    pub(super) fn permille(&mut self, of: u64) -> bool {
        self.within(0, 1000) < of
    }
}

/// How the network behaves now.
pub(super) struct Network {
    pub(super) lost_permille: u64,
    pub(super) doubled_permille: u64,
    pub(super) slowest_ms: u64,
    /// Links that are cut, from and to.
    pub(super) cut: BTreeSet<(usize, usize)>,
}

impl Network {
    /// Of one story's fault phase.
    pub(super) fn faulty(chance: &mut Chance) -> Self {
        let (lost_permille, doubled_permille) = (chance.within(0, 100), chance.within(0, 60));
        Self { lost_permille, doubled_permille, slowest_ms: chance.within(5, 80), cut: BTreeSet::new() }
    }

    /// Of its second half.
    pub(super) fn healed() -> Self {
        Self { lost_permille: 0, doubled_permille: 0, slowest_ms: 10, cut: BTreeSet::new() }
    }

    /// The delays with which copies of a message arrive; none if it is lost.
    pub(super) fn deliveries(&self, from: usize, to: usize, chance: &mut Chance) -> Vec<u64> {
        if self.cut.contains(&(from, to)) || chance.permille(self.lost_permille) {
            return Vec::new();
        }
        let copies = 1 + usize::from(chance.permille(self.doubled_permille));
        (0..copies).map(|_| chance.within(1, self.slowest_ms + 1)).collect()
    }

    /// Cuts the nodes in two groups, or one way only.
    pub(super) fn split(&mut self, nodes: usize, chance: &mut Chance) {
        let side = chance.next();
        let one_way = chance.permille(300);
        for from in 0..nodes {
            for to in 0..nodes {
                let (a, b) = (side >> from & 1, side >> to & 1);
                if a != b && (!one_way || a == 0) {
                    self.cut.insert((from, to));
                }
            }
        }
    }
}
