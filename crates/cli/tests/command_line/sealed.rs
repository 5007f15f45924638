//! A node that starts sealed: real processes, shares over its socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};

use serde_json::Value;

use crate::one_bureau::{CONFIG, Node, one_bureau, write};
use crate::running::{Place, Said};
use crate::vaults::{People, people};

/// A bureau whose key files' password is in a vault, 2 of 3, and no longer on its disk. Gives the password, for searches.
fn sealed_bureau(place: &Place) -> (People, String) {
    let folder = one_bureau(place);
    let people = people(place, 3);
    people.split(place, &["net/bureau-1/keys/password"], "2", "vault");
    let password = std::fs::read_to_string(folder.join("keys/password")).unwrap().trim_end().to_owned();
    std::fs::remove_file(folder.join("keys/password")).unwrap();
    std::fs::rename(place.join("vault/vault.pem"), folder.join("vault.pem")).unwrap();
    let text = std::fs::read_to_string(place.join(CONFIG)).unwrap();
    let text: String = text.lines().filter(|l| !l.starts_with("password_file")).map(|l| format!("{l}\n")).collect();
    write(&place.join(CONFIG), &format!("{text}[unseal]\nshares = 2\nvault = \"vault.pem\"\n"), 0o644);
    (people, password)
}

fn give(place: &Place, holder: usize) -> Said {
    give_as(place, &format!("vault/share-{holder}.pem"), holder)
}

fn give_as(place: &Place, share: &str, holder: usize) -> Said {
    let key = format!("holder-{holder}.pem");
    let args = ["node", "unseal", "--config", CONFIG, "--share", share, "--key", &key, "--password-file", "pw"];
    place.run(&[&args[..], &["--output", "json"]].concat())
}

fn state(place: &Place) -> Value {
    place.json(&["node", "unseal", "--config", CONFIG])
}

/// The page of health by its path: status and text.
fn page(node: &Node, path: &str) -> (u16, String) {
    let url = node.facts["health"].as_str().unwrap();
    let address = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text.rsplit("\r\n").find(|line| !line.is_empty()).unwrap().to_owned())
}

#[test]
fn a_sealed_node_opens_with_enough_shares_and_not_with_wrong_or_repeated_ones() {
    let place = Place::new();
    let (people, password) = sealed_bureau(&place);
    let mut node = Node::start_sealed(&place);
    assert_eq!((&node.facts["ready"], &node.facts["sealed"]), (&false.into(), &true.into()));
    let socket = place.join("net/bureau-1/unseal.sock");
    let metadata = std::fs::metadata(&socket).unwrap();
    assert!(metadata.file_type().is_socket() && metadata.permissions().mode() & 0o777 == 0o600);
    assert!(page(&node, "/healthz") == (200, "sealed\n".to_owned()) || page(&node, "/healthz").1.contains("sealed"));
    assert_eq!(page(&node, "/readyz").0, 503);
    assert_eq!(page(&node, "/metrics").0, 404, "health only");

    let said = give(&place, 2).json();
    assert_eq!((&said["sealed"], &said["missing"]), (&true.into(), &1.into()));
    let twice = give(&place, 2);
    assert!(twice.code == 8 && twice.err.contains("share 2 (holder 2) was given already"), "{twice:?}");
    assert!(twice.err.contains("已提交过"), "{twice:?}");
    people.split(&place, &["pw"], "2", "other");
    let foreign = give_as(&place, "other/share-1.pem", 1);
    assert!(foreign.code == 8 && foreign.err.contains("share 1 (holder 1) is of the vault"), "{foreign:?}");
    let not_his = give_as(&place, "vault/share-3.pem", 1);
    assert!(not_his.code == 8 && not_his.err.contains("share 3 (holder 3) is not sealed to this key"), "{not_his:?}");
    assert_eq!(state(&place)["missing"], 1, "none of them was counted");
    assert_eq!(state(&place)["given"], serde_json::json!(["holder 2"]));

    assert_eq!(give(&place, 3).json()["missing"], 0);
    node.opened(&place);
    assert_eq!(state(&place)["sealed"], false);
    let late = give(&place, 1);
    assert!(late.code == 4 && late.err.contains("open already"), "{late:?}");
    place.json(&["--home", "net/bureau-1", "node", "status", &node.endpoint]);
    let log = std::fs::read_to_string(place.join("node.log")).unwrap();
    assert!(log.contains("a share was given") && log.contains("a share was refused"), "{log}");
    assert!(!log.contains(&password) && !log.contains("BEGIN"), "{log}");
    nothing_secret_in(node.child.id(), &password);
}

/// What others see of the process.
fn nothing_secret_in(pid: u32, password: &str) {
    for file in ["cmdline", "environ"] {
        // Of a process that dumps no core only root may read the latter.
        let text = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains(password) && !text.contains("BEGIN"), "{file}");
    }
}

#[test]
fn a_sealed_node_stays_sealed_over_a_restart_and_seals_again_when_told() {
    let place = Place::new();
    sealed_bureau(&place);
    let node = Node::start_sealed(&place);
    assert_eq!(give(&place, 1).json()["missing"], 1);
    drop(node);
    // Killed: its socket is still there, and is nobody's.
    let said = place.run(&["node", "unseal", "--config", CONFIG]);
    assert!(said.code == 6 && said.err.contains("nobody listens there"), "{said:?}");
    let mut node = Node::start_sealed(&place);
    assert_eq!((&node.facts["sealed"], &state(&place)["missing"]), (&true.into(), &2.into()), "nothing is remembered");
    let second = place.run(&["node", "start", "--config", CONFIG]);
    assert!(second.code != 0 && second.err.contains("another node listens there"), "{second:?}");
    give(&place, 1);
    give(&place, 2);
    node.opened(&place);
    let sealing = place.json(&["node", "seal", "--config", CONFIG]);
    assert_eq!(sealing["stopping"], true);
    assert!(node.ended().success());
    assert!(!place.join("net/bureau-1/unseal.sock").exists());
    let node = Node::start_sealed(&place);
    assert_eq!((&node.facts["sealed"], &state(&place)["missing"]), (&true.into(), &2.into()));
}

#[test]
fn what_cannot_be_unsealed_is_said_at_once() {
    let place = Place::new();
    let (people, password) = sealed_bureau(&place);
    let good = std::fs::read_to_string(place.join(CONFIG)).unwrap();
    let start = || place.run(&["node", "start", "--config", CONFIG]);
    write(&place.join(CONFIG), &good.replace("shares = 2", "shares = 3"), 0o644);
    let said = start();
    assert!(said.code == 78 && said.err.contains("takes 2 shares, and the node's file says 3"), "{said:?}");
    write(&place.join(CONFIG), &format!("password_file = \"p\"\n{good}"), 0o644);
    let said = start();
    assert!(said.code == 78 && said.err.contains("not both"), "{said:?}");
    write(&place.join(CONFIG), &good, 0o644);
    // A node that starts sealed has no key to show.
    let said = place.run(&["node", "leave", "--config", CONFIG]);
    assert!(said.code != 0 && !said.err.contains(&password), "{said:?}");
    // A vault with a key in it is no password.
    place.json(&["key", "new", "vote.pem", "--use", "vote", "--password-file", "pw"]);
    people.split(&place, &["vote.pem", "--use", "vote", "--password-file", "pw"], "2", "of-key");
    std::fs::copy(place.join("of-key/vault.pem"), place.join("net/bureau-1/vault.pem")).unwrap();
    let mut node = Node::start_sealed(&place);
    give_as(&place, "of-key/share-1.pem", 1);
    give_as(&place, "of-key/share-2.pem", 2);
    assert!(!node.ended().success());
    let log = std::fs::read_to_string(place.join("node.log")).unwrap();
    assert!(log.contains("the vault holds a key for vote, not a password"), "{log}");
}
