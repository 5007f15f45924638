//! Certificates from the command line: an authority, a bureau under it, and a node.

use crypto::x509::{Certificate, list_from_pem};
use serde_json::Value;

use crate::running::{Place, Said};

struct Office {
    place: Place,
}

impl Office {
    fn new() -> Self {
        let place = Place::new();
        std::fs::write(place.join("password"), "correct horse\n").unwrap();
        Self { place }
    }

    fn run(&self, args: &[&str]) -> Said {
        // What needs no key takes no password.
        let no_key = ["revoke", "list", "show"].contains(&args[0]);
        let password: &[&str] = if no_key { &[] } else { &["--password-file", "password"] };
        self.place.run(&[&["ca"], args, password, &["--output", "json"]].concat())
    }

    fn json(&self, args: &[&str]) -> Value {
        let said = self.run(args);
        assert_eq!(said.code, 0, "{args:?}: {said:?}");
        said.json()
    }

    fn chain(&self, file: &str) -> Vec<Certificate> {
        Certificate::chain_from_pem(&std::fs::read_to_string(self.place.join(file)).unwrap()).unwrap()
    }

    /// A root, a bureau, and a node's certificate; its serial number.
    fn with_node() -> (Self, String) {
        let office = Self::new();
        office.json(&["init", "root", "--name", "CN=root,O=state,C=CN"]);
        office.json(&["init", "bureau", "--name", "CN=深圳,O=bureau,C=CN", "--under", "root"]);
        office.json(&["request", "node.csr", "--key", "node.key", "--name", "CN=node 1,O=bureau,C=CN"]);
        let to = ["--profile", "node", "--host", "node-1.tax.example", "--host", "10.0.0.7", "--out", "node.pem"];
        let issued = office.json(&[&["issue", "bureau", "node.csr"][..], &to].concat());
        (office, issued["serial"].as_str().unwrap().to_owned())
    }
}

#[test]
fn a_node_gets_a_chain_to_the_root_that_its_peers_trust() {
    let (office, serial) = Office::with_node();
    let (chain, root) = (office.chain("node.pem"), office.chain("bureau/root.pem").swap_remove(0));
    assert_eq!(chain.len(), 2, "the node's and the bureau's");
    chain[0].is_signed_by(&chain[1]).unwrap();
    chain[1].is_signed_by(&root).unwrap();
    assert_eq!(chain[0].names(), ["node-1.tax.example", "10.0.0.7"]);
    let shown = office.json(&["show", "node.pem"]);
    assert_eq!((&shown["items"][0]["serial"], &shown["items"][0]["state"]), (&serial.clone().into(), &"holds".into()));
    assert!(office.json(&["show", "node.csr"])["request"].as_str().unwrap().contains("node 1"));
    for secret in ["root/key.pem", "bureau/key.pem", "node.key"] {
        let text = std::fs::read_to_string(office.place.join(secret)).unwrap();
        assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{secret}");
    }
}

#[test]
fn renewed_and_revoked_certificates_are_in_the_register_and_on_the_list() {
    let (office, serial) = Office::with_node();
    let renewed = office.json(&["renew", "bureau", "node.pem", "--days", "20", "--out", "node-2.pem"]);
    let (old, new) = (office.chain("node.pem").swap_remove(0), office.chain("node-2.pem").swap_remove(0));
    assert_eq!((old.public_key().to_bytes(), old.names()), (new.public_key().to_bytes(), new.names()));
    assert_ne!(old.serial(), new.serial());
    office.json(&["revoke", "bureau", &serial, "--reason", "superseded"]);
    let listed = office.json(&["list", "bureau"]);
    let items = listed["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["serial"]), (2, &renewed["serial"]), "what ends first comes first");
    assert_eq!(items[0]["state"], "ends within 30 days");
    assert!(items[1]["state"].as_str().unwrap().starts_with("revoked"), "{listed}");
    for number in 1..3 {
        let list = office.json(&["crl", "bureau", "--out", "bureau.crl"]);
        assert_eq!((&list["number"], &list["revoked"]), (&number.into(), &1.into()));
    }
    list_from_pem(&std::fs::read_to_string(office.place.join("bureau.crl")).unwrap()).unwrap();
    for (args, code) in [
        (&["revoke", "bureau", &serial][..], 4),
        (&["revoke", "bureau", "0badc0de"], 3),
        (&["revoke", "bureau", "no such file"], 3),
        (&["renew", "bureau", &serial, "--out", "node-3.pem"], 4),
        (&["renew", "bureau", "node-2.pem", "--out", "node.pem"], 74),
    ] {
        assert_eq!(office.run(args).code, code, "{args:?}");
    }
}

#[test]
fn authorities_renew_themselves_and_what_they_issued_holds_on() {
    let (office, _) = Office::with_node();
    let (old_root, old_bureau) = (office.chain("root/root.pem"), office.chain("bureau/chain.pem"));
    office.json(&["renew-own", "root", "--days", "9000"]);
    let renewed = office.json(&["renew-own", "bureau", "--under", "root", "--days", "3000"]);
    let (root, bureau) = (office.chain("bureau/root.pem").swap_remove(0), office.chain("bureau/chain.pem"));
    assert!(
        root.period().until > old_root[0].period().until && bureau[0].period().until > old_bureau[0].period().until
    );
    assert_eq!(renewed["subject"], old_bureau[0].subject());
    // The node's certificate of before, under both.
    bureau[0].is_signed_by(&root).unwrap();
    office.chain("node.pem")[0].is_signed_by(&bureau[0]).unwrap();
    office.json(&["renew", "bureau", "node.pem", "--out", "node-2.pem"]);
    assert_eq!(office.chain("node-2.pem")[1], bureau[0]);
    let wrong = office.run(&["renew-own", "bureau"]);
    assert!(wrong.code == 65 && wrong.err.contains("--under"), "{wrong:?}");
}

#[test]
fn what_may_not_be_issued_is_refused_by_name_and_leaves_nothing() {
    let (office, _) = Office::with_node();
    std::fs::write(office.place.join("wrong"), "battery staple").unwrap();
    std::fs::write(office.place.join("torn.csr"), "-----BEGIN CERTIFICATE REQUEST-----\nMIIB").unwrap();
    let to = ["--out", "other.pem"];
    let cases: [(&[&str], i32, &str); 6] = [
        (&["issue", "bureau", "node.csr", "--profile", "server"], 65, "--host"),
        (&["issue", "bureau", "node.csr", "--profile", "server", "--host", "a b"], 65, "a b"),
        (&["issue", "bureau", "torn.csr", "--profile", "client"], 65, "certificate request"),
        (&["issue", "bureau", "node.csr", "--profile", "client", "--name", "nobody"], 65, "nobody"),
        (&["issue", "bureau", "no.csr", "--profile", "client"], 74, "no.csr"),
        (&["issue", "nowhere", "node.csr", "--profile", "client"], 74, "nowhere"),
    ];
    for (args, code, word) in cases {
        let said = office.run(&[args, &to].concat());
        assert!(said.code == code && said.err.contains(word), "{args:?}: {said:?}");
    }
    let wrong =
        ["issue", "bureau", "node.csr", "--profile", "client", "--password-file", "wrong", "--out", "other.pem"];
    let said = office.place.run(&[&["ca"], &wrong[..]].concat());
    assert!(said.code == 78 && said.err.contains("password"), "{said:?}");
    let none = office.place.run(&["ca", "init", "third", "--name", "CN=x"]);
    assert!(none.code == 78 && none.err.contains("TAXCHAIN_KEY_PASSWORD"), "{none:?}");
    assert_eq!(office.run(&["init", "bureau", "--name", "CN=x"]).code, 4);
    assert!(!office.place.join("other.pem").exists());
    assert_eq!(office.json(&["list", "bureau"])["certificates"], 1);
    let under = office.run(&["init", "district", "--name", "CN=district", "--under", "bureau"]);
    assert!(under.code == 65 && under.err.contains("does not allow"), "{under:?}");
}
