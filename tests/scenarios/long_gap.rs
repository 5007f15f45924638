//! All nodes stand still for 26 hours: longer than a request id may be old, and over a midnight.

use chain_node::node::{Effect, Input};
use ledger::admission::AuthenticatedTx;
use ledger_types::{ConsensusKind, GovernanceChange, Height, Payload, ProposalState, RegistryKey, RegistryValue};

use crate::epochs::load_until;
use crate::epochs::net::Net;

const GAP_MS: u64 = 26 * 3_600_000;

/// What a node says at once of a transaction that is handed in.
fn said(net: &mut Net, at: usize, tx: AuthenticatedTx) -> Vec<Effect> {
    let now = net.now;
    net.hosts[at].node.as_mut().unwrap().step(Input::Admitted(vec![tx]), now).unwrap()
}

#[test]
fn a_chain_that_stood_still_for_26_hours_goes_on_and_remembers() {
    for kind in [ConsensusKind::Bft, ConsensusKind::CrashFault] {
        let mut net = Net::start(kind, 4, 4).unwrap();
        load_until(&mut net, &[0, 1, 2, 3], Height(8));
        let change = GovernanceChange::Protocol(2);
        let proposed = net.tx(0, Payload::ProposeChange { change, effective: Height(500) }).unwrap();
        let never_sent = net.tx(1, Payload::ApproveChange { proposal: ledger_types::ProposalId(1) }).unwrap();
        let id = proposed.id();
        net.step(0, Input::Admitted(vec![proposed.clone()]));
        net.accepted(id).unwrap();
        let before = net.frames(0).last().unwrap().block.header.time;
        net.stand_still(GAP_MS).unwrap();
        let woke = net.now;
        let first = net.load(2).unwrap();
        net.accepted(first).unwrap();
        assert!(net.now - woke < 5_000, "{kind:?}: the first block took {} ms", net.now - woke);
        let reached = net.height();
        net.run(30, |net| net.all_at(reached)).unwrap();
        let after = net.frames(1).last().unwrap().block.header.time;
        assert!(after.0 >= woke && after.0 - before.0 >= GAP_MS, "block time is that of the day: {before:?} {after:?}");
        // What was done is remembered, although its request id is out of its window by now.
        let again = said(&mut net, 3, proposed);
        let known = again.iter().any(|effect| matches!(effect, Effect::Known(known) if *known == id));
        assert!(known, "{kind:?}: {again:?}");
        // What nobody sent in time is too late.
        let late = never_sent.id();
        said(&mut net, 3, never_sent);
        net.run(30, |net| !net.hosts[3].node.as_ref().is_some_and(|node| node.is_waiting(&late))).unwrap();
        assert!(!net.verdicts.contains_key(&late), "{kind:?}");
        // What was under way still is.
        let state = net.hosts[1].node.as_ref().unwrap().reader();
        let key = RegistryKey::Proposal(ledger_types::ProposalId(1));
        let Some(RegistryValue::Proposal(proposal)) = state.registry(&key).unwrap() else { panic!("it is gone") };
        assert_eq!((proposal.state, proposal.approvals.len()), (ProposalState::Open, 1));
        let goal = Height(net.height().0 + 6);
        load_until(&mut net, &[0, 1, 2, 3], goal);
        net.check(2);
    }
}
