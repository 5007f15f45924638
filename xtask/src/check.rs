//! `cargo xtask check`: everything that is checked without running the product.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::doctor::{self, Purpose};
use crate::workspace::{Workspace, cargo, typed};
use crate::{plans, sm_only, tidy};

/// One step: what it is called and what it runs.
struct Step {
    name: &'static str,
    work: Work,
    /// Set for this step alone.
    variable: Option<(&'static str, &'static str)>,
    /// The command that mends it, where one can.
    mend: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Work {
    Cargo(&'static [&'static str]),
    Tidy,
    SmOnly,
}

/// Cheap steps first, so that a slip in formatting is told in a second and not after RocksDB.
const STEPS: [Step; 5] = [
    Step::cargo("fmt", plans::FORMAT).mended_by("cargo fmt --all"),
    Step::tidy(),
    Step::cargo("clippy", plans::CLIPPY),
    Step::cargo("doc", plans::DOC).with(plans::DOC_FLAGS),
    Step::sm_only(),
];

pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    doctor::ensure(workspace, Purpose::Check)?;
    let begun = Instant::now();
    for step in &STEPS {
        let started = Instant::now();
        println!("check: {} ...", step.name);
        let passed = step.carry_out(workspace)?;
        let seconds = started.elapsed().as_secs_f32();
        if !passed {
            println!("check: {} FAILED after {seconds:.1} s", step.name);
            println!("check: repeat it with: {}", step.typed());
            if let Some(mend) = step.mend {
                println!("check: mend it with: {mend}");
            }
            return Ok(ExitCode::FAILURE);
        }
        println!("check: {} ok, {seconds:.1} s", step.name);
    }
    println!("check: all {} steps passed in {:.1} s", STEPS.len(), begun.elapsed().as_secs_f32());
    Ok(ExitCode::SUCCESS)
}

impl Step {
    const fn cargo(name: &'static str, arguments: &'static [&'static str]) -> Self {
        Self { name, work: Work::Cargo(arguments), variable: None, mend: None }
    }

    const fn tidy() -> Self {
        Self { name: "tidy", work: Work::Tidy, variable: None, mend: None }
    }

    /// Builds the programs first.
    const fn sm_only() -> Self {
        Self { name: "sm-only", work: Work::SmOnly, variable: None, mend: None }
    }

    const fn with(mut self, variable: (&'static str, &'static str)) -> Self {
        self.variable = Some(variable);
        self
    }

    const fn mended_by(mut self, command: &'static str) -> Self {
        self.mend = Some(command);
        self
    }

    fn carry_out(&self, workspace: &Workspace) -> Result<bool> {
        match self.work {
            Work::Tidy => tidy::report(&workspace.root),
            Work::SmOnly => Ok(sm_only::run(workspace)? == ExitCode::SUCCESS),
            Work::Cargo(arguments) => {
                let mut command = cargo(arguments);
                command.current_dir(&workspace.root).envs(self.variable);
                let status = command.status();
                Ok(status.with_context(|| format!("cannot start {}", typed(arguments)))?.success())
            }
        }
    }

    /// The command that repeats this step alone.
    fn typed(&self) -> String {
        let command = match self.work {
            Work::Tidy => "cargo xtask tidy".to_owned(),
            Work::SmOnly => "cargo xtask sm-only".to_owned(),
            Work::Cargo(arguments) => typed(arguments),
        };
        match self.variable {
            Some((name, value)) => format!("{name}=\"{value}\" {command}"),
            None => command,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_failed_step_tells_how_to_repeat_it() {
        let lines: Vec<String> = STEPS.iter().map(Step::typed).collect();
        let expected = [
            "cargo fmt --all --check -- --files-with-diff",
            "cargo xtask tidy",
            "cargo clippy --profile ci --workspace --all-targets -- -D warnings",
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --profile ci --no-deps --workspace",
            "cargo xtask sm-only",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_step_that_fails_is_not_taken_for_passed() {
        let workspace = Workspace::load().unwrap();
        assert!(!Step::cargo("broken", &["no-such-subcommand"]).carry_out(&workspace).unwrap());
        assert!(Step::cargo("fine", &["--version"]).carry_out(&workspace).unwrap());
    }
}
