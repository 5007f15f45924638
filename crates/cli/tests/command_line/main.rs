//! The program `taxchain` as people start it: real processes, real ports, real files.
#![allow(clippy::unwrap_used)]

mod ca;
mod dice;
mod fsck_finds;
mod kill_nine;
mod light;
mod load;
mod network;
mod proofs;
mod running;
mod shell;
mod story;
