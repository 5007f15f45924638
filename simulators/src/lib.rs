//! Simulators: a day of a city against a node, a peak of load, and the measurements behind `taxchain bench`.
//!
//! Everything here is a client: it knows a node's endpoint and a bureau's key, nothing of the node's inside. A day is
//! drawn first ([`plan`]), then played ([`day`]); every outcome is held against what its persona expected, and what
//! comes otherwise is a violation.

pub mod bench;
pub mod city;
pub mod cluster;
pub mod curve;
pub mod day;
pub mod dice;
pub mod drafts;
pub mod error;
pub mod industry;
pub mod lanes;
pub mod life;
pub mod load;
pub mod meter;
pub mod opened_key;
pub mod peak;
pub mod personas;
pub mod plan;
pub mod report;
pub mod seen;
pub mod steady;
pub mod tally;
pub mod tax_ids;

pub use error::SimError;
