//! Making the cluster, and starting its nodes.

use std::collections::{BTreeMap, BTreeSet};

use chain_node::Node;
use ledger_types::{ConsensusKind, Height};

use super::{PLOT_EVERY_MS, World};
use crate::cluster::adversaries::AdversaryKind;
use crate::cluster::ballots::{Ballots, Change};
use crate::cluster::checks::{Checks, Roles, Seen};
use crate::cluster::clients::{MachineKeys, found};
use crate::cluster::epochs::Epochs;
use crate::cluster::events::{Event, Events};
use crate::cluster::faults::FaultKind;
use crate::cluster::host::Host;
use crate::cluster::network::Network;
use crate::cluster::workload::Workload;
use crate::cluster::{AdversaryChoice, ClusterOptions, START};
use crate::dice::Dice;

/// So many seeds of a hundred have adversaries.
const WITH_ADVERSARIES: f64 = 0.5;
/// So many have a machine that is no validator at first.
const WITH_SPARE: f64 = 0.5;
/// In so many, nodes report them to the chain.
const WITH_REPORTS: f64 = 0.5;
/// So many chains are adaptive, and raise themselves.
const ADAPTIVE: f64 = 0.4;

impl World {
    pub(crate) fn new(seed: u64, options: ClusterOptions) -> Self {
        let mut dice = Dice::new(seed);
        let may_replace = options.kinds.is_empty() || options.kinds.contains(&FaultKind::Replace);
        let count = options.nodes + u16::from(may_replace && dice.chance(WITH_SPARE));
        let adaptive = dice.chance(ADAPTIVE);
        let kind = if adaptive { ConsensusKind::Adaptive } else { ConsensusKind::Bft };
        let (genesis, machines, people) = found(seed, options.nodes, count, kind, !options.real_signatures);
        let adversaries = draw_adversaries(&mut dice, &options);
        let keys: Vec<_> = machines.iter().map(|keys| keys.vote.public_key()).collect();
        let roles = Roles {
            chain: genesis.chain_id(),
            epochs: Epochs::new(&genesis, keys.clone()),
            keys,
            adversaries: adversaries.keys().copied().collect(),
            forgot: BTreeMap::new(),
        };
        let mut world = Self {
            seed,
            options,
            dice,
            now: START.0,
            events: Events::default(),
            hosts: Vec::new(),
            network: Network::default(),
            workload: Workload::new(people),
            ballots: Ballots::default(),
            checks: Checks::default(),
            roles,
            adversaries: adversaries.values().copied().collect(),
            faults: BTreeMap::new(),
            messages: 0,
            said: BTreeSet::new(),
            learnt: Height(0),
            committed: 0,
            acknowledged: 0,
            digest: Vec::new(),
            healed: false,
            waiting: BTreeMap::new(),
            genesis,
        };
        if adaptive {
            world.ballots.want(Change::Adaptive);
        }
        world.build(&machines, &adversaries);
        for host in 0..world.hosts.len() as u16 {
            world.start(host);
        }
        world.events.add(START.0 + 200, Event::Client);
        world.plan_fault();
        world
    }

    fn build(&mut self, machines: &[MachineKeys], adversaries: &BTreeMap<u16, AdversaryKind>) {
        let mut twins = Vec::new();
        // Where nobody reports them, traitors stay validators to the end.
        let adaptive = self.genesis.consensus == ConsensusKind::Adaptive;
        let reports = self.dice.chance(WITH_REPORTS) || adaptive;
        for (place, keys) in (0u16..).zip(machines) {
            let made = Host::new(&self.genesis, place, keys.clone(), self.roles.keys.clone(), reports);
            let Some(mut host) = self.unless_failed(place, made) else { continue };
            host.adversary = adversaries.get(&place).map(|kind| kind.adversary());
            if host.adversary.as_ref().is_some_and(|a| a.is_twin()) {
                twins.push(place);
            }
            self.hosts.push(host);
            if adversaries.contains_key(&place) {
                self.events.add(START.0 + PLOT_EVERY_MS, Event::Plot(place));
            }
        }
        for place in twins {
            let made =
                Host::new(&self.genesis, place, machines[usize::from(place)].clone(), self.roles.keys.clone(), false);
            let twin = self.unless_failed(place, made);
            self.hosts.extend(twin);
        }
    }

    fn unless_failed(&mut self, place: u16, made: Result<Host, String>) -> Option<Host> {
        made.map_err(|what| self.see(&Seen::Failed { node: place, what: &what })).ok()
    }

    /// Starts a node that is down. One whose disk was damaged may refuse: then it gets a new disk.
    pub(super) fn start(&mut self, host: u16) {
        let honest = self.is_honest(host);
        let machine = &mut self.hosts[usize::from(host)];
        if machine.node.is_some() {
            return;
        }
        #[cfg(planted)]
        crate::cluster::planted::turn_of(host, machine.clock(self.now), self.now);
        let mut started = machine.start(self.now);
        if started.is_err() && machine.rotten {
            *self.faults.entry("bit rot found").or_default() += 1;
            self.lose_disk(host);
            started = self.hosts[usize::from(host)].start(self.now);
        }
        match started {
            Ok((height, kept)) => {
                if honest {
                    self.see(&Seen::Started { node: host, height, kept: &kept });
                }
                self.wake_in(host, 1);
            }
            // No room, or no power: once more when that is over.
            Err(_) if self.hosts[usize::from(host)].disk_fault.is_some() => {
                self.hosts[usize::from(host)].kill();
                self.events.add(self.now + 1_000, Event::Start(host));
            }
            Err(what) if honest => self.see(&Seen::Failed { node: host, what: &what }),
            Err(_) => {}
        }
    }

    /// The disk goes, and with it what the node knows of its own words.
    pub(super) fn lose_disk(&mut self, host: u16) {
        let until = self.learnt.next().next();
        let machine = &mut self.hosts[usize::from(host)];
        let seen = machine.node.as_ref().map_or(Height(0), Node::height);
        machine.forgot = Some(until.max(seen.next()));
        if let Err(what) = machine.wipe(&self.genesis) {
            self.see(&Seen::Failed { node: host, what: &what });
        }
        self.note_forgetful(host);
    }

    pub(super) fn note_forgetful(&mut self, host: u16) {
        let machine = &self.hosts[usize::from(host)];
        if let Some(until) = machine.forgot {
            self.roles.forgot.insert(machine.place, until);
        }
    }
}

fn draw_adversaries(dice: &mut Dice, options: &ClusterOptions) -> BTreeMap<u16, AdversaryKind> {
    let most = usize::from(options.nodes.saturating_sub(1) / 3);
    let (count, only) = match options.adversaries {
        AdversaryChoice::None => (0, None),
        AdversaryChoice::Drawn if dice.chance(WITH_ADVERSARIES) => (1 + dice.below(most), None),
        AdversaryChoice::Drawn => (0, None),
        AdversaryChoice::Only(kind) => (1, Some(kind)),
    };
    let mut chosen = BTreeMap::new();
    while chosen.len() < count.min(most) {
        let place = dice.below(usize::from(options.nodes)) as u16;
        let kind = only.unwrap_or(AdversaryKind::ALL[dice.below(AdversaryKind::ALL.len())]);
        chosen.insert(place, kind);
    }
    chosen
}
