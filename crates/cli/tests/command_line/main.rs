//! The program `taxchain` as people start it: real processes, real ports, real files.
#![allow(clippy::unwrap_used)]

mod ca;
mod closed_memory;
mod committee_keys;
mod device;
mod dice;
mod fsck_finds;
mod keys;
mod kill_nine;
mod light;
mod load;
mod network;
mod one_bureau;
mod proofs;
mod running;
mod sealed;
mod service;
mod shell;
mod story;
mod vaults;
mod who_may_see;
