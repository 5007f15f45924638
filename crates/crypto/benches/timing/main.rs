//! Does the time of an operation tell of its secret? For each operation two classes of secrets, one fixed and one random, are measured in
//! an order drawn by lot, and Welch's t compares their means (the method of dudect: Reparaz, Balasch, Verbauwhede 2017). Above 4.5, again and
//! again on a quiet machine, time tells. No test: a busy machine gives any figure. The first row is a comparison that must be found.
#![allow(clippy::unwrap_used)]

mod operations;
mod welch;

use std::time::Instant;

use welch::Welch;

/// The bound that the method's authors use.
const BOUND: f64 = 4.5;
/// Parts of the fastest measurements that are compared: what is above is mostly the system's doing.
const KEPT: [f64; 4] = [1.0, 0.99, 0.95, 0.9];

fn main() {
    println!("two classes of secrets, fixed and random; |t| above {BOUND} again and again: time tells of the secret");
    println!("{:<52} {:>9} {:>9} {:>8} {:>8}", "operation", "samples", "ns", "t, all", "t, most");
    let mut canary = true;
    for operation in operations::all() {
        let samples = scaled(operation.samples);
        let (mut work, name) = (operation.work, operation.name);
        let classes: Vec<bool> = random_bits(samples);
        let mut times = Vec::with_capacity(samples);
        for (round, random) in classes.iter().enumerate() {
            let mut prepared = work(round, *random);
            let begun = Instant::now();
            prepared();
            times.push((begun.elapsed().as_nanos() as f64, *random));
        }
        let all = t_of(&times, 1.0);
        let worst =
            KEPT.iter().map(|part| t_of(&times, *part)).fold(0.0, |a: f64, t| if t.abs() > a.abs() { t } else { a });
        let mut sorted: Vec<f64> = times.iter().map(|(time, _)| *time).collect();
        sorted.sort_by(f64::total_cmp);
        let verdict = if worst.abs() > BOUND { "  time tells" } else { "" };
        println!("{name:<52} {samples:>9} {:>9.0} {all:>8.2} {worst:>8.2}{verdict}", sorted[samples / 2]);
        canary &= !operation.must_be_found || worst.abs() > BOUND;
    }
    if !canary {
        println!("the comparison that stops at the first difference was not found: these figures mean nothing");
        std::process::exit(1);
    }
}

/// `TAXCHAIN_TIMING_PERCENT` of the usual number.
fn scaled(samples: usize) -> usize {
    let percent = std::env::var("TAXCHAIN_TIMING_PERCENT").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    (samples * percent / 100).max(1_000)
}

fn random_bits(n: usize) -> Vec<bool> {
    let mut bytes = vec![0; n];
    bytes.chunks_mut(4096).for_each(|chunk| crypto::random::fill(chunk).unwrap());
    bytes.into_iter().map(|byte| byte & 1 == 1).collect()
}

/// t over the fastest `part` of all measurements of both classes together.
fn t_of(times: &[(f64, bool)], part: f64) -> f64 {
    let mut sorted: Vec<f64> = times.iter().map(|(time, _)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    let limit = sorted[((sorted.len() - 1) as f64 * part) as usize];
    let (mut fixed, mut random) = (Welch::default(), Welch::default());
    for (time, is_random) in times.iter().filter(|(time, _)| *time <= limit) {
        if *is_random { random.add(*time) } else { fixed.add(*time) }
    }
    fixed.t(&random)
}
