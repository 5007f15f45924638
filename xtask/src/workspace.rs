//! The workspace as cargo sees it, and cargo as a child process.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The root, the target folder and the members of the workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target_directory: PathBuf,
    pub(crate) members: Vec<Member>,
}

/// A crate of the workspace and the crates of ours that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// What it is built with: normal and build dependencies.
    pub(crate) ours: Vec<String>,
    /// What its tests may use in addition.
    pub(crate) ours_in_tests: Vec<String>,
}

impl Workspace {
    /// Asks cargo; fails when the manifests do not parse.
    pub(crate) fn load() -> Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec().context("cargo cannot read the workspace")?;
        Ok(Self {
            root: metadata.workspace_root.clone().into_std_path_buf(),
            target_directory: metadata.target_directory.clone().into_std_path_buf(),
            members: metadata.workspace_packages().into_iter().map(Member::of).collect(),
        })
    }

    /// Everything of ours that `name` is built and tested with, itself included.
    pub(crate) fn closure(&self, name: &str) -> Vec<&str> {
        let mut seen: Vec<&str> = Vec::new();
        let mut open: Vec<&Member> = self.members.iter().filter(|m| m.name == name).collect();
        let tested = open.iter().flat_map(|m| &m.ours_in_tests).collect::<Vec<_>>();
        open.extend(self.members.iter().filter(|m| tested.contains(&&m.name)));
        while let Some(member) = open.pop() {
            if !seen.contains(&member.name.as_str()) {
                seen.push(&member.name);
                open.extend(self.members.iter().filter(|m| member.ours.contains(&m.name)));
            }
        }
        seen
    }
}

impl Member {
    fn of(package: &Package) -> Self {
        let ours = |in_tests: bool| {
            let wanted = |kind| (kind == DependencyKind::Development) == in_tests;
            let local = package.dependencies.iter().filter(|d| d.path.is_some() && wanted(d.kind));
            local.map(|d| d.name.clone()).collect()
        };
        Self { name: package.name.to_string(), ours: ours(false), ours_in_tests: ours(true) }
    }
}

/// Cargo as a child, without what the outer `cargo run` put into the environment for xtask itself: build scripts
/// that watch such a variable would run again, and with RocksDB's that costs a quarter of an hour.
pub(crate) fn cargo<S: AsRef<str>>(arguments: &[S]) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(belongs_to_xtask) {
            command.env_remove(name);
        }
    }
    command.args(arguments.iter().map(AsRef::as_ref));
    command
}

fn belongs_to_xtask(variable: &str) -> bool {
    const EXACT: [&str; 6] = [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_CRATE_NAME",
        "CARGO_BIN_NAME",
        "CARGO_PRIMARY_PACKAGE",
        "OUT_DIR",
    ];
    EXACT.contains(&variable) || variable.starts_with("CARGO_PKG_")
}

/// A command as a person would type it.
pub(crate) fn typed<S: AsRef<str>>(arguments: &[S]) -> String {
    let quoted = arguments.iter().map(|a| {
        let a = a.as_ref();
        if a.is_empty() || a.contains([' ', '"', '\'', '*']) { format!("'{a}'") } else { a.to_owned() }
    });
    ["cargo".to_owned()].into_iter().chain(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn member(name: &str, ours: &[&str], ours_in_tests: &[&str]) -> Member {
        let own = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        Member { name: name.into(), ours: own(ours), ours_in_tests: own(ours_in_tests) }
    }

    #[test]
    fn a_closure_follows_the_tests_of_the_crate_itself_only() {
        let members = vec![
            member("a", &["b"], &["d"]),
            member("b", &["c"], &["e"]),
            member("c", &[], &[]),
            member("d", &[], &[]),
        ];
        let workspace = Workspace { root: "/".into(), target_directory: "/".into(), members };
        let mut names = workspace.closure("a");
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c", "d"]);
        assert_eq!(workspace.closure("c"), ["c"]);
        assert!(workspace.closure("nobody").is_empty());
    }

    #[test]
    fn a_child_does_not_see_the_package_variables_of_xtask() {
        assert!(belongs_to_xtask("CARGO_PKG_NAME") && belongs_to_xtask("CARGO_MANIFEST_DIR"));
        for kept in ["CARGO_TARGET_DIR", "CARGO_HOME", "CARGO_NET_OFFLINE", "PATH", "RUSTFLAGS"] {
            assert!(!belongs_to_xtask(kept), "{kept}");
        }
        let removed = |c: &Command, n: &str| c.get_envs().any(|(k, v)| k == n && v.is_none());
        assert!(removed(&cargo(&["build"]), "CARGO_PKG_NAME"), "cargo test sets it, so the child must lose it");
    }

    #[test]
    fn a_typed_command_can_be_pasted() {
        assert_eq!(typed(&["clippy", "--", "-D", "warnings"]), "cargo clippy -- -D warnings");
        assert_eq!(typed(&["test", "a b"]), "cargo test 'a b'");
    }

    #[test]
    fn the_real_workspace_loads_and_names_xtask() {
        let workspace = Workspace::load().unwrap();
        let xtask = workspace.members.iter().find(|m| m.name == "xtask").unwrap();
        assert!(xtask.ours.is_empty(), "xtask depends on no crate of ours");
        assert!(workspace.root.join("Cargo.lock").is_file());
    }
}
