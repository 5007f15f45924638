//! Files of at most 400 lines and functions of at most 70; tests are exempt. What was longer when the rule came is on
//! a list, where it may only shrink.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::ratchet::Ratchet;
use super::rust_file::is_test_path;
use super::source_tree::SourceTree;

const RULE: &str = "length";
const FILE_LIMIT: usize = 400;
const FUNCTION_LIMIT: usize = 70;
const LIST: &str = "xtask/tidy/ratchet.toml";

/// What is over a limit today.
pub(super) fn over_limit(tree: &SourceTree) -> Ratchet {
    let mut over = Ratchet::default();
    for file in tree.rust().iter().filter(|f| !is_test_path(&f.path)) {
        if file.lines > FILE_LIMIT {
            over.files.insert(file.path.clone(), file.lines);
        }
        for function in file.functions.iter().filter(|f| f.lines > FUNCTION_LIMIT) {
            let longest = over.functions.entry(format!("{}::{}", file.path, function.name)).or_default();
            *longest = function.lines.max(*longest);
        }
    }
    over
}

pub(super) fn check(tree: &SourceTree, listed: &Ratchet) -> Vec<Finding> {
    let now = over_limit(tree);
    let mut found = compare(&now.files, &listed.files, "file", FILE_LIMIT, &|_| 1);
    found.extend(compare(&now.functions, &listed.functions, "function", FUNCTION_LIMIT, &|key| line_of(tree, key)));
    found
}

fn compare(
    now: &BTreeMap<String, usize>,
    listed: &BTreeMap<String, usize>,
    what: &str,
    limit: usize,
    line: &dyn Fn(&str) -> usize,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (key, lines) in now {
        let place = |message| Finding::new(path_of(key), line(key), RULE, message);
        match listed.get(key) {
            None => found.push(place(format!("{what} of {lines} lines, at most {limit}: split it by what it does"))),
            Some(old) if lines > old => {
                found.push(place(format!("{what} grew from {old} to {lines} lines: it may only shrink to {limit}")));
            }
            Some(old) if lines < old => {
                found.push(place(format!(
                    "{what} shrank from {old} to {lines} lines: run `cargo xtask tidy --ratchet`"
                )));
            }
            Some(_) => {}
        }
    }
    for key in listed.keys().filter(|k| !now.contains_key(*k)) {
        let message =
            format!("`{key}` is no longer too long: run `cargo xtask tidy --ratchet` to take it off the list");
        found.push(Finding::new(LIST, 1, RULE, message));
    }
    found
}

/// `a/b.rs::f` is in `a/b.rs`.
fn path_of(key: &str) -> &str {
    key.split("::").next().unwrap_or(key)
}

fn line_of(tree: &SourceTree, key: &str) -> usize {
    let name = key.split_once("::").map_or("", |(_, name)| name);
    let file = tree.rust().iter().find(|f| f.path == path_of(key));
    let named = file.into_iter().flat_map(|f| &f.functions).filter(|f| f.name == name);
    named.max_by_key(|f| f.lines).map_or(1, |f| f.line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function_of(lines: usize) -> String {
        format!("\nfn planted() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    fn messages(files: &[(&str, &str)], listed: &[(&str, usize)]) -> Vec<String> {
        let own = listed.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect::<BTreeMap<_, _>>();
        let (functions, files_listed) = own.into_iter().partition(|(k, _)| k.contains("::"));
        let listed = Ratchet { files: files_listed, functions };
        check(&SourceTree::planted(files), &listed).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_planted_long_function_and_file_are_found() {
        let (fits, long) = (function_of(70), function_of(71));
        assert!(messages(&[("src/a.rs", &fits)], &[]).is_empty());
        let found = messages(&[("src/a.rs", &long)], &[]);
        assert_eq!(found, ["src/a.rs:2: [length] function of 71 lines, at most 70: split it by what it does"]);
        let file = "// line\n".repeat(401);
        assert!(messages(&[("src/a.rs", &file)], &[])[0].starts_with("src/a.rs:1: [length] file of 401 lines"));
        assert!(messages(&[("src/a.rs", &"// line\n".repeat(400))], &[]).is_empty());
    }

    #[test]
    fn tests_may_be_long() {
        let (file, long) = ("// line\n".repeat(500), function_of(100));
        assert!(messages(&[("x/tests/a.rs", &file), ("src/a_test.rs", &long)], &[]).is_empty());
        let module = format!("#[cfg(test)]\nmod tests {{ {long} }}");
        assert!(messages(&[("src/a.rs", &module)], &[]).is_empty());
    }

    #[test]
    fn what_is_listed_may_only_shrink() {
        let long = function_of(80);
        let files = [("src/a.rs", long.as_str())];
        assert!(messages(&files, &[("src/a.rs::planted", 80)]).is_empty());
        assert!(messages(&files, &[("src/a.rs::planted", 79)])[0].contains("grew from 79 to 80"));
        assert!(messages(&files, &[("src/a.rs::planted", 90)])[0].contains("shrank from 90 to 80"));
        let gone = messages(&[("src/a.rs", "")], &[("src/a.rs::planted", 80), ("src/b.rs", 500)]);
        assert_eq!(gone.len(), 2, "{gone:?}");
        assert!(gone.iter().all(|m| m.contains("take it off the list")), "{gone:?}");
    }
}
