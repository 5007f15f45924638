//! Time of stages, on the wall and on the CPU.

use std::time::Instant;

/// Measures stage after stage of one thread.
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu: Option<u64>,
}

/// CPU time of this thread, ns, as Linux tells it.
fn thread_cpu_nanos() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok()
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), cpu: thread_cpu_nanos() }
    }

    /// Time since the last lap, µs: on the wall, on the CPU.
    pub(crate) fn lap(&mut self) -> (u64, u64) {
        let now = Self::start();
        let wall = u64::try_from(now.wall.duration_since(self.wall).as_micros()).unwrap_or(u64::MAX);
        let cpu = now.cpu.zip(self.cpu).map_or(wall, |(now, before)| now.saturating_sub(before) / 1_000);
        *self = now;
        (wall, cpu)
    }
}
