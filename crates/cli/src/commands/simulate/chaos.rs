//! `taxchain simulate chaos`: real processes, real load, and what happens to machines.

mod adaptive;
mod drills;
pub(super) mod impostor;
mod rules;
pub(super) mod town;
mod verdicts;
mod wires;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use chain_node::snapshots::SnapshotRules;
use clap::Args;
use simulators::dice::Dice;
use simulators::load::Sellers;
use simulators::steady::Steady;

use super::super::demo::failed;
use crate::answer::Output;
use crate::failure::{Failure, exit};
use crate::roots;
use crate::session::Global;
use drills::Ground;
use town::{Town, TownPlan};

/// Arguments of `simulate chaos`.
#[derive(Args)]
pub(crate) struct ChaosArgs {
    /// Validators, each a process.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(4..=7))]
    validators: u16,
    /// Kills of the first drill.
    #[arg(long, default_value_t = 12)]
    kills: u32,
    /// Transactions under way.
    #[arg(long, default_value_t = 32)]
    in_flight: usize,
    /// Seed of the dice.
    #[arg(long, default_value_t = 20_180_810)]
    seed: u64,
    /// Only the drill of this name, several times if given several times.
    #[arg(long = "only", value_name = "DRILL", value_parser = DRILLS)]
    only: Vec<String>,
    /// Where the chain lives; a temporary folder if absent. It is removed when all went well.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Snapshots every few seconds.
const SNAPSHOTS: SnapshotRules = SnapshotRules { every: 50, keep: 2, sync: false, ahead: 20 };

const DRILLS: [&str; 15] = [
    "kills",
    "sigstop",
    "cut-off",
    "halves",
    "one-way",
    "all-at-once",
    "wiped",
    "restored",
    "disk-full",
    "switch",
    "leave-join",
    "adaptive",
    "upgrade",
    "impostor",
    // The last, because its node has not all blocks afterwards.
    "snapshot",
];

/// Runs it.
pub(crate) async fn chaos(global: &Global, args: ChaosArgs) -> Result<(), Failure> {
    let base = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = std::path::absolute(base.join(format!("taxchain-chaos-{}", std::process::id())))?;
    let teller = Lines { json: global.output == Output::Json };
    match play(&args, &dir, &teller).await {
        Ok(()) => Ok(std::fs::remove_dir_all(&dir)?),
        Err(mut failure) => {
            failure.lines.push(format!("seed {}; chain, configuration and logs are in {}", args.seed, dir.display()));
            Err(failure)
        }
    }
}

/// A line for each drill.
struct Lines {
    json: bool,
}

impl Lines {
    fn line(&self, drill: &str, seconds: f64, said: &str) {
        if self.json {
            println!("{}", serde_json::json!({ "drill": drill, "seconds": seconds, "result": said }));
        } else {
            println!("chaos: {drill:<12} ok, {seconds:>5.1} s: {said}");
        }
    }
}

async fn play(args: &ChaosArgs, dir: &Path, lines: &Lines) -> Result<(), Failure> {
    let began = Instant::now();
    let mut town =
        Town::start(dir, TownPlan { validators: args.validators, snapshots: SNAPSHOTS, protected: true }).await?;
    let bureau = town.bureau()?;
    let sellers = Arc::new(Sellers::settle(&town.clients[0], &bureau).await.map_err(failed)?);
    let load = Steady::start(&town.clients, &sellers, args.in_flight, args.seed);
    let mut dice = Dice::new(args.seed);
    lines.line("start", began.elapsed().as_secs_f64(), &format!("{} validators, each a process", args.validators));
    let (mut ran, mut broken) = (0, None);
    for drill in DRILLS.iter().filter(|d| args.only.is_empty() || args.only.iter().any(|o| o == *d)) {
        let began = Instant::now();
        let mut ground = Ground { town: &mut town, load: &load, dice: &mut dice, kills: args.kills };
        let said = match *drill {
            "kills" => ground.kills().await,
            "sigstop" => ground.stopped().await,
            "cut-off" => ground.one_cut_off().await,
            "halves" => ground.halves().await,
            "one-way" => ground.one_way().await,
            "all-at-once" => ground.all_at_once().await,
            "wiped" => ground.wiped().await,
            "restored" => ground.restored().await,
            "switch" => ground.switched().await,
            "snapshot" => ground.by_snapshot().await,
            "leave-join" => ground.left_and_joined().await,
            "adaptive" => ground.adapted().await,
            "upgrade" => ground.upgraded().await,
            "impostor" => ground.slandered().await,
            _ => ground.disk_full().await,
        };
        match said {
            Ok(said) => lines.line(drill, began.elapsed().as_secs_f64(), &said),
            Err(mut failure) => {
                failure.lines.insert(0, format!("drill {drill} failed"));
                broken = Some(failure);
                break;
            }
        }
        ran += 1;
    }
    // What was told must hold whatever came of the drills.
    town.start_all().await?;
    let told = load.stop().await.map_err(failed)?;
    let verdicts = verdicts::check(&town, &told).await?;
    let evidence = evidence_lines(dir)?;
    let folders: Vec<_> = (0..town.len()).map(|place| town.data(place)).collect();
    town.stop().await?;
    let n = folders.len();
    roots::same(&roots::derive(folders, verdicts.height).await?)?;
    if evidence > 0 {
        return Err(Failure::new(exit::VERIFICATION, format!("{evidence} contradictions of validators were seen")));
    }
    lines.line("verdicts", 0.0, &format!(
        "{} told, {} issued at height {}: none lost, none twice, 0 contradictions seen, {n} of {n} state roots equal",
        verdicts.told, verdicts.issued, verdicts.height
    ));
    if let Some(failure) = broken {
        return Err(failure);
    }
    if !lines.json {
        println!("chaos: {ran} drills, 0 failed");
    }
    Ok(())
}

/// What the nodes logged of validators that contradict themselves: there are none here.
fn evidence_lines(dir: &Path) -> Result<usize, Failure> {
    let mut count = 0;
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "log") {
            count += std::fs::read_to_string(&path)?.matches("a validator contradicted itself").count();
        }
    }
    Ok(count)
}
