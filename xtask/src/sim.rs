//! `cargo xtask sim`: the cluster simulator, and the hunt for planted bugs.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::product::{binaries, program};
use crate::workspace::{Workspace, cargo, typed};

/// Where all runs are written down.
const LEDGER: &str = "docs/simulation/ledger.csv";
/// Seeds that run with real SM2.
const REAL: u64 = 20;
/// Simulated seconds with faults of a seed, and of one with real SM2.
const SECONDS: u64 = 300;

/// What is to be played.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Arguments {
    /// Seeds, 20 of them with real SM2
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// Seeds played at once
    #[arg(long, default_value_t = 2)]
    jobs: u16,
    /// Hunt the planted bugs in place of playing the product
    #[arg(long)]
    planted: bool,
}

/// Runs it.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    if arguments.planted { planted(workspace) } else { seeds(workspace, arguments) }
}

fn seeds(workspace: &Workspace, arguments: &Arguments) -> Result<ExitCode> {
    let built = binaries(workspace)?;
    let real = REAL.min(arguments.seeds);
    let light = arguments.seeds - real;
    let ledger = workspace.root.join(LEDGER);
    let mut clean = true;
    for (count, first, real) in [(light, arguments.first_seed, false), (real, arguments.first_seed + light, true)] {
        if count > 0 {
            let words = words(count, first, arguments.jobs, real, &ledger);
            println!("taxchain {}", words.join(" "));
            let status = program(&built)?.args(&words).status().context("cannot start taxchain")?;
            clean &= status.success();
        }
    }
    println!("written down in {LEDGER}");
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn words(count: u64, first: u64, jobs: u16, real: bool, ledger: &Path) -> Vec<String> {
    let mut words = vec!["simulate".to_owned(), "cluster".to_owned()];
    for (name, value) in [("--seeds", count), ("--first-seed", first), ("--seconds", SECONDS), ("--jobs", jobs.into())]
    {
        words.extend([name.to_owned(), value.to_string()]);
    }
    words.extend(["--ledger".to_owned(), ledger.display().to_string()]);
    words.extend(real.then(|| "--real-signatures".to_owned()));
    words
}

/// The bugs are compiled in with another cfg, so everything is built once more, in a folder of its own.
fn planted(workspace: &Workspace) -> Result<ExitCode> {
    let target = workspace.target_directory.join("planted");
    println!("building with planted bugs (--cfg planted) in {}: the first time takes minutes", target.display());
    let words = ["test", "--profile", "ci", "-p", "simulators", "--test", "planted", "--", "--nocapture"];
    let mut command = cargo(&words);
    let flags = [std::env::var("RUSTFLAGS").unwrap_or_default(), "--cfg planted".to_owned()].join(" ");
    command.env("RUSTFLAGS", flags.trim()).env("CARGO_TARGET_DIR", &target).current_dir(&workspace.root);
    let status = command.status().with_context(|| format!("cannot start {}", typed(&words)))?;
    if !status.success() {
        bail!("a planted bug was not found, or something is wrong without one: see above");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_signatures_and_the_ledger_are_passed_on() {
        let words = words(20, 981, 2, true, Path::new("l.csv")).join(" ");
        assert_eq!(
            words,
            "simulate cluster --seeds 20 --first-seed 981 --seconds 300 --jobs 2 --ledger l.csv --real-signatures"
        );
    }
}
