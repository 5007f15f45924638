//! Relative links in documents lead somewhere.

use super::finding::Finding;
use super::markdown;
use super::source_tree::SourceTree;

const RULE: &str = "links";

pub(super) fn check(tree: &SourceTree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(".md") {
        for line in markdown::lines(text).iter().filter(|l| !l.fenced) {
            for target in markdown::link_targets(line.text) {
                if let Some(message) = broken(tree, path, &target) {
                    found.push(Finding::new(path, line.number, RULE, message));
                }
            }
        }
    }
    found
}

fn broken(tree: &SourceTree, from: &str, target: &str) -> Option<String> {
    if is_outside(target) {
        return None;
    }
    if target.starts_with('/') {
        return Some(format!("`{target}` is absolute: link relative to this file"));
    }
    match resolve(from, target) {
        None => Some(format!("`{target}` leaves the repository")),
        Some(path) if tree.has(&path) => None,
        Some(path) => Some(format!("`{target}` leads to {path}, which is not there")),
    }
}

/// With a scheme (`https:`, `mailto:`), or within the page.
fn is_outside(target: &str) -> bool {
    let scheme =
        target.split_once(':').is_some_and(|(s, _)| s.len() > 1 && s.chars().all(|c| c.is_ascii_alphanumeric()));
    scheme || target.starts_with('#') || target.is_empty()
}

/// The path that a relative target in the file `from` names; nothing if it climbs above the root.
pub(super) fn resolve(from: &str, target: &str) -> Option<String> {
    let path = target.split(['#', '?']).next().unwrap_or_default().replace("%20", " ");
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "# A\n[ok](b.md#part) [up](../README.md) [folder](decisions/) [web](https://a.b/c) [here](#a)\n\
        ```\n[code](gone.md)\n```\n[bad](gone.md)\n[out](../../x.md) [abs](/b.md)\n";

    #[test]
    fn planted_broken_links_are_found() {
        let tree = SourceTree::planted(&[
            ("README.md", ""),
            ("docs/a.md", DOCUMENT),
            ("docs/b.md", ""),
            ("docs/decisions/001-x.md", ""),
        ]);
        let found: Vec<_> = check(&tree).into_iter().map(|f| (f.line, f.message)).collect();
        assert_eq!(
            found,
            [
                (6, "`gone.md` leads to docs/gone.md, which is not there".to_owned()),
                (7, "`../../x.md` leaves the repository".to_owned()),
                (7, "`/b.md` is absolute: link relative to this file".to_owned()),
            ]
        );
    }
}
