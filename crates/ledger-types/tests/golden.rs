//! Golden vectors of every format: what a foreign client can test itself against.
//!
//! They are written anew only with `TAXCHAIN_BLESS=1`; a change of them is a change of the format.
#![allow(clippy::unwrap_used)]

#[path = "golden/blocks.rs"]
mod blocks;
#[path = "golden/hashes.rs"]
mod hashes;
#[path = "golden/numbers.rs"]
mod numbers;
#[path = "golden/outputs.rs"]
mod outputs;
#[path = "golden/payloads.rs"]
mod payloads;
#[path = "golden/registry.rs"]
mod registry;
#[path = "golden/samples.rs"]
mod samples;
#[path = "golden/seals.rs"]
mod seals;
#[path = "golden/transactions.rs"]
mod transactions;
#[path = "golden/verdicts.rs"]
mod verdicts;
#[path = "golden/wraps.rs"]
mod wraps;

use std::{env, fmt::Debug, fs, path::PathBuf};

use ledger_types::Canonical;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

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

/// A value as JSON and as canonical bytes, once both have been read back to the same value.
fn vector<T: Canonical + Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Value {
    let json = serde_json::to_value(value).unwrap();
    assert_eq!(serde_json::from_value::<T>(json.clone()).unwrap(), *value);
    json!({ "value": json, "canonical": bytes(value) })
}

/// Canonical bytes in hexadecimal, once they have been read back to the same value.
fn bytes<T: Canonical + PartialEq + Debug>(value: &T) -> String {
    let bytes = value.to_canonical();
    assert_eq!(T::from_canonical(&bytes).unwrap(), *value);
    hex::encode(bytes)
}
