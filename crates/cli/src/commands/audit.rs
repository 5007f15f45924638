//! `taxchain audit`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use auditor::{AuditReport, Options, RunOptions};
use clap::Args as ClapArgs;
use crypto::{CommitteeKeys, KeyUse};
use indicatif::{ProgressBar, ProgressStyle};
use ledger_types::{Committee, Unsealer};
use serde_json::json;

use super::node::committee_key::epochs_in;
use crate::answer::Output;
use crate::failure::{Failure, exit};
use crate::key_files;
use crate::session::Global;

/// Arguments of `audit`.
#[derive(ClapArgs)]
#[command(
    before_help = "EXAMPLES\n  taxchain audit ./chain                 # the folder of `taxchain dev --data ./chain`\n  taxchain audit ./chain --plant 5       # alter five stored verdicts in memory first: five must be found"
)]
pub(crate) struct Args {
    /// A node's data folder, or that of `taxchain dev --data`.
    dir: PathBuf,
    /// Alter so many stored verdicts in memory first; the auditor must find exactly these.
    #[arg(long, default_value_t = 0, value_name = "K")]
    plant: u64,
    /// The committee's private key of the epoch in force, for a chain whose bodies are sealed; that of a development folder or
    /// of a bureau's is found by itself.
    #[arg(long, value_name = "FILE")]
    committee_key: Option<PathBuf>,
    /// File with the password of that key; TAXCHAIN_KEY_PASSWORD if absent.
    #[arg(long, value_name = "FILE", requires = "committee_key")]
    password_file: Option<PathBuf>,
    /// Verify one in so many signatures; 0 for none.
    #[arg(long, default_value_t = 1, value_name = "N")]
    sample: u32,
}

/// Runs it: exit code 8 if anything differs.
pub(super) fn run(global: &Global, args: Args) -> Result<(), Failure> {
    let options = Options { signatures_one_in: args.sample, ..Options::default() };
    let keys = committee_keys(&args)?;
    let report = audit(&args.dir, options, args.plant, global.quiet, &keys)?;
    match global.output {
        Output::Table => println!("{report}"),
        Output::Json => println!("{:#}", to_json(&report)),
    }
    verdict(&report)
}

/// Judges the chain in a folder.
pub(super) fn audit(
    dir: &Path,
    audit: Options,
    plant: u64,
    quiet: bool,
    keys: &dyn Unsealer,
) -> Result<AuditReport, Failure> {
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    let style = "{spinner} auditing · {msg} · {elapsed}";
    let bar = bar.with_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let options = RunOptions { chain: None, audit, plant };
    let mut progress = |at: auditor::Progress| {
        if at.height.0.is_multiple_of(64) {
            bar.set_message(format!("height {}, {} issued, {} differences", at.height, at.issued, at.differences));
            bar.tick();
        }
    };
    let report = auditor::run(&data_folder(dir), options, keys, &mut progress);
    bar.finish_and_clear();
    report.map_err(|e| Failure::new(exit::DATA, e.to_string()))
}

/// The first epoch's key as given, or beside the data: `keys/committee-1.pem` under the password in `keys/password`; and those
/// of later epochs.
fn committee_keys(args: &Args) -> Result<CommitteeKeys, Failure> {
    let read = |path: &Path, password: Option<&Path>| {
        key_files::read(path, KeyUse::Encryption, &key_files::password(password, "--password-file")?)
    };
    let mut keys = BTreeMap::new();
    if let Some(path) = &args.committee_key {
        keys.insert(Committee::FIRST, read(path, args.password_file.as_deref())?);
    }
    // A node's data, or one chain's folder two levels down in them, lies beside the keys.
    let folders = args.dir.ancestors().take(4).map(|dir| dir.join("keys"));
    let name = format!("committee-{}.pem", Committee::FIRST);
    let beside = folders.map(|folder| (folder.join(&name), folder.join("password"))).find(|(key, _)| key.exists());
    if let (true, Some((path, password))) = (keys.is_empty(), beside) {
        keys.insert(Committee::FIRST, read(&path, Some(&password))?);
    }
    // Later epochs lie in the node's folder of the committee's keys, under its password.
    let secret = args.dir.ancestors().take(4).map(|dir| dir.join("keys/password")).find(|path| path.exists());
    let secret = args.password_file.clone().or(secret);
    for folder in args.dir.ancestors().take(4).map(|dir| dir.join("committee-keys")) {
        for (epoch, path) in epochs_in(&folder) {
            keys.insert(epoch, read(&path, secret.as_deref())?);
        }
    }
    CommitteeKeys::new(keys).map_err(Failure::general)
}

/// A development folder keeps the node's data one level down.
fn data_folder(dir: &Path) -> PathBuf {
    let inner = dir.join("data");
    if inner.join("format").exists() { inner } else { dir.to_owned() }
}

/// Nothing to say again: the differences were printed.
pub(super) fn verdict(report: &AuditReport) -> Result<(), Failure> {
    if report.is_clean() {
        return Ok(());
    }
    Err(Failure { code: exit::VERIFICATION, lines: Vec::new(), reasons: Vec::new() })
}

/// The report for machines.
pub(super) fn to_json(report: &AuditReport) -> serde_json::Value {
    let differences: Vec<_> = report
        .differences
        .iter()
        .map(|d| json!({"height": d.height.0, "tx": d.tx, "what": d.what, "stored": d.stored, "expected": d.expected}))
        .collect();
    let refused: serde_json::Map<_, _> =
        report.refused_by_reason.iter().map(|(reason, n)| (reason.name().to_owned(), json!(n))).collect();
    let reads: Vec<_> = report
        .readings
        .iter()
        .map(|r| {
            json!({
                "height": r.height.0, "tx": r.tx, "bureau": r.bureau.0, "auditors": r.auditors,
                "inspection": r.inspection, "slots": r.slots, "links": r.links,
            })
        })
        .collect();
    json!({
        "access_records": reads, "chain": report.chain, "blocks": report.blocks, "transactions": report.transactions,
        "accepted": report.accepted, "refused": report.refused, "refused_by_reason": refused,
        "issued": report.issued, "red": report.red, "reimbursed": report.reimbursed, "signatures": report.signatures,
        "planted": report.planted, "differences": differences, "summary": report.last_line(),
    })
}
