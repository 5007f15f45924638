//! The same under faults drawn from seeds: whoever is killed, cut off or restarted, and whoever cries wolf, after a real
//! offence the chain comes to the Byzantine kind, and without one it stays.

use ledger_types::{ConsensusKind, Height, Payload};

use super::{all_are, contradiction, cry_wolf, kinds, load_until, load_until_kind, under};
use crate::epochs::net::Net;

const SEEDS: u64 = 24;
/// Simulated time with faults, ms.
const FAULTS_MS: u64 = 30_000;

/// Numbers of a seed (splitmix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// Kills, starts, cuts off and lets the traitor cry wolf for a while, under load; then all are up and linked again. The
/// first machine stays up and linked: what waits in it must come into a block.
fn break_things(net: &mut Net, draw: &mut Draw, traitor: usize, offend_after: Option<u64>) {
    let (machines, begun) = (net.hosts.len(), net.now);
    let mut offend_at = offend_after.map(|after| begun + after);
    while net.now < begun + FAULTS_MS {
        let victim = 1 + usize::try_from(draw.below(machines as u64 - 1)).unwrap();
        let is_up = net.hosts[victim].node.is_some();
        match draw.below(6) {
            0 if is_up => net.kill(victim),
            1 | 2 if !is_up => net.boot(victim).unwrap(),
            3 => drop(net.cut.insert(victim)),
            4 => net.cut.clear(),
            _ => cry_wolf(net, traitor),
        }
        net.load(0).unwrap();
        if offend_at.take_if(|at| net.now >= *at).is_some() {
            let found = contradiction(net, traitor);
            net.submit(0, 0, Payload::ReportMisbehaviour(Box::new(found))).unwrap();
        }
        let next = net.now + 100 + draw.below(900);
        net.run(60, |net| net.now >= next).unwrap();
    }
    net.cut.clear();
    for at in (0..machines).filter(|at| *at != traitor) {
        if net.hosts[at].node.is_none() {
            net.boot(at).unwrap();
        }
    }
}

#[test]
fn after_an_offence_the_chain_is_byzantine_whatever_breaks_meanwhile() {
    for seed in 0..SEEDS {
        let mut draw = Draw(seed);
        let machines = if seed % 4 == 3 { 7 } else { 4 };
        let mut net = under(machines, 1, None);
        let traitor = 1 + usize::try_from(draw.below(machines as u64 - 1)).unwrap();
        let when = 6_000 + draw.below(FAULTS_MS - 8_000);
        break_things(&mut net, &mut draw, traitor, Some(when));
        load_until_kind(&mut net, &[0], ConsensusKind::Bft);
        let goal = Height(net.height().0 + 4);
        load_until(&mut net, &[0], goal);
        assert_eq!(net.nodes().filter(|(_, n)| n.place().is_some()).count(), machines - 1, "seed {seed}");
        net.check(0);
    }
}

#[test]
fn without_one_it_stays_adaptive_whatever_breaks_and_whoever_cries_wolf() {
    for seed in 100..100 + SEEDS / 2 {
        let mut draw = Draw(seed);
        let mut net = under(4, 1, Some(5_000));
        let traitor = 1 + usize::try_from(draw.below(3)).unwrap();
        break_things(&mut net, &mut draw, traitor, None);
        let goal = Height(net.height().0 + 6);
        load_until(&mut net, &[0], goal);
        assert!(all_are(&net, ConsensusKind::Adaptive), "seed {seed}: {:?}", kinds(&net));
        net.check(0);
    }
}
