//! What must not be landed: placeholders, debug prints, tests that are switched off.

use super::finding::Finding;
use super::rust_file::RustFile;
use super::source_tree::SourceTree;

const RULE: &str = "unfinished";
const MACROS: [(&str, &str); 3] = [
    ("todo", "finish it, or leave it out"),
    ("unimplemented", "finish it, or return a typed error"),
    ("dbg", "take it out, or use tracing"),
];

pub(super) fn check(tree: &SourceTree) -> Vec<Finding> {
    tree.rust().iter().flat_map(check_file).collect()
}

fn check_file(file: &RustFile) -> Vec<Finding> {
    let mut found = Vec::new();
    for three in file.tokens.windows(3) {
        let [first, second, third] = three else { continue };
        let called = second.text == "!" && matches!(third.text.as_str(), "(" | "[" | "{");
        if let Some((name, what)) = MACROS.iter().find(|(name, _)| called && first.text == *name) {
            found.push(Finding::new(&file.path, first.line, RULE, format!("`{name}!`: {what}")));
        }
        if first.text == "#" && second.text == "[" && third.text == "ignore" {
            let message = "a test that is switched off: make it run, or take it out";
            found.push(Finding::new(&file.path, third.line, RULE, message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_placeholders_are_found_in_tests_too() {
        let planted = "fn a() { todo!() }\nfn b() { unimplemented!(\"x\") }\nfn c() { std::dbg![1]; }\n#[cfg(test)]\nmod tests {\n#[test]\n#[ignore = \"slow\"]\nfn d() {}\n}\n";
        let found = check(&SourceTree::planted(&[("x/src/a.rs", planted)]));
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [1, 2, 3, 7]);
    }

    #[test]
    fn words_that_only_look_like_it_pass() {
        let fine = "// todo!()\nfn todo() -> bool { let s = \"todo!()\"; !ignore[0] && todo != done }\n";
        assert!(check(&SourceTree::planted(&[("x/src/a.rs", fine)])).is_empty());
    }
}
