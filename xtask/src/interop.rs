//! `cargo xtask interop`: OpenSSL, built from source, talks to our TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::MetadataCommand;

use crate::plans;
use crate::workspace::{Workspace, cargo};

/// The crate that carries OpenSSL's source; 400.0.x is OpenSSL 4.0.x, the first with RFC 8998.
const SOURCE: &str = "openssl-src";
const VERSION: &str = "~400.0";

/// Builds OpenSSL, once, and runs every case against it.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let openssl = openssl(workspace)?;
    let mut command = cargo(plans::INTEROP);
    command.arg(openssl).current_dir(&workspace.root);
    let code = command.status().context("cannot start cargo")?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// The program, from the cache or built now.
fn openssl(workspace: &Workspace) -> Result<PathBuf> {
    let cache = workspace.target_directory.join("interop");
    let source = source(&cache)?;
    let name = source.parent().and_then(Path::file_name).context("the source has no folder")?;
    let build = cache.join(name);
    let program = build.join("apps/openssl");
    if program.exists() {
        return Ok(program);
    }
    eprintln!("interop: building {} (about 6 minutes, once)", name.to_string_lossy());
    // A copy that was cut short is begun anew.
    let begun = cache.join("begun");
    if begun.exists() {
        fs::remove_dir_all(&begun)?;
    }
    copy(&source, &begun)?;
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = format!("-j{cpus}");
    // The packaged source lacks what its legacy provider and its tests need.
    for (program, arguments) in [
        ("perl", &["Configure", "no-shared", "no-tests", "no-legacy", "no-module", "no-docs"][..]),
        ("make", &["-s", &jobs, "build_programs"]),
    ] {
        let log = cache.join(format!("{program}.log"));
        let out = fs::File::create(&log)?;
        let status = Command::new(program)
            .args(arguments)
            .current_dir(&begun)
            .stdout(out.try_clone()?)
            .stderr(out)
            .status()
            .with_context(|| format!("cannot start {program}: install perl, make and a C compiler"))?;
        if !status.success() {
            bail!("{program} {} failed; its words are in {}", arguments.join(" "), log.display());
        }
    }
    fs::rename(&begun, &build)?;
    ensure!(program.exists(), "OpenSSL was built without its program");
    Ok(program)
}

/// The folder of the source, fetched as cargo fetches any crate.
fn source(cache: &Path) -> Result<PathBuf> {
    let package = cache.join("fetch");
    fs::create_dir_all(package.join("src"))?;
    fs::write(package.join("src/lib.rs"), "")?;
    let manifest = package.join("Cargo.toml");
    let text = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n{SOURCE} = \"{VERSION}\"\n"
    );
    fs::write(&manifest, text)?;
    let metadata = MetadataCommand::new().manifest_path(&manifest).exec().context("cannot fetch OpenSSL's source")?;
    let found = metadata.packages.iter().find(|package| package.name.as_str() == SOURCE);
    let folder = found.and_then(|package| package.manifest_path.parent()).context("the source is not there")?;
    Ok(folder.join("openssl").into_std_path_buf())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
    }
    Ok(())
}
