//! Independent re-judgement of a chain from its genesis document and its block files alone.
//!
//! The auditor shares the nouns (`ledger-types`), the signature check (`sm`) and the trees (`proofs`) with the node, and
//! nothing else: rules, transitions, quotas and numbers are written here a second time, from what the types and the
//! domain say. Every verdict, number, quota and sum that is stored is judged again and must come out the same.

mod audit;
mod authority;
mod booking;
#[cfg(test)]
#[path = "chain_by_hand_test.rs"]
mod chain_by_hand;
mod changes;
mod committee;
mod conservation;
mod delegations;
mod genesis;
mod governance;
mod headers;
#[cfg(test)]
#[path = "invoice_by_hand_test.rs"]
mod invoice_by_hand;
mod judge;
mod offices;
mod opened;
mod plant;
mod reasons;
mod report;
mod rules;
mod run;
mod segments;
mod signatures;
mod stateless;
mod timers;
mod trees;
mod unsealed;
mod verdicts;
mod world;

pub use audit::{Options, Progress, audit};
pub use plant::{PlantPlan, Planted};
pub use reasons::{Mark, Reasons};
pub use report::{AuditReport, Difference, Erasing, Reading, Sums};
pub use run::{RunError, RunOptions, run};
pub use segments::{Frames, SegmentError, TornTail};
