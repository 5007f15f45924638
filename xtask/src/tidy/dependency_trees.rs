//! What each crate is really built with, asked of `cargo tree`.
//!
//! Not of `cargo metadata`: its graph has the features of the whole workspace in one, tests included, so that `rand`
//! would stand below `ledger-types` because some test elsewhere turned on a feature of a crate that both use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace::{cargo, typed};

/// Names of all crates in a tree, by the crate at its root.
pub(super) type Trees = BTreeMap<String, BTreeSet<String>>;

/// The trees of `crates`: normal dependencies of the shipped code, without macros, which run at build time only.
pub(super) fn of(root: &Path, crates: &[&str]) -> Result<Trees> {
    crates.iter().map(|name| Ok(((*name).to_owned(), tree(root, name)?))).collect()
}

fn tree(root: &Path, name: &str) -> Result<BTreeSet<String>> {
    let arguments =
        ["tree", "--package", name, "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"];
    let output = cargo(&arguments).current_dir(root).output().context("cannot start cargo tree")?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        // A row for a crate that is gone is a finding of the table's own check.
        if reason.contains("did not match any packages") {
            return Ok(BTreeSet::new());
        }
        bail!("`{}` failed: {}", typed(&arguments), reason.trim());
    }
    Ok(names(&String::from_utf8_lossy(&output.stdout), name))
}

/// The first word of each line, but for the crate itself.
fn names(told: &str, own: &str) -> BTreeSet<String> {
    told.lines().filter_map(|l| l.split_whitespace().next()).filter(|n| *n != own).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn names_are_read_from_the_lines() {
        let told = "proofs v0.1.0 (/x/crates/proofs)\nsm v0.1.0 (/x/crates/sm)\nsm2 v0.14.0\nsm2 v0.14.0 (*)\n";
        assert_eq!(names(told, "proofs"), BTreeSet::from(["sm".to_owned(), "sm2".to_owned()]));
    }

    #[test]
    fn the_tree_of_a_real_crate_holds_what_it_is_built_with_and_no_test_dependency() {
        let root = Workspace::load().unwrap().root;
        let trees = of(&root, &["xtask", "sm", "no-such-crate"]).unwrap();
        assert!(trees["xtask"].contains("walkdir") && trees["xtask"].contains("serde_core"));
        assert!(trees["sm"].contains("sm3") && !trees["sm"].contains("proptest"));
        assert!(trees["no-such-crate"].is_empty());
    }
}
