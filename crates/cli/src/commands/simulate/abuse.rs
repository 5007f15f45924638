//! `taxchain simulate abuse`: callers with ill intent, one attack after the other, while honest callers go on.
//!
//! The chain is several processes with TLS on every link and sealed bodies. An attack holds if what was thrown came back as it
//! should, every honest call was answered about as fast as just before, no process ended or panicked, and memory stayed bounded.

mod certificates;
mod corpus;
mod deadlines;
mod descriptors;
mod flood;
mod frames;
mod ground;
mod guessing;
mod honest;
mod http2;
mod leaks;
mod line;
mod malformed;
mod oversize;
mod peers;
mod raw;
mod replays;
mod slow;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::answer::Output;
use crate::failure::{Failure, exit};
use crate::session::Global;
use ground::Ground;
use line::Line;

/// Arguments of `simulate abuse`.
#[derive(Args)]
pub(crate) struct AbuseArgs {
    /// Only these attacks, e.g. `S3,S7`.
    #[arg(long = "only", value_name = "ATTACKS", value_delimiter = ',', value_parser = names())]
    only: Vec<String>,
    /// Connections of who is slow on purpose.
    #[arg(long, default_value_t = 5_000)]
    connections: usize,
    /// Honest calls a second: as many changes as reads.
    #[arg(long, default_value_t = 20)]
    honest: u32,
    /// Where the chain lives; a temporary folder if absent. It is removed when all went well.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// The attacks, as they are thrown.
const ATTACKS: [(&str, &str); 13] = [
    ("S1", "signed transactions again: the same node, another, another chain, another call, too late"),
    ("S2", "old votes, blocks and statements of a peer again, at the peers' door"),
    ("S3", "malformed protobuf, at every call"),
    ("S4", "a megabyte of empty elements, in every list of every request"),
    ("S5", "messages, headers and metadata that are too large, and what is small only while it is packed"),
    ("S6", "connections that say nothing, little, or never read"),
    ("S7", "floods of HTTP/2 frames"),
    ("S8", "floods of connections, of one address and of one certificate"),
    ("S9", "deadlines of nothing, of a millisecond, of a day"),
    ("S10", "certificates with something wrong, at the doors of node, service and peers"),
    ("S13", "guessed numbers: what is not there, and what is not theirs"),
    ("S21", "private keys, passwords and tokens, searched in everything that a chain leaves behind"),
    ("S28", "names of buyers and what they bought, searched in the same"),
];

/// Those that need a chain of their own.
const SEARCHES: [&str; 2] = ["S21", "S28"];

fn names() -> Vec<&'static str> {
    ATTACKS.iter().map(|(name, _)| *name).collect()
}

/// Runs it.
pub(crate) async fn abuse(global: &Global, args: AbuseArgs) -> Result<(), Failure> {
    let base = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = std::path::absolute(base.join(format!("taxchain-abuse-{}", std::process::id())))?;
    let many = raise_open_files();
    let json = global.output == Output::Json;
    let played = play(&args, &dir, json, many).await;
    match played {
        Ok(0) => Ok(std::fs::remove_dir_all(&dir)?),
        Ok(failed) => {
            let mut failure = Failure::new(exit::VERIFICATION, format!("{failed} attacks did more than they should"));
            failure.lines.push(format!("chain and logs are in {}", dir.display()));
            Err(failure)
        }
        Err(mut failure) => {
            failure.lines.push(format!("chain and logs are in {}", dir.display()));
            Err(failure)
        }
    }
}

/// How many attacks failed.
async fn play(args: &AbuseArgs, dir: &Path, json: bool, files: u64) -> Result<usize, Failure> {
    let chosen: Vec<_> =
        ATTACKS.iter().filter(|(n, _)| args.only.is_empty() || args.only.iter().any(|o| o == n)).collect();
    let (searches, live): (Vec<&(&str, &str)>, Vec<_>) = chosen.iter().partition(|(name, _)| SEARCHES.contains(name));
    let mut failed = 0;
    if !live.is_empty() {
        let mut ground = Ground::start(&dir.join("chain"), args.honest).await?;
        for (name, what) in live {
            let line = throw(&mut ground, args, name, what, files).await?;
            failed += usize::from(!line.held());
            line.print(json);
        }
        ground.stop().await?;
    }
    if !searches.is_empty() {
        for line in leaks::throw(dir, |name| searches.iter().any(|(wanted, _)| *wanted == name)).await? {
            failed += usize::from(!line.held());
            line.print(json);
        }
    }
    if !json {
        println!("abuse: {} attacks, {failed} failed", chosen.len());
    }
    Ok(failed)
}

/// One attack, with a while of peace before it.
async fn throw(ground: &mut Ground, args: &AbuseArgs, name: &str, what: &str, files: u64) -> Result<Line, Failure> {
    if name == "S2" {
        peers::prepare(ground)?;
    }
    let before = ground.calm().await;
    let thrown = match name {
        "S1" => replays::throw(ground).await,
        "S2" => peers::throw(ground).await,
        "S3" => malformed::throw(ground).await,
        "S4" => oversize::amplified(ground).await,
        "S5" => oversize::throw(ground).await,
        // Each is an open file here and there.
        "S6" => slow::throw(ground, args.connections.min(usize::try_from(files / 2).unwrap_or(usize::MAX))).await,
        "S7" => http2::throw(ground).await,
        "S8" => flood::throw(ground).await,
        "S9" => deadlines::throw(ground).await,
        "S10" => certificates::throw(ground).await,
        _ => guessing::throw(ground).await,
    };
    Ok(ground.judge(name, what, before, thrown).await)
}

/// Thousands of connections are thousands of open files; how many there may be now.
fn raise_open_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    // It stays what it was where it may not be raised.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
