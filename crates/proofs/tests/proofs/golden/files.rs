//! Whole proof files.

use ledger_types::SectionKind;
use proofs::invoice_proof::verify;
use serde_json::{Value, json};

use super::golden;
use crate::{
    chain::Chain,
    story::{ALL_SECTIONS, APPLIED, DIRECT, OF_BATCH, RED, Told, prove, tell},
};

#[test]
fn proof_files() {
    let chain = tell(Chain::new("golden", 1));
    let twin = Chain::new("golden twin", 1);
    let files: Vec<Value> = [
        ("issued alone, then locked", DIRECT, 4, &ALL_SECTIONS[..]),
        ("one of a batch, facts opened", OF_BATCH, 2, &ALL_SECTIONS[..1]),
        ("applied for, issued in the next block", APPLIED, 3, &ALL_SECTIONS),
        ("red, nothing opened", RED, 3, &[]),
    ]
    .map(|(about, told, height, open)| file(&chain, about, told, height, open))
    .to_vec();
    let vectors = json!({ "genesis": chain.genesis, "twin_genesis": twin.genesis, "files": files });
    golden("invoice_proof.json", &vectors);
}

fn file(chain: &Chain, about: &str, told: Told, height: u64, open: &[SectionKind]) -> Value {
    let file = prove(chain, told, height, open).encode();
    let shown = verify(&chain.genesis, &file).unwrap();
    json!({
        "about": about,
        "file": hex::encode(&file),
        "shows": {
            "slot": shown.slot,
            "record": shown.record,
            "body_tx": shown.body.tx,
            "body_height": shown.body.height,
            "issue_tx": shown.issue.tx,
            "issue_height": shown.issue.height,
            "state_height": shown.state_height,
            "state_block": shown.state_block,
            "facts": shown.face.facts,
            "buyer": shown.face.buyer,
            "lines": shown.face.lines,
            "invoice_hash": shown.face.hash,
            "check_code": shown.face.check_code(),
        },
    })
}
