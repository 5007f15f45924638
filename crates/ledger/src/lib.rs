//! Admission (room 2) and execution (room 6): the pure state machine of the chain.
//!
//! Bytes enter through [`admission`], the same door for a client's transaction and for one inside a peer's
//! proposal; only it can make an [`admission::AuthenticatedTx`]. [`execute_block`] takes those, reads state
//! through [`StateView`] and block time from [`BlockContext`], and answers with receipts and a change set. The
//! same input gives the same output on every machine and on every day: there is no clock, no randomness and no
//! input or output here.
//!
//! Three kinds of failure are kept apart. A refusal is a value with a stable number: it stands in a receipt, or
//! (if the bytes themselves are wrong) sends the transaction back. A [`StateFault`] is an environment that cannot
//! be read. An [`ExecutionFault`] is a block that must not exist, or a broken invariant: nothing may be committed.

pub mod admission;

mod account_rules;
mod authority;
mod call;
mod delegations;
mod execution;
mod fault;
mod findings;
mod genesis;
mod governance;
mod guards;
mod invariants;
mod issuing;
mod key_limits;
mod memory_state;
mod numbering;
mod offers;
mod offices;
mod orders;
mod overlay;
mod payments;
mod quota;
mod recoveries;
mod register;
mod rule_books;
mod state_view;
mod target;
mod timers;
mod transitions;

pub use call::covers;
pub use execution::{BlockContext, BlockOutcome, execute_block};
pub use fault::ExecutionFault;
pub use genesis::{GenesisError, genesis_changes};
pub use governance::{Regime, SealingRules, next_regime, regime, validators_of};
pub use invariants::Breach;
pub use memory_state::MemoryState;
pub use rule_books::active_rule_books;
pub use state_view::{StateFault, StateView};
