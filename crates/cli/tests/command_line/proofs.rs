//! A proof file from one chain, checked by both programs; changed; held against another chain.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::dice::Dice;
use crate::running::{Place, Said, said};

/// Changed files that go through the processes; the rest goes through the library they call.
const BY_PROCESS: u64 = 20;

/// The program that verifies and can do nothing else. It stands beside `taxchain`; built here if only that was built.
fn verifier_program() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_taxchain")).parent().unwrap();
    let program = folder.join("taxchain-verify");
    if !program.exists() {
        let profile = match folder.file_name().unwrap().to_str().unwrap() {
            "debug" => "dev",
            named => named,
        };
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--offline", "-p", "verifier", "--bin", "taxchain-verify", "--profile", profile]);
        build.arg("--target-dir").arg(folder.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(build.status().unwrap().success());
    }
    program
}

/// What both programs say of a file, which must be the same.
fn both(place: &Place, verifier: &Path, file: &str, genesis: &str) -> Said {
    let args = ["proof", "verify", file, "--trust", genesis, "--output", "json"];
    let (ours, theirs) = (place.run(&args), said(place.program(verifier, &args).output().unwrap()));
    assert_eq!((ours.code, ours.json()), (theirs.code, theirs.json()));
    ours
}

#[test]
fn a_proof_is_accepted_and_refused_after_any_changed_byte_and_on_a_twin_chain() {
    let (place, twin) = (Place::new(), Place::new());
    let verifier = verifier_program();
    let chain = place.dev("chain");
    let issued = place.json(&["issue", "--total", "198.00"]);
    let (slot, token) = (issued["slot"].to_string(), issued["claim_token"].as_str().unwrap());
    place.json(&["claim", "--slot", &slot, "--token", token]);
    place.json(&["proof", "export", "--slot", &slot, "--file", "invoice.proof"]);
    let twin_chain = twin.dev("chain");
    std::fs::copy(twin.join("chain/genesis.json"), place.join("twin.json")).unwrap();
    let name = |file: &str| -> Value {
        let genesis: Value = serde_json::from_slice(&std::fs::read(place.join(file)).unwrap()).unwrap();
        genesis["name"].clone()
    };
    assert_eq!(name("chain/genesis.json"), name("twin.json"));
    // Nobody runs any more: the file and the genesis document are all there is.
    chain.stop();
    twin_chain.stop();

    let accepted = both(&place, &verifier, "invoice.proof", "chain/genesis.json");
    assert_eq!((accepted.code, &accepted.json()["verified"]), (0, &Value::Bool(true)));
    assert_eq!(accepted.json()["number"], issued["number"]);
    let told = place.run(&["proof", "verify", "invoice.proof", "--trust", "chain/genesis.json"]);
    assert!(told.code == 0 && told.out.contains("VERIFIED"), "{told:?}");

    let refused = every_byte(&place);
    let mut dice = Dice::new();
    let file = std::fs::read(place.join("invoice.proof")).unwrap();
    for _ in 0..BY_PROCESS {
        let mut changed = file.clone();
        // Behind the name of the format: with that changed it is another kind of file, not a bad proof.
        let at = 8 + usize::try_from(dice.below(file.len() as u64 - 8)).unwrap();
        changed[at] ^= 1 << dice.below(8);
        std::fs::write(place.join("changed.proof"), &changed).unwrap();
        let said = both(&place, &verifier, "changed.proof", "chain/genesis.json");
        assert_eq!((said.code, &said.json()["verified"]), (8, &Value::Bool(false)), "byte {at}");
    }
    let foreign = both(&place, &verifier, "invoice.proof", "twin.json");
    assert_eq!((foreign.code, &foreign.json()["verified"]), (8, &Value::Bool(false)));
    println!(
        "proof: accepted; {refused} of {} changed bytes refused, {BY_PROCESS} of them by both programs; twin refused",
        file.len()
    );
}

/// Changes every byte once, in turn; how many of the files were refused.
fn every_byte(place: &Place) -> usize {
    let genesis = serde_json::from_slice(&std::fs::read(place.join("chain/genesis.json")).unwrap()).unwrap();
    let file = std::fs::read(place.join("invoice.proof")).unwrap();
    assert!(verifier::verify_bytes(&genesis, &file).is_ok());
    let mut dice = Dice::new();
    for at in 0..file.len() {
        let mut changed = file.clone();
        changed[at] ^= 1 << dice.below(8);
        assert!(verifier::verify_bytes(&genesis, &changed).is_err(), "byte {at} of {}", file.len());
    }
    file.len()
}
