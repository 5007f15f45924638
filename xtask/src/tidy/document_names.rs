//! Decisions are numbered, recipes are named, and the picture of the whole links to each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Finding;
use super::source_tree::SourceTree;
use super::{links, markdown};

const RULE: &str = "documents";
const PICTURE: &str = "docs/architecture.md";
const DECISIONS: &str = "docs/decisions/";
const RECIPES: &str = "docs/recipes/";

pub(super) fn check(tree: &SourceTree) -> Vec<Finding> {
    let linked = tree.text(PICTURE).map(linked_from_picture);
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for (path, _) in tree.ending(".md") {
        let decision = path.strip_prefix(DECISIONS);
        let Some(name) = decision.or(path.strip_prefix(RECIPES)).filter(|n| *n != "README.md") else {
            continue;
        };
        let mut tell = |message: String| found.push(Finding::new(path, 1, RULE, message));
        if decision.is_some() && !is_numbered(name) {
            tell("a decision is named NNN-in-lower-case.md: rename it".to_owned());
        } else if decision.is_none() && !is_numbered(name) && !is_kebab(name) {
            tell("a recipe is named in-lower-case.md: rename it".to_owned());
        }
        let number = decision.filter(|n| is_numbered(n)).map(|n| &n[..3]);
        if let Some(other) = number.and_then(|n| numbers.insert(n, name)) {
            tell(format!("has the number of {other}: take the next free one"));
        }
        if linked.as_ref().is_some_and(|l| !l.contains(path)) {
            tell(format!("{PICTURE} has no link to it: add one"));
        }
    }
    found
}

fn linked_from_picture(text: &str) -> BTreeSet<String> {
    let prose = markdown::lines(text).into_iter().filter(|l| !l.fenced);
    let targets = prose.flat_map(|l| markdown::link_targets(l.text));
    targets.filter_map(|t| links::resolve(PICTURE, &t)).collect()
}

/// `001-what-was-decided.md`
fn is_numbered(name: &str) -> bool {
    name.split_once('-')
        .is_some_and(|(number, rest)| number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()) && is_kebab(rest))
}

/// `in-lower-case.md`
fn is_kebab(name: &str) -> bool {
    name.strip_suffix(".md").is_some_and(|bare| {
        bare.split('-').all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(files: &[(&str, &str)]) -> Vec<String> {
        check(&SourceTree::planted(files)).into_iter().map(|f| f.path).collect()
    }

    #[test]
    fn planted_names_are_found() {
        let files = [
            ("docs/decisions/001-canonical-bytes.md", ""),
            ("docs/decisions/1-short.md", ""),
            ("docs/decisions/002_Under.md", ""),
            ("docs/recipes/add-a-tax-rule.md", ""),
            ("docs/recipes/AddRule.md", ""),
            ("docs/recipes/README.md", ""),
        ];
        assert_eq!(
            paths(&files),
            ["docs/decisions/002_Under.md", "docs/decisions/1-short.md", "docs/recipes/AddRule.md"]
        );
    }

    #[test]
    fn two_decisions_of_one_number_are_found() {
        assert_eq!(
            paths(&[("docs/decisions/001-a.md", ""), ("docs/decisions/001-b.md", "")]),
            ["docs/decisions/001-b.md"]
        );
    }

    #[test]
    fn what_the_picture_does_not_link_is_found() {
        let picture = "[a](decisions/001-a.md)\n```\n[b](recipes/b.md)\n```\n";
        let files = [("docs/architecture.md", picture), ("docs/decisions/001-a.md", ""), ("docs/recipes/b.md", "")];
        assert_eq!(paths(&files), ["docs/recipes/b.md"]);
    }
}
