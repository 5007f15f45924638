//! The run itself.

mod breaking;
mod starting;
mod talk;

use std::collections::{BTreeMap, BTreeSet};

use chain_node::Node;
use chain_node::node::{Effect, Input};
use chain_node::peers::PeerId;
use ledger_types::{ConsensusKind, Genesis, Height, TxId};

use super::adversaries::AdversaryKind;
use super::ballots::Ballots;
use super::checks::raised::is_owed;
use super::checks::{Checks, Finish, Roles, Seen};
use super::events::{Event, Events};
use super::host::Host;
use super::network::Network;
use super::workload::Workload;
use super::{ClusterOptions, START, SeedReport};
use crate::dice::Dice;

/// How often adversaries plot, ms.
const PLOT_EVERY_MS: u64 = 400;

/// A cluster.
pub(super) struct World {
    seed: u64,
    options: ClusterOptions,
    genesis: Genesis,
    dice: Dice,
    now: u64,
    events: Events,
    /// One for each validator, then perhaps a spare one, then the twins.
    hosts: Vec<Host>,
    network: Network,
    workload: Workload,
    ballots: Ballots,
    checks: Checks,
    roles: Roles,
    adversaries: Vec<AdversaryKind>,
    faults: BTreeMap<&'static str, u64>,
    messages: u64,
    /// Statements that left a machine.
    said: BTreeSet<[u8; 64]>,
    /// The greatest height that an honest node showed, so that each block's outcomes are learnt once.
    learnt: Height,
    committed: u64,
    acknowledged: u64,
    digest: Vec<u8>,
    /// No more faults.
    healed: bool,
    /// Which node's answer a client waits for.
    waiting: BTreeMap<TxId, u16>,
}

impl World {
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    fn since_start(&self) -> u64 {
        self.now - START.0
    }

    /// All machines but the twins, which share a place.
    fn machines(&self) -> u16 {
        self.roles.keys.len() as u16
    }

    /// The machine that is no validator at first, if there is one.
    fn spare(&self) -> Option<u16> {
        (self.options.nodes < self.machines()).then_some(self.options.nodes)
    }

    fn is_honest(&self, host: u16) -> bool {
        host < self.machines() && !self.roles.adversaries.contains(&host)
    }

    fn honest(&self) -> impl Iterator<Item = (u16, &Host)> {
        (0..self.machines()).filter(|h| self.is_honest(*h)).map(|h| (h, &self.hosts[usize::from(h)]))
    }

    fn see(&mut self, seen: &Seen<'_>) {
        self.checks.see(&self.roles, self.now - START.0, seen);
    }

    /// The greatest height of any honest node that runs.
    pub(super) fn best_height(&self) -> Height {
        self.honest().filter_map(|(_, h)| h.node.as_ref()).map(Node::height).max().unwrap_or(Height(0))
    }

    /// Plays on until a time, or until something is wrong.
    pub(super) fn run_until(&mut self, until: u64) {
        while let Some((at, event)) = self.events.next(until) {
            self.now = at;
            self.happen(event);
            if self.has_failed() {
                return;
            }
        }
        self.now = until;
    }

    /// What comes after a violation only says the same again.
    pub(super) fn has_failed(&self) -> bool {
        !self.checks.violations.is_empty()
    }

    /// Ends all faults; whoever is down starts.
    pub(super) fn heal(&mut self) {
        self.healed = true;
        self.network.heal();
        for host in 0..self.hosts.len() as u16 {
            let machine = &mut self.hosts[usize::from(host)];
            (machine.paused_until, machine.skew_ms, machine.slow_ms) = (0, 0, 0);
            machine.forget_disk_fault();
            if machine.rotten {
                self.look_for_rot(host);
            }
            self.start(host);
            self.wake_in(host, 1);
        }
    }

    /// Whether all honest nodes are at one height, which is at least `wanted`.
    pub(super) fn has_recovered(&self, wanted: Height) -> bool {
        let mut heights = self.honest().map(|(_, h)| h.node.as_ref().map(Node::height));
        let first = heights.next().flatten();
        first.is_some_and(|first| first >= wanted)
            && heights.all(|height| height == first)
            && !self.honest().filter_map(|(_, h)| h.node.as_ref()).any(is_owed)
    }

    /// What became of it.
    pub(super) fn finish(mut self, wanted: Height) -> SeedReport {
        let at = self.since_start();
        if !self.has_failed() {
            let running = |(id, host): (u16, &'_ Host)| host.node.is_some().then_some((id, host.boot));
            let ids: Vec<(u16, u64)> = self.honest().filter_map(running).collect();
            let honest = self.honest().count();
            let nodes: Vec<(u16, u64, &Node)> = ids
                .into_iter()
                .filter_map(|(id, boot)| self.hosts[usize::from(id)].node.as_ref().map(|node| (id, boot, node)))
                .collect();
            let (totals, slots) = (&self.workload.totals, &self.workload.slots);
            let finish = Finish { genesis: &self.genesis, nodes: &nodes, honest, wanted, totals, slots };
            self.checks.see(&self.roles, at, &Seen::Finished(&finish));
        }
        SeedReport {
            seed: self.seed,
            simulated_ms: at,
            height: self.best_height().0,
            committed: self.committed,
            acknowledged: self.acknowledged,
            invoices: self.workload.totals.invoices,
            reimbursed: self.workload.totals.reimbursed,
            refused: self.workload.totals.refused,
            epochs: self.roles.epochs.newest().number,
            messages: self.messages,
            faults: self.faults,
            adversaries: self.adversaries.iter().map(|a| a.name()).collect(),
            digest: hex::encode(sm::sm3(&self.digest)),
            violations: self.checks.violations,
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Wake(host) => {
                if self.hosts[usize::from(host)].wake_at == self.now {
                    self.step(host, Input::Tick);
                }
            }
            Event::Deliver { from, to, boot, message } => self.deliver(from, to, boot, message),
            Event::Client => self.client(),
            Event::Break => {
                if !self.healed {
                    self.break_something();
                    self.plan_fault();
                }
            }
            Event::Mend(fault) => self.mend(&fault),
            Event::Plot(host) => self.plot(host),
            Event::Start(host) => self.start(host),
        }
    }

    fn client(&mut self) {
        let gap = (1_000.0 / self.options.tx_per_second * (0.2 + 1.6 * self.dice.unit())) as u64;
        self.events.add(self.now + gap.max(1), Event::Client);
        let host = self.dice.below(usize::from(self.machines())) as u16;
        let machine = &self.hosts[usize::from(host)];
        let Some(running) = machine.node.as_ref().filter(|_| machine.paused_until <= self.now) else { return };
        let view = running.reader().view();
        let wish = self.ballots.next(self.learnt, self.roles.epochs.newest());
        if let Some(tx) = self.workload.next(&mut self.dice, self.now, &view, wish) {
            self.waiting.insert(tx.id(), host);
            self.step(host, Input::Admitted(vec![tx]));
        }
    }

    fn step(&mut self, host: u16, input: Input) {
        let machine = &mut self.hosts[usize::from(host)];
        if machine.paused_until > self.now {
            let until = machine.paused_until - self.now;
            self.wake_in(host, until);
            return;
        }
        let clock = machine.clock(self.now);
        #[cfg(planted)]
        super::planted::turn_of(host, clock, machine.started_ms);
        let Some(running) = &mut machine.node else { return };
        let before = machine.disk.changes();
        match running.step(input, clock) {
            Ok(effects) => {
                let idle = running.idle_ms(clock).clamp(1, 60_000);
                let busy = (machine.disk.changes() - before) * machine.slow_ms;
                if busy > 0 {
                    machine.paused_until = self.now + busy;
                }
                self.carry_out(host, busy, effects);
                self.wake_in(host, idle.max(busy));
            }
            Err(fault) => self.stopped(host, &fault.to_string()),
        }
    }

    fn wake_in(&mut self, host: u16, ms: u64) {
        let at = self.now + ms;
        let machine = &mut self.hosts[usize::from(host)];
        if machine.wake_at != at {
            machine.wake_at = at;
            self.events.add(at, Event::Wake(host));
        }
    }

    fn carry_out(&mut self, host: u16, busy: u64, effects: Vec<Effect>) {
        let honest = self.is_honest(host);
        if honest {
            self.learn_epoch(host);
        }
        for effect in effects {
            match effect {
                Effect::Send(to, message) => self.send(host, busy, to, message),
                _ if !honest => {}
                Effect::Committed(block) => self.committed(host, &block),
                Effect::Evidence(evidence) => self.see(&Seen::Evidence(&evidence)),
                Effect::Misbehaved(PeerId(peer), why) => {
                    let whom = u16::try_from(peer).unwrap_or(u16::MAX);
                    self.see(&Seen::Blamed { by: host, whom, why: &why });
                }
                Effect::Waiting(id) => {
                    let boot = self.hosts[usize::from(host)].boot;
                    self.see(&Seen::Waits { node: host, boot, id });
                }
                Effect::Refused(id, _) => self.see(&Seen::Refused { node: host, id }),
                // No snapshots are due here.
                Effect::Known(_) | Effect::Snapshot(_) => {}
            }
        }
        if let Some(running) = self.hosts[usize::from(host)].node.as_ref().filter(|_| honest) {
            self.checks.see(&self.roles, self.now - START.0, &Seen::Stepped { node: host, running });
        }
    }

    /// What is prescribed for the next block is known before anything is said of it.
    fn learn_epoch(&mut self, host: u16) {
        let Some(node) = &self.hosts[usize::from(host)].node else { return };
        if node.epoch().number > self.roles.epochs.newest().number
            && let Ok(regime) = ledger::regime(&node.reader().view(), self.genesis.consensus)
        {
            let before = self.roles.epochs.newest().kind;
            self.roles.epochs.learn(&regime);
            if (before, regime.epoch.kind) == (ConsensusKind::Adaptive, ConsensusKind::Bft) {
                *self.faults.entry("raised").or_default() += 1;
            }
        }
    }

    fn committed(&mut self, host: u16, block: &chain_node::commit::CommittedBlock) {
        self.digest.extend_from_slice(&host.to_be_bytes());
        self.digest.extend_from_slice(&self.now.to_be_bytes());
        self.digest.extend_from_slice(&block.id().0);
        self.see(&Seen::Committed { node: host, block, now_ms: self.now });
        if block.height() > self.learnt {
            self.learnt = block.height();
            self.committed += block.verdicts().count() as u64;
            self.workload.learn(block);
        }
        for (_, id, _) in block.verdicts() {
            if self.waiting.get(&id) == Some(&host) {
                self.waiting.remove(&id);
                self.acknowledged += 1;
                self.see(&Seen::Promised(id));
            }
        }
    }
}
