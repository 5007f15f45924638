//! SM2 verification: the standard's example, signatures by other software, edges, and agreement of all ways.
#![allow(clippy::unwrap_used)]

mod agree;
mod cache;
mod edges;
mod forge;
mod golden;
mod keys;
mod properties;
mod standard;
