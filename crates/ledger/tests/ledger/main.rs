//! The state machine from outside: signed bytes in, receipts and change sets out.
#![allow(clippy::unwrap_used, missing_docs)]

mod adaptive;
mod anchored_logs;
mod audit;
mod authority;
mod begin_block;
mod block_validity;
mod certificates;
mod decoding;
mod delegations;
mod evidence;
mod expectation;
mod genesis;
mod governance;
mod histories;
mod offices;
mod properties;
mod races;
mod recoveries;
mod scenario;
mod sealing;
mod tables;
mod values;
mod world;
