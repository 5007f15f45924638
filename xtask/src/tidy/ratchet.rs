//! The list of what is still too long. A number on it may only go down.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, Result};
use serde::Deserialize;

const HEADER: &str = "\
# What is still longer than the house allows, with today's number of lines. Written by `cargo xtask tidy --ratchet`,
# which lowers a number and takes out an entry, and never adds or raises one.
";

/// Lines by file, and by `file::function`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ratchet {
    #[serde(default)]
    pub(super) files: BTreeMap<String, usize>,
    #[serde(default)]
    pub(super) functions: BTreeMap<String, usize>,
}

impl Ratchet {
    pub(super) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("xtask/tidy/ratchet.toml does not parse")
    }

    /// This list with each number lowered to what is measured; entries that no longer offend are gone.
    pub(super) fn tightened(&self, measured: &Self) -> Self {
        let lower = |listed: &BTreeMap<String, usize>, now: &BTreeMap<String, usize>| {
            let kept = listed.iter().filter_map(|(name, old)| Some((name.clone(), *now.get(name)?.min(old))));
            kept.collect()
        };
        Self { files: lower(&self.files, &measured.files), functions: lower(&self.functions, &measured.functions) }
    }

    /// The file's text.
    pub(super) fn render(&self) -> String {
        let mut text = HEADER.to_owned();
        for (title, entries) in [("files", &self.files), ("functions", &self.functions)] {
            let _ = writeln!(text, "\n[{title}]");
            for (name, lines) in entries {
                let _ = writeln!(text, "\"{name}\" = {lines}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn list(entries: &[(&str, usize)]) -> Ratchet {
        let functions = entries.iter().map(|(n, l)| ((*n).to_owned(), *l)).collect();
        Ratchet { files: BTreeMap::new(), functions }
    }

    #[test]
    fn tightening_lowers_removes_and_never_raises_or_adds() {
        let listed = list(&[("shrunk", 90), ("grown", 90), ("mended", 90)]);
        let measured = list(&[("shrunk", 80), ("grown", 95), ("new", 100)]);
        assert_eq!(listed.tightened(&measured), list(&[("shrunk", 80), ("grown", 90)]));
    }

    #[test]
    fn what_is_written_can_be_read() {
        let ratchet = list(&[("a/b.rs::X::f", 71)]);
        assert_eq!(Ratchet::parse(&ratchet.render()).unwrap(), ratchet);
        assert!(Ratchet::parse("[filez]\n").is_err());
    }
}
