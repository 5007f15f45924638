//! `taxchain fsck`.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use ledger_types::Height;
use serde_json::json;
use storage::{Options, StoreError};

use crate::answer::Answer;
use crate::failure::{Failure, exit};
use crate::session::Global;

/// Arguments of `fsck`.
#[derive(ClapArgs)]
#[command(
    before_help = "EXAMPLES\n  taxchain fsck ./chain                  # the folder of `taxchain dev --data ./chain`, stopped\n  taxchain fsck ./chain --root --height 1000   # the state root at a height, from the block files alone"
)]
pub(crate) struct Args {
    /// A node's data folder, or that of `taxchain dev --data`; no node may run on it.
    dir: PathBuf,
    /// Only derive the state root after `--height`, from the block files alone.
    #[arg(long, requires = "height")]
    root: bool,
    /// The height for `--root`.
    #[arg(long, value_name = "HEIGHT", requires = "root")]
    height: Option<Height>,
}

/// Runs it: exit code 8 if anything is wrong.
pub(super) fn run(global: &Global, args: Args) -> Result<Answer, Failure> {
    let dir = data_folder(&args.dir);
    let options = Options::default();
    if let (true, Some(height)) = (args.root, args.height) {
        let root = storage::state_root_at(&dir, height, &options).map_err(|e| failed(&e))?;
        let root = root.ok_or_else(|| Failure::not_found(format!("the chain has not reached height {height}")))?;
        return Ok(Answer::new().field("height", height.0).field("state_root", root.to_string()));
    }
    let report = storage::fsck(&dir, &options).map_err(|e| failed(&e))?;
    let height = report.height();
    let rows = report
        .findings
        .iter()
        .map(|f| vec![json!(f.file.display().to_string()), json!(f.place), json!(f.what), json!(f.remedy)])
        .collect();
    let answer = Answer::new()
        .field("chain", json!(report.chain))
        .field("height", json!(height))
        .field("state_root", json!(height.and_then(|h| report.root(h))))
        .field("begins_after", json!(report.base))
        .field("transactions", report.txs)
        .field("slots", report.slots)
        .field("rows", report.rows)
        .field("erased", report.erased)
        .field("to_erase", report.due)
        .field("findings", report.findings.len())
        .table(&["file", "place", "what", "remedy"], rows);
    if report.findings.is_empty() {
        return Ok(answer);
    }
    answer.print(global.output, global.quiet);
    Err(Failure { code: exit::VERIFICATION, lines: Vec::new(), reasons: Vec::new() })
}

fn failed(error: &StoreError) -> Failure {
    let code = match error {
        StoreError::Damaged { .. } => exit::VERIFICATION,
        StoreError::NoChain(_) => exit::NOT_FOUND,
        _ => exit::IO,
    };
    Failure::new(code, error.to_string())
}

/// A development folder keeps the node's data one level down.
fn data_folder(dir: &Path) -> PathBuf {
    let inner = dir.join("data");
    if inner.join("format").exists() { inner } else { dir.to_owned() }
}
