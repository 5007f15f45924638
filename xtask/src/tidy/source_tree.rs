//! The files of the repository as the rules see them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use walkdir::{DirEntry, WalkDir};

use super::finding::Finding;
use super::rust_file::RustFile;

/// Files whose text some rule reads.
const READ: [&str; 4] = ["rs", "md", "toml", "proto"];

/// Every path below the root, and the text of those that rules read.
#[derive(Debug)]
pub(super) struct SourceTree {
    files: BTreeMap<String, String>,
    rust: Vec<RustFile>,
    unreadable: Vec<Finding>,
}

impl SourceTree {
    /// Walks the folder; build outputs and the version control's own files are left out.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        for entry in WalkDir::new(root).into_iter().filter_entry(is_source) {
            let entry = entry.context("cannot walk the repository")?;
            if entry.file_type().is_dir() {
                continue;
            }
            let relative = entry.path().strip_prefix(root).context("a path outside the root")?;
            let name = relative.to_string_lossy().replace('\\', "/");
            let read = entry.path().extension().is_some_and(|e| READ.iter().any(|r| e == *r));
            let text = if read {
                fs::read_to_string(entry.path()).with_context(|| format!("cannot read {name}"))?
            } else {
                String::new()
            };
            files.insert(name, text);
        }
        Ok(Self::of(files))
    }

    fn of(files: BTreeMap<String, String>) -> Self {
        let mut rust = Vec::new();
        let mut unreadable = Vec::new();
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".rs")) {
            match RustFile::parse(path, text) {
                Ok(file) => rust.push(file),
                Err((line, reason)) => {
                    unreadable.push(Finding::new(path, line, "parse", format!("not Rust: {reason}")));
                }
            }
        }
        Self { files, rust, unreadable }
    }

    /// A tree of a few planted files, for canaries.
    #[cfg(test)]
    pub(super) fn planted(files: &[(&str, &str)]) -> Self {
        Self::of(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// The files that do not parse.
    pub(super) fn unreadable(&self) -> Vec<Finding> {
        self.unreadable.clone()
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    pub(super) fn rust(&self) -> &[RustFile] {
        &self.rust
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Files whose path ends with `suffix`, with their text.
    pub(super) fn ending<'a>(&'a self, suffix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let files = self.files.iter().filter(move |(path, _)| path.ends_with(suffix));
        files.map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Whether there is a file or a folder of that name.
    pub(super) fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty() || self.files.contains_key(path) || self.paths().any(|p| p.starts_with(&folder))
    }
}

fn is_source(entry: &DirEntry) -> bool {
    if entry.depth() == 0 || !entry.file_type().is_dir() {
        return true;
    }
    let name = entry.file_name().to_string_lossy();
    let skipped = name == ".git" || name == ".tmp" || name == "node_modules" || name == "target";
    // Cargo marks its target folder, wherever it was put.
    !skipped && !entry.path().join("CACHEDIR.TAG").exists()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_on_disk_is_read_without_what_was_built() {
        let root = std::env::temp_dir().join(format!("xtask-tree-{}", std::process::id()));
        for (path, text) in
            [("a/src/lib.rs", "fn f() {}"), ("target/x.rs", "fn"), ("out/CACHEDIR.TAG", ""), ("out/y.rs", "fn")]
        {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        }
        let tree = SourceTree::read(&root).unwrap();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(tree.paths().collect::<Vec<_>>(), ["a/src/lib.rs"]);
        assert!(tree.has("a/src") && tree.has("") && !tree.has("a/sr"));
        assert!(tree.unreadable().is_empty());
    }

    #[test]
    fn a_file_that_does_not_parse_is_a_finding() {
        let tree = SourceTree::planted(&[("a.rs", "fn f() {}\nfn {")]);
        assert_eq!(tree.unreadable()[0].line, 2);
    }
}
