//! Pure crates: no order that differs between runs, no floats, no clock, no randomness, no I/O in what is shipped.

use super::finding::Finding;
use super::rust_file::{Kind, RustFile, Token};
use super::source_tree::SourceTree;

const RULE: &str = "pure";

/// Folders of the pure crates; with true, the crate may read files.
const PURE: [(&str, bool); 7] = [
    ("crates/sm/", false),
    ("crates/sm-accel/", false),
    ("crates/ledger-types/", false),
    ("crates/proofs/", false),
    ("crates/ledger/", false),
    ("tax-rules/", false),
    ("crates/auditor/", true),
];

/// Words banned wherever they stand, and what to use.
const WORDS: [(&str, &str); 8] = [
    ("HashMap", "its order differs between runs: use BTreeMap"),
    ("HashSet", "its order differs between runs: use BTreeSet"),
    ("f32", "floats round: use integers with a stated scale"),
    ("f64", "floats round: use integers with a stated scale"),
    ("SystemTime", "no clock: take block time as an argument"),
    ("Instant", "no clock: take block time as an argument"),
    ("thread_rng", "no randomness: take bytes as an argument"),
    ("getrandom", "no randomness: take bytes as an argument"),
];

/// Modules of `std` that reach outside.
const OUTSIDE: [&str; 2] = ["fs", "net"];

const PRINTING: [&str; 4] = ["println", "print", "eprintln", "eprint"];

/// The folders of the pure crates.
pub(super) fn folders() -> impl Iterator<Item = &'static str> {
    PURE.iter().map(|(folder, _)| folder.trim_end_matches('/'))
}

pub(super) fn check(tree: &SourceTree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust() {
        if let Some((_, reads_files)) = PURE.iter().find(|(folder, _)| file.path.starts_with(folder)) {
            found.extend(check_file(file, *reads_files));
        }
    }
    found
}

fn check_file(file: &RustFile, reads_files: bool) -> Vec<Finding> {
    let tokens = file.shipped();
    let mut found = Vec::new();
    let mut tell = |line, what: &str, why: &str| {
        found.push(Finding::new(&file.path, line, RULE, format!("`{what}` in a pure crate: {why}")));
    };
    for (i, token) in tokens.iter().enumerate() {
        if let Some((word, why)) = WORDS.iter().find(|(w, _)| token.kind == Kind::Word && token.text == *w) {
            tell(token.line, word, why);
        }
        let after_dot = i > 0 && tokens[i - 1].text == ".";
        if token.kind == Kind::Literal && !after_dot && is_float(&token.text) {
            tell(token.line, &token.text, "floats round: use integers with a stated scale");
        }
        let called = tokens.get(i + 1).is_some_and(|next| next.text == "!");
        if called && PRINTING.contains(&token.text.as_str()) {
            tell(token.line, &format!("{}!", token.text), "it prints nothing: return a value");
        }
        if token.text == "std" {
            for outside in reached(&tokens[i + 1..]) {
                if outside.text == "net" || !reads_files {
                    tell(outside.line, &format!("std::{}", outside.text), "it reaches outside: take a value");
                }
            }
        }
    }
    found
}

/// The modules in [`OUTSIDE`] that a path beginning with `std` names: `std::fs` or `std::{a, fs::File}`.
fn reached<'a>(after: &[&'a Token]) -> Vec<&'a Token> {
    let text = |i: usize| after.get(i).map_or("", |t| t.text.as_str());
    if text(0) != ":" || text(1) != ":" {
        return Vec::new();
    }
    if text(2) != "{" {
        return after.get(2).copied().filter(|t| OUTSIDE.contains(&t.text.as_str())).into_iter().collect();
    }
    let mut named = Vec::new();
    let mut depth = 0_usize;
    for (i, token) in after.iter().enumerate().skip(2) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => break,
            "}" => depth -= 1,
            word if depth == 1 && matches!(text(i - 1), "{" | ",") && OUTSIDE.contains(&word) => named.push(*token),
            _ => {}
        }
    }
    named
}

/// `1.5`, `1e3`, `2f64`; not `0x1e3`, `1u8`, `"1.5"`.
fn is_float(literal: &str) -> bool {
    let based = ["0x", "0b", "0o"].iter().any(|p| literal.starts_with(p));
    if based || !literal.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let suffix = literal.find(['i', 'u', 'f']).map_or("", |at| &literal[at..]);
    let digits = &literal[..literal.len() - suffix.len()];
    suffix.starts_with('f') || digits.contains(['.', 'e', 'E'])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&SourceTree::planted(&[(path, text)])).iter().map(|f| f.line).collect()
    }

    #[test]
    fn each_planted_impurity_is_found() {
        for planted in [
            "use std::collections::HashMap;",
            "use std::collections::{BTreeMap, HashSet};",
            "fn f(x: f64) {}",
            "fn f() -> u8 { 1.5 as u8 }",
            "fn f() { let x = 2f32; }",
            "fn f() { let t = std::time::SystemTime::now(); }",
            "use std::time::{Duration, Instant};",
            "fn f() { rand::thread_rng(); }",
            "fn f() { getrandom::fill(&mut []); }",
            "use std::fs;",
            "use std::{fmt, fs::File};",
            "use std::{collections::{BTreeMap}, net};",
            "fn f() { std::net::TcpStream::connect(a); }",
            "fn f() { println!(); }",
            "fn f() { eprint!(\"x\"); }",
            "fn f() { assert!(vec![HashMap::new()].is_empty()); }",
        ] {
            assert_eq!(lines("crates/ledger/src/a.rs", &format!("\n{planted}\n")), [2], "{planted}");
        }
    }

    #[test]
    fn every_pure_crate_is_watched_and_the_others_are_not() {
        for folder in folders() {
            assert_eq!(lines(&format!("{folder}/src/a.rs"), "use std::collections::HashMap;"), [1], "{folder}");
        }
        assert!(lines("crates/storage/src/a.rs", "use std::collections::HashMap;").is_empty());
        assert!(lines("crates/auditor/src/a.rs", "use std::fs;").is_empty(), "the auditor reads files");
        assert_eq!(lines("crates/auditor/src/a.rs", "use std::{fs, net};"), [1]);
    }

    #[test]
    fn what_is_pure_passes() {
        let pure = "//! HashMap\nuse std::fmt;\nfn f(t: (u8, (u8, u8))) -> u8 { t.1.0 + 0x1e + 1_000usize as u8 }\n\
                    fn fs(net: u8) { write!(f, \"{}\", 1..2) }\n#[cfg(test)]\nmod tests { use std::fs; }\n";
        assert!(
            lines("crates/sm/src/a.rs", pure).is_empty(),
            "{:?}",
            check(&SourceTree::planted(&[("crates/sm/src/a.rs", pure)]))
        );
        assert!(lines("crates/sm/tests/a.rs", "use std::fs;").is_empty());
    }

    #[test]
    fn floats_are_told_from_whole_numbers() {
        for float in ["1.5", "1.", "1e3", "2E-1", "1f32", "1_0.0_f64"] {
            assert!(is_float(float), "{float}");
        }
        for other in ["1", "1u8", "10usize", "0x1e3", "0b1", "\"1.5\"", "b'1'", "5isize"] {
            assert!(!is_float(other), "{other}");
        }
    }
}
