//! The eight trees of the state and the root over them.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{ChainId, Digest, Purpose, domain::domain_hash_parts};

/// How many trees the state root is over.
pub const STATE_TREES: usize = 8;

/// The roots of the state's trees: 0 slots, 1 request log, 2 register, 3 running accumulators (all zero while
/// there are none), 4 to 7 reserved (all zero).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct StateRoots(pub [Digest; STATE_TREES]);

impl StateRoots {
    /// Place of the slot tree.
    pub const SLOTS: usize = 0;
    /// Place of the request log.
    pub const REQUESTS: usize = 1;
    /// Place of the register.
    pub const REGISTER: usize = 2;
    /// Place of the running accumulators.
    pub const ACCUMULATORS: usize = 3;

    /// The roots at a height of which only the root over them is known.
    pub const UNKNOWN: Self = Self([Digest::ZERO; STATE_TREES]);

    /// The roots of the trees in use; the others are zero.
    #[must_use]
    pub fn new(slots: Digest, requests: Digest, register: Digest) -> Self {
        let mut roots = [Digest::ZERO; STATE_TREES];
        roots[Self::SLOTS] = slots;
        roots[Self::REQUESTS] = requests;
        roots[Self::REGISTER] = register;
        Self(roots)
    }

    /// The state root that headers carry.
    #[must_use]
    pub fn combine(&self, chain: &ChainId) -> Digest {
        domain_hash_parts(Purpose::StateRoot, chain, &self.0.each_ref().map(|root| root.as_bytes()))
    }
}
