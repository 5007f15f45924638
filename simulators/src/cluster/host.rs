//! One machine: a disk that outlives the process, and a node while one runs.

use std::path::Path;
use std::sync::Arc;

use chain_node::engines::bft::Pace;
use chain_node::mempool::MempoolLimits;
use chain_node::{Node, NodeSetup};
use crypto::SigningKey;
use ledger_types::Genesis;
use storage::{EngineKind, MemoryDisk, Options, Store};

/// A machine.
pub(super) struct Host {
    disk: MemoryDisk,
    key: SigningKey,
    /// None while it is down.
    pub(super) node: Option<Node>,
    /// Stands still until then.
    pub(super) paused_until: u64,
    /// How much its clock is ahead, ms.
    pub(super) skew_ms: u64,
    /// When it is woken next; other wakes are stale.
    pub(super) wake_at: u64,
}

const DATA: &str = "/data";

fn options() -> Options {
    Options { engine: EngineKind::Log, background_checkpoints: false, checkpoint_txs: 40, ..Options::small() }
}

impl Host {
    /// A machine with an empty chain on its disk.
    pub(super) fn new(genesis: &Genesis, key: SigningKey) -> Result<Self, String> {
        let disk = MemoryDisk::new();
        let store = Store::create_on(Arc::new(disk.clone()), Path::new(DATA), genesis, options());
        store.and_then(Store::close).map_err(|e| e.to_string())?;
        Ok(Self { disk, key, node: None, paused_until: 0, skew_ms: 0, wake_at: u64::MAX })
    }

    /// Starts the process.
    pub(super) fn start(&mut self, now_ms: u64) -> Result<(), String> {
        let (store, _) = Store::open_on(Arc::new(self.disk.clone()), Path::new(DATA), options())
            .map_err(|e| format!("the store does not open: {e}"))?;
        let setup = NodeSetup {
            vote_key: Some(self.key.clone()),
            limits: MempoolLimits::default(),
            pace: Pace::default(),
            now_ms: self.clock(now_ms),
        };
        self.node = Some(Node::new(store, setup).map_err(|e| format!("the node does not start: {e}"))?);
        Ok(())
    }

    /// What this machine takes for the time.
    pub(super) fn clock(&self, now_ms: u64) -> u64 {
        now_ms + self.skew_ms
    }

    /// The process dies; its files stay as they are.
    pub(super) fn kill(&mut self) {
        self.node = None;
        self.disk = self.disk.after_kill();
    }

    /// The power goes.
    pub(super) fn cut_power(&mut self, seed: u64) {
        self.node = None;
        self.disk = self.disk.after_crash(seed);
    }
}
