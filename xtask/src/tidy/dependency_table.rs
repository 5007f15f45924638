//! Who may depend on whom: `xtask/tidy/dependencies.toml` against what cargo says.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::dependency_trees::Trees;
use super::finding::Finding;
use crate::workspace::Member;

const RULE: &str = "dependencies";
const PATH: &str = "xtask/tidy/dependencies.toml";
/// In `ours`: every crate of ours.
const ANY: &str = "*";

/// The table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    crates: BTreeMap<String, Row>,
    /// Line of each row, for findings.
    #[serde(skip)]
    lines: BTreeMap<String, usize>,
}

/// What one crate may be built with. Tests may use more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    /// Crates of ours that it may name.
    ours: Vec<String>,
    /// Crates that may stand nowhere in its tree.
    #[serde(default)]
    never: Vec<String>,
    /// Its whole tree, where that must not grow unseen.
    whole_tree: Option<Vec<String>>,
}

impl Table {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut table: Self = toml::from_str(text).with_context(|| format!("{PATH} does not parse"))?;
        for (i, line) in text.lines().enumerate() {
            if let Some(name) = line.strip_prefix("[crates.").and_then(|l| l.strip_suffix(']')) {
                table.lines.insert(name.trim_matches('"').to_owned(), i + 1);
            }
        }
        Ok(table)
    }

    /// The crates whose trees [`Table::check`] needs.
    pub(super) fn crates_with_bans(&self) -> Vec<&str> {
        let bans = |row: &Row| !row.never.is_empty() || row.whole_tree.is_some();
        self.crates.iter().filter(|(_, row)| bans(row)).map(|(name, _)| name.as_str()).collect()
    }

    pub(super) fn check(&self, members: &[Member], trees: &Trees) -> Vec<Finding> {
        let mut found = Vec::new();
        for member in members {
            match self.crates.get(&member.name) {
                Some(row) => found.extend(self.check_row(member, row, trees)),
                None => found.push(Finding::new(
                    PATH,
                    1,
                    RULE,
                    format!("the crate `{}` has no row: say what it may depend on", member.name),
                )),
            }
        }
        for name in self.crates.keys().filter(|n| !members.iter().any(|m| m.name == **n)) {
            found.push(self.at(name, format!("`{name}` is no crate of the workspace: take the row out")));
        }
        found
    }

    fn check_row(&self, member: &Member, row: &Row, trees: &Trees) -> Vec<Finding> {
        let name = &member.name;
        let mut found = Vec::new();
        for dependency in &member.ours {
            if !row.ours.contains(dependency) && !row.ours.iter().any(|o| o == ANY) {
                let message = format!(
                    "`{name}` depends on `{dependency}`, which its row does not allow: turn the arrow round, or decide it and write down why"
                );
                found.push(self.at(name, message));
            }
        }
        let Some(tree) = trees.get(name) else { return found };
        for banned in row.never.iter().filter(|b| tree.contains(*b)) {
            let message = format!(
                "`{banned}` is in the tree of `{name}`, never allowed: see `cargo tree -p {name} -e normal -i {banned}`"
            );
            found.push(self.at(name, message));
        }
        let Some(whole) = &row.whole_tree else {
            return found;
        };
        for new in tree.iter().filter(|t| !whole.contains(t)) {
            found.push(
                self.at(name, format!("`{new}` is new in the tree of `{name}`: keep it out, or list it in whole-tree")),
            );
        }
        for gone in whole.iter().filter(|w| !tree.contains(*w)) {
            found.push(
                self.at(name, format!("`{gone}` is no longer in the tree of `{name}`: take it out of whole-tree")),
            );
        }
        found
    }

    fn at(&self, name: &str, message: String) -> Finding {
        Finding::new(PATH, self.lines.get(name).copied().unwrap_or(1), RULE, message)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TABLE: &str = "[crates.proofs]\nours = [\"sm\"]\nwhole-tree = [\"sm\", \"sm2\"]\n\n\
        [crates.sm]\nours = []\nnever = [\"getrandom\", \"std-heavy\"]\n\n[crates.cli]\nours = [\"*\"]\n";

    fn member(name: &str, ours: &[&str]) -> Member {
        let ours = ours.iter().map(|o| (*o).to_owned()).collect();
        Member { name: name.to_owned(), ours, ours_in_tests: vec!["simulators".to_owned()] }
    }

    fn members() -> Vec<Member> {
        vec![member("proofs", &["sm"]), member("sm", &[]), member("cli", &["sm", "proofs", "anything"])]
    }

    fn trees(rows: &[(&str, &[&str])]) -> Trees {
        rows.iter().map(|(n, t)| ((*n).to_owned(), t.iter().map(|c| (*c).to_owned()).collect())).collect()
    }

    fn good_trees() -> Trees {
        trees(&[("proofs", &["sm", "sm2"]), ("sm", &["sm2"])])
    }

    fn told(members: &[Member], trees: &Trees) -> Vec<String> {
        Table::parse(TABLE).unwrap().check(members, trees).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_the_table_allows_passes() {
        assert_eq!(told(&members(), &good_trees()), Vec::<String>::new());
        assert_eq!(Table::parse(TABLE).unwrap().crates_with_bans(), ["proofs", "sm"]);
    }

    #[test]
    fn a_planted_arrow_the_wrong_way_is_found() {
        let mut planted = members();
        planted[1].ours.push("ledger".to_owned());
        let found = told(&planted, &good_trees());
        assert!(
            found[0].starts_with("xtask/tidy/dependencies.toml:5: [dependencies] `sm` depends on `ledger`"),
            "{found:?}"
        );
    }

    #[test]
    fn a_planted_banned_crate_deep_in_a_tree_is_found() {
        let found = told(&members(), &trees(&[("proofs", &["sm", "sm2"]), ("sm", &["a", "getrandom"])]));
        assert!(found.len() == 1 && found[0].contains("`getrandom` is in the tree of `sm`"), "{found:?}");
    }

    #[test]
    fn a_whole_tree_may_neither_grow_nor_list_what_is_gone() {
        let found = told(&members(), &trees(&[("proofs", &["sm", "serde_json"]), ("sm", &[])]));
        assert!(
            found.len() == 2 && found[0].contains("`serde_json` is new") && found[1].contains("`sm2` is no longer"),
            "{found:?}"
        );
    }

    #[test]
    fn a_crate_without_a_row_and_a_row_without_a_crate_are_found() {
        let planted = [member("proofs", &[]), member("sm", &[]), member("newcomer", &[])];
        let found = told(&planted, &good_trees());
        assert!(
            found.len() == 2 && found[0].contains("`newcomer` has no row") && found[1].contains("`cli` is no crate"),
            "{found:?}"
        );
    }

    #[test]
    fn a_table_with_an_unknown_word_does_not_parse() {
        assert!(Table::parse("[crates.a]\nours = []\nnevr = []\n").is_err());
    }
}
