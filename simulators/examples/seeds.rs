//! Plays seeds: `seeds FIRST COUNT SECONDS [JOBS]`.
use simulators::cluster::series::{Seeds, run};
use simulators::cluster::{ClusterOptions, SeedReport};

fn main() {
    let args: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let get = |i: usize, or: u64| args.get(i).copied().unwrap_or(or);
    let options = ClusterOptions { seconds: get(2, 60), nodes: get(4, 4) as u16, ..ClusterOptions::default() };
    let seeds = Seeds { first: get(0, 1), count: get(1, 10), jobs: get(3, 1) as usize };
    let each = |r: &SeedReport| {
        if !r.violations.is_empty() {
            println!("{}: {:?} {:?}", r.seed, r.adversaries, r.violations.first());
        }
    };
    let report = run(seeds, options, &each);
    for line in report.lines() {
        println!("{line}");
    }
}
