//! Four bureaus from `net init`, each a process on its own folder, and what their operators do.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::running::Place;

/// A process that is killed at the end of the test.
struct Node {
    child: Child,
    endpoint: String,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A port with nine free ones behind it, as far as one can know.
fn port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    port.min(65_000)
}

fn start(place: &Place, bureau: u16) -> Node {
    let config = format!("net/bureau-{bureau}/node.toml");
    let mut command = place.taxchain(&["node", "start", "--config", &config, "--output", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let banner: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
    Node { child, endpoint: banner["node"].as_str().unwrap().to_owned() }
}

/// Asks until all answer, agree and have this height.
fn agree(place: &Place, nodes: &[Node], least: u64) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let endpoints: Vec<_> = nodes.iter().map(|n| n.endpoint.as_str()).collect();
        let said = place.run(&[&["node", "status", "--output", "json"], &endpoints[..]].concat());
        // One document, also when they differ.
        let status = said.json();
        let all = status["answering"] == nodes.len() && status["agree"] == true;
        if said.code == 0 && all && status["common_height"].as_u64().unwrap() >= least {
            return status;
        }
        assert!(Instant::now() < until, "{said:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn four_bureaus_are_laid_out_started_asked_changed_and_restored() {
    let place = Place::new();
    let port = port().to_string();
    let host = ["--host", "127.0.0.1"];
    let init = [&["net", "init", "net", "--port", &port], &host[..], &host, &host, &host].concat();
    let made = place.json(&init);
    assert_eq!((&made["consensus"], made["chain"].as_str().unwrap().len()), (&"bft".into(), 64));
    let again = place.run(&init);
    assert!(again.code == 78 && again.err.contains("keys are never overwritten"), "{again:?}");
    let mut nodes: Vec<_> = (1..=4).map(|bureau| start(&place, bureau)).collect();
    agree(&place, &nodes, 1);
    // The chain's own rules: proposed by one bureau, in force once two more have approved.
    let bureau = |n: u16, args: &[&str]| {
        let home = format!("net/bureau-{n}");
        place.json(&[&["--home", &home, "--as", "bureau"], args].concat())
    };
    let propose = ["governance", "propose", "--consensus", "crash-fault", "--effective-in", "20"];
    let proposed = bureau(1, &propose);
    let id = proposed["proposal"].to_string();
    bureau(2, &["governance", "approve", "--proposal", &id]);
    assert_eq!(bureau(2, &["governance", "show", "--proposal", &id])["state"], "open");
    bureau(3, &["governance", "approve", "--proposal", &id]);
    assert_eq!(bureau(3, &["governance", "show", "--proposal", &id])["state"], "scheduled");
    // A backup while it runs; then its disk is lost.
    let config = "net/bureau-4/node.toml";
    let backup = place.json(&["node", "backup", "--config", config, "--to", "copy"]);
    assert!(backup["height"].as_u64().unwrap() >= 1, "{backup}");
    drop(nodes.pop());
    std::fs::remove_dir_all(place.join("net/bureau-4/data")).unwrap();
    std::fs::rename(place.join("copy"), place.join("net/bureau-4/data")).unwrap();
    nodes.push(start(&place, 4));
    let status = agree(&place, &nodes, backup["height"].as_u64().unwrap() + 1);
    assert_eq!(status["nodes"], 4);
    // Damaged configuration is named with its place.
    let text = std::fs::read_to_string(place.join(config)).unwrap();
    std::fs::write(place.join("bad.toml"), text.replace("listen", "lissen")).unwrap();
    let bad = place.run(&["node", "start", "--config", "bad.toml"]);
    assert!(bad.code == 78 && bad.err.contains("bad.toml") && bad.err.contains("lissen"), "{bad:?}");
}
