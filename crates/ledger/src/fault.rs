//! Blocks that must not exist.

use ledger_types::change_set::Cause;
use ledger_types::{AccountId, RejectReason, TxId};
use tax_rules::usage::UsageError;

use crate::invariants::Breach;
use crate::state_view::StateFault;

/// Why a block cannot be executed: the environment failed, or the block is invalid, or an invariant broke. Nothing
/// of it may be committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionFault {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateFault),
    /// More transactions than a block may hold.
    #[error("the block holds {found} transactions, more than {limit}")]
    TooManyTransactions {
        /// How many.
        found: usize,
        /// The limit.
        limit: u16,
    },
    /// A transaction of another chain.
    #[error("transaction {index} is for another chain")]
    WrongChain {
        /// Its place in the block.
        index: u16,
    },
    /// A transaction that may not stand in a block of this time.
    #[error("transaction {index} may not stand in a block of this time: {reason}")]
    OutOfTime {
        /// Its place in the block.
        index: u16,
        /// `EXPIRED`, `VALID_TOO_LONG` or `REQUEST_ID_OUT_OF_WINDOW`.
        reason: RejectReason,
    },
    /// A request id that stands in state or earlier in the block.
    #[error("transaction {index} uses a request id again, first used by {first}")]
    RequestUsed {
        /// Its place in the block.
        index: u16,
        /// The transaction that used it first.
        first: TxId,
    },
    /// The key a signature was checked with is not the registered one: admission read another state.
    #[error("transaction {index} was checked with a key that is not registered")]
    KeyChanged {
        /// Its place in the block.
        index: u16,
    },
    /// The quota arithmetic failed on amounts that the rules let pass: a programmer's error.
    #[error("the quota of account {account} cannot be kept: {error}")]
    Quota {
        /// Whose quota.
        account: AccountId,
        /// Why.
        error: UsageError,
    },
    /// An invariant is broken: a programmer's error, caught before it could be committed.
    #[error("cause {cause} breaks an invariant: {breach}")]
    Invariant {
        /// The transaction's place, or the mark of begin-block tasks.
        cause: Cause,
        /// Which one.
        breach: Breach,
    },
}
