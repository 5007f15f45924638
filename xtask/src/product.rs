//! `cargo xtask demo` and `cargo xtask bench`: build the product and hand over to it.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use cargo_metadata::Message;

use crate::doctor::{self, Purpose};
use crate::plans;
use crate::workspace::{Workspace, cargo, typed};

const PRODUCT: &str = "taxchain";

/// Builds the binaries and runs `taxchain <subcommand> <arguments>` in their place.
pub(crate) fn run(workspace: &Workspace, subcommand: &[&str], arguments: &[String]) -> Result<ExitCode> {
    let mut command = program(&binaries(workspace)?)?;
    command.args(subcommand).args(arguments);
    hand_over(command)
}

/// Builds and runs a bench of a crate's own in this one's place.
pub(crate) fn bench(workspace: &Workspace, package: &str, bench: &str) -> Result<ExitCode> {
    doctor::ensure(workspace, Purpose::Build)?;
    let mut command = cargo(plans::BENCH);
    command.args(["-p", package, "--bench", bench]).current_dir(&workspace.root);
    hand_over(command)
}

/// Builds the binaries; where each is.
pub(crate) fn binaries(workspace: &Workspace) -> Result<BTreeMap<String, PathBuf>> {
    doctor::ensure(workspace, Purpose::Build)?;
    build_binaries(&workspace.root)
}

/// The product as a command.
pub(crate) fn program(binaries: &BTreeMap<String, PathBuf>) -> Result<Command> {
    let Some(program) = binaries.get(PRODUCT) else {
        bail!("the workspace has no binary `{PRODUCT}`: crates/cli must declare it");
    };
    Ok(Command::new(program))
}

fn build_binaries(root: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut command = cargo(plans::BINARIES);
    command.arg("--message-format=json-render-diagnostics").current_dir(root).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", typed(plans::BINARIES)))?;
    let pipe = child.stdout.take().context("cargo has no output")?;
    let mut found = BTreeMap::new();
    for message in Message::parse_stream(BufReader::new(pipe)) {
        if let Message::CompilerArtifact(artifact) = message.context("cargo's messages end early")?
            && let Some(executable) = artifact.executable
        {
            found.insert(artifact.target.name, executable.into_std_path_buf());
        }
    }
    if !child.wait()?.success() {
        bail!("the build failed; repeat it with: {}", typed(plans::BINARIES));
    }
    Ok(found)
}

/// Becomes the program, so that Ctrl-C and the exit code are its own.
#[cfg(unix)]
fn hand_over(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| format!("cannot start {}", Path::new(command.get_program()).display()))
}

#[cfg(not(unix))]
fn hand_over(mut command: Command) -> Result<ExitCode> {
    let code = command.status()?.code().and_then(|c| u8::try_from(c).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
