//! Golden vectors: what a foreign client can test itself against. They are written anew only with
//! `TAXCHAIN_BLESS=1`, and a change of them is a change of the format.

mod blocks;
mod files;
mod trees;

use std::{env, fs, path::PathBuf};

use serde_json::Value;

/// Compares `vectors` with the file of that name, or writes the file.
#[allow(clippy::disallowed_methods)] // The one switch of these tests, and no verdict depends on it.
fn golden(name: &str, vectors: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let text = format!("{vectors:#}\n");
    if env::var("TAXCHAIN_BLESS").is_ok_and(|value| value == "1") {
        fs::write(&path, &text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{name} differs; if the format is meant to change, run with TAXCHAIN_BLESS=1");
}
