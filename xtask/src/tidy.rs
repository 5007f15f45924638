//! House rules that a script can see. One file per rule under `tidy/`, each with a canary: a planted violation that
//! the rule must find.
//!
//! A rule is a function from the tree (and, for some, the workspace's tables) to findings. It reads no files itself,
//! so that its canary is a few lines of text.

mod banned_names;
mod clippy_tables;
mod commands_in_documents;
mod dependency_table;
mod dependency_trees;
mod document_names;
mod finding;
mod lengths;
mod links;
mod manifests;
mod markdown;
mod private_keys;
mod protocol_files;
mod pure_crates;
mod ratchet;
mod rust_file;
mod source_tree;
mod unfinished;
mod unsafe_code;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

pub use self::finding::Finding;
use self::ratchet::Ratchet;
use self::source_tree::SourceTree;
use crate::command_line;
use crate::workspace::Workspace;

const DEPENDENCY_TABLE: &str = "xtask/tidy/dependencies.toml";
const RATCHET: &str = "xtask/tidy/ratchet.toml";

/// Applies every rule to the tree at `root`; fails only where the tree or its tables cannot be read.
pub fn findings(root: &Path) -> Result<Vec<Finding>> {
    let tree = SourceTree::read(root)?;
    let ratchet = Ratchet::parse(tree.text(RATCHET).context("xtask/tidy/ratchet.toml is gone")?)?;
    let mut all = tree.unreadable();
    all.extend(banned_names::check(&tree));
    all.extend(lengths::check(&tree, &ratchet));
    all.extend(pure_crates::check(&tree));
    all.extend(clippy_tables::check(&tree));
    all.extend(unsafe_code::check(&tree));
    all.extend(private_keys::check(&tree));
    all.extend(unfinished::check(&tree));
    all.extend(protocol_files::check(&tree));
    all.extend(manifests::check(&tree));
    all.extend(commands_in_documents::check(&tree, &command_line::command_names()));
    all.extend(document_names::check(&tree));
    all.extend(links::check(&tree));
    all.extend(check_dependencies(&tree)?);
    all.sort();
    all.dedup();
    Ok(all)
}

fn check_dependencies(tree: &SourceTree) -> Result<Vec<Finding>> {
    let workspace = Workspace::load()?;
    let text = tree.text(DEPENDENCY_TABLE).context("xtask/tidy/dependencies.toml is gone")?;
    let table = dependency_table::Table::parse(text)?;
    let trees = dependency_trees::of(&workspace.root, &table.crates_with_bans())?;
    Ok(table.check(&workspace.members, &trees))
}

/// Prints what was found; true when that is nothing.
pub(crate) fn report(root: &Path) -> Result<bool> {
    let found = findings(root)?;
    for finding in &found {
        println!("{finding}");
    }
    match found.len() {
        0 => println!("tidy: no findings"),
        n => println!("tidy: {n} findings"),
    }
    Ok(found.is_empty())
}

/// `cargo xtask tidy`.
pub(crate) fn command(root: &Path) -> Result<ExitCode> {
    Ok(if report(root)? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `cargo xtask tidy --ratchet`: lowers the numbers that went down, then reports.
pub(crate) fn tighten(root: &Path) -> Result<ExitCode> {
    let tree = SourceTree::read(root)?;
    let before = tree.text(RATCHET).context("xtask/tidy/ratchet.toml is gone")?;
    let after = Ratchet::parse(before)?.tightened(&lengths::over_limit(&tree)).render();
    if after == before {
        println!("tidy: {RATCHET} is as tight as it can be");
    } else {
        fs::write(root.join(RATCHET), after).with_context(|| format!("cannot write {RATCHET}"))?;
        println!("tidy: {RATCHET} tightened");
    }
    command(root)
}
