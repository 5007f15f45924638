//! A client that keeps headers only, from the command line.

use serde_json::{Value, json};

use crate::running::Place;

#[test]
fn headers_are_followed_kept_and_used_and_a_damaged_file_is_named() {
    let (place, twin) = (Place::new(), Place::new());
    let chain = place.dev("chain");
    let issued = place.json(&["issue", "--total", "198.00"]);
    let slot = issued["slot"].to_string();
    let file: Value = serde_json::from_slice(&std::fs::read(place.join("chain/home.json")).unwrap()).unwrap();
    let node = file["node"].as_str().unwrap().to_owned();
    std::fs::copy(place.join("chain/genesis.json"), place.join("genesis.json")).unwrap();
    let light = |command: &str, more: &[&str]| -> Vec<String> {
        let usual = ["light", command, "--trust", "genesis.json", "--dir", "headers", "--output", "json"];
        usual.iter().chain(more).map(ToString::to_string).collect()
    };
    let run = |command: &str, more: &[&str]| {
        let args = light(command, more);
        place.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let synced = run("sync", &["--nodes", &node]);
    assert_eq!(synced.code, 0, "{synced:?}");
    assert!(synced.json()["new"].as_u64().unwrap() > 0 && synced.json()["validators"] == 1, "{synced:?}");
    let verified = run("verify", &["--nodes", &node, "--slot", &slot]);
    assert_eq!((verified.code, &verified.json()["verified"]), (0, &json!(true)), "{verified:?}");
    assert_eq!(verified.json()["number"], issued["number"]);
    assert_eq!(run("verify", &["--nodes", &node, "--slot", "999"]).code, 8);
    let compared = run("compare", &["--nodes", &node]);
    assert_eq!((compared.code, &compared.json()["disagreements"]), (0, &json!(0)), "{compared:?}");
    let shown = run("show", &[]);
    assert!(shown.json()["height"].as_u64() >= verified.json()["height"].as_u64(), "{shown:?}");

    // A node of a twin chain is not asked, and the last good one is enough.
    let twin_chain = twin.dev("chain");
    let file: Value = serde_json::from_slice(&std::fs::read(twin.join("chain/home.json")).unwrap()).unwrap();
    let theirs = file["node"].as_str().unwrap();
    let alone = run("sync", &["--nodes", theirs]);
    assert!(alone.code == 6 && alone.err.contains("no trusted issuer"), "{alone:?}");
    let roots = twin.join("chain/tls/root.pem");
    let believed = run("sync", &["--nodes", theirs, "--roots", roots.to_str().unwrap()]);
    assert_eq!(believed.code, 78, "{believed:?}");
    // Something new, so that the file grows by a second frame.
    place.json(&["issue", "--total", "20.00"]);
    let both = run("sync", &["--nodes", &format!("{theirs},{node}")]);
    assert!(both.code == 0 && both.err.contains(theirs) && both.json()["new"].as_u64() > Some(0), "{both:?}");
    twin_chain.stop();
    chain.stop();
    assert_eq!(run("sync", &["--nodes", &node]).code, 6);

    let path = place.join("headers/headers.tcl");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[60] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let damaged = run("show", &[]);
    assert!(damaged.code == 65 && damaged.err.contains("headers.tcl is damaged at byte 40"), "{damaged:?}");
    std::fs::write(place.join("not.bin"), b"not a complaint").unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(run("weigh", &["not.bin"]).code, 8);
}
