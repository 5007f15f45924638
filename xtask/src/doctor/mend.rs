//! What mends a finding: as a command to read, and as one that is run.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What a compiler of RocksDB and of its bindings needs on Debian.
const APT_PACKAGES: [&str; 3] = ["libclang-dev", "clang", "g++"];

/// A way out of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mend {
    /// The compilers, from the system's packages; one command for all of them.
    SystemPackages,
    /// A component of the Rust toolchain.
    Component(&'static str),
    /// Nothing that we would run ourselves.
    ByHand(String),
}

/// The package manager of this system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Installer {
    Apt,
    Dnf,
    Pacman,
    Apk,
    Brew,
}

/// Who we are on which system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Machine {
    pub(super) root: bool,
    pub(super) installer: Option<Installer>,
}

impl Machine {
    pub(super) fn this() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self { root: is_root(&status), installer: Installer::ALL.into_iter().find(|i| on_path(i.program())) }
    }
}

/// Reads the effective user id, the second number of the `Uid:` line.
fn is_root(proc_status: &str) -> bool {
    let line = proc_status.lines().find_map(|l| l.strip_prefix("Uid:"));
    line.and_then(|l| l.split_whitespace().nth(1)) == Some("0")
}

pub(super) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

impl Installer {
    const ALL: [Self; 5] = [Self::Apt, Self::Dnf, Self::Pacman, Self::Apk, Self::Brew];

    fn program(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Dnf => "dnf",
            Self::Pacman => "pacman",
            Self::Apk => "apk",
            Self::Brew => "brew",
        }
    }

    fn command(self) -> String {
        match self {
            Self::Apt => format!("apt-get update && apt-get install -y {}", APT_PACKAGES.join(" ")),
            Self::Dnf => "dnf install -y clang-devel clang gcc-c++".to_owned(),
            Self::Pacman => "pacman -S --needed clang gcc".to_owned(),
            Self::Apk => "apk add clang-dev clang g++".to_owned(),
            Self::Brew => "brew install llvm".to_owned(),
        }
    }
}

impl Mend {
    /// The exact command.
    pub(super) fn command(&self, machine: &Machine) -> String {
        match (self, machine.installer) {
            (Self::SystemPackages, None) => "install libclang (with headers), clang and a C++ compiler".to_owned(),
            (Self::SystemPackages, Some(Installer::Brew)) => Installer::Brew.command(),
            (Self::SystemPackages, Some(installer)) if machine.root => installer.command(),
            (Self::SystemPackages, Some(installer)) => format!("sudo sh -c '{}'", installer.command()),
            (Self::Component(name), _) => format!("rustup component add {name}"),
            (Self::ByHand(what), _) => what.clone(),
        }
    }
}

/// Runs the mends that we run ourselves: packages with apt as root, components of the toolchain.
pub(super) fn install(machine: &Machine, mends: &[&Mend]) -> Result<()> {
    if mends.contains(&&Mend::SystemPackages) {
        if !machine.root || machine.installer != Some(Installer::Apt) {
            bail!(
                "only root on a Debian-like system installs packages; run: {}",
                Mend::SystemPackages.command(machine)
            );
        }
        run("apt-get", &["update"])?;
        let mut arguments = vec!["install", "-y"];
        arguments.extend(APT_PACKAGES);
        run("apt-get", &arguments)?;
    }
    for mend in mends {
        if let Mend::Component(name) = mend {
            run("rustup", &["component", "add", name])?;
        }
    }
    Ok(())
}

fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let line = format!("{program} {}", arguments.join(" "));
    println!("doctor: {line}");
    let mut command = Command::new(program);
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_effective_user_decides() {
        assert!(is_root("Name:\tx\nUid:\t1000\t0\t0\t0\n"));
        assert!(!is_root("Name:\tx\nUid:\t0\t1000\t0\t0\n"));
        assert!(!is_root(""));
    }

    #[test]
    fn root_and_others_read_different_commands() {
        let root = Machine { root: true, installer: Some(Installer::Apt) };
        assert_eq!(Mend::SystemPackages.command(&root), "apt-get update && apt-get install -y libclang-dev clang g++");
        let person = Machine { root: false, installer: Some(Installer::Dnf) };
        assert_eq!(Mend::SystemPackages.command(&person), "sudo sh -c 'dnf install -y clang-devel clang gcc-c++'");
    }

    #[test]
    fn without_root_nothing_is_installed_and_the_command_is_told() {
        let person = Machine { root: false, installer: Some(Installer::Apt) };
        let refused = install(&person, &[&Mend::SystemPackages]).unwrap_err().to_string();
        assert!(refused.contains("sudo sh -c 'apt-get update"), "{refused}");
        assert!(install(&person, &[&Mend::ByHand("move the target folder".into())]).is_ok(), "nothing to run");
    }

    #[test]
    fn a_failed_installation_is_an_error() {
        assert!(run("false", &["x"]).unwrap_err().to_string().contains("`false x` failed"));
        assert!(run("no-such-program-here", &[]).is_err());
    }
}
