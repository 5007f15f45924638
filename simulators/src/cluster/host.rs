//! One machine: a disk that outlives the process, and a node while one runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chain_node::engines::bft::Pace;
use chain_node::mempool::MempoolLimits;
use chain_node::peers::PeerId;
use chain_node::{Node, NodeSetup};
use crypto::SigningKey;
use ledger_types::{Genesis, Height};
use sm::PublicKeyBytes;
use storage::{Disk, EngineKind, KeptVotes, MemoryDisk, Options, Store, fsck_on};

use super::adversaries::Adversary;
use super::clients::MachineKeys;

/// A machine.
pub(super) struct Host {
    /// Its place among the validators; twins share one.
    pub(super) place: u16,
    pub(super) disk: MemoryDisk,
    pub(super) key: SigningKey,
    /// The voting keys of all machines, by place.
    pub(super) peers: Vec<PublicKeyBytes>,
    /// Signs reports of misbehaviour, if this machine sends any.
    pub(super) reporter: Option<SigningKey>,
    /// None while it is down.
    pub(super) node: Option<Node>,
    /// Who holds the machine, if it is not an honest operator.
    pub(super) adversary: Option<Box<dyn Adversary>>,
    /// How often the process was started: messages to an earlier one are lost.
    pub(super) boot: u64,
    pub(super) started_ms: u64,
    /// Stands still until then.
    pub(super) paused_until: u64,
    /// How much its clock is ahead, ms.
    pub(super) skew_ms: i64,
    /// How long each change on its disk takes, ms.
    pub(super) slow_ms: u64,
    /// A planned failure of its disk.
    pub(super) disk_fault: Option<DiskFault>,
    /// A byte of its disk was changed: it may refuse to start or to go on.
    pub(super) rotten: bool,
    /// Since its disk was lost: the last height at which it may have signed something that it no longer knows.
    pub(super) forgot: Option<Height>,
    /// When it is woken next; other wakes are stale.
    pub(super) wake_at: u64,
}

/// What a disk was told to do at a change to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DiskFault {
    Full,
    PowerCut,
}

const DATA: &str = "/data";
/// How much may wait in a node.
pub(super) const LIMITS: MempoolLimits = MempoolLimits { max_txs: 2_000, max_bytes: 8 << 20, max_txs_per_scope: 1_000 };

fn options() -> Options {
    Options {
        engine: EngineKind::Log,
        background_checkpoints: false,
        checkpoint_txs: 40,
        segment_bytes: 128 << 10,
        ..Options::small()
    }
}

fn empty_chain(genesis: &Genesis) -> Result<MemoryDisk, String> {
    let disk = MemoryDisk::new();
    let store = Store::create_on(Arc::new(disk.clone()), Path::new(DATA), genesis, options());
    store.and_then(Store::close).map_err(|e| e.to_string())?;
    Ok(disk)
}

impl Host {
    /// A machine with an empty chain on its disk.
    pub(super) fn new(
        genesis: &Genesis,
        place: u16,
        keys: MachineKeys,
        peers: Vec<PublicKeyBytes>,
        reports: bool,
    ) -> Result<Self, String> {
        Ok(Self {
            place,
            disk: empty_chain(genesis)?,
            key: keys.vote,
            peers,
            reporter: reports.then_some(keys.reporter),
            node: None,
            adversary: None,
            boot: 0,
            started_ms: 0,
            paused_until: 0,
            skew_ms: 0,
            slow_ms: 0,
            disk_fault: None,
            rotten: false,
            forgot: None,
            wake_at: u64::MAX,
        })
    }

    /// Starts the process; what it finds of its own words.
    pub(super) fn start(&mut self, now_ms: u64) -> Result<(Height, KeptVotes), String> {
        if let Some(adversary) = &mut self.adversary {
            adversary.before_start(&self.disk);
        }
        let (store, _) = Store::open_on(Arc::new(self.disk.clone()), Path::new(DATA), options())
            .map_err(|e| format!("the store does not open: {e}"))?;
        let (log, kept) = store.vote_log().map_err(|e| format!("the vote log does not open: {e}"))?;
        drop(log);
        let setup = NodeSetup {
            committee_keys: std::sync::Arc::default(),
            applies: false,
            vote_key: Some(self.key.clone()),
            limits: LIMITS,
            pace: Pace::default(),
            now_ms: self.clock(now_ms),
        };
        let node = Node::new(store, setup).map_err(|e| format!("the node does not start: {e}"))?;
        let height = node.height();
        let mut node = match &self.reporter {
            Some(key) => node.with_reporter(key.clone()),
            None => node,
        };
        for (peer, key) in (0..).map(PeerId).zip(&self.peers) {
            node.introduce(peer, key.0);
        }
        self.node = Some(node);
        self.boot += 1;
        self.started_ms = now_ms;
        Ok((height, kept))
    }

    /// What this machine takes for the time.
    pub(super) fn clock(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add_signed(self.skew_ms)
    }

    /// The process dies; its files stay as they are.
    pub(super) fn kill(&mut self) {
        self.node = None;
        self.disk_fault = None;
        self.disk = self.disk.after_kill();
    }

    /// The power goes.
    pub(super) fn cut_power(&mut self, seed: u64) {
        self.node = None;
        self.disk_fault = None;
        self.disk = self.disk.after_crash(seed);
    }

    /// Lets one of the next changes on the disk fail.
    pub(super) fn plan_disk_fault(&mut self, fault: DiskFault, after: u64) {
        let at = self.disk.changes() + 1 + after;
        match fault {
            DiskFault::Full => self.disk.refuse_change(at),
            DiskFault::PowerCut => self.disk.cut_power_at(at),
        }
        self.disk_fault = Some(fault);
    }

    /// A planned failure that did not come does not come any more.
    pub(super) fn forget_disk_fault(&mut self) {
        if self.disk_fault.take().is_some() {
            self.disk.refuse_change(u64::MAX);
        }
    }

    /// The disk is lost; the machine gets a new one with the genesis document.
    pub(super) fn wipe(&mut self, genesis: &Genesis) -> Result<(), String> {
        self.node = None;
        self.disk_fault = None;
        self.rotten = false;
        self.disk = empty_chain(genesis)?;
        Ok(())
    }

    /// Whether the folder, of a process that is down, is sound.
    pub(super) fn is_sound(&self) -> bool {
        let disk = Arc::new(self.disk.clone());
        fsck_on(disk, Path::new(DATA), &options()).is_ok_and(|report| report.findings.is_empty())
    }

    /// Files that are not empty, with the bytes up to their last one that is not zero.
    pub(super) fn files(&self) -> Vec<(PathBuf, usize)> {
        let paths = self.disk.paths().into_iter().filter(|path| path.extension().is_none_or(|e| e != "json"));
        paths.filter_map(|path| used(&self.disk, &path).map(|len| (path, len))).filter(|(_, len)| *len > 0).collect()
    }
}

fn used(disk: &MemoryDisk, path: &Path) -> Option<usize> {
    let file = disk.open(path).ok()?;
    let mut bytes = vec![0; usize::try_from(file.size().ok()?).ok()?];
    file.read_at(0, &mut bytes).ok()?;
    bytes.iter().rposition(|b| *b != 0).map(|last| last + 1)
}
