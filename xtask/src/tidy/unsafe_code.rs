//! `unsafe` stands in two crates only: the vector back ends and the device interface.

use super::finding::Finding;
use super::source_tree::SourceTree;

const RULE: &str = "unsafe";
const ALLOWED: [&str; 2] = ["crates/sm-accel/", "crates/sdf/"];

/// Whether `unsafe` may stand in a file.
pub(super) fn is_allowed(path: &str) -> bool {
    ALLOWED.iter().any(|folder| path.starts_with(folder))
}

pub(super) fn check(tree: &SourceTree) -> Vec<Finding> {
    let watched = tree.rust().iter().filter(|f| !is_allowed(&f.path));
    watched
        .flat_map(|file| {
            let tokens = file.tokens.iter().filter(|t| t.text == "unsafe" || t.text == "r#unsafe");
            tokens.map(|t| Finding::new(&file.path, t.line, RULE, "`unsafe` belongs in crates/sm-accel or crates/sdf"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_unsafe_is_found_outside_its_two_crates() {
        let planted =
            "#![forbid(unsafe_code)]\n// unsafe\nfn f() { unsafe { g(\"unsafe\") } }\n#[unsafe(no_mangle)] fn h() {}\n";
        let tree = SourceTree::planted(&[
            ("crates/storage/src/a.rs", planted),
            ("crates/storage/tests/b.rs", "unsafe fn f() {}"),
            ("crates/sm-accel/src/a.rs", planted),
            ("crates/sdf/src/a.rs", planted),
        ]);
        let places: Vec<_> = check(&tree).into_iter().map(|f| (f.path, f.line)).collect();
        let at = |path: &str, line| (path.to_owned(), line);
        assert_eq!(
            places,
            [at("crates/storage/src/a.rs", 3), at("crates/storage/src/a.rs", 4), at("crates/storage/tests/b.rs", 1)]
        );
    }
}
