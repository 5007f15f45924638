//! The program on the golden proof files.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// The vectors, and a folder with the genesis document and the first proof.
struct Bench {
    vectors: Value,
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proofs/tests/golden/invoice_proof.json");
        let vectors: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let bench = Self { vectors, folder: TempDir::new().unwrap() };
        bench.write("genesis.json", bench.vectors["genesis"].to_string().as_bytes());
        bench.write("twin.json", bench.vectors["twin_genesis"].to_string().as_bytes());
        bench.write("invoice.proof", &bench.file(0));
        bench
    }

    fn file(&self, index: usize) -> Vec<u8> {
        hex::decode(self.vectors["files"][index]["file"].as_str().unwrap()).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn verify(&self, file: &str, genesis: &str, more: &[&str]) -> Output {
        let args = [&["proof", "verify", file, "--trust", genesis], more].concat();
        Command::new(env!("CARGO_BIN_EXE_taxchain-verify")).args(args).current_dir(&self.folder).output().unwrap()
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn good_proofs_are_accepted_in_both_forms() {
    let bench = Bench::new();
    for (index, file) in bench.vectors["files"].as_array().unwrap().iter().enumerate() {
        bench.write("invoice.proof", &bench.file(index));
        let output = bench.verify("invoice.proof", "genesis.json", &["--output", "json"]);
        assert_eq!(code(&output), 0, "{}", text(&output.stdout));
        let (report, shows): (Value, _) = (serde_json::from_slice(&output.stdout).unwrap(), &file["shows"]);
        assert_eq!(report["verified"], true);
        assert_eq!(report["slot"], shows["slot"]);
        assert_eq!(report["state"]["record"], shows["record"]);
        assert_eq!(report["issue"]["tx"], shows["issue_tx"]);
        assert_eq!(report["body"]["height"], shows["body_height"]);
        assert_eq!(report["face"]["invoice_hash"], shows["invoice_hash"]);
        assert_eq!(report["face"]["check_code"], shows["check_code"]);
        assert_eq!(report["face"]["lines"], shows["lines"]);
    }
    bench.write("invoice.proof", &bench.file(0));
    let output = bench.verify("invoice.proof", "genesis.json", &[]);
    assert_eq!(code(&output), 0);
    let table = text(&output.stdout);
    for shown in ["验证通过 VERIFIED", "144032609110", "00000001", "106.00 元", "已锁定 locked", "深圳某某科技有限公司"]
    {
        assert!(table.contains(shown), "{shown} in\n{table}");
    }
    assert!(output.stderr.is_empty());
}

#[test]
fn every_changed_byte_is_refused() {
    let bench = Bench::new();
    let genesis = serde_json::from_value(bench.vectors["genesis"].clone()).unwrap();
    let file = bench.file(0);
    assert!(verifier::verify_bytes(&genesis, &file).is_ok());
    for place in 0..file.len() {
        let mut changed = file.clone();
        changed[place] ^= 0x20;
        let failure = verifier::verify_bytes(&genesis, &changed).unwrap_err();
        assert_eq!(failure.exit_code(), if place < 8 { 65 } else { 8 }, "byte {place}: {failure}");
    }
}

#[test]
fn refusals_and_bad_files_have_their_own_exit_codes() {
    let bench = Bench::new();
    let mut changed = bench.file(0);
    changed[500] ^= 1;
    bench.write("changed.proof", &changed);
    bench.write("cut.proof", &bench.file(0)[..700]);
    bench.write("letter.txt", b"Dear Sir");
    bench.write("old.json", bench.vectors["genesis"].to_string().replace("\"version\":1", "\"version\":9").as_bytes());
    let cases = [
        ("changed.proof", "genesis.json", 8, "REFUSED"),
        ("cut.proof", "genesis.json", 8, "the file is damaged"),
        ("invoice.proof", "twin.json", 8, "is that of chain"),
        ("letter.txt", "genesis.json", 65, "not an invoice proof"),
        ("invoice.proof", "letter.txt", 65, "is not a genesis document"),
        ("invoice.proof", "old.json", 65, "version 9 is not known"),
        ("missing.proof", "genesis.json", 74, "missing.proof cannot be read"),
        ("invoice.proof", "missing.json", 74, "missing.json cannot be read"),
    ];
    for (file, genesis, expected, says) in cases {
        let output = bench.verify(file, genesis, &[]);
        let message = text(&output.stderr);
        assert_eq!(code(&output), expected, "{file} with {genesis}: {message}");
        assert!(message.contains(says), "{file} with {genesis}: {message}");
        assert!(message.starts_with("验证未通过：") || message.starts_with("无法验证："), "{message}");
        assert!(output.stdout.is_empty(), "stdout has data only");
        let json = bench.verify(file, genesis, &["--output", "json"]);
        let verdict: Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!((code(&json), &verdict["verified"]), (expected, &Value::Bool(false)));
        assert!(!verdict["error"]["name"].as_str().unwrap().is_empty());
    }
}

#[test]
fn wrong_arguments_and_help() {
    let bench = Bench::new();
    let program = || Command::new(env!("CARGO_BIN_EXE_taxchain-verify"));
    assert_eq!(code(&bench.verify("invoice.proof", "genesis.json", &["--output", "xml"])), 2);
    let untrusting = program().args(["proof", "verify", "invoice.proof"]).output().unwrap();
    assert_eq!(code(&untrusting), 2);
    assert!(text(&untrusting.stderr).contains("--trust"));
    let help = program().args(["proof", "verify", "--help"]).output().unwrap();
    assert_eq!(code(&help), 0);
    assert!(text(&help.stdout).contains("taxchain-verify proof verify invoice.proof --trust genesis.json"));
}
