//! Who keeps an account's keys: the README's lines, and the way round through all modes.

use serde_json::Value;

use crate::running::Place;
use crate::who_may_see::{lines_of, run};

/// Mode, and who keeps which key; revoked ones are left out.
fn kept(place: &Place, account: &str) -> (String, Vec<(u64, String)>) {
    let shown = place.json(&["--home", "chain", "account", "show", "--account", account]);
    let keys = shown["items"].as_array().unwrap().iter().filter(|key| key["active"] == true);
    let row = |key: &Value| (key["key"].as_u64().unwrap(), key["kept by"].as_str().unwrap().to_owned());
    (shown["keys_mode"].as_str().unwrap().to_owned(), keys.map(row).collect())
}

fn row(key: u64, keeper: &str) -> (u64, String) {
    (key, keeper.to_owned())
}

#[test]
fn the_readmes_lines_on_keys_do_what_they_say_and_the_way_back_is_open() {
    let first = "taxchain account open";
    let lines = lines_of("README.md", first);
    assert_eq!(lines, lines_of("README.zh-CN.md", first), "the same in both languages");
    let [open, show, own] = &lines[..] else { panic!("{lines:?}") };
    let place = Place::new();
    let dev = place.dev("chain");
    let opened = run(&place, open, &[]);
    let account = opened["account"].as_u64().unwrap().to_string();
    let token = place.join(&format!("chain/tokens/{account}"));
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(token).unwrap().permissions()) & 0o77, 0);
    assert_eq!(run(&place, show, &[])["keys_mode"], "part-hosted");
    let services = |ids: [u64; 2]| ids.map(|id| row(id, "the service"));
    let [one, two] = services([1, 2]);
    assert_eq!(kept(&place, &account), ("part-hosted".into(), vec![row(0, "here, as cafe"), one, two]));

    let moved = run(&place, own, &[]);
    assert_eq!((moved["keys_made_here"].as_u64(), moved["keys_revoked"].as_u64()), (Some(2), Some(2)));
    let ours = vec![row(0, "here, as cafe"), row(3, "here, as cafe-issuing"), row(4, "here, as cafe-finance")];
    assert_eq!(kept(&place, &account), ("own".into(), ours));
    // Own keys issue: at the node, sealed here.
    place.json(&["--home", "chain", "bureau", "approve", "--account", "cafe"]);
    let issued = place.json(&["--home", "chain", "issue", "--total", "10.00", "--as", "cafe-issuing"]);
    assert!(issued["slot"].is_u64(), "{issued}");

    place.json(&["--home", "chain", "account", "keys", "--account", "cafe", "--mode", "hosted"]);
    let all = [5, 6, 7].map(|id| row(id, "the service")).to_vec();
    assert_eq!(kept(&place, &account), ("hosted".into(), all));
    // Nothing is left here that could sign; the service signs the way back.
    let back = ["--home", "chain", "account", "keys", "--account", &account, "--name", "cafe", "--mode", "part-hosted"];
    place.json(&back);
    let [six, seven] = services([6, 7]);
    assert_eq!(kept(&place, &account), ("part-hosted".into(), vec![six, seven, row(8, "here, as cafe")]));
    dev.stop();
}

#[test]
fn an_offer_from_a_wallet_carries_what_opens_the_invoice_for_the_receivers_reading_key() {
    let place = Place::new();
    let dev = place.dev("chain");
    let json = |args: &[&str]| place.json(&[&["--home", "chain"], args].concat());
    let offered = |slot: &str| {
        let issued = json(&["issue", "--total", "10.00"]);
        assert_eq!(issued["slot"].to_string(), slot);
        let token = issued["claim_token"].as_str().unwrap();
        let claimed = json(&["claim", "--slot", slot, "--token", token, "--one-time"]);
        let holder = claimed["claimed_by"].as_str().unwrap();
        json(&["transfer", "offer", "--slot", slot, "--to", "company", "--as", holder])["carries_content_key"].clone()
    };
    assert_eq!(offered("0"), false, "the receiver has no key for it");
    json(&["account", "reading-key", "--account", "company"]);
    assert_eq!(offered("1"), true);
    let read = json(&["transfer", "read", "--slot", "1", "--account", "company"]);
    assert!(read["buyer"].is_string() && read["lines"].is_array(), "{read}");
    let none = place.run(&["--home", "chain", "transfer", "read", "--slot", "0", "--account", "company"]);
    assert_eq!(none.code, 3, "{none:?}");
    json(&["transfer", "accept", "--slot", "1"]);
    dev.stop();
}
