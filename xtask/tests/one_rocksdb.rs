//! RocksDB is compiled once for all commands.
//!
//! Cargo compiles a build script's output once for each set of features of that script's own dependencies, and this set
//! depends on the packages that a call selects (see `xtask::plans`). Nothing tells when two calls differ but a quarter
//! of an hour. So this test asks cargo for the unit graph of each call and compares what is below RocksDB's script.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use xtask::plans;

const ROCKSDB: &str = "librocksdb-sys";

/// The units of one cargo call. Prints the graph only: nothing is compiled.
fn unit_graph(arguments: &[String]) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the root");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let before_dashes = arguments.iter().take_while(|a| *a != "--");
    command.args(before_dashes).args(["--unit-graph", "-Zunstable-options"]).current_dir(root);
    // The graph is an unstable output. The variable would change what cargo caches about the compiler, and make build
    // scripts that watch it run again: hence no cache, and nothing is built under it.
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_CACHE_RUSTC_INFO", "0");
    let output = command.output().expect("cargo starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the graph is JSON")
}

/// Everything that goes into the run of RocksDB's build script: packages, features, profiles, all the way down.
fn rocksdb_identity(graph: &Value) -> Option<BTreeMap<String, String>> {
    let units = graph["units"].as_array().expect("units");
    let name = |unit: &Value| unit["pkg_id"].as_str().unwrap_or_default().to_owned();
    let run = |unit: &&Value| name(unit).contains(ROCKSDB) && unit["mode"] == "run-custom-build";
    let start = units.iter().position(|u| run(&u))?;
    let mut identity = BTreeMap::new();
    let mut open = vec![start];
    while let Some(index) = open.pop() {
        let unit = &units[index];
        let key = format!("{} {} {}", name(unit), unit["mode"], unit["target"]["kind"]);
        let what = format!("{} {} {}", unit["features"], unit["profile"], unit["platform"]);
        if identity.insert(key, what).is_none() {
            let below = unit["dependencies"].as_array().into_iter().flatten();
            open.extend(below.filter_map(|d| d["index"].as_u64()).filter_map(|i| usize::try_from(i).ok()));
        }
    }
    Some(identity)
}

fn own(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

#[test]
fn every_command_uses_the_same_rocksdb() {
    let all = rocksdb_identity(&unit_graph(&own(plans::TEST))).expect("the workspace has RocksDB");
    let mut compared = 1;
    let narrow = |package: &str| plans::narrow_test(&own(&["-p", package]), true);
    for plan in [
        own(plans::CLIPPY),
        own(plans::DOC),
        own(plans::BINARIES),
        narrow(plans::HOLDS_ROCKSDB),
        narrow("chain-node"),
        plans::narrow_test(&own(&["-p", "cli"]), false),
        narrow("tests"),
    ] {
        // Binaries without RocksDB below them do not compile it either.
        if let Some(identity) = rocksdb_identity(&unit_graph(&plan)) {
            let differing = all.iter().filter(|(key, what)| identity.get(*key) != Some(*what));
            let told: Vec<_> =
                differing.map(|(key, what)| format!("{key}\n   {what}\n   {:?}", identity.get(key))).collect();
            assert!(identity == all, "{plan:?} compiles RocksDB again:\n{}", told.join("\n"));
            compared += 1;
        }
    }
    println!("one RocksDB for {compared} cargo calls, {} units below it", all.len());
    assert!(compared >= 6, "only {compared} calls had RocksDB in them");
}

#[test]
fn a_planted_difference_in_features_is_seen() {
    let mut graph = unit_graph(&own(plans::TEST));
    let before = rocksdb_identity(&graph);
    for unit in graph["units"].as_array_mut().expect("units") {
        if unit["pkg_id"].as_str().is_some_and(|id| id.contains("#regex@")) {
            unit["features"] = Value::Array(Vec::new());
        }
    }
    assert!(before.is_some() && rocksdb_identity(&graph) != before);
}
