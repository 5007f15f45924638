//! `cargo xtask doctor`: what this machine lacks, and the command that mends it. The other commands ask it first.

mod disk;
mod libclang;
mod mend;
mod toolchain;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use self::mend::{Machine, Mend};
use crate::workspace::Workspace;

/// What the machine is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Compile and run.
    Build,
    /// Format and lint as well.
    Check,
}

/// One thing that was looked at.
#[derive(Debug)]
struct Finding {
    subject: &'static str,
    verdict: Verdict,
}

#[derive(Debug)]
enum Verdict {
    /// Where or what it is.
    Found(String),
    /// Works, but could be better: what, and what to do.
    Doubt(String, Mend),
    /// What is wrong, and what mends it.
    Missing(String, Mend),
}

/// Looks at everything, prints it, and with `fix` installs what can be installed.
pub(crate) fn command(workspace: &Workspace, fix: bool) -> Result<ExitCode> {
    let machine = Machine::this();
    let mut findings = examine(workspace, Purpose::Check);
    if fix && findings.iter().any(Finding::is_missing) {
        print!("{}", told(&findings, &machine));
        mend::install(&machine, &mends(&findings))?;
        findings = examine(workspace, Purpose::Check);
    }
    print!("{}", told(&findings, &machine));
    let missing = findings.iter().filter(|f| f.is_missing()).count();
    println!("doctor: {missing} missing, {} looked at", findings.len());
    Ok(if missing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Stops with the commands to run when something needed is missing; as root it runs them itself.
pub(crate) fn ensure(workspace: &Workspace, purpose: Purpose) -> Result<()> {
    let machine = Machine::this();
    let mut findings = examine(workspace, purpose);
    if machine.root && findings.iter().any(Finding::is_missing) {
        print!("{}", told(&findings, &machine));
        mend::install(&machine, &mends(&findings))?;
        findings = examine(workspace, purpose);
    }
    if findings.iter().any(Finding::is_missing) {
        bail!("this machine cannot build the project yet:\n{}", told(&findings, &machine));
    }
    Ok(())
}

fn examine(workspace: &Workspace, purpose: Purpose) -> Vec<Finding> {
    let mut findings = vec![
        toolchain::rust_version(&workspace.root),
        toolchain::linker(),
        toolchain::cpp_compiler(),
        libclang::examine(),
    ];
    if purpose == Purpose::Check {
        findings.push(toolchain::component("rustfmt", "fmt"));
        findings.push(toolchain::component("clippy", "clippy"));
    }
    findings.push(disk::target_folder(&workspace.target_directory, &workspace.root));
    findings.push(disk::space(&workspace.target_directory));
    findings
}

fn mends(findings: &[Finding]) -> Vec<&Mend> {
    let of = |f| match f {
        &Finding { verdict: Verdict::Missing(_, ref mend), .. } => Some(mend),
        _ => None,
    };
    findings.iter().filter_map(of).collect()
}

fn told(findings: &[Finding], machine: &Machine) -> String {
    findings.iter().map(|f| f.told(machine)).collect()
}

impl Finding {
    fn found(subject: &'static str, what: impl Into<String>) -> Self {
        Self { subject, verdict: Verdict::Found(what.into()) }
    }

    fn missing(subject: &'static str, what: impl Into<String>, mend: Mend) -> Self {
        Self { subject, verdict: Verdict::Missing(what.into(), mend) }
    }

    fn doubt(subject: &'static str, what: impl Into<String>, mend: Mend) -> Self {
        Self { subject, verdict: Verdict::Doubt(what.into(), mend) }
    }

    fn is_missing(&self) -> bool {
        matches!(self.verdict, Verdict::Missing(..))
    }

    fn told(&self, machine: &Machine) -> String {
        let subject = self.subject;
        match &self.verdict {
            Verdict::Found(what) => format!("ok       {subject:<14} {what}\n"),
            Verdict::Doubt(what, mend) => {
                format!("doubtful {subject:<14} {what}\n         {:<14} better: {}\n", "", mend.command(machine))
            }
            Verdict::Missing(what, mend) => {
                format!("MISSING  {subject:<14} {what}\n         {:<14} run: {}\n", "", mend.command(machine))
            }
        }
    }
}

/// The first existing folder at or above `path`.
fn existing_ancestor(path: &Path) -> &Path {
    path.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_missing_thing_is_told_with_its_command() {
        let machine = Machine { root: false, installer: Some(mend::Installer::Apt) };
        let findings = [
            Finding::found("linker", "cc"),
            Finding::missing("libclang", "not found", Mend::SystemPackages),
            Finding::missing("clippy", "not installed", Mend::Component("clippy")),
        ];
        let text = told(&findings, &machine);
        assert!(text.contains("ok       linker"), "{text}");
        assert!(
            text.contains("run: sudo sh -c 'apt-get update && apt-get install -y libclang-dev clang g++'"),
            "{text}"
        );
        assert!(text.contains("run: rustup component add clippy"), "{text}");
        assert_eq!(mends(&findings).len(), 2);
    }

    #[test]
    fn this_machine_which_compiled_the_test_has_a_linker() {
        let workspace = Workspace::load().unwrap();
        let findings = examine(&workspace, Purpose::Check);
        assert!(findings.iter().any(|f| f.subject == "linker" && !f.is_missing()), "{findings:?}");
        assert_eq!(findings.len(), 8);
    }
}
