//! A node that executes nothing: it has no key, believes no peer, and has the roots of all the others.

use anyhow::Result;
use chain_node::commit::NodeFault;
use chain_node::node::{Effect, Input};
use chain_node::peer_message::PeerMessage;
use chain_node::peers::{PeerId, To};
use ledger_types::{
    BlockFrame, Canonical, Change, ConsensusKind, Digest, GovernanceChange, Height, RegistryKey, RegistryValue,
};

use crate::epochs::net::Net;

/// The machine that applies.
const LAST: usize = 4;

/// Four validators with some load, and a fifth machine that applies what they did.
fn net(kind: ConsensusKind) -> Result<Net> {
    let mut net = Net::start(kind, 4, 5)?;
    net.kill(LAST);
    net.hosts[LAST].applies = true;
    net.boot(LAST)?;
    Ok(net)
}

fn follows(net: &Net, to: Height) -> bool {
    net.hosts[LAST].node.as_ref().is_some_and(|node| node.height() >= to)
}

fn root(net: &Net, at: usize, height: Height) -> Digest {
    net.hosts[at].node.as_ref().unwrap().reader().at(height).unwrap().unwrap().state_root
}

fn work(net: &mut Net, blocks: u64) -> Result<Height> {
    for _ in 0..blocks {
        let id = net.load(0)?;
        net.accepted(id)?;
    }
    let height = net.height();
    net.run(60, |net| follows(net, height))?;
    Ok(height)
}

#[test]
fn it_has_the_roots_of_those_who_execute_through_epochs_and_restarts() {
    let mut net = net(ConsensusKind::Bft).unwrap();
    let height = work(&mut net, 5).unwrap();
    assert_eq!(root(&net, LAST, height), root(&net, 0, height));
    // Other validators, then another kind of consensus: both are named by state that it only applied.
    let others = net.set(&[1, 2, 3, LAST]);
    for change in [GovernanceChange::Validators(others), GovernanceChange::Consensus(ConsensusKind::CrashFault)] {
        let (_, effective) = net.decide(0, &[1, 2, 3], change, 8).unwrap();
        while net.height() < effective {
            let id = net.load(0).unwrap();
            net.accepted(id).unwrap();
        }
        let height = work(&mut net, 2).unwrap();
        assert_eq!(root(&net, LAST, height), root(&net, 0, height));
    }
    net.kill(LAST);
    let id = net.load(0).unwrap();
    net.accepted(id).unwrap();
    net.boot(LAST).unwrap();
    let height = work(&mut net, 1).unwrap();
    assert_eq!(root(&net, LAST, height), root(&net, 0, height));
    let proofs = net.hosts[LAST].node.as_ref().unwrap().reader().frame(height).unwrap().unwrap();
    assert_eq!(proofs.receipts, net.frames(0)[height.0 as usize - 1].receipts);
    assert!(net.faults.is_empty(), "{:?}", net.faults);
}

/// What a peer sends when it is asked from `first` on.
fn frames_from(net: &mut Net, first: Height) -> Vec<BlockFrame> {
    let answers = net.ask(0, LAST, PeerMessage::WantFrames { from: first, count: 8 });
    let Some(PeerMessage::Frames(frames)) = answers.into_iter().next() else { panic!("no frames") };
    frames.iter().map(|frame| BlockFrame::from_canonical(frame).unwrap()).collect()
}

/// Hands frames to the one who applies: why the peer is found a liar, and how far that brought it.
fn told(net: &mut Net, frames: &[BlockFrame]) -> (Option<String>, Height) {
    let now = net.now;
    let node = net.hosts[LAST].node.as_mut().unwrap();
    let message = PeerMessage::Frames(frames.iter().map(Canonical::to_canonical).collect());
    let effects = node.step(Input::Peer(PeerId(0), message), now).unwrap();
    let why = effects.into_iter().find_map(|effect| match effect {
        Effect::Misbehaved(_, why) => Some(why),
        _ => None,
    });
    (why, net.hosts[LAST].node.as_ref().unwrap().height())
}

/// A lie about the first of several frames, and what is said of it.
type Lie = (&'static str, fn(&mut Vec<BlockFrame>));

const LIES: &[Lie] = &[
    ("receipts", |frames| drop(frames[0].receipts.pop())),
    ("changed something else", |frames| drop(frames[0].changes.changes.pop())),
    ("changed something else", |frames| {
        let epoch = Change::Registry { cause: 0, key: RegistryKey::Epoch, value: None };
        frames[0].changes.changes.push(epoch);
    }),
    ("does not follow", |frames| drop(frames.remove(0))),
    ("does not follow", |frames| drop(frames.remove(1))),
    ("signature", |frames| frames[0].certificate.signatures.iter_mut().for_each(|s| s[9] ^= 1)),
    ("", |frames| frames[1].certificate.signatures.iter_mut().for_each(|s| s[9] ^= 1)),
    ("", |frames| frames[1].certificate.signatures.truncate(1)),
    ("", |frames| frames[1].block.header.changes_root = Digest([1; 32])),
    ("another transaction root", |frames| frames[0].block.txs.clear()),
    ("BAD_SIGNATURE", |frames| frames[0].block.txs[0].signatures[0][3] ^= 1),
    ("certificate of its parent", |frames| {
        let parent = frames[0].block.last_certificate.as_mut().unwrap();
        parent.signatures.iter_mut().for_each(|s| s[9] ^= 1);
    }),
];

#[test]
fn it_takes_nothing_that_is_not_certified() {
    let mut net = net(ConsensusKind::Bft).unwrap();
    work(&mut net, 2).unwrap();
    net.cut.insert(LAST);
    for _ in 0..4 {
        let id = net.load(0).unwrap();
        net.accepted(id).unwrap();
    }
    let height = net.hosts[LAST].node.as_ref().unwrap().height();
    let honest = frames_from(&mut net, height.next());
    // The first that does something is the one to lie about.
    let start = honest.iter().position(|frame| !frame.block.txs.is_empty()).unwrap();
    let (why, reached) = told(&mut net, &honest[..=start]);
    assert_eq!((why, reached), (None, Height(height.0 + start as u64)));
    let honest = &honest[start..];
    assert!(honest.len() > 3);
    for (what, lie) in LIES {
        let mut frames = honest.to_vec();
        lie(&mut frames);
        assert!(frames != honest, "{what}");
        let (why, after) = told(&mut net, &frames);
        let why = why.unwrap_or_else(|| panic!("{what}: taken, up to {after}"));
        assert!(why.contains(what), "{what}: {why}");
        assert_eq!(after, reached, "{what}");
    }
    let (why, after) = told(&mut net, honest);
    assert_eq!((why, after), (None, Height(reached.0 + honest.len() as u64 - 1)), "the last waits for its proof");
    assert_eq!(root(&net, LAST, after), root(&net, 0, after));
}

#[test]
fn a_state_of_its_own_that_is_another_stops_it() {
    let mut net = net(ConsensusKind::Bft).unwrap();
    let height = work(&mut net, 2).unwrap();
    let mut other = net_of_another_root(&net);
    let frames = net.frames(0);
    let message = PeerMessage::Frames(frames.iter().map(Canonical::to_canonical).collect());
    let fault = other.step(Input::Peer(PeerId(0), message), net.now).unwrap_err();
    assert!(matches!(fault, NodeFault::Diverged { height: at, .. } if at <= height), "{fault}");
}

/// A node that applies, whose state was changed behind its back: a register entry is missing.
fn net_of_another_root(net: &Net) -> chain_node::Node {
    use std::path::Path;
    use std::sync::Arc;

    let disk = storage::MemoryDisk::new();
    let options = crate::epochs::net::options();
    let mut store = storage::Store::create_on(Arc::new(disk), Path::new("/data"), &net.genesis, options).unwrap();
    let entry = RegistryKey::Account(ledger_types::AccountId(1));
    let Some(RegistryValue::Account(mut account)) = store.reader().registry(&entry).unwrap() else { panic!() };
    account.name.push('!');
    let first = net.frames(0).remove(0);
    let mut changes = first.changes.clone();
    let behind = |change: &Change| match change {
        Change::Registry { key, .. } => *key > entry,
        _ => true,
    };
    let place = changes.changes.iter().position(behind).unwrap_or(changes.changes.len());
    let value = Some(Box::new(RegistryValue::Account(account)));
    changes.changes.insert(place, Change::Registry { cause: 0, key: entry, value });
    let outcome = ledger::BlockOutcome { receipts: first.receipts.clone(), changes };
    store.commit(first.block, first.certificate, outcome).unwrap();
    let setup = chain_node::NodeSetup {
        vote_key: None,
        committee_keys: Arc::default(),
        applies: true,
        limits: chain_node::mempool::MempoolLimits::default(),
        pace: chain_node::engines::bft::Pace::default(),
        now_ms: net.now,
    };
    chain_node::Node::new(store, setup).unwrap()
}

#[test]
fn it_says_nothing_of_its_own_and_hears_no_votes() {
    let mut net = net(ConsensusKind::Bft).unwrap();
    work(&mut net, 2).unwrap();
    let node = net.hosts[LAST].node.as_mut().unwrap();
    let now = net.now;
    for message in [
        PeerMessage::Engine { epoch: 0, bytes: vec![1, 2, 3] },
        PeerMessage::Body(vec![9; 40]),
        PeerMessage::Txs(vec![vec![7; 40]]),
        PeerMessage::Blocks(Vec::new()),
    ] {
        let effects = node.step(Input::Peer(PeerId(1), message), now).unwrap();
        let said = effects.iter().filter(|effect| !matches!(effect, Effect::Send(To::All, PeerMessage::Status { .. })));
        assert!(
            said.filter(|e| !matches!(e, Effect::Send(_, PeerMessage::WantFrames { .. }))).count() == 0,
            "{effects:?}"
        );
    }
    assert!(node.applies() && node.place().is_none() && node.holds_back());
}
