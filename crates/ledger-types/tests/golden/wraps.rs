//! Content keys covered for the next holder, and what a wallet's keys and covers are made of.

use ledger_types::key_wrap::{KeyWrap, key_info, own_info, wallet_key_info};
use ledger_types::link_tag::wallet_link_info;
use ledger_types::seal::SealKey;
use ledger_types::{Address, LinkStatement, LinkTag, SectionKind, Slot, TxId, WalletLink, section::commit_section};
use serde_json::json;

use crate::{golden, samples::CHAIN, vector};

#[test]
fn wraps_and_a_wallets_derivation() {
    let (tx, secret) = (TxId([9; 33]), [0x5a; 32]);
    let hmac = |info: &[u8]| hex::encode(*sm::hmac_sm3(&secret, &[info]));
    let own = KeyWrap::Own { covered: [4; 16] };
    let to_key = KeyWrap::ToKey { sender: [2; 33], covered: [4; 16] };
    let [own_bytes, to_bytes] = [own, to_key].map(|wrap| borsh::to_vec(&wrap).unwrap());
    let vectors = json!({
        "own": hex::encode(&own_bytes),
        "to_key": hex::encode(&to_bytes),
        "commitment": vector(&commit_section(&CHAIN, SectionKind::Access, &[3; 16], &own_bytes)),
        "wallet_secret": hex::encode(secret),
        "own_cover_item_1": hmac(&own_info(&CHAIN, &tx, 1)),
        "key_cover_item_1": hmac(&key_info(&CHAIN, &tx, 1)),
        "wallet_key_5_counter_0": hmac(&wallet_key_info(&CHAIN, 5, 0)),
        "wallet_key_5_counter_1": hmac(&wallet_key_info(&CHAIN, 5, 1)),
        "wallet_key_6_counter_0": hmac(&wallet_key_info(&CHAIN, 6, 0)),
    });
    let statement = LinkStatement { slot: Slot(5), to: Address([6; 32]) };
    let link = WalletLink { wallet: [2; 33], signature: [7; 64] };
    let tag = LinkTag::seal(&SealKey::new(secret.into()), &CHAIN, &statement, (1, [3; 33]), &link);
    let links = json!({
        "link_statement": hex::encode(statement.message(&CHAIN)),
        "link_tag": hex::encode(borsh::to_vec(&tag).unwrap()),
        "link_key_counter_0": hmac(&wallet_link_info(&CHAIN, 0)),
    });
    golden("links.json", &links);
    let derived: std::collections::BTreeSet<_> =
        vectors.as_object().unwrap().values().map(ToString::to_string).collect();
    assert_eq!(derived.len(), vectors.as_object().unwrap().len(), "no two alike");
    golden("wraps.json", &vectors);
}
