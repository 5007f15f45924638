//! `.proto` files without maps (no canonical order) and without floats (money never rounds).

use super::finding::Finding;
use super::source_tree::SourceTree;

const RULE: &str = "proto";

pub(super) fn check(tree: &SourceTree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.ending(".proto") {
        for (number, line) in without_comments(text).lines().enumerate() {
            for (word, why) in banned(line) {
                found.push(Finding::new(path, number + 1, RULE, format!("`{word}`: {why}")));
            }
        }
    }
    found
}

fn banned(line: &str) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    if line.replace(' ', "").contains("map<") {
        found.push(("map<", "has no order: use a repeated message"));
    }
    // A type stands before a field's name; a field that is called `double` stands before `=`.
    let spaced = line.replace(['{', '}', ';', '='], " = ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    for pair in words.windows(2).filter(|pair| pair[1] != "=") {
        match pair[0] {
            "float" => found.push(("float", "rounds: use int64 with a stated unit")),
            "double" => found.push(("double", "rounds: use int64 with a stated unit")),
            _ => {}
        }
    }
    found
}

/// The text with comments and strings blanked, lines kept.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            rest[1..].find('"').map_or(rest.len(), |end| end + 2)
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        out.extend(rest[..taken].chars().filter(|c| *c == '\n'));
        rest = &rest[taken..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_maps_and_floats_are_found() {
        let planted = "syntax = \"proto3\";\n/* map<a,\n b> */\nmessage M {\n  map<string, int64> a = 1; // float x\n  repeated double b = 2;\n  optional float c = 3;\n}\nmessage N { oneof v { double d = 1; } }\n";
        let found = check(&SourceTree::planted(&[("proto/a.proto", planted)]));
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [5, 6, 7, 9]);
    }

    #[test]
    fn names_and_comments_pass() {
        let fine = "// double check\nmessage DoubleEntry {\n  int64 float = 1;\n  string bitmap = 2; /* float */\n}\n";
        assert!(check(&SourceTree::planted(&[("proto/a.proto", fine)])).is_empty());
    }
}
