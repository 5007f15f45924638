//! The state machine from outside: signed bytes in, receipts and change sets out.
#![allow(clippy::unwrap_used, missing_docs)]

mod adaptive;
mod audit;
mod authority;
mod begin_block;
mod block_validity;
mod decoding;
mod evidence;
mod expectation;
mod genesis;
mod governance;
mod grants;
mod histories;
mod inspections;
mod offices;
mod properties;
mod races;
mod scenario;
mod sealing;
mod tables;
mod values;
mod world;
mod wraps;
