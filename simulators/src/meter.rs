//! What this machine gives: CPU time of the process and a calibration by plain signature checks.

use std::time::{Duration, Instant};

use crypto::{KeyUse, SigningKey, SoftwareProvider};
use ledger_types::{ChainId, Purpose, TxId, framed};
use serde::Serialize;

use crate::error::SimError;

/// Ticks of `/proc/self/stat` a second on Linux.
const TICKS: f64 = 100.0;

/// CPU seconds of this process, user and system; 0 where `/proc` is not there.
pub fn process_cpu_seconds() -> f64 {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return 0.0 };
    // The name in brackets may hold spaces: fields are counted behind it.
    let fields = stat.rsplit(')').next().unwrap_or("");
    let ticks: f64 = fields.split_whitespace().skip(11).take(2).filter_map(|f| f.parse::<f64>().ok()).sum();
    ticks / TICKS
}

/// CPU nanoseconds of the calling thread; none where `/proc` does not say.
fn thread_cpu_nanos() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split_whitespace().next()?.parse().ok()
}

/// How fast plain signature checks are here and now; every other figure is also given as a ratio to it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// CPU microseconds of one plain SM2 verification, the best of several rounds.
    pub verify_us: f64,
    /// Verifications a second of one core.
    pub verify_per_second: f64,
}

/// Measures plain SM2 verifications (no tables for known signers) on this thread.
pub fn calibrate() -> Result<Calibration, SimError> {
    const ROUNDS: usize = 7;
    const OPS: u32 = 200;
    let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Transaction)?;
    let (chain, tx) = (ChainId([7; 32]), TxId([1; 33]));
    let signature = key.sign_transaction(&chain, &tx)?;
    let message = framed(Purpose::Transaction, &chain, &tx.0);
    let public = sm::PublicKey::from_bytes(&key.public_key())
        .map_err(|_| SimError::Setup { what: "the calibration", why: "the key is no point".to_owned() })?;
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let (cpu, wall) = (thread_cpu_nanos(), Instant::now());
        for _ in 0..OPS {
            if !std::hint::black_box(public.verify(std::hint::black_box(&message), &signature)) {
                return Err(SimError::Setup { what: "the calibration", why: "its signature is wrong".to_owned() });
            }
        }
        let spent = match (cpu, thread_cpu_nanos()) {
            (Some(before), Some(after)) if after > before => Duration::from_nanos(after - before),
            _ => wall.elapsed(),
        };
        best = best.min(spent.as_secs_f64() * 1e6 / f64::from(OPS));
    }
    Ok(Calibration { verify_us: best, verify_per_second: 1e6 / best })
}

/// The sum of a metric over its labels, from a metrics page.
pub fn sum_of(metrics: &str, name: &str) -> f64 {
    let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    metrics.lines().filter(of_name).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// The CPU microseconds of each stage from a metrics page.
pub fn stage_cpu_seconds(metrics: &str) -> Vec<(String, f64)> {
    metrics
        .lines()
        .filter_map(|line| {
            let rest = line.strip_prefix("taxchain_stage_cpu_seconds_total{")?;
            let (labels, value) = rest.split_once('}')?;
            let stage = labels.split(',').find_map(|l| l.strip_prefix("stage=\""))?.trim_end_matches('"');
            Some((stage.to_owned(), value.split_whitespace().next()?.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_read_from_the_metrics_page_and_nothing_else() {
        let page = "# TYPE x counter\ntaxchain_stage_cpu_seconds_total{stage=\"decode\"} 1.5\n\
                    taxchain_stage_cpu_seconds_total{node=\"a\",stage=\"store\"} 0.25 17\ntaxchain_height 3\n";
        assert_eq!(stage_cpu_seconds(page), [("decode".to_owned(), 1.5), ("store".to_owned(), 0.25)]);
    }

    #[test]
    fn work_takes_cpu_time() {
        let before = process_cpu_seconds();
        let took = calibrate().expect("a key can be made").verify_us;
        assert!(took > 5.0 && took < 100_000.0, "{took} us");
        assert!(process_cpu_seconds() > before);
    }
}
