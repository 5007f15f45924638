//! Names that say nothing: call a module by what it holds. And no code in a `mod.rs`.

use super::finding::Finding;
use super::source_tree::SourceTree;

const RULE: &str = "names";
const BANNED: [&str; 7] = ["utils", "util", "common", "helpers", "helper", "misc", "stuff"];

pub(super) fn check(tree: &SourceTree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust() {
        let path = file.path.as_str();
        let bare = path.strip_suffix(".rs").unwrap_or(path);
        if let Some(name) = bare.split('/').find(|part| BANNED.contains(part)) {
            found.push(vague(path, 1, name));
        }
        for pair in file.tokens.windows(2) {
            if pair[0].text == "mod" && BANNED.contains(&pair[1].text.as_str()) {
                found.push(vague(path, pair[1].line, &pair[1].text));
            }
        }
        if (path == "mod.rs" || path.ends_with("/mod.rs")) && file.items_with_code > 0 {
            let message = "a mod.rs holds no code: name the file after its module, x.rs beside the folder x/";
            found.push(Finding::new(path, 1, RULE, message));
        }
    }
    found
}

fn vague(path: &str, line: usize, name: &str) -> Finding {
    Finding::new(path, line, RULE, format!("`{name}` says nothing: call it by what it holds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(files: &[(&str, &str)]) -> Vec<(String, usize)> {
        check(&SourceTree::planted(files)).into_iter().map(|f| (f.path, f.line)).collect()
    }

    #[test]
    fn planted_names_are_found() {
        for path in ["crates/x/src/utils.rs", "crates/x/src/helpers/a.rs", "common/src/lib.rs", "x/src/a/misc.rs"] {
            assert_eq!(places(&[(path, "")]), [(path.to_owned(), 1)]);
        }
        assert_eq!(places(&[("src/lib.rs", "\nmod helper { }")]), [("src/lib.rs".to_owned(), 2)]);
        assert_eq!(places(&[("src/a/mod.rs", "pub fn f() {}")]).len(), 1);
    }

    #[test]
    fn names_that_say_something_pass() {
        assert!(
            places(&[("src/commons_act.rs", "mod money;"), ("src/a/mod.rs", "pub mod b;\npub use b::C;")]).is_empty()
        );
    }
}
