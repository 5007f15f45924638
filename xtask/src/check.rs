//! `cargo xtask check`: everything that is checked without running the product.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::doctor::{self, Purpose};
use crate::workspace::{Workspace, cargo, typed};
use crate::{plans, tidy};

/// One step: what it is called and what it runs.
struct Step {
    name: &'static str,
    work: Work,
}

enum Work {
    Cargo {
        arguments: &'static [&'static str],
        variable: Option<(&'static str, &'static str)>,
    },
    Tidy,
}

/// Cheap steps first, so that a slip in formatting is told in a second and not after RocksDB.
const STEPS: [Step; 4] = [
    Step {
        name: "fmt",
        work: Work::Cargo {
            arguments: plans::FORMAT,
            variable: None,
        },
    },
    Step {
        name: "tidy",
        work: Work::Tidy,
    },
    Step {
        name: "clippy",
        work: Work::Cargo {
            arguments: plans::CLIPPY,
            variable: None,
        },
    },
    Step {
        name: "doc",
        work: Work::Cargo {
            arguments: plans::DOC,
            variable: Some(plans::DOC_FLAGS),
        },
    },
];

pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    doctor::ensure(workspace, Purpose::Check)?;
    let begun = Instant::now();
    for step in &STEPS {
        let started = Instant::now();
        println!("check: {} ...", step.name);
        let passed = step.work.carry_out(workspace)?;
        let seconds = started.elapsed().as_secs_f32();
        if !passed {
            println!("check: {} FAILED after {seconds:.1} s", step.name);
            println!("check: repeat it with: {}", step.work.typed());
            return Ok(ExitCode::FAILURE);
        }
        println!("check: {} ok, {seconds:.1} s", step.name);
    }
    println!(
        "check: all {} steps passed in {:.1} s",
        STEPS.len(),
        begun.elapsed().as_secs_f32()
    );
    Ok(ExitCode::SUCCESS)
}

impl Work {
    fn carry_out(&self, workspace: &Workspace) -> Result<bool> {
        match self {
            Self::Tidy => tidy::report(&workspace.root),
            Self::Cargo { arguments, variable } => {
                let mut command = cargo(arguments);
                command.current_dir(&workspace.root).envs(*variable);
                Ok(command
                    .status()
                    .with_context(|| format!("cannot start {}", typed(arguments)))?
                    .success())
            }
        }
    }

    fn typed(&self) -> String {
        match self {
            Self::Tidy => "cargo xtask tidy".to_owned(),
            Self::Cargo {
                arguments,
                variable: None,
            } => typed(arguments),
            Self::Cargo {
                arguments,
                variable: Some((name, value)),
            } => {
                format!("{name}=\"{value}\" {}", typed(arguments))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_failed_step_tells_how_to_repeat_it() {
        let lines: Vec<String> = STEPS.iter().map(|s| s.work.typed()).collect();
        assert_eq!(lines[0], "cargo fmt --all --check");
        assert_eq!(lines[1], "cargo xtask tidy");
        assert_eq!(
            lines[2],
            "cargo clippy --profile ci --workspace --all-targets -- -D warnings"
        );
        assert_eq!(
            lines[3],
            "RUSTDOCFLAGS=\"-D warnings\" cargo doc --profile ci --no-deps --workspace"
        );
    }

    #[test]
    fn a_step_that_fails_is_not_taken_for_passed() {
        let workspace = Workspace::load().unwrap();
        let step = |arguments| {
            Work::Cargo {
                arguments,
                variable: None,
            }
            .carry_out(&workspace)
            .unwrap()
        };
        assert!(!step(&["no-such-subcommand"]));
        assert!(step(&["--version"]));
    }
}
