//! Vaults by the command line, and each row of the loss table in `docs/operations.md`.

use serde_json::Value;

use crate::one_bureau::{CONFIG, Node, one_bureau, write};
use crate::running::{Place, Said};

/// People with a key each, and the desk where shares meet.
pub(crate) struct People {
    pub(crate) holders: Vec<String>,
    pub(crate) desk: String,
}

const PASSWORD: &str = "holder-password-86420";

/// Makes `holder-1.pem` and so on, and `desk.pem`; their password is in the file `pw`.
pub(crate) fn people(place: &Place, n: usize) -> People {
    write(&place.join("pw"), PASSWORD, 0o600);
    let new = |name: &str| {
        let made = place.json(&["key", "new", name, "--use", "share-holder", "--password-file", "pw"]);
        made["public"].as_str().unwrap().to_owned()
    };
    let holders = (1..=n).map(|i| format!("holder {i}={}", new(&format!("holder-{i}.pem")))).collect();
    People { holders, desk: new("desk.pem") }
}

impl People {
    /// Splits a key, or a password, into the folder `out`.
    pub(crate) fn split(&self, place: &Place, what: &[&str], threshold: &str, out: &str) -> Value {
        let mut args = [&["key", "split"], what, &["--threshold", threshold, "--out", out]].concat();
        self.holders.iter().for_each(|holder| args.extend(["--holder", holder]));
        place.json(&args)
    }

    /// Holder `n` hands his share of the vault in `folder` on to the desk.
    fn hand_on(&self, place: &Place, folder: &str, n: usize) -> String {
        let to = format!("{folder}/desk-{n}.pem");
        let (share, key) = (format!("{folder}/share-{n}.pem"), format!("holder-{n}.pem"));
        let args = ["key", "share", &share, "--key", &key, "--password-file", "pw", "--to", &self.desk, "--out", &to];
        let made = place.json(&args);
        assert_eq!(made["sealed_to"], self.desk.as_str());
        to
    }

    /// Joins the shares of these holders at the desk.
    fn join(&self, place: &Place, folder: &str, holders: &[usize], out: &str) -> Said {
        let shares: Vec<_> = holders.iter().map(|n| self.hand_on(place, folder, *n)).collect();
        let said = self.join_files(place, folder, &shares.iter().map(String::as_str).collect::<Vec<_>>(), out);
        shares.iter().for_each(|share| std::fs::remove_file(place.join(share)).unwrap());
        said
    }

    fn join_files(&self, place: &Place, folder: &str, shares: &[&str], out: &str) -> Said {
        let vault = format!("{folder}/vault.pem");
        let mut args = vec!["key", "join", &vault, "--key", "desk.pem", "--password-file", "pw", "--out", out];
        args.extend(["--new-password-file", "net/bureau-1/keys/password", "--output", "json"]);
        shares.iter().for_each(|share| args.extend(["--share", share]));
        place.run(&args)
    }
}

const KEYS: &str = "net/bureau-1/keys";

/// A bureau whose voting key is in a vault, 3 of 5.
fn bureau_with_vault(place: &Place) -> (People, String) {
    one_bureau(place);
    let people = people(place, 5);
    let file = format!("{KEYS}/vote.pem");
    let password = ["--password-file", "net/bureau-1/keys/password"];
    people.split(place, &[&[file.as_str(), "--use", "vote"], &password[..]].concat(), "3", "vault");
    let shown = place.json(&[&["key", "show", &file], &password[..]].concat());
    assert_eq!(shown["use"], "vote");
    (people, shown["public"].as_str().unwrap().to_owned())
}

#[test]
fn a_lost_node_key_comes_back_from_the_vault_and_the_node_runs_again() {
    let place = Place::new();
    let (people, public) = bureau_with_vault(&place);
    drop(Node::start(&place));
    std::fs::remove_file(place.join("net/bureau-1/keys/vote.pem")).unwrap();
    assert_ne!(place.run(&["node", "start", "--config", CONFIG]).code, 0);
    let joined = people.join(&place, "vault", &[2, 4, 5], "net/bureau-1/keys/vote.pem").json();
    assert_eq!((joined["use"].as_str(), joined["public"].as_str()), (Some("vote"), Some(&*public)));
    drop(Node::start(&place));
}

#[test]
fn a_lost_share_is_replaced_by_splitting_again_and_old_shares_open_nothing_new() {
    let place = Place::new();
    let (people, public) = bureau_with_vault(&place);
    // Holder 3 lost hers.
    std::fs::remove_file(place.join("vault/share-3.pem")).unwrap();
    let shares: Vec<_> = [1, 2, 4].map(|n| people.hand_on(&place, "vault", n)).into();
    let mut args = vec!["key", "resplit", "vault/vault.pem", "--key", "desk.pem", "--password-file", "pw"];
    shares.iter().for_each(|share| args.extend(["--share", share]));
    args.extend(["--threshold", "3", "--out", "new"]);
    people.holders.iter().for_each(|holder| args.extend(["--holder", holder]));
    let made = place.json(&args);
    assert_eq!(made["items"].as_array().unwrap().len(), 5);
    let joined = people.join(&place, "new", &[3, 1, 5], "again.pem").json();
    assert_eq!(joined["public"].as_str(), Some(&*public));
    // An old share beside new ones.
    let (one, two) = (people.hand_on(&place, "new", 1), people.hand_on(&place, "new", 2));
    let mixed = people.join_files(&place, "new", &[&one, &two, &shares[2]], "never.pem");
    assert_eq!(mixed.code, 8, "{mixed:?}");
    assert!(
        mixed.err.contains("share 4 (holder 4) is of the vault") && mixed.err.contains("属于另一保险库"),
        "{mixed:?}"
    );
    assert!(!place.join("never.pem").exists());
}

#[test]
fn too_few_shares_give_nothing_and_wrong_or_repeated_ones_are_named() {
    let place = Place::new();
    let (people, _) = bureau_with_vault(&place);
    let few = people.join(&place, "vault", &[1, 2], "never.pem");
    assert!(few.code == 65 && few.err.contains("2 shares are here, 3 are needed"), "{few:?}");
    let [one, two, three] = [1, 2, 3].map(|n| people.hand_on(&place, "vault", n));
    let twice = people.join_files(&place, "vault", &[&one, &two, &one], "never.pem");
    assert!(twice.code == 4 && twice.err.contains("share 1 (holder 1) was given already"), "{twice:?}");
    assert!(twice.err.contains("第 1 份（holder 1）已提交过") && twice.err.contains("desk-1.pem"), "{twice:?}");
    // Another vault of the same people: of the same number, and foreign.
    people.split(&place, &["pw"], "3", "other");
    let foreign = people.hand_on(&place, "other", 3);
    let said = people.join_files(&place, "vault", &[&one, &two, &foreign], "never.pem");
    assert!(said.code == 8 && said.err.contains("share 3 (holder 3) is of the vault"), "{said:?}");
    // Damaged on its way; and sealed to somebody who is not here.
    let text = std::fs::read_to_string(place.join(&three)).unwrap();
    write(&place.join("cut.pem"), &text[..text.len() / 2], 0o600);
    let said = people.join_files(&place, "vault", &[&one, &two, "cut.pem"], "never.pem");
    assert!(said.code == 65 && said.err.contains("cut.pem") && said.err.contains("not a share"), "{said:?}");
    let said = people.join_files(&place, "vault", &[&one, &two, "vault/share-3.pem"], "never.pem");
    assert!(said.code == 8 && said.err.contains("share 3 (holder 3) is not sealed to this key"), "{said:?}");
    assert!(!place.join("never.pem").exists());
    // What is there is never overwritten.
    let said = people.join_files(&place, "vault", &[&one, &two, &three], "pw");
    assert!(said.code == 74 && said.err.contains("is not overwritten"), "{said:?}");
    assert_eq!(people.join_files(&place, "vault", &[&one, &two, &three], "good.pem").code, 0);
}

#[test]
fn a_lost_authority_comes_back_and_revokes_again() {
    let place = Place::new();
    let people = people(&place, 3);
    place.json(&["ca", "init", "ca", "--name", "CN=root,O=bureau,C=CN", "--password-file", "pw"]);
    let what = ["ca/key.pem", "--use", "issuer", "--password-file", "pw"];
    people.split(&place, &what, "2", "vault");
    std::fs::remove_file(place.join("ca/key.pem")).unwrap();
    let crl = ["ca", "crl", "ca", "--password-file", "pw", "--out", "list.crl"];
    assert_ne!(place.run(&crl).code, 0);
    write(&place.join("net-pw"), PASSWORD, 0o600);
    let shares = [1, 3].map(|n| people.hand_on(&place, "vault", n));
    let args = ["key", "join", "vault/vault.pem", "--key", "desk.pem", "--password-file", "pw"];
    let rest = ["--share", &shares[0], "--share", &shares[1], "--new-password-file", "net-pw"];
    place.json(&[&args[..], &rest, &["--out", "ca/key.pem"]].concat());
    place.json(&crl);
}

#[test]
fn after_everything_is_lost_backup_and_vaults_make_the_same_node_again() {
    let place = Place::new();
    let (people, _) = bureau_with_vault(&place);
    let password = ["--password-file", "net/bureau-1/keys/password"];
    let others = [("bureau", "transaction"), ("report", "transaction"), ("tls", "tls"), ("committee-1", "encryption")];
    for (name, key_use) in others {
        let file = format!("{KEYS}/{name}.pem");
        people.split(&place, &[&[file.as_str(), "--use", key_use], &password[..]].concat(), "3", name);
    }
    let node = Node::start(&place);
    place.json(&["node", "backup", "--config", CONFIG, "--to", "copy"]);
    drop(node);
    // What is public was kept elsewhere; a new machine has a new password.
    let kept = ["node.toml", "genesis.json", "tls/node.pem", "tls/root.pem"]
        .map(|f| (f, std::fs::read(place.join("net/bureau-1").join(f)).unwrap()));
    std::fs::remove_dir_all(place.join("net")).unwrap();
    std::fs::create_dir_all(place.join(KEYS)).unwrap();
    std::fs::create_dir(place.join("net/bureau-1/tls")).unwrap();
    kept.iter().for_each(|(name, bytes)| std::fs::write(place.join("net/bureau-1").join(name), bytes).unwrap());
    std::fs::rename(place.join("copy"), place.join("net/bureau-1/data")).unwrap();
    write(&place.join("net/bureau-1/keys/password"), "a-new-machine-975", 0o600);
    let own = others.map(|(name, _)| (name, name));
    for (folder, name) in [("vault", "vote")].into_iter().chain(own) {
        let said = people.join(&place, folder, &[1, 3, 5], &format!("{KEYS}/{name}.pem"));
        assert_eq!(said.code, 0, "{said:?}");
    }
    let node = Node::start(&place);
    assert!(node.facts["height"].is_u64());
}

#[test]
fn vaults_and_shares_show_no_more_than_they_should() {
    let place = Place::new();
    let people = people(&place, 3);
    people.split(&place, &["pw"], "2", "of-password");
    place.json(&["key", "new", "vote.pem", "--use", "vote", "--password-file", "pw"]);
    people.split(&place, &["vote.pem", "--use", "vote", "--password-file", "pw"], "2", "of-key");
    let shown = |folder: &str| place.json(&["key", "show", &format!("{folder}/vault.pem")]);
    for folder in ["of-password", "of-key"] {
        assert_eq!(shown(folder)["threshold"], 2);
        let share = place.json(&["key", "show", &format!("{folder}/share-2.pem")]);
        assert_eq!((&share["holder"], &share["number"]), (&"holder 2".into(), &2.into()));
        let text = std::fs::read_to_string(place.join(folder).join("vault.pem")).unwrap();
        assert!(!text.contains(PASSWORD));
    }
    let size = |file: &str| std::fs::metadata(place.join(file)).unwrap().len();
    assert_eq!(size("of-key/vault.pem"), size("of-password/vault.pem"), "nobody sees what is inside");
    assert_eq!(size("of-key/share-1.pem"), size("of-password/share-1.pem"));
    // Mistakes: a key as if it were a password, one key twice, a name of no use.
    let mut args = vec!["key", "split", "vote.pem", "--threshold", "2", "--out", "x"];
    people.holders.iter().for_each(|holder| args.extend(["--holder", holder]));
    let said = place.run(&args);
    assert!(said.code == 65 && said.err.contains("say with --use what it is for"), "{said:?}");
    let said = place.run(&["key", "new", "y.pem", "--use", "votes", "--password-file", "pw"]);
    assert!(said.code == 2 && said.err.contains("share-holder"), "{said:?}");
    let again = ["--holder", &people.holders[0], "--holder", &people.holders[0]];
    let said = place.run(&[&["key", "split", "pw", "--threshold", "2", "--out", "x"], &again[..]].concat());
    assert!(said.code == 65 && said.err.contains("two holders are called holder 1"), "{said:?}");
    assert!(!place.join("x").exists());
}
