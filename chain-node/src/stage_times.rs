//! CPU time of the node's own thread by stage, for the bench and the metrics.

use rustix::time::{ClockId, clock_gettime};

/// A stage of a transaction's way through the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Strict decoding, commitments, ids.
    Decode,
    /// Signature checks.
    Verify,
    /// Mempool, batch, header.
    Propose,
    /// Execution.
    Execute,
    /// Trees, segment, sync, state.
    Store,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 5] = [Self::Decode, Self::Verify, Self::Propose, Self::Execute, Self::Store];

    /// Its name in metrics and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Verify => "verify",
            Self::Propose => "propose",
            Self::Execute => "execute",
            Self::Store => "store",
        }
    }
}

/// Accumulated CPU microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageTimes {
    nanos: [u64; 5],
    /// Transactions that went through.
    pub txs: u64,
    /// Transactions whose signatures were checked.
    pub checked: u64,
}

impl StageTimes {
    /// Runs `work` and adds the CPU time of this thread to a stage.
    pub fn measure<T>(&mut self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let before = thread_cpu_nanos();
        let out = work();
        self.nanos[stage as usize] += thread_cpu_nanos().saturating_sub(before);
        out
    }

    /// CPU microseconds of a stage so far.
    pub fn micros(&self, stage: Stage) -> u64 {
        self.nanos[stage as usize] / 1_000
    }

    /// Adds another accumulation.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.nanos.iter_mut().zip(other.nanos) {
            *mine += theirs;
        }
        self.txs += other.txs;
        self.checked += other.checked;
    }
}

/// CPU time of the calling thread in nanoseconds.
pub fn thread_cpu_nanos() -> u64 {
    let t = clock_gettime(ClockId::ThreadCPUTime);
    t.tv_sec.unsigned_abs() * 1_000_000_000 + t.tv_nsec.unsigned_abs()
}
