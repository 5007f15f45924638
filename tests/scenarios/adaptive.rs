//! The chain raises itself to the Byzantine kind and lowers itself again, while transactions go on.

mod seeds;

use chain_node::node::Input;
use chain_node::peer_message::PeerMessage;
use chain_node::peers::PeerId;
use ledger_types::{
    AdaptivePolicy, BlockId, ConsensusKind, Evidence, GovernanceChange, Height, Payload, SwitchBody, SwitchRequest,
    SwitchWay, VoteBody,
};

use crate::epochs::load_until;
use crate::epochs::net::Net;

/// Validators under a policy, in the adaptive kind.
fn under(validators: usize, raise_at: u16, lower_after_ms: Option<u64>) -> Net {
    let mut net = Net::start(ConsensusKind::Adaptive, validators, validators).unwrap();
    let policy = GovernanceChange::Adaptive(Some(AdaptivePolicy { raise_at, lower_after_ms }));
    let by: Vec<usize> = (0..validators * 2 / 3 + 1).collect();
    let (_, from) = net.decide(0, &by, policy, 12).unwrap();
    load_until(&mut net, &[0, 1], from);
    net
}

fn kinds(net: &Net) -> Vec<ConsensusKind> {
    net.nodes().map(|(_, node)| node.epoch().kind).collect()
}

fn all_are(net: &Net, kind: ConsensusKind) -> bool {
    net.nodes().all(|(_, node)| node.epoch().kind == kind)
}

/// Loads the chain until all agree in this kind of consensus.
fn load_until_kind(net: &mut Net, at: &[usize], kind: ConsensusKind) {
    let end = net.now + 120_000;
    while !all_are(net, kind) {
        net.load(at[0]).unwrap();
        let next = net.now + 80;
        net.run(60, |net| net.now >= next).unwrap();
        assert!(net.now < end, "{:?}", kinds(net));
    }
}

/// Two votes of a validator at a place of this epoch where nobody voted.
fn contradiction(net: &Net, of: usize) -> Evidence {
    let (chain, key) = (net.genesis.chain_id(), &net.hosts[of].key);
    let epoch = net.nodes().next().unwrap().1.epoch();
    let vote = |id| {
        let body = VoteBody {
            epoch: epoch.number,
            kind: epoch.kind,
            step: VoteBody::PRECOMMIT,
            height: net.height(),
            round: 77,
            block_id: BlockId([id; 33]),
        };
        (body.clone(), key.sign_vote(&chain, &body).unwrap())
    };
    Evidence::of_votes(key.public_key(), vote(1), vote(2))
}

/// A validator asks without any ground.
fn cry_wolf(net: &mut Net, of: usize) {
    let node = net.nodes().next().unwrap().1;
    let body = SwitchBody { epoch: node.epoch().number, way: SwitchWay::Raise, tip: node.height(), ack: None };
    let key = &net.hosts[of].key;
    let signature = key.sign_switch(&net.genesis.chain_id(), &body).unwrap();
    let request = SwitchRequest { version: SwitchRequest::VERSION, vote_key: key.public_key().0, body, signature };
    for to in (0..net.hosts.len()).filter(|to| *to != of) {
        net.step(to, Input::Peer(PeerId(of as u32), PeerMessage::Switch(Box::new(request.clone()))));
    }
}

/// All that run state the same ledger to each other, except those who state another one.
fn state(net: &mut Net, liars: &[usize]) {
    let all: Vec<(usize, Height)> = net.nodes().map(|(at, node)| (at, node.height())).collect();
    for (at, height) in &all {
        for (peer, other) in all.iter().filter(|(peer, _)| peer != at) {
            let height = Height((*height).min(*other).0.saturating_sub(2));
            let agrees = !liars.contains(peer);
            net.step(*at, Input::Stated { peer: PeerId(*peer as u32), height, agrees });
        }
    }
}

#[test]
fn with_its_proposer_dead_and_found_out_the_chain_raises_itself() {
    let mut net = under(4, 1, None);
    assert!(all_are(&net, ConsensusKind::Adaptive));
    // Whoever proposes next is dead: every fourth round begins with it.
    net.kill(2);
    let found = contradiction(&net, 2);
    net.submit(0, 0, Payload::ReportMisbehaviour(Box::new(found))).unwrap();
    load_until_kind(&mut net, &[0, 1, 3], ConsensusKind::Bft);
    let frames = net.frames(0);
    let carried = frames.iter().position(|f| f.block.txs.iter().any(|t| is_switch(&t.envelope.payload)));
    let block = &frames[carried.unwrap()];
    let first = net.nodes().next().unwrap().1.epoch().first;
    assert_eq!(first, Height(block.block.header.height.0 + 2), "two heights after its certificate");
    assert_eq!(net.nodes().filter(|(_, n)| n.place().is_some()).count(), 3, "the traitor is out");
    let goal = Height(net.height().0 + 5);
    load_until(&mut net, &[0, 1, 3], goal);
    net.check(0);
}

fn is_switch(payload: &Payload) -> bool {
    matches!(payload, Payload::SwitchConsensus(_))
}

#[test]
fn one_of_four_who_cries_wolf_is_heard_and_moves_nobody() {
    let mut net = under(4, 1, None);
    for _ in 0..8 {
        cry_wolf(&mut net, 3);
        let goal = Height(net.height().0 + 3);
        load_until(&mut net, &[0, 1], goal);
    }
    assert!(all_are(&net, ConsensusKind::Adaptive), "{:?}", kinds(&net));
    for (at, node) in net.nodes().filter(|(at, _)| *at != 3) {
        assert_eq!(node.switch_requests().count(), 1, "node {at} holds one, however often it was said");
    }
    net.check(0);
}

#[test]
fn a_raise_without_ground_loses_nothing() {
    // Two of four lie: more than the chain tolerates, so it is raised; that is all.
    let mut net = under(4, 1, None);
    cry_wolf(&mut net, 2);
    cry_wolf(&mut net, 3);
    load_until_kind(&mut net, &[0, 1], ConsensusKind::Bft);
    let goal = Height(net.height().0 + 5);
    load_until(&mut net, &[0, 1, 2, 3], goal);
    assert_eq!(net.nodes().filter(|(_, n)| n.place().is_some()).count(), 4);
    net.check(1);
}

#[test]
fn a_ledger_that_differs_raises_and_agreement_for_the_set_time_lowers() {
    let mut net = under(4, 1, Some(20_000));
    state(&mut net, &[]);
    let goal = Height(net.height().0 + 3);
    load_until(&mut net, &[0, 1], goal);
    assert!(all_are(&net, ConsensusKind::Adaptive), "all agree");
    state(&mut net, &[3]);
    load_until_kind(&mut net, &[0, 1], ConsensusKind::Bft);
    let raised = net.now;
    // One disagrees for a while: the time does not run.
    while net.now < raised + 25_000 {
        state(&mut net, &[3]);
        net.load(0).unwrap();
        let next = net.now + 3_000;
        net.run(60, |net| net.now >= next).unwrap();
    }
    assert!(all_are(&net, ConsensusKind::Bft), "{:?}", kinds(&net));
    let again = net.now;
    while !all_are(&net, ConsensusKind::Adaptive) {
        state(&mut net, &[]);
        net.load(1).unwrap();
        let next = net.now + 3_000;
        net.run(60, |net| net.now >= next).unwrap();
        assert!(net.now < again + 60_000, "{:?}", kinds(&net));
    }
    assert!(net.now >= again + 20_000, "after {} ms", net.now - again);
    net.check(2);
}

#[test]
fn silence_is_no_agreement() {
    let mut net = under(4, 1, Some(10_000));
    cry_wolf(&mut net, 2);
    cry_wolf(&mut net, 3);
    load_until_kind(&mut net, &[0, 1], ConsensusKind::Bft);
    net.kill(3);
    for _ in 0..20 {
        state(&mut net, &[]);
        net.load(1).unwrap();
        let next = net.now + 3_000;
        net.run(60, |net| net.now >= next).unwrap();
    }
    assert!(all_are(&net, ConsensusKind::Bft), "{:?}", kinds(&net));
    net.boot(3).unwrap();
    net.check(0);
}

#[test]
fn two_faults_are_needed_where_the_policy_says_so_and_a_restart_between_does_no_harm() {
    let mut net = under(7, 2, None);
    let first = contradiction(&net, 6);
    net.submit(0, 0, Payload::ReportMisbehaviour(Box::new(first))).unwrap();
    let goal = Height(net.height().0 + 8);
    load_until(&mut net, &[0, 1], goal);
    assert!(all_are(&net, ConsensusKind::Adaptive), "one of two: {:?}", kinds(&net));
    net.kill(0);
    net.boot(0).unwrap();
    let second = contradiction(&net, 5);
    net.submit(1, 1, Payload::ReportMisbehaviour(Box::new(second))).unwrap();
    load_until_kind(&mut net, &[1, 2], ConsensusKind::Bft);
    assert_eq!(net.nodes().filter(|(_, n)| n.place().is_some()).count(), 5);
    net.check(3);
}
