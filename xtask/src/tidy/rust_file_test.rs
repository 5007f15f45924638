#![allow(clippy::unwrap_used)]
use super::*;

const TEXT: &str = "\
use std::fmt;

fn short() {
    let shipped = 1;
}

struct Thing;

impl Thing {
    /// Documentation does not count.
    fn method(
        &self,
    ) -> u8 {
        0
    }

    #[cfg(test)]
    fn planted(&self) { hidden_in_impl() }
}

trait Speaks {
    fn word(&self) -> u8 { 1 }
    fn silent(&self);
}

#[cfg(test)]
mod tests {
    #[test]
    fn hidden() {
        assert_eq!(vec![hidden_in_macro], []);
    }
}
";

fn parsed(path: &str, text: &str) -> RustFile {
    RustFile::parse(path, text).unwrap()
}

#[test]
fn functions_are_measured_from_fn_to_the_closing_brace() {
    let file = parsed("src/x.rs", TEXT);
    let measured: Vec<_> = file.functions.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
    assert_eq!(measured, [("short", 3, 3), ("Thing::method", 11, 5), ("Speaks::word", 22, 1)]);
    assert_eq!(file.lines, 32);
}

#[test]
fn tests_are_told_from_what_is_shipped() {
    let file = parsed("src/x.rs", TEXT);
    let shipped: Vec<&str> = file.shipped().iter().map(|t| t.text.as_str()).collect();
    assert!(shipped.contains(&"shipped") && shipped.contains(&"method"));
    assert!(!shipped.iter().any(|t| t.starts_with("hidden")), "{shipped:?}");
    assert!(file.tokens.iter().any(|t| t.text == "hidden_in_macro"), "macro calls are looked into");
}

#[test]
fn a_whole_file_can_be_test_code() {
    for path in ["crates/x/tests/a.rs", "crates/x/src/a_test.rs", "x/benches/b.rs", "x/examples/e.rs", "x/src/tests.rs"]
    {
        assert!(parsed(path, "fn f() {}").shipped().is_empty(), "{path}");
    }
    assert!(parsed("src/x.rs", "#![cfg(test)]\nfn f() {}").shipped().is_empty());
    assert!(!parsed("src/latest.rs", "fn f() {}").shipped().is_empty());
}

#[test]
fn a_condition_that_also_holds_without_tests_is_shipped() {
    for (condition, shipped) in
        [("test", false), ("all(test, unix)", false), ("any(test, unix)", true), ("not(test)", true), ("unix", true)]
    {
        let file = parsed("src/x.rs", &format!("#[cfg({condition})]\nfn f() {{}}\n"));
        assert_eq!(!file.shipped().is_empty(), shipped, "{condition}");
    }
}

#[test]
fn lines_keep_their_numbers_after_a_script_line() {
    let file = parsed("src/x.rs", "#!/usr/bin/env run\nfn f() {}\n");
    assert_eq!(file.tokens[0].line, 2);
    assert_eq!(parsed("src/x.rs", "#![allow(x)]\nfn f() {}\n").tokens[0].line, 1);
}

#[test]
fn modules_and_uses_are_no_code() {
    assert_eq!(parsed("mod.rs", "mod a;\npub use a::B;\n").items_with_code, 0);
    assert_eq!(parsed("mod.rs", "mod a { fn f() {} }\nconst C: u8 = 1;\n").items_with_code, 2);
}
