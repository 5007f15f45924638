//! The commands and their help.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::workspace::Workspace;
use crate::{abuse, check, doctor, interop, product, sim, sm_only, test_run, tidy};

/// House tools of the tax chain.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
#[command(after_help = "Examples:
  cargo xtask demo            the whole story, from issuing rule to reimbursement
  cargo xtask check           formatting, house rules, clippy, docs, nothing but SM
  cargo xtask test            every test
  cargo xtask doctor          what is missing on this machine, and what mends it

RocksDB is compiled once, in the profile `ci`; the first command that needs it takes 10-18 minutes on two cores.
Set CARGO_TARGET_DIR to keep what was built outside the clone.")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Formatting, house rules, clippy, docs, and what the programs hold; stops at the first failure
    #[command(after_help = "Examples:
  cargo xtask check

Each step prints its time; a failure prints the command that repeats that step alone.")]
    Check,

    /// Every test, or those that are named
    #[command(after_help = "Examples:
  cargo xtask test                              the whole workspace, doc tests included
  cargo xtask test -p ledger                    one crate
  cargo xtask test -p ledger reimburse          tests with `reimburse` in their name
  cargo xtask test -p storage -- --nocapture    what follows `--` goes to the test programs

What a passing test prints is shown, and its last line is repeated at the end.")]
    Test(PassedThrough),

    /// Build `taxchain` and run its demo
    #[command(after_help = "Examples:
  cargo xtask demo
  cargo xtask demo --invoices 1000
  cargo xtask demo -- --help         the options of `taxchain demo` itself")]
    Demo(PassedThrough),

    /// Build `taxchain` and run its benchmark
    #[command(after_help = "Examples:
  cargo xtask bench
  cargo xtask bench cluster          four validators as processes
  cargo xtask bench protection       what encrypted links and sealed bodies cost a cluster
  cargo xtask bench tls              connections, next to the international algorithms
  cargo xtask bench -- --help        the options of `taxchain bench` itself")]
    Bench(PassedThrough),

    /// Build `taxchain` and drill real processes: kills, cuts, lost and full disks, under load
    #[command(after_help = "Examples:
  cargo xtask chaos
  cargo xtask chaos --kills 500
  cargo xtask chaos -- --help        the options of `taxchain simulate chaos` itself")]
    Chaos(PassedThrough),

    /// Build `taxchain` and throw attacks at a live chain; those that tests play are run and quoted
    #[command(after_help = "Examples:
  cargo xtask abuse
  cargo xtask abuse --only S7,S12
  cargo xtask abuse --output json
  cargo xtask abuse -- --help        the options of `taxchain simulate abuse` itself")]
    Abuse(PassedThrough),

    /// Does the time of secret operations tell of their secrets? Welch's t for each
    #[command(after_help = "Examples:
  cargo xtask timing

Prints t for two classes of secrets, a fixed one and random ones. Above 4.5 on a quiet machine, again and again, time tells.")]
    Timing,

    /// Let OpenSSL talk to our TLS, both ways; builds it from source once
    #[command(after_help = "Examples:
  cargo xtask interop

OpenSSL's source comes from crates.io; perl, make and a C compiler build it in target/interop.")]
    Interop,

    /// Call every cell of the service's calls, roles and tenants, and print the table
    #[command(after_help = "Examples:
  cargo xtask matrix

The cells come from the descriptors; a call without a row in invoice-service/src/access/table.rs fails.")]
    Matrix,

    /// Play seeds of the cluster simulator, or hunt planted bugs
    #[command(after_help = "Examples:
  cargo xtask sim                       1,000 seeds of 5 simulated minutes, 20 of them with real SM2
  cargo xtask sim --seeds 50
  cargo xtask sim --planted             every planted bug must be found, the canary at once

Each run adds lines to docs/simulation/ledger.csv. With --planted everything is built once more, in target/planted.")]
    Sim(sim::Arguments),

    /// Is anything but SM in the shipped programs? Asks `cargo tree` and the linked programs
    #[command(after_help = "Examples:
  cargo xtask sm-only

What libraries carry besides stands in xtask/sm-only.toml, each with its reason.")]
    SmOnly,

    /// House rules that a script can see
    #[command(after_help = "Examples:
  cargo xtask tidy
  cargo xtask tidy --ratchet     after a long file or function has become shorter

The dependency table is xtask/tidy/dependencies.toml, the list of what is still too long xtask/tidy/ratchet.toml.")]
    Tidy {
        /// Lower the numbers of xtask/tidy/ratchet.toml to what is measured today; never raises one
        #[arg(long)]
        ratchet: bool,
    },

    /// What this machine lacks to build the project, and the command that mends each
    #[command(after_help = "Examples:
  cargo xtask doctor             exit code 0: nothing is missing; 1: something is
  cargo xtask doctor --fix       install it (as root, on Debian and its kin)")]
    Doctor {
        /// Install what is missing
        #[arg(long)]
        fix: bool,
    },
}

/// Arguments for the program behind the command.
#[derive(Debug, Args)]
struct PassedThrough {
    /// Passed on as they stand, and so is what follows `--`
    #[arg(allow_hyphen_values = true, num_args = 0.., value_name = "ARGS")]
    arguments: Vec<String>,
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    let (ours, after_dashes) = parted(std::env::args().collect());
    let line = CommandLine::parse_from(ours);
    match carry_out(line.command, &after_dashes) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Cuts at the first `--`: clap, told to let hyphens through, would not keep the two sides apart.
fn parted(mut words: Vec<String>) -> (Vec<String>, Vec<String>) {
    match words.iter().position(|w| w == "--") {
        Some(at) => {
            let after = words.split_off(at + 1);
            words.truncate(at);
            (words, after)
        }
        None => (words, Vec::new()),
    }
}

fn carry_out(command: Command, after_dashes: &[String]) -> Result<ExitCode> {
    let passes_on = matches!(
        command,
        Command::Test(_) | Command::Demo(_) | Command::Bench(_) | Command::Chaos(_) | Command::Abuse(_)
    );
    if !passes_on && !after_dashes.is_empty() {
        bail!("this command takes nothing after `--`");
    }
    let workspace = Workspace::load()?;
    let product = |subcommand: &[&str], passed: PassedThrough| {
        product::run(&workspace, subcommand, &[&passed.arguments, after_dashes].concat())
    };
    match command {
        Command::Check => check::run(&workspace),
        Command::Test(passed) => test_run::run(&workspace, &passed.arguments, after_dashes),
        Command::Demo(passed) => product(&["demo"], passed),
        // What it is measured against is in no program of ours.
        Command::Bench(passed) if passed.arguments == ["tls"] => product::bench(&workspace, "sm-tls", "tls"),
        Command::Bench(passed) => product(&["bench"], passed),
        Command::Chaos(passed) => product(&["simulate", "chaos"], passed),
        Command::Abuse(passed) => abuse::run(&workspace, &passed.arguments, after_dashes),
        Command::Timing => product::bench(&workspace, "crypto", "timing"),
        Command::Interop => interop::run(&workspace),
        Command::Matrix => {
            let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
            let cells = words(&["-p", "invoice-service", "--test", "service", "matrix::matrix"]);
            test_run::run(&workspace, &cells, &words(&["--exact", "--nocapture"]))
        }
        Command::SmOnly => sm_only::run(&workspace),
        Command::Sim(arguments) => sim::run(&workspace, &arguments),
        Command::Tidy { ratchet: false } => tidy::command(&workspace.root),
        Command::Tidy { ratchet: true } => tidy::tighten(&workspace.root),
        Command::Doctor { fix } => doctor::command(&workspace, fix),
    }
}

/// The names of all commands, for the rule that documents may name no other.
pub fn command_names() -> Vec<String> {
    CommandLine::command().get_subcommands().map(|c| c.get_name().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn passed(line: &[&str]) -> (Vec<String>, Vec<String>) {
        let (ours, after) = parted(["cargo xtask"].iter().chain(line).map(|w| (*w).to_owned()).collect());
        match CommandLine::try_parse_from(ours).unwrap().command {
            Command::Test(p) | Command::Demo(p) | Command::Bench(p) => (p.arguments, after),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn filters_and_flags_pass_through_and_dashes_part_them() {
        let (cargo, harness) = passed(&["test", "-p", "ledger", "some_name", "--", "--nocapture"]);
        assert_eq!(cargo, ["-p", "ledger", "some_name"]);
        assert_eq!(harness, ["--nocapture"]);
        assert_eq!(passed(&["test", "--", "--nocapture"]), (vec![], vec!["--nocapture".to_owned()]));
        assert_eq!(passed(&["demo", "--invoices", "1000"]).0, ["--invoices", "1000"]);
    }

    #[test]
    fn every_command_has_help_with_examples() {
        CommandLine::command().debug_assert();
        for name in [
            "check", "test", "demo", "bench", "chaos", "abuse", "interop", "matrix", "sim", "sm-only", "tidy", "doctor",
        ] {
            let refused = CommandLine::try_parse_from(["cargo xtask", name, "--help"]).unwrap_err();
            let help = refused.to_string();
            assert!(help.contains("Examples:") && help.contains(&format!("cargo xtask {name}")), "{help}");
            assert!(command_names().iter().any(|n| n == name));
        }
    }

    #[test]
    fn a_command_that_passes_nothing_on_refuses_what_follows_the_dashes() {
        let after = ["--nocapture".to_owned()];
        assert!(carry_out(Command::Check, &after).unwrap_err().to_string().contains("nothing after `--`"));
    }

    #[test]
    fn an_unknown_command_is_refused() {
        assert!(CommandLine::try_parse_from(["cargo xtask", "deploy"]).is_err());
    }
}
