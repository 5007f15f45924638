//! `cargo xtask test`: all tests, or those that are named.

mod listener;
mod selection;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use cargo_metadata::Message;

use self::listener::Listener;
use self::selection::Selection;
use crate::doctor::{self, Purpose};
use crate::plans;
use crate::workspace::{Workspace, cargo, typed};

/// Shows what passing tests print; the listener takes the lists of names out again.
const SHOW_OUTPUT: &str = "--show-output";

pub(crate) fn run(workspace: &Workspace, arguments: &[String], harness: &[String]) -> Result<ExitCode> {
    doctor::ensure(workspace, Purpose::Build)?;
    let selection = Selection::of(arguments);
    let mut listener = Listener::default();
    let begun = Instant::now();
    let passed = if selection.packages.is_empty() {
        let mut plan: Vec<String> = plans::TEST.iter().map(|a| (*a).to_owned()).collect();
        plan.extend_from_slice(arguments);
        run_cargo(workspace, plan, harness, &mut listener)?
    } else if needs_anchor(workspace, &selection) {
        run_anchored(workspace, &selection, arguments, harness, &mut listener)?
    } else {
        run_cargo(workspace, plans::narrow_test(arguments, false), harness, &mut listener)?
    };
    print!("{}", listener.closing(begun.elapsed()));
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether these packages bring RocksDB but not the crate that completes its build features.
fn needs_anchor(workspace: &Workspace, selection: &Selection) -> bool {
    let closures: Vec<_> = selection.packages.iter().flat_map(|p| workspace.closure(p)).collect();
    closures.contains(&plans::HOLDS_ROCKSDB) && !closures.contains(&plans::ANCHOR)
}

fn run_cargo(workspace: &Workspace, plan: Vec<String>, harness: &[String], out: &mut Listener) -> Result<bool> {
    let mut command = cargo(&plan);
    command.current_dir(&workspace.root).arg("--").args(harness_arguments(harness));
    listen(command, out, &mut std::io::stdout())
}

/// Builds with the anchor in the selection, then runs the test programs of the chosen packages only.
fn run_anchored(
    workspace: &Workspace,
    selection: &Selection,
    arguments: &[String],
    harness: &[String],
    out: &mut Listener,
) -> Result<bool> {
    let plan = plans::narrow_test(arguments, true);
    let mut build = cargo(&plan);
    build.args(["--no-run", "--message-format=json-render-diagnostics"]);
    let output = build
        .current_dir(&workspace.root)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", typed(&plan)))?;
    if !output.status.success() {
        return Ok(false);
    }
    let mut programs = 0_u32;
    for message in Message::parse_stream(output.stdout.as_slice()) {
        let Message::CompilerArtifact(artifact) = message.context("cargo's messages end early")? else {
            continue;
        };
        let folder = artifact.manifest_path.parent().map(|p| p.as_std_path().to_owned());
        let (Some(program), Some(folder)) = (artifact.executable, folder) else {
            continue;
        };
        let package = package_name(&folder);
        if !artifact.profile.test || !selection.packages.contains(&package) {
            continue;
        }
        programs += 1;
        println!("\n     Running {} ({package})", artifact.target.name);
        let mut command = Command::new(program.as_std_path());
        command.current_dir(&folder).env("CARGO_MANIFEST_DIR", &folder);
        command.args(&selection.filters).args(harness_arguments(harness));
        if !listen(command, out, &mut std::io::stdout())? {
            return Ok(false);
        }
    }
    if programs == 0 {
        bail!("no test programs in {}", selection.packages.join(", "));
    }
    Ok(true)
}

/// Folder name = crate name, a rule of this house that tidy checks.
fn package_name(folder: &Path) -> String {
    folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn harness_arguments(given: &[String]) -> Vec<String> {
    let chosen = given.iter().any(|a| a == "--nocapture" || a == "--no-capture" || a == SHOW_OUTPUT || a == "--list");
    let mut all = given.to_vec();
    if !chosen {
        all.push(SHOW_OUTPUT.to_owned());
    }
    all
}

/// Runs a command and shows its output as it comes.
fn listen(mut command: Command, out: &mut Listener, screen: &mut dyn Write) -> Result<bool> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start {name}"))?;
    let pipe = child.stdout.take().context("the child has no output")?;
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        if let Some(shown) = out.hear(text.trim_end_matches('\n')) {
            writeln!(screen, "{shown}")?;
        }
        line.clear();
    }
    Ok(child.wait()?.success())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn only_a_crate_with_rocksdb_and_without_the_anchor_is_anchored() {
        let workspace = Workspace::load().unwrap();
        let anchored = |line: &str| needs_anchor(&workspace, &Selection::of(&words(line)));
        assert!(anchored("-p storage") && anchored("-p chain-node reopen"));
        assert!(!anchored("-p ledger") && !anchored("-p cli") && !anchored("-p storage -p invoice-service"));
    }

    #[test]
    fn output_of_passing_tests_is_asked_for_unless_the_caller_chose() {
        assert_eq!(harness_arguments(&words("--test-threads 1")), words("--test-threads 1 --show-output"));
        assert_eq!(harness_arguments(&words("--nocapture")), words("--nocapture"));
    }

    #[test]
    fn a_failing_program_is_not_taken_for_green_and_what_it_said_is_shown() {
        let (mut heard, mut screen) = (Listener::default(), Vec::new());
        let mut script = Command::new("sh");
        script.args(["-c", "echo first; printf unended; exit 3"]);
        assert!(!listen(script, &mut heard, &mut screen).unwrap());
        assert_eq!(String::from_utf8(screen).unwrap(), "first\nunended\n");
        assert!(listen(Command::new("true"), &mut heard, &mut Vec::new()).unwrap());
        assert!(listen(Command::new("no-such-program-here"), &mut heard, &mut Vec::new()).is_err());
    }
}
