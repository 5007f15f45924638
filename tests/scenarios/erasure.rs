//! Lawful erasure from end to end: what is ordered leaves every node's disk, nobody is shown it any more, and everything
//! that was proven of it stays proven.

use std::path::Path;
use std::time::{Duration, Instant};

use auditor::{AuditReport, Frames, RunOptions};
use chain_node::devnet::{DevChain, DevChainPlan};
use chain_node::node::{Effect, Input};
use chain_node::peer_message::PeerMessage;
use chain_node::peers::PeerId;
use chain_node::{Node, NodeSetup};
use crypto::OrderToken;
use ledger_types::section::SectionKind::{Buyer, Facts, Lines};
use ledger_types::*;
use sdk::{Identity, InvoiceDraft, NodeClient};
use tests::{AREA, IssuedInvoice, People, TestChain, draft, outcome};

use crate::offices::{assign, jointly, operators};

const BUYER: &str = "南山区某某路王小明";
const LINE: &str = "*餐饮服务*佛跳墙宴席";

fn dinner() -> InvoiceDraft {
    let mut draft = draft(10_600);
    draft.buyer.name = BUYER.to_owned();
    draft.lines[0].name = LINE.to_owned();
    draft
}

async fn dine(chain: &TestChain, people: &People) -> IssuedInvoice {
    let token = OrderToken::generate().unwrap();
    let tx = chain.sign_issue(&people.merchant, &dinner(), &token).unwrap();
    match outcome(&chain.client.submit_and_wait(&tx).await.unwrap()).unwrap() {
        TxOutcome::Issued(issued) => IssuedInvoice { slot: issued.slot, issued, token, tx: tx.id },
        other => panic!("{other:?}"),
    }
}

/// Two officers of the bureau who may order.
async fn officers(chain: &TestChain) -> [Identity; 2] {
    let [security, approver] = <[Identity; 2]>::try_from(operators(chain, 2).await).ok().unwrap();
    for (person, (key, role)) in (1..).zip([(&security, Role::SecurityAdministrator), (&approver, Role::Approver)]) {
        chain.accept(&chain.bureau, assign(key, role, person)).await.unwrap();
    }
    [security, approver]
}

async fn order(
    chain: &TestChain,
    [security, approver]: &[Identity; 2],
    slot: Slot,
    kinds: &[SectionKind],
) -> ErasureId {
    let asked =
        ErasureRequest { area: AREA, slots: vec![slot], sections: SectionSet::of(kinds), ground: Digest([9; 32]) };
    let fate = jointly(chain, Payload::OrderErasure(asked), &[security, approver]).await;
    outcome(&fate).unwrap();
    let block = fate.verdict().unwrap();
    ErasureId { height: block.height, tx: block.index }
}

/// All bytes below a folder, and all blocks in it as they are when opened.
fn everything(chain: &DevChain, data: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut waiting = vec![data.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Ok(found) = std::fs::read(&path) {
                bytes.extend(found);
            }
        }
    }
    let id = chain.genesis().chain_id();
    let segments = data.join("chains").join(id.to_string()).join("segments");
    for frame in Frames::open(&segments, id).unwrap() {
        bytes.extend(frame.unwrap().to_canonical());
    }
    bytes
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

/// What is stored of one section of an invoice: its ciphertext, or its salt and contents.
async fn stored(client: &NodeClient, invoice: &IssuedInvoice, wanted: SectionKind) -> Vec<u8> {
    let tx = client.transaction(&invoice.tx).await.unwrap().unwrap().tx;
    let section = tx.sections().iter().find(|section| section.kind() == wanted).unwrap();
    match section {
        Section::Sealed { ciphertext, .. } => ciphertext.clone(),
        Section::Plain { bytes, .. } => bytes.clone(),
        Section::Erased { .. } => panic!("erased already"),
    }
}

async fn carried_out(client: &NodeClient, order: ErasureId) {
    let until = Instant::now() + Duration::from_secs(90);
    while !client.erasures().await.unwrap().iter().any(|(id, _, done)| *id == order && *done) {
        assert!(Instant::now() < until, "the order is not carried out");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn fsck(data: &Path) -> storage::Report {
    for _ in 0..100 {
        match storage::fsck(data, &storage::Options::small()) {
            Err(storage::StoreError::Locked(_)) => tokio::time::sleep(Duration::from_millis(100)).await,
            other => return other.unwrap(),
        }
    }
    panic!("the files are still in use");
}

fn audited(chain: &DevChain, data: &Path) -> AuditReport {
    let keys = chain.committee_keys().unwrap();
    auditor::run(data, RunOptions::default(), &*keys, &mut |_| {}).unwrap()
}

/// A chain of one node, sealed or plain: the erased parts before and after, on the disk and in answers.
async fn on_one_node(plain_bodies: bool) {
    let plan = DevChainPlan { plain_bodies, ..DevChainPlan::default() };
    let mut chain = TestChain::start_by(plan).await.unwrap();
    let people = chain.people().await.unwrap();
    let officers = officers(&chain).await;
    let (invoice, other) = (dine(&chain, &people).await, dine(&chain, &people).await);
    let data = chain.chain.data_dir();
    let [buyer, lines, facts] = [Buyer, Lines, Facts].map(|kind| stored(&chain.client, &invoice, kind));
    let (buyer, lines, facts) = (buyer.await, lines.await, facts.await);
    let before = everything(&chain.chain, &data);
    assert!(has(&before, &buyer) && has(&before, &lines) && has(&before, &facts));
    assert_eq!(has(&before, BUYER.as_bytes()), plain_bodies);
    let genesis = chain.chain.genesis().clone();
    let old_proof = chain.client.opened_proof(invoice.slot, &people.merchant).await.unwrap().unwrap();
    let elsewhere = Identity { seals: None, ..people.merchant.clone() };

    let first = order(&chain, &officers, invoice.slot, &[Buyer, Lines]).await;
    // From the order on nothing of it is shown, though it may still be on the disk.
    if !plain_bodies {
        let shown = chain.client.contents(invoice.slot, &elsewhere).await.unwrap().unwrap();
        assert!(shown.is_erased(Buyer) && shown.is_erased(Lines) && shown.has(Facts), "{shown:?}");
        assert_eq!(shown.erased[0].order, Some(first));
    }
    for _ in 0..4 {
        chain.advance(1_000).await.unwrap();
    }
    carried_out(&chain.client, first).await;
    let after = everything(&chain.chain, &data);
    // On a plain chain both dinners say the same: of the other one it stays.
    if !plain_bodies {
        assert!(!has(&after, &buyer) && !has(&after, &lines), "they are gone from every file");
    }
    assert!(has(&after, &facts));
    let shown = chain.client.contents(invoice.slot, &people.merchant).await.unwrap().unwrap();
    assert_eq!((shown.sections.len(), shown.erased[0].order), (1, Some(first)));
    assert!(shown.facts().is_ok() && shown.buyer().is_err());
    let whole = chain.client.contents(other.slot, &people.merchant).await.unwrap().unwrap();
    assert_eq!((whole.buyer().unwrap().name.as_str(), whole.erased.len()), (BUYER, 0), "another invoice is as it was");

    // Proofs from before and from now.
    proofs::invoice_proof::verify(&genesis, &old_proof).unwrap();
    let proof = chain.client.proof(invoice.slot, true).await.unwrap().unwrap();
    proofs::invoice_proof::verify(&genesis, &proof).unwrap();
    let opened = chain.client.opened_proof(invoice.slot, &people.merchant).await.unwrap().unwrap();
    proofs::invoice_proof::verify(&genesis, &opened).unwrap();
    assert!(!has(&opened, BUYER.as_bytes()));

    if plain_bodies {
        let second = order(&chain, &officers, other.slot, &[Buyer]).await;
        for _ in 0..4 {
            chain.advance(1_000).await.unwrap();
        }
        carried_out(&chain.client, second).await;
        assert!(!has(&everything(&chain.chain, &data), BUYER.as_bytes()), "the name stands nowhere");
    }
    // Business goes on with what was erased of: its state is what counts.
    outcome(&chain.claim(&invoice, &people.employee).await.unwrap()).unwrap();
    chain.restart().await.unwrap();
    carried_out(&chain.client, first).await;
    dine(&chain, &people).await;
    chain.stop().await.unwrap();
    let erased = if plain_bodies { 3 } else { 2 };
    let report = fsck(&data).await;
    assert_eq!((&report.findings[..], report.erased, report.due), (&[][..], erased, 0));
    let report = audited(&chain.chain, &data);
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.erased, report.erasures[0].slots.clone()), (erased, vec![invoice.slot]));
    assert!(report.to_string().contains("erased parts"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ordered_is_gone_from_a_sealed_chain_and_its_proofs_hold() {
    Box::pin(on_one_node(false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ordered_is_gone_from_a_plain_chain_and_its_proofs_hold() {
    Box::pin(on_one_node(true)).await;
}

fn node_on(dir: &Path, chain: &DevChain, applies: bool) -> Node {
    let store = storage::Store::open_or_create(dir, chain.genesis(), storage::Options::small()).unwrap();
    let committee_keys = if applies { Default::default() } else { chain.committee_keys().unwrap() };
    let setup = NodeSetup {
        vote_key: None,
        committee_keys,
        applies,
        limits: chain_node::mempool::MempoolLimits::default(),
        pace: chain_node::engines::bft::Pace::default(),
        now_ms: chain_node::clock::wall_ms(),
    };
    Node::new(store, setup).unwrap()
}

/// What two nodes say to each other until `follower` has all that `source` can prove; the names of what was said.
fn talk(source: &mut Node, follower: &mut Node) -> Vec<&'static str> {
    let mut said = Vec::new();
    let mut now = chain_node::clock::wall_ms();
    let status = |node: &Node| PeerMessage::Status { height: node.height(), id: node.reader().tip().block_id };
    for _ in 0..400 {
        now += 500;
        let mut to_source: Vec<PeerMessage> = Vec::new();
        let mut to_follower = vec![status(source)];
        while let Some(message) = to_follower.pop() {
            said.push(message.name());
            for effect in follower.step(Input::Peer(PeerId(0), message), now).unwrap() {
                match effect {
                    Effect::Send(_, message) => to_source.push(message),
                    Effect::Misbehaved(_, why) => panic!("{why}"),
                    _ => {}
                }
            }
            for message in to_source.drain(..).filter(|message| !matches!(message, PeerMessage::Status { .. })) {
                for effect in source.step(Input::Peer(PeerId(9), message), now).unwrap() {
                    if let Effect::Send(_, message) = effect
                        && !matches!(message, PeerMessage::Status { .. })
                    {
                        to_follower.push(message);
                    }
                }
            }
        }
        let wanted = if follower.applies() { source.height().0 - 1 } else { source.height().0 };
        if follower.height().0 >= wanted {
            break;
        }
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn four_validators_erase_under_load_and_new_nodes_get_the_chain_from_them() {
    let mut chain = TestChain::start_four().await.unwrap();
    let people = chain.people().await.unwrap();
    let officers = officers(&chain).await;
    let invoice = dine(&chain, &people).await;
    let kept = dine(&chain, &people).await;
    let (buyer, facts) = (stored(&chain.client, &invoice, Buyer).await, stored(&chain.client, &invoice, Facts).await);
    let folders: Vec<_> = (0..4).map(|place| chain.chain.data_dir_of(place)).collect();
    for client in &chain.others {
        while client.output(kept.slot).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    for folder in &folders {
        assert!(has(&everything(&chain.chain, folder), &buyer), "{}", folder.display());
    }
    let id = order(&chain, &officers, invoice.slot, &[Buyer]).await;
    // Issuing goes on meanwhile.
    for _ in 0..6 {
        dine(&chain, &people).await;
    }
    for client in std::iter::once(&chain.client).chain(&chain.others) {
        carried_out(client, id).await;
        dine(&chain, &people).await;
    }
    assert!(!chain.has_failed().await);
    chain.stop_all().await.unwrap();
    for folder in &folders {
        let bytes = everything(&chain.chain, folder);
        assert!(!has(&bytes, &buyer) && has(&bytes, &facts), "{}", folder.display());
        let report = fsck(folder).await;
        assert_eq!((&report.findings[..], report.erased, report.due), (&[][..], 1, 0));
        let report = audited(&chain.chain, folder);
        assert!(report.is_clean() && report.erased == 1, "{report}");
    }

    // One that executes, and one that has no key: both from zero, from a node that has erased.
    let mut source = node_on(&folders[1], &chain.chain, false);
    for applies in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let mut follower = node_on(dir.path(), &chain.chain, applies);
        let said = talk(&mut source, &mut follower);
        let (height, same) = (follower.height(), |node: &Node, at| node.reader().at(at).unwrap().unwrap().state_root);
        assert!(height.0 + 1 >= source.height().0, "{height} of {}", source.height());
        assert_eq!(same(&follower, height), same(&source, height));
        assert_eq!(said.contains(&"erased"), !applies, "it is told so: {said:?}");
        assert!(said.contains(&"frames") && said.contains(&"blocks") != applies);
        let origin = follower.reader().output(invoice.slot).unwrap().unwrap().invoice().unwrap().origin;
        let frame = follower.reader().frame(origin.height).unwrap().unwrap();
        assert!(frame.block.has_erased());
        follower.close().unwrap();
        let report = fsck(dir.path()).await;
        assert_eq!((&report.findings[..], report.erased, report.due), (&[][..], 1, 0));
        assert!(!has(&everything(&chain.chain, dir.path()), &buyer));
    }
}
