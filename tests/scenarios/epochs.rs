//! Validators come and go, and the kind of consensus changes, while transactions go on.

pub(crate) mod net;

use chain_node::commit::NodeFault;
use ledger_types::{
    BlockFrame, ChainParams, Change, ConsensusKind, Evidence, Field, GovernanceChange, Height, Payload, Refusal,
    RegistryKey, RegistryValue, RejectReason, Verdict,
};
use net::{BootError, Net};

/// Loads the chain while it runs on to a height.
pub(crate) fn load_until(net: &mut Net, at: &[usize], height: Height) {
    let mut turn = 0;
    while !net.all_at(height) {
        turn += 1;
        net.load(at[turn % at.len()]).unwrap();
        let next = net.now + 80;
        net.run(60, |net| net.now >= next || net.all_at(height)).unwrap();
    }
}

/// Who signed the certificate of a height, by machine.
fn signers(net: &Net, at: usize, height: Height) -> Vec<usize> {
    let frame = &net.frames(at)[usize::try_from(height.0).unwrap() - 1];
    let epoch = frame.block.header.epoch;
    let node = net.hosts[at].node.as_ref().unwrap();
    let kind = net.genesis.consensus;
    let (_, set) = ledger::validators_of(&node.reader().view(), epoch, kind).unwrap().unwrap();
    let signed = |place: &usize| frame.certificate.bitmap[place / 8] >> (place % 8) & 1 == 1;
    let machine = |place: usize| {
        let key = set.validators[place].vote_key;
        net.hosts.iter().position(|host| host.key.public_key().0 == key).unwrap()
    };
    (0..set.validators.len()).filter(signed).map(machine).collect()
}

#[test]
fn four_validators_become_five_and_four_others_under_load() {
    let mut net = Net::start(ConsensusKind::Bft, 4, 5).unwrap();
    load_until(&mut net, &[0, 1, 2, 3, 4], Height(5));
    assert_eq!(net.hosts[4].node.as_ref().unwrap().place(), None, "it follows");
    let five = GovernanceChange::Validators(net.set(&[0, 1, 2, 3, 4]));
    let (_, from) = net.decide(4, &[0, 1, 2], five, 12).unwrap();
    load_until(&mut net, &[0, 1, 2, 3, 4], Height(from.0 + 6));
    assert_eq!(net.hosts[4].node.as_ref().unwrap().place(), Some(4), "it votes");
    assert!((from.0..from.0 + 6).any(|h| signers(&net, 0, Height(h)).contains(&4)), "and is counted");
    assert!((1..from.0).all(|h| !signers(&net, 0, Height(h)).contains(&4)), "not before");
    // The second leaves: the places of all behind it change, they themselves do not.
    let (_, from) = net.decide(0, &[1, 2, 3, 4], GovernanceChange::Validators(net.set(&[0, 2, 3, 4])), 12).unwrap();
    load_until(&mut net, &[0, 1, 2, 3, 4], Height(from.0 + 8));
    assert_eq!(net.hosts[1].node.as_ref().unwrap().place(), None);
    for at in [0, 2, 3, 4] {
        assert!((from.0..from.0 + 8).any(|h| signers(&net, 0, Height(h)).contains(&at)), "{at} votes");
    }
    // Still one may be away, and not the one who left counts.
    net.kill(1);
    net.kill(3);
    let goal = Height(net.height().0 + 5);
    load_until(&mut net, &[0, 2, 4], goal);
    net.check(0);
}

#[test]
fn a_node_that_slept_through_two_epochs_takes_their_blocks_in_one_answer() {
    let mut net = Net::start(ConsensusKind::Bft, 4, 5).unwrap();
    net.run(60, |net| net.all_at(Height(2))).unwrap();
    net.kill(3);
    let five = GovernanceChange::Validators(net.set(&[0, 1, 2, 3, 4]));
    let (_, _) = net.decide(0, &[0, 1, 2], five, 10).unwrap();
    net.run(60, |net| net.nodes().all(|(_, n)| n.epoch().number == 1)).unwrap();
    let (_, from) = net.decide(0, &[0, 1, 2, 4], GovernanceChange::Consensus(ConsensusKind::CrashFault), 10).unwrap();
    load_until(&mut net, &[0, 1], Height(from.0 + 3));
    net.boot(3).unwrap();
    let goal = Height(net.height().0 + 4);
    net.run(60, |net| net.all_at(goal)).unwrap();
    let node = net.hosts[3].node.as_ref().unwrap();
    assert_eq!((node.epoch().number, node.epoch().kind, node.place()), (2, ConsensusKind::CrashFault, Some(3)));
    net.check(3);
}

#[test]
fn betrayal_crashes_and_betrayal_again_without_a_loss_with_all_restarted_at_the_switch() {
    let mut net = Net::start(ConsensusKind::Bft, 5, 5).unwrap();
    load_until(&mut net, &[0, 1, 2, 3, 4], Height(4));
    let crash = GovernanceChange::Consensus(ConsensusKind::CrashFault);
    let (_, from) = net.decide(0, &[0, 1, 2, 3], crash, 12).unwrap();
    // Everybody is at the last block of the epoch, or one behind: all are killed, and find the other engine after it.
    load_until(&mut net, &[0, 1, 2], Height(from.0 - 2));
    net.run(60, |net| net.height() >= Height(from.0 - 1)).unwrap();
    for at in 0..5 {
        net.kill(at);
        net.boot(at).unwrap();
    }
    load_until(&mut net, &[2, 3, 4], Height(from.0 + 3));
    assert!(net.nodes().all(|(_, n)| n.epoch().kind == ConsensusKind::CrashFault));
    // Three of five are enough now; they were not before.
    net.kill(0);
    net.kill(1);
    let goal = Height(net.height().0 + 5);
    load_until(&mut net, &[2, 3, 4], goal);
    net.boot(0).unwrap();
    net.boot(1).unwrap();
    let bft = GovernanceChange::Consensus(ConsensusKind::Bft);
    let (_, from) = net.decide(4, &[0, 1, 2, 3], bft, 12).unwrap();
    load_until(&mut net, &[0, 1, 2, 3, 4], Height(from.0 - 1));
    // One dies in the last block of the epoch and comes back in the next.
    net.kill(2);
    load_until(&mut net, &[0, 1], Height(from.0 + 3));
    net.boot(2).unwrap();
    let goal = Height(net.height().0 + 3);
    load_until(&mut net, &[0, 1, 2], goal);
    assert!(net.nodes().all(|(_, n)| n.epoch().kind == ConsensusKind::Bft && n.epoch().number == 2));
    net.kill(0);
    net.kill(1);
    let stuck = net.height();
    assert!(net.run(20, |net| net.height() >= Height(stuck.0 + 2)).is_err(), "three of five do not decide now");
    net.boot(0).unwrap();
    net.run(60, |net| net.all_at(Height(stuck.0 + 3))).unwrap();
    net.check(2);
}

#[test]
fn one_validator_grows_to_four_and_may_then_be_away() {
    let mut net = Net::start(ConsensusKind::Solo, 1, 4).unwrap();
    load_until(&mut net, &[0], Height(4));
    let (_, from) = net.decide(0, &[0], GovernanceChange::Consensus(ConsensusKind::Bft), 12).unwrap();
    let effective = from;
    let change = GovernanceChange::Validators(net.set(&[0, 1, 2, 3]));
    // The chain does not take four while one decides alone, so the second change follows at the next height.
    net.run(60, |net| net.height() >= effective).unwrap();
    let (_, from) = net.decide(0, &[0], change, 8).unwrap();
    load_until(&mut net, &[0, 1, 2, 3], Height(from.0 + 4));
    net.kill(0);
    let goal = Height(net.height().0 + 5);
    load_until(&mut net, &[1, 2, 3], goal);
    net.boot(0).unwrap();
    net.run(60, |net| net.all_at(Height(goal.0 + 1))).unwrap();
    net.check(0);
}

#[test]
fn old_software_stops_where_newer_rules_begin_and_does_not_come_back() {
    let mut net = Net::start(ConsensusKind::Bft, 4, 4).unwrap();
    net.install(3, Some(1));
    net.kill(3);
    net.boot(3).unwrap();
    let (_, from) = net.decide(0, &[0, 1, 2], GovernanceChange::Protocol(2), 8).unwrap();
    load_until(&mut net, &[0, 1, 2], Height(from.0 + 2));
    net.run(30, |net| !net.faults.is_empty()).unwrap();
    let newer = |fault: &NodeFault| matches!(fault, NodeFault::NewerProtocol { height, needed: 2, known: 1 } if *height == from);
    assert!(matches!(net.faults.as_slice(), [(3, fault)] if newer(fault)), "{:?}", net.faults);
    assert!(matches!(net.boot(3), Err(BootError::Fault(fault)) if newer(&fault)), "a downgrade is refused");
    net.install(3, None);
    net.boot(3).unwrap();
    let goal = Height(net.height().0 + 3);
    net.run(60, |net| net.all_at(goal)).unwrap();
    let headers: Vec<_> = net.frames(3).iter().map(|f| (f.block.header.height, f.block.header.protocol)).collect();
    assert!(headers.iter().all(|(height, protocol)| *protocol == if *height < from { 1 } else { 2 }));
    net.check(3);
}

#[test]
fn parameters_change_at_their_height_without_another_epoch() {
    let mut net = Net::start(ConsensusKind::Bft, 4, 4).unwrap();
    let slower = ChainParams { max_block_txs: 2, ..net.genesis.params.clone() };
    let (_, from) = net.decide(0, &[0, 1, 2], GovernanceChange::Params(slower), 8).unwrap();
    net.run(60, |net| net.all_at(from)).unwrap();
    for _ in 0..6 {
        net.load(0).unwrap();
    }
    let goal = Height(net.height().0 + 6);
    load_until(&mut net, &[1], goal);
    let sizes = net.frames(0).into_iter().filter(|f| f.block.header.height >= from).map(|f| f.block.txs.len());
    assert_eq!(sizes.max(), Some(2));
    assert!(net.nodes().all(|(_, n)| n.epoch().number == 0));
    net.check(0);
}

#[test]
fn two_machines_with_one_key_are_found_out_and_their_key_votes_no_more() {
    let single = Net::start(ConsensusKind::Bft, 4, 4).unwrap();
    let mut keys: Vec<_> = single.hosts.iter().map(|host| host.key.clone()).collect();
    keys.push(keys[3].clone());
    let mut net = Net::with_keys(ConsensusKind::Bft, 4, keys).unwrap();
    // The twin's clock differs, so its blocks do.
    net.hosts[4].skew_ms = 7;
    let mut turn = 0;
    while net.nodes().any(|(_, n)| n.epoch().number == 0) {
        turn += 1;
        net.load(turn % 5).unwrap();
        let next = net.now + 80;
        net.run(60, |net| net.now >= next).unwrap();
        assert!(turn < 1_000, "never found out");
    }
    assert!(net.evidence > 0);
    let found: Vec<(Height, Evidence, bool)> = net
        .frames(0)
        .iter()
        .flat_map(|frame| {
            let system = frame.receipts.len() - frame.block.txs.len();
            let verdicts = frame.receipts[system..].iter().map(|r| matches!(r.verdict, Verdict::Accepted(_)));
            let of_tx = |(tx, accepted): (&ledger_types::Transaction, bool)| match &tx.envelope.payload {
                Payload::ReportMisbehaviour(e) => Some((frame.block.header.height, Evidence::clone(e), accepted)),
                _ => None,
            };
            frame.block.txs.iter().zip(verdicts).filter_map(of_tx).collect::<Vec<_>>()
        })
        .collect();
    let twins = net.hosts[3].key.public_key().0;
    assert!(found.iter().all(|(_, e, _)| e.vote_key().0 == twins), "it names the key");
    let (height, evidence, _) = found.iter().find(|(_, _, accepted)| *accepted).unwrap();
    assert!(height.0 <= evidence.place().height.0 + 2, "{height} for {}", evidence.place().height);
    let first = net.nodes().next().unwrap().1.epoch().first;
    assert_eq!(first, Height(height.0 + 2), "it is out as soon as can be");
    let goal = Height(first.0 + 4);
    load_until(&mut net, &[0, 1, 2], goal);
    assert!(net.nodes().all(|(at, n)| n.place().is_some() == (at < 3)));
    // The same again is refused by name.
    let again = net.submit(0, 0, Payload::ReportMisbehaviour(Box::new(evidence.clone()))).unwrap();
    net.run(30, |net| net.verdicts.contains_key(&again)).unwrap();
    let reasons: Vec<_> = net.verdicts[&again].1.refusals().iter().map(|r| r.reason).collect();
    assert_eq!(reasons, [RejectReason::EvidenceKnown]);
    net.check(0);
}

#[test]
fn the_auditor_sees_a_change_that_was_recorded_otherwise() {
    let mut net = Net::start(ConsensusKind::Bft, 4, 4).unwrap();
    let (_, from) = net.decide(0, &[0, 1, 2], GovernanceChange::Consensus(ConsensusKind::CrashFault), 8).unwrap();
    load_until(&mut net, &[0, 1], Height(from.0 + 2));
    net.check(0);
    let differences = |edit: &dyn Fn(&mut Vec<BlockFrame>)| {
        let mut frames = net.frames(0);
        edit(&mut frames);
        let frames = frames.into_iter().map(Ok::<_, std::convert::Infallible>);
        let report =
            auditor::audit(&net.genesis, frames, auditor::Options::default(), &ledger_types::seal::NoKeys, &mut |_| {});
        report.differences.iter().map(|d| (d.height, d.what.clone())).collect::<Vec<_>>()
    };
    // The block before the first of the new epoch carries the change out.
    let carried_out = usize::try_from(from.0).unwrap() - 2;
    let receipt = differences(&|frames| {
        let refusal = Refusal::new(RejectReason::ConsensusKindInvalid, Field::Change);
        frames[carried_out].receipts[0].verdict = Verdict::Refused(vec![refusal]);
    });
    assert_eq!(receipt, [(Height(from.0 - 1), "change of rules".to_owned())]);
    let entry = differences(&|frames| {
        for change in &mut frames[carried_out].changes.changes {
            if let Change::Registry { key: RegistryKey::Epoch, value: Some(value), .. } = change {
                let RegistryValue::Epoch(epoch) = &mut **value else { panic!("{value:?}") };
                epoch.kind = ConsensusKind::Bft;
            }
        }
    });
    assert!(entry.contains(&(Height(from.0 - 1), "register Epoch".to_owned())), "{entry:?}");
    let header = differences(&|frames| frames[carried_out + 1].block.header.epoch = 0);
    assert!(header.contains(&(from, "header: epoch".to_owned())), "{header:?}");
}
