//! Bugs that are put in on purpose, to see that the simulator finds them. Only in builds with `--cfg planted`; in all
//! others [`is_on`] is a constant `false` and what stands behind it is not compiled in.

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bug {
    /// The vote log is not synced.
    VoteLogUnsynced,
    /// Block segments are not synced.
    SegmentUnsynced,
    /// The commit guard is not written.
    NoCommitGuard,
    /// The last signed statement is not written before it leaves.
    NoVoteGuard,
    /// The last signed statement is durable before what it rests on.
    GuardBeforeGrounds,
    /// The last signed statement leaves before it is durable.
    GuardUnsynced,
    /// Two thirds of the votes decide, not more.
    QuorumTooSmall,
    /// A lock on another block is ignored.
    WrongUnlock,
    /// A validator's vote counts each time it comes.
    VotesCountedTwice,
    /// What was signed before a restart is signed anew.
    SignAnew,
    /// Contradictions are not reported.
    NoEvidence,
    /// Signatures of votes are not checked.
    VotesUnchecked,
    /// Block sync takes certificates of too few signatures.
    TooFewSignatures,
    /// Block sync does not check the signatures of certificates.
    CertificateUnchecked,
    /// Request ids are forgotten at a restart.
    RequestsForgotten,
    /// A commit removes transactions of another scope from the waiting room.
    WrongScopeDropped,
    /// A committed transaction goes on waiting, and used request ids are not looked at.
    CommittedAgain,
    /// The order of changes depends on a hasher's seed.
    HashOrder,
    /// Execution looks at this node's clock, not at the block's.
    OwnClock,
    /// A peer's header is not held against this node's state.
    RootsUnchecked,
    /// A proposed body is shown to the engine before it is durable.
    BodyNotKept,
    /// A block of any height replaces what is decided.
    ConflictingCommit,
    /// Bad bodies are never forgotten, and what waits has no bound.
    Unbounded,
    /// Damage at the end of the segments is taken for a torn write.
    DamageIsTorn,
    /// The clock of a proposer is not looked at.
    TimeUnchecked,
    /// Every fifth block loses a change on all nodes alike.
    ChangeLost,
    /// So coarse that it is seen at once: each node makes up its state root.
    Canary,
}

#[cfg(planted)]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static ON: Cell<Option<Bug>> = const { Cell::new(None) };
        static TURN: Cell<Turn> = const { Cell::new(Turn { node: 0, clock_ms: 0, started_ms: 0 }) };
    }

    /// Whose turn it is, for bugs that differ from node to node.
    #[derive(Clone, Copy, Debug)]
    pub struct Turn {
        /// Which node.
        pub node: u64,
        /// What it takes for the time.
        pub clock_ms: u64,
        /// When its process started.
        pub started_ms: u64,
    }

    /// Plants one bug in this thread, or none.
    pub fn plant(bug: Option<Bug>) {
        ON.set(bug);
    }

    /// Whether a bug is planted.
    pub fn is_on(bug: Bug) -> bool {
        ON.get() == Some(bug)
    }

    /// Says whose turn it is.
    pub fn turn_of(turn: Turn) {
        TURN.set(turn);
    }

    /// Whose turn it is.
    pub fn node() -> u64 {
        TURN.get().node
    }

    /// What it takes for the time.
    pub fn clock_ms() -> u64 {
        TURN.get().clock_ms
    }

    /// When it started.
    pub fn started_ms() -> u64 {
        TURN.get().started_ms
    }
}

#[cfg(planted)]
pub use switch::{Turn, clock_ms, is_on, node, plant, started_ms, turn_of};

/// Never.
#[cfg(not(planted))]
#[inline(always)]
pub const fn is_on(_: Bug) -> bool {
    false
}

/// Nobody's.
#[cfg(not(planted))]
#[inline(always)]
pub const fn node() -> u64 {
    0
}

/// None.
#[cfg(not(planted))]
#[inline(always)]
pub const fn clock_ms() -> u64 {
    0
}

/// Never.
#[cfg(not(planted))]
#[inline(always)]
pub const fn started_ms() -> u64 {
    0
}
