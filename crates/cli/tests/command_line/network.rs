//! Four bureaus from `net init`, each a process on its own folder, and what their operators do.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::running::Place;

/// Whom the network believes.
const ROOTS: &str = "net/bureau-1/tls/root.pem";

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

/// A port with the ports of four bureaus behind it, below those that the system gives to clients.
fn port() -> u16 {
    let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port));
    let drawn = free(0).unwrap().local_addr().unwrap().port();
    let bases = (0..400).map(|n| 12_000 + (drawn + n * 7) % 400 * 40);
    let mut open = bases.filter(|base| (0..40).map(|n| free(base + n)).collect::<Result<Vec<_>, _>>().is_ok());
    open.next().unwrap()
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
        let said = place.run(&[&["node", "status", "--roots", ROOTS, "--output", "json"], &endpoints[..]].concat());
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
    operators_see_links_and_change_members(&place, &nodes, &bureau);
    // Damaged configuration is named with its place.
    let text = std::fs::read_to_string(place.join(config)).unwrap();
    std::fs::write(place.join("bad.toml"), text.replace("listen", "lissen")).unwrap();
    let bad = place.run(&["node", "start", "--config", "bad.toml"]);
    assert!(bad.code == 78 && bad.err.contains("bad.toml") && bad.err.contains("lissen"), "{bad:?}");
}

fn operators_see_links_and_change_members(place: &Place, nodes: &[Node], bureau: &dyn Fn(u16, &[&str]) -> Value) {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let peers = place.json(&["--roots", ROOTS, "node", "peers", &nodes[0].endpoint]);
        let rows = peers["items"].as_array().unwrap_or_else(|| panic!("{peers}"));
        assert_eq!(rows.len(), 3, "{peers}");
        if rows.iter().all(|row| row["link"] == "up" && row["ledger"] == "same") {
            break;
        }
        assert!(Instant::now() < until, "{peers}");
        std::thread::sleep(Duration::from_millis(200));
    }
    let endpoints: Vec<_> = nodes.iter().map(|n| n.endpoint.as_str()).collect();
    // No rules were published here: that is all that is wrong.
    let healthy =
        place.run(&[&["--home", "net/bureau-1", "--output", "json", "doctor"], &endpoints[..]].concat()).json();
    assert_eq!(healthy["wrong"], 1, "{healthy}");
    let found = |what: &str| healthy["items"].as_array().unwrap().iter().filter(|row| row["what"] == what).count();
    assert_eq!((found("links"), found("height"), found("ledgers")), (4, 4, 1), "{healthy}");
    let down = place.run(&["--home", "net/bureau-1", "doctor", &nodes[0].endpoint, "https://127.0.0.1:9"]);
    assert!(down.code == 78 && down.out.contains("https://127.0.0.1:9"), "{down:?}");
    assert_eq!(bureau(1, &["node", "evidence"])["offences"], 0);
    let by_one = ["--home", "net/bureau-1", "--as", "bureau", "node"];
    let fourth = ["--config", "net/bureau-4/node.toml"];
    let twice = place.run(&[&by_one[..], &["join", "--operator", "4"], &fourth].concat());
    assert!(twice.code == 65 && twice.err.contains("already"), "{twice:?}");
    // What tolerates a traitor does not give that up.
    let leaves = place.run(&[&by_one[..], &["leave"], &fourth].concat());
    assert!(leaves.err.contains("VALIDATOR_SET_INVALID"), "{leaves:?}");
    place.json(&["net", "init", "more", "--host", "127.0.0.1"]);
    let joins = bureau(1, &["node", "join", "--operator", "4", "--config", "more/bureau-1/node.toml"]);
    assert_eq!(joins["validators"], 5, "{joins}");
    let stranger = place.run(&[&by_one[..], &["leave", "--config", "more/bureau-1/node.toml"]].concat());
    assert!(stranger.err.contains("no validator's"), "{stranger:?}");
}
