//! `xtask/sm-only.toml`, and what it says against what is seen.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::algorithms;
use super::trees::Crate;

/// The table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    sm: Vec<String>,
    parts: Vec<String>,
    generic: Vec<Generic>,
    others: Vec<Other>,
    checksums: Vec<String>,
    numbers: Vec<String>,
}

/// A crate that works with whatever algorithm it is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Generic {
    name: String,
    with: String,
}

/// A crate with other algorithms.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    name: String,
    /// Those of which something is linked.
    holds: Vec<String>,
    why: String,
    /// Whether any of it is.
    linked: bool,
}

impl Table {
    pub(super) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("the table does not parse")
    }

    /// Crates with other algorithms.
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.others.iter().map(|other| other.name.as_str())
    }

    fn names(&self) -> Vec<&str> {
        let lists = [&self.sm, &self.parts, &self.checksums, &self.numbers].into_iter().flatten().map(String::as_str);
        lists.chain(self.generic.iter().map(|row| row.name.as_str())).chain(self.others()).collect()
    }

    /// Crates without a row, rows without a crate, rows without a reason.
    pub(super) fn against_trees(&self, crates: &BTreeSet<Crate>) -> Vec<String> {
        let mut rows = BTreeMap::<&str, usize>::new();
        self.names().into_iter().for_each(|name| *rows.entry(name).or_default() += 1);
        let unlisted = crates.iter().filter(|c| c.about_crypto && !rows.contains_key(c.name.as_str()));
        let mut found: Vec<String> = unlisted
            .map(|c| {
                format!("the crate `{}` is built in and has no row in the table: say what it holds, and why", c.name)
            })
            .collect();
        for (name, times) in &rows {
            if !crates.iter().any(|c| c.name == *name) {
                found.push(format!("`{name}` has a row and is in no shipped program: take the row out"));
            }
            if *times > 1 {
                found.push(format!("`{name}` has {times} rows"));
            }
        }
        let silent = self.generic.iter().filter(|row| row.with.len() < 10).map(|row| &row.name);
        let silent = silent.chain(self.others.iter().filter(|row| row.why.len() < 20).map(|row| &row.name));
        found.extend(silent.map(|name| format!("the row of `{name}` gives no reason")));
        found
    }

    /// Algorithms and crates that were linked and should not be.
    pub(super) fn against_program(&self, name: &str, program: &[u8]) -> Vec<String> {
        let known: Vec<&str> = self.others.iter().flat_map(|row| &row.holds).map(String::as_str).collect();
        let seen = algorithms::found(program).into_iter().filter(|seen| !algorithms::NATIONAL.contains(seen));
        let mut found: Vec<String> = seen
            .filter(|seen| !known.contains(seen))
            .map(|seen| format!("{name} holds {seen}, which no row explains"))
            .collect();
        for row in self.others.iter().filter(|row| !row.linked && algorithms::names_crate(program, &row.name)) {
            found.push(format!("{name} holds functions of `{}`, which its row says is not linked", row.name));
        }
        found
    }

    /// Rows that say more than any program holds.
    pub(super) fn stale(&self, algorithms: &[&str], crates: &[String]) -> Vec<String> {
        let mut found = Vec::new();
        for row in &self.others {
            for algorithm in row.holds.iter().filter(|held| !algorithms.contains(&held.as_str())) {
                found.push(format!("no program holds {algorithm} any more: take it out of the row of `{}`", row.name));
            }
            if row.linked && row.holds.is_empty() && !crates.contains(&row.name) {
                found.push(format!("`{}` is not linked any more: its row says it is", row.name));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TABLE: &str = "sm = ['sm3']\nparts = []\nchecksums = []\nnumbers = []\ngeneric = []\n\
        [[others]]\nname = 'sha2'\nholds = ['SHA-256']\nwhy = 'opens files that other tools wrote'\nlinked = true\n\
        [[others]]\nname = 'ring'\nholds = []\nwhy = 'is named by a library and never built'\nlinked = false\n";

    fn crates(names: &[(&str, bool)]) -> BTreeSet<Crate> {
        names.iter().map(|(name, about)| Crate { name: (*name).to_owned(), about_crypto: *about }).collect()
    }

    #[test]
    fn a_crate_without_a_row_and_a_row_without_a_crate_are_found() {
        let table = Table::parse(TABLE).unwrap();
        let told = |list: &[(&str, bool)]| table.against_trees(&crates(list));
        let sound = [("sm3", true), ("sha2", true), ("ring", true), ("serde", false)];
        assert_eq!(told(&sound), Vec::<String>::new());
        let more = told(&[&sound[..], &[("blake3", true)]].concat());
        assert!(more.len() == 1 && more[0].contains("`blake3` is built in"), "{more:?}");
        let fewer = told(&sound[..2]);
        assert!(fewer.len() == 1 && fewer[0].contains("`ring` has a row"), "{fewer:?}");
    }

    #[test]
    fn what_is_linked_must_be_explained_and_what_is_explained_must_be_linked() {
        let table = Table::parse(TABLE).unwrap();
        let sha256 = algorithms::sample("SHA-256");
        assert_eq!(table.against_program("p", &sha256), Vec::<String>::new());
        assert!(table.against_program("p", &algorithms::sample("SHA-1"))[0].contains("holds SHA-1"));
        assert!(table.against_program("p", b".._ZN4ring6digest17h..")[0].contains("functions of `ring`"));
        assert!(table.stale(&[], &[])[0].contains("no program holds SHA-256"));
        assert_eq!(table.stale(&["SHA-256"], &[]), Vec::<String>::new());
    }
}
