//! CPU, memory, disk and network of this process and host, from Linux's /proc. Absent figures are left out.

use std::fs;
use std::path::Path;

/// A reading.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessStats {
    /// CPU time of the process, milliseconds.
    pub cpu_ms: u64,
    /// Resident memory, bytes.
    pub resident_bytes: u64,
    /// Open file descriptors.
    pub open_files: u64,
    /// Threads.
    pub threads: u64,
    /// Bytes read from disk by the process.
    pub disk_read_bytes: u64,
    /// Bytes written to disk by the process.
    pub disk_written_bytes: u64,
    /// Bytes received by the host's interfaces, loopback included.
    pub net_received_bytes: u64,
    /// Bytes sent by the host's interfaces, loopback included.
    pub net_sent_bytes: u64,
    /// Free bytes of the data directory's file system.
    pub disk_free_bytes: u64,
}

impl ProcessStats {
    /// Reads them now. `data` is the data directory.
    pub fn read(data: &Path) -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
        let net = fs::read_to_string("/proc/net/dev").unwrap_or_default();
        let (received, sent) = network(&net);
        let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Self {
            cpu_ms: cpu.tv_sec.unsigned_abs() * 1_000 + cpu.tv_nsec.unsigned_abs() / 1_000_000,
            resident_bytes: field(&status, "VmRSS:") * 1_024,
            threads: field(&status, "Threads:"),
            open_files: fs::read_dir("/proc/self/fd").map_or(0, |d| d.count() as u64),
            disk_read_bytes: field(&io, "read_bytes:"),
            disk_written_bytes: field(&io, "write_bytes:"),
            net_received_bytes: received,
            net_sent_bytes: sent,
            disk_free_bytes: rustix::fs::statvfs(data).map_or(0, |s| s.f_bavail * s.f_frsize),
        }
    }
}

fn field(text: &str, name: &str) -> u64 {
    text.lines()
        .find_map(|l| l.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|n| n.parse().ok())
        .unwrap_or(0)
}

/// Sums columns 1 and 9 of /proc/net/dev over all interfaces.
fn network(text: &str) -> (u64, u64) {
    let mut sums = (0, 0);
    for (_, columns) in text.lines().filter_map(|l| l.split_once(':')) {
        let mut numbers = columns.split_whitespace().filter_map(|n| n.parse::<u64>().ok());
        sums.0 += numbers.next().unwrap_or(0);
        sums.1 += numbers.nth(7).unwrap_or(0);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_columns_are_summed() {
        let text = "Inter-| Receive | Transmit\n face |bytes packets\n  lo: 10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0\neth0: 5 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n";
        assert_eq!(network(text), (15, 27));
    }

    #[test]
    fn this_process_has_memory_threads_and_a_disk() {
        let stats = ProcessStats::read(Path::new("/"));
        assert!(stats.resident_bytes > 0 && stats.threads > 0 && stats.open_files > 0 && stats.disk_free_bytes > 0);
    }
}
