//! The node: rooms three to eight of the house behind one step function, and a thin tokio shell around it.
//!
//! A transaction's way: `gateway` (decodes) → `shell::admission_thread` (checks signatures) → `mempool` → `proposal`
//! → `consensus` (an engine of `engines`) → `commit` (executes and stores) → whoever waits. `queries` read snapshots.

pub mod catch_up;
pub mod clock;
pub mod commit;
pub mod config;
pub mod consensus;
pub mod devnet;
pub mod engines;
pub mod fate;
pub mod gateway;
pub mod mempool;
pub mod metrics;
pub mod node;
pub mod node_file;
pub mod node_keys;
pub mod peer_message;
pub mod peers;
pub mod process_stats;
pub mod proposal;
pub mod queries;
pub mod sealed;
pub mod shell;
mod signers;
pub mod snapshots;
pub mod stage_times;
pub mod submission;
pub mod telemetry;

pub use config::{GatewayLimits, NodeConfig};
pub use node::{Node, NodeSetup};
pub use shell::{RunningNode, ServeError, serve};
