//! Scenarios named as sentences, against a real node on loopback.
#![allow(clippy::unwrap_used, missing_docs)]

mod adaptive;
mod applying;
mod bad_input;
mod certificates;
mod delegations;
mod epochs;
mod erasure;
mod every_refusal;
mod exactly_once;
mod four_bureaus;
mod grants;
mod inspections;
mod life_of_an_invoice;
mod light_client;
mod long_gap;
mod node_step;
mod offices;
mod prompt_answers;
mod proofs_and_audit;
mod red_letters;
mod restarts;
mod sealed_bodies;
mod snapshots;
mod wallet;
mod wire;
