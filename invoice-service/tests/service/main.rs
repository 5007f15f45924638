//! The whole service over gRPC, on the real ledger in memory.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod audit_log;
mod certificates;
mod chain;
mod finance;
mod issuing;
mod lists;
mod matrix;
mod node;
mod offices;
mod onboarding;
mod own_keys;
mod privacy;
mod red;
mod retries;
mod verification;
mod wallet;
mod world;
