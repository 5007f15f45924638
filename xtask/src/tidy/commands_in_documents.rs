//! A command that a document shows exists.

use super::finding::Finding;
use super::markdown;
use super::source_tree::SourceTree;

const RULE: &str = "commands";
const PREFIX: &str = "cargo xtask";

pub(super) fn check(tree: &SourceTree, known: &[String]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(".md") {
        for line in markdown::lines(text).iter().filter(|l| l.fenced) {
            let shown = line.text.trim_start();
            let Some(rest) = shown.strip_prefix("$ ").unwrap_or(shown).strip_prefix(PREFIX) else {
                continue;
            };
            let word = rest.split_whitespace().next().unwrap_or_default();
            let exists = rest.starts_with(' ') && (word.starts_with('-') || known.iter().any(|k| k == word));
            if !exists {
                let message = format!("`{PREFIX} {word}` does not exist; there are: {}", known.join(", "));
                found.push(Finding::new(path, line.number, RULE, message));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_command_is_found() {
        let text = "cargo xtask prose\n```\ncargo xtask demo --invoices 9\n$ cargo xtask shine\ncargo xtask\ncargo xtask --help\n```\n";
        let tree = SourceTree::planted(&[("README.md", text)]);
        let found = check(&tree, &["demo".to_owned(), "test".to_owned()]);
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [4, 5]);
        assert!(found[0].message.contains("demo, test"));
    }
}
