//! kill -9 in a loop under load. `TAXCHAIN_KILLS` sets the rounds, `TAXCHAIN_SEED` the moments.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use ledger_types::receipt::TxOutcome;
use ledger_types::{Height, TxId, Verdict};
use sdk::{FateState, NodeClient, SignedTx, Subject};

use crate::dice::Dice;
use crate::load::{Sent, Till};
use crate::running::{Dev, Place};

const STREAMS: usize = 4;
/// Questions under way at once.
const ASKED: usize = 32;

/// Loads a chain until it is killed after so long.
async fn load_and_kill(dev: Dev, after: Duration) -> Vec<Sent> {
    let till = Till::new(dev.client().await, dev.identity("merchant"));
    let streams: Vec<_> = (0..STREAMS).map(|_| tokio::spawn(till.clone().stream(usize::MAX))).collect();
    tokio::time::sleep(after).await;
    dev.kill();
    let mut sent = Vec::new();
    for stream in streams {
        sent.extend(stream.await.unwrap());
    }
    sent
}

/// Every verdict that was given stands.
async fn verdicts_stand(client: &NodeClient, sent: &[Sent], ask: fn(&SignedTx) -> Subject) {
    let given: Vec<_> = sent.iter().filter_map(|s| Some((&s.tx, s.verdict.as_ref()?))).collect();
    futures::stream::iter(given)
        .for_each_concurrent(ASKED, |(tx, verdict)| async move {
            let fate = client.fate(ask(tx), None).await.unwrap();
            assert_eq!((fate.tx_id, &fate.state), (Some(tx.id), verdict));
        })
        .await;
}

/// The same bytes sent again, by two at once, come to one result, which is the one then remembered.
async fn resolve(clients: &[NodeClient; 2], sent: &mut [Sent]) {
    let open = sent.iter_mut().filter(|s| s.verdict.is_none());
    futures::stream::iter(open)
        .for_each_concurrent(ASKED, |sent| async move {
            let tx = &sent.tx;
            let [a, b] = clients.each_ref().map(|client| client.submit_and_wait(tx));
            let (a, b) = tokio::join!(a, b);
            let (a, b) = (a.unwrap(), b.unwrap());
            assert!(a.verdict().is_some(), "{a:?}");
            assert_eq!(a.state, b.state);
            sent.verdict = Some(a.state);
        })
        .await;
}

/// Reads every block: each transaction stands in one place, as its verdict says; slots are given without a gap.
/// Returns how many invoices there are.
async fn nothing_is_doubled_or_missing(client: &NodeClient, sent: &[Sent]) -> u64 {
    let tip = client.stamp().await.unwrap().height;
    let mut blocks = client.subscribe(Height(1), true).await.unwrap();
    let mut places: BTreeMap<TxId, (Height, u16)> = BTreeMap::new();
    let mut requests = std::collections::BTreeSet::new();
    let mut slots = 0;
    for height in (1..=tip.0).map(Height) {
        let block = blocks.next().await.unwrap().unwrap();
        assert_eq!(block.height, height, "no height is missing");
        for (index, tx) in (0..).zip(&block.transactions) {
            let twice = places.insert(tx.envelope.tx_id(), (height, index));
            assert_eq!(twice, None, "a transaction is in two places");
            let request = (tx.envelope.request_scope(), tx.envelope.request_id);
            assert!(requests.insert(request), "request id {} was used twice", tx.envelope.request_id);
        }
        for receipt in &block.receipts {
            if let Verdict::Accepted(TxOutcome::Issued(issued)) = &receipt.verdict {
                assert_eq!(issued.slot.0, slots, "slots are dense");
                slots += 1;
            }
        }
    }
    for Sent { tx, verdict } in sent {
        let (Some(FateState::Committed(block)) | Some(FateState::Refused(block))) = verdict else {
            panic!("{} has no verdict", tx.id)
        };
        assert_eq!(places.get(&tx.id), Some(&(block.height, block.index)));
    }
    assert_eq!(client.status().await.unwrap().slots, slots);
    slots
}

/// What needs the block files, the genesis document and the committee's key gets nothing else.
fn audit(place: &Place, dev_chain: &std::path::Path, issued: u64) {
    let bare = place.join("block-files");
    std::fs::create_dir(&bare).unwrap();
    for name in ["genesis.json", "segments"] {
        std::os::unix::fs::symlink(dev_chain.join(name), bare.join(name)).unwrap();
    }
    // Beside the committee's key, without which nobody reads the bodies.
    let keys = dev_chain.ancestors().nth(3).unwrap().join("keys");
    let [key, password] = ["committee-1.pem", "password"].map(|name| keys.join(name).to_str().unwrap().to_owned());
    let bare = bare.to_str().unwrap();
    assert_eq!(place.run(&["audit", bare, "--quiet"]).code, 65, "the key is missing");
    let said = place.run(&["audit", bare, "--quiet", "--committee-key", &key, "--password-file", &password]);
    assert_eq!((said.code, said.last_line()), (0, format!("auditor: {issued} issued, 0 differences").as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_every_kill_and_nothing_happens_twice() {
    let rounds: u32 = std::env::var("TAXCHAIN_KILLS").map_or(8, |n| n.parse().unwrap());
    let mut dice = Dice::new();
    println!("kill -9: {rounds} rounds, seed {}", dice.seed());
    let place = Place::new();
    let mut all: Vec<Sent> = Vec::new();
    let mut dev = place.dev("chain");
    for round in 1..=rounds {
        let after = Duration::from_millis(20 + dice.below(400));
        let mut sent = load_and_kill(dev, after).await;
        let told = sent.iter().filter(|s| s.verdict.is_some()).count();
        dev = place.dev("chain");
        let clients = [dev.client().await, dev.client().await];
        verdicts_stand(&clients[0], &sent, |tx| Subject::Tx(tx.id)).await;
        resolve(&clients, &mut sent).await;
        println!(
            "round {round}: killed after {} ms with {told} told and {} open; ready again in {} ms",
            after.as_millis(),
            sent.len() - told,
            dev.ready_after.as_millis()
        );
        all.extend(sent);
    }
    let client = dev.client().await;
    verdicts_stand(&client, &all, |tx| Subject::Request(tx.scope, tx.request_id)).await;
    let issued = nothing_is_doubled_or_missing(&client, &all).await;
    let refused = all.iter().filter(|s| matches!(s.verdict, Some(FateState::Refused(_)))).count();
    assert!(issued > 0 && refused > 0 && issued + refused as u64 == all.len() as u64);
    let chain = dev.chain_folder();
    dev.stop();
    let found = place.json(&["fsck", "chain"]);
    assert_eq!((&found["findings"], &found["slots"]), (&0.into(), &issued.into()));
    audit(&place, &chain, issued);
    println!("kill -9: {rounds} kills, {issued} issued, {refused} refused, none lost, none twice, 0 findings");
}

#[test]
fn a_chain_killed_while_it_is_made_is_made_at_the_next_start() {
    let mut dice = Dice::new();
    let place = Place::new();
    for round in 0..8 {
        let data = format!("chain-{}", round % 2);
        let mut child = place.start_dev(&data);
        std::thread::sleep(Duration::from_millis(dice.below(120)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    for data in ["chain-0", "chain-1"] {
        place.dev(data).stop();
        assert_eq!(place.json(&["fsck", data])["findings"], 0);
    }
}
