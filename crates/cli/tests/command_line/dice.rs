//! Dice that fall the same way for the same seed; `TAXCHAIN_SEED` throws others.

pub(crate) struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    /// Dice for a test that prints their seed.
    pub(crate) fn new() -> Self {
        Self::of(std::env::var("TAXCHAIN_SEED").map_or(20_260_615, |seed| seed.parse().unwrap()))
    }

    pub(crate) fn of(seed: u64) -> Self {
        Self { seed, thrown: 0 }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.thrown += 1;
        let digest = sm::sm3(&[self.seed.to_le_bytes(), self.thrown.to_le_bytes()].concat());
        u64::from_le_bytes(digest[..8].try_into().unwrap()) % limit
    }
}
