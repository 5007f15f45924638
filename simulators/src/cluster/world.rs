//! The run itself.

use std::collections::BTreeMap;

use chain_node::node::{Effect, Input};
use chain_node::peer_message::PeerMessage;
use chain_node::peers::{PeerId, To};
use ledger_types::{Height, TxId};

use super::checks::{Check, Checks};
use super::clients::{Clients, found};
use super::events::{Event, Events};
use super::faults::{Fault, FaultKind};
use super::host::Host;
use super::network::Network;
use super::{ClusterOptions, START, SeedReport};
use crate::dice::Dice;

/// A cluster.
pub(super) struct World {
    seed: u64,
    options: ClusterOptions,
    dice: Dice,
    now: u64,
    events: Events,
    hosts: Vec<Host>,
    network: Network,
    clients: Clients,
    checks: Checks,
    faults: BTreeMap<&'static str, u64>,
    messages: u64,
    /// No more faults.
    healed: bool,
    /// Which node's answer a client waits for.
    waiting: BTreeMap<TxId, u16>,
}

impl World {
    pub(super) fn new(seed: u64, options: ClusterOptions) -> Self {
        let (genesis, keys, clients) = found(seed, options.nodes);
        let mut checks = Checks::default();
        let mut hosts = Vec::new();
        for key in keys {
            match Host::new(&genesis, key) {
                Ok(host) => hosts.push(host),
                Err(e) => checks.report(Check::NoFault, 0, e),
            }
        }
        let mut world = Self {
            seed,
            options,
            dice: Dice::new(seed),
            now: START.0,
            events: Events::default(),
            hosts,
            network: Network::default(),
            clients,
            checks,
            faults: BTreeMap::new(),
            messages: 0,
            healed: false,
            waiting: BTreeMap::new(),
        };
        for node in 0..world.options.nodes {
            world.start(node);
        }
        world.events.add(START.0 + 200, Event::Client);
        world.plan_fault();
        world
    }

    pub(super) fn now(&self) -> u64 {
        self.now
    }

    fn since_start(&self) -> u64 {
        self.now - START.0
    }

    /// The greatest height of any node.
    pub(super) fn best_height(&self) -> Height {
        self.heights().max().unwrap_or(Height(0))
    }

    fn heights(&self) -> impl Iterator<Item = Height> {
        self.hosts.iter().filter_map(|h| h.node.as_ref()).map(chain_node::Node::height)
    }

    /// Plays on until a time.
    pub(super) fn run_until(&mut self, until: u64) {
        while let Some((at, event)) = self.events.next(until) {
            self.now = at;
            self.happen(event);
        }
        self.now = until;
    }

    /// Ends all faults; whoever is down starts.
    pub(super) fn heal(&mut self) {
        self.healed = true;
        self.network.heal();
        for node in 0..self.options.nodes {
            let host = &mut self.hosts[usize::from(node)];
            (host.paused_until, host.skew_ms) = (0, 0);
            if host.node.is_none() {
                self.start(node);
            }
            self.wake_in(node, 1);
        }
    }

    /// Whether all nodes are at one height, which is at least `wanted`.
    pub(super) fn has_recovered(&self, wanted: Height) -> bool {
        let heights: Vec<Height> = self.heights().collect();
        heights.len() == self.hosts.len() && heights.iter().all(|h| *h >= wanted && *h == heights[0])
    }

    /// What became of it.
    pub(super) fn finish(mut self, wanted: Height) -> SeedReport {
        let at = self.since_start();
        if !self.has_recovered(wanted) && self.best_height() < wanted {
            let heights: Vec<_> = self.heights().map(|h| h.0).collect();
            let stopped: Vec<_> =
                self.hosts.iter().filter_map(|h| h.node.as_ref()).filter_map(chain_node::Node::stopped).collect();
            self.checks.report(Check::Convergence, at, format!("heights {heights:?}, wanted {wanted}; {stopped:?}"));
        }
        for id in self.checks.lost() {
            self.checks.report(Check::NoAcknowledgedLoss, at, format!("{id} was promised and is nowhere"));
        }
        SeedReport {
            seed: self.seed,
            simulated_ms: at,
            height: self.heights().min().unwrap_or(Height(0)).0,
            committed: self.checks.committed.len() as u64,
            acknowledged: self.checks.acknowledged.len() as u64,
            messages: self.messages,
            faults: self.faults,
            digest: self.checks.digest(),
            violations: self.checks.violations,
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Wake(node) => {
                if self.hosts[usize::from(node)].wake_at == self.now {
                    self.step(node, Input::Tick);
                }
            }
            Event::Deliver { from, to, message } => {
                let paused = self.hosts[usize::from(to)].paused_until;
                if paused > self.now {
                    self.events.add(paused, Event::Deliver { from, to, message });
                } else {
                    self.messages += 1;
                    self.step(to, Input::Peer(PeerId::validator(from), message));
                }
            }
            Event::Client => self.client(),
            Event::Break => {
                if !self.healed {
                    self.break_something();
                    self.plan_fault();
                }
            }
            Event::Mend(fault) => self.mend(&fault),
        }
    }

    fn client(&mut self) {
        let gap = (1_000.0 / self.options.tx_per_second * (0.2 + 1.6 * self.dice.unit())) as u64;
        self.events.add(self.now + gap.max(1), Event::Client);
        let node = self.dice.below(self.hosts.len()) as u16;
        let host = &self.hosts[usize::from(node)];
        let Some(running) = host.node.as_ref().filter(|_| host.paused_until <= self.now) else { return };
        let view = running.reader().view();
        if let Some(tx) = self.clients.next(&mut self.dice, self.now, &view) {
            self.waiting.insert(tx.id(), node);
            self.step(node, Input::Admitted(vec![tx]));
        }
    }

    fn step(&mut self, node: u16, input: Input) {
        let host = &mut self.hosts[usize::from(node)];
        if host.paused_until > self.now {
            let until = host.paused_until - self.now;
            self.wake_in(node, until);
            return;
        }
        let clock = host.clock(self.now);
        let Some(running) = &mut host.node else { return };
        match running.step(input, clock) {
            Ok(effects) => {
                let idle = running.idle_ms(clock).clamp(1, 60_000);
                self.carry_out(node, effects);
                self.wake_in(node, idle);
            }
            Err(fault) => {
                let what = format!("node {node}: {fault}");
                self.checks.report(Check::NoFault, self.now - START.0, what);
                self.hosts[usize::from(node)].node = None;
            }
        }
    }

    fn wake_in(&mut self, node: u16, ms: u64) {
        let at = self.now + ms;
        self.hosts[usize::from(node)].wake_at = at;
        self.events.add(at, Event::Wake(node));
    }

    fn carry_out(&mut self, node: u16, effects: Vec<Effect>) {
        let at = self.since_start();
        for effect in effects {
            match effect {
                Effect::Send(to, message) => self.send(node, to, &message),
                Effect::Committed(block) => {
                    self.checks.commit(node, &block, at);
                    for (_, id, _) in block.verdicts() {
                        if self.waiting.get(&id) == Some(&node) {
                            self.checks.acknowledged.insert(id);
                        }
                    }
                }
                Effect::Evidence(evidence) => {
                    self.checks.report(Check::SoundEvidence, at, format!("{evidence:?}"));
                }
                Effect::Misbehaved(peer, why) => {
                    self.checks.report(Check::SoundEvidence, at, format!("node {node} blames {}: {why}", peer.0));
                }
                Effect::Waiting(_) | Effect::Known(_) | Effect::Refused(..) => {}
            }
        }
    }

    fn send(&mut self, from: u16, to: To, message: &PeerMessage) {
        let receivers: Vec<u16> = match to {
            To::All | To::Validators => (0..self.options.nodes).filter(|n| *n != from).collect(),
            To::Peer(peer) => peer.place().into_iter().collect(),
        };
        for to in receivers {
            for delay in self.network.delays(&mut self.dice, from, to) {
                self.events.add(self.now + delay, Event::Deliver { from, to, message: message.clone() });
            }
        }
    }

    fn plan_fault(&mut self) {
        if self.options.faults_per_minute > 0.0 {
            let gap = 60_000.0 / self.options.faults_per_minute * (0.2 + 1.6 * self.dice.unit());
            self.events.add(self.now + gap as u64, Event::Break);
        }
    }

    fn break_something(&mut self) {
        let fault = Fault::draw(&mut self.dice, self.options.nodes);
        *self.faults.entry(fault.kind.name()).or_default() += 1;
        match fault.kind {
            FaultKind::PowerCut => self.cut_power(fault.node),
            FaultKind::Kill => self.hosts[usize::from(fault.node)].kill(),
            FaultKind::Blackout => (0..self.options.nodes).for_each(|node| self.cut_power(node)),
            FaultKind::Pause => self.hosts[usize::from(fault.node)].paused_until = self.now + fault.lasts_ms,
            FaultKind::Skew => self.hosts[usize::from(fault.node)].skew_ms = fault.measure,
            _ => self.network.breaks(fault),
        }
        self.events.add(self.now + fault.lasts_ms, Event::Mend(fault));
    }

    fn cut_power(&mut self, node: u16) {
        let seed = self.dice.bits();
        self.hosts[usize::from(node)].cut_power(seed);
    }

    fn mend(&mut self, fault: &Fault) {
        match fault.kind {
            FaultKind::PowerCut | FaultKind::Kill => self.start(fault.node),
            FaultKind::Blackout => (0..self.options.nodes).for_each(|node| self.start(node)),
            FaultKind::Pause => self.wake_in(fault.node, 1),
            FaultKind::Skew => self.hosts[usize::from(fault.node)].skew_ms = 0,
            _ => self.network.mends(fault),
        }
    }

    fn start(&mut self, node: u16) {
        let at = self.now - START.0;
        let host = &mut self.hosts[usize::from(node)];
        if host.node.is_some() {
            return;
        }
        match host.start(self.now) {
            Ok(()) => {
                let height = host.node.as_ref().map_or(Height(0), chain_node::Node::height);
                self.checks.restarted(node, height, at);
                self.wake_in(node, 1);
            }
            Err(e) => self.checks.report(Check::NoFault, at, format!("node {node}: {e}")),
        }
    }
}
