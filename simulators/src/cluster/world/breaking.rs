//! Faults: how they begin, and how they end.

use ledger_types::{ConsensusKind, Height, Validator};

use super::World;
use crate::cluster::ballots::Change;
use crate::cluster::checks::Seen;
use crate::cluster::clients::OPERATOR;
use crate::cluster::epochs::SeenEpoch;
use crate::cluster::events::Event;
use crate::cluster::faults::{Fault, FaultKind};
use crate::cluster::host::DiskFault;

impl World {
    pub(super) fn plan_fault(&mut self) {
        if self.options.faults_per_minute > 0.0 {
            let gap = 60_000.0 / self.options.faults_per_minute * (0.2 + 1.6 * self.dice.unit());
            self.events.add(self.now + gap as u64, Event::Break);
        }
    }

    pub(super) fn break_something(&mut self) {
        let machines = self.machines();
        let fault = Fault::draw(&mut self.dice, machines, self.options.kinds);
        if !self.may_break(&fault) {
            return;
        }
        *self.faults.entry(fault.kind.name()).or_default() += 1;
        let all = 0..self.hosts.len() as u16;
        let machine = &mut self.hosts[usize::from(fault.node)];
        match fault.kind {
            FaultKind::PowerCut if fault.measure % 2 == 1 && machine.node.is_some() => {
                machine.plan_disk_fault(DiskFault::PowerCut, fault.measure);
            }
            FaultKind::PowerCut => self.cut_power(fault.node),
            FaultKind::Kill => machine.kill(),
            FaultKind::Blackout => all.for_each(|host| self.cut_power(host)),
            FaultKind::BitRot => self.rot(fault.node),
            FaultKind::Wipe => self.lose_disk(fault.node),
            FaultKind::DiskFull => machine.plan_disk_fault(DiskFault::Full, fault.measure),
            FaultKind::SlowDisk => machine.slow_ms = fault.measure,
            FaultKind::Pause => machine.paused_until = self.now + fault.lasts_ms,
            FaultKind::Replace => self.replace(fault.node, self.spare()),
            FaultKind::Switch => self.ballots.want(Change::Kind(ConsensusKind::CrashFault)),
            FaultKind::Upgrade => self.ballots.want(Change::Upgrade),
            // Ahead or behind.
            FaultKind::Skew => machine.skew_ms = fault.measure.cast_signed() - 3_000,
            FaultKind::Partition
            | FaultKind::Ring
            | FaultKind::Mute
            | FaultKind::Deaf
            | FaultKind::Loss
            | FaultKind::Delay
            | FaultKind::Duplicate => self.network.breaks(fault),
        }
        self.events.add(self.now + fault.lasts_ms, Event::Mend(fault));
    }

    /// A disk may be lost only while fewer than the chain tolerates are lost or lie, and the chain may become one that
    /// tolerates fewer only while no more are: who lost his words may contradict them until the others are past that
    /// height. What the operators want next is open to no more than one change.
    fn may_break(&self, fault: &Fault) -> bool {
        let (epoch, faulty) = (self.roles.epochs.newest(), self.faulty());
        let (kind, seats) = (epoch.kind, epoch.members.len());
        match fault.kind {
            _ if self.ballots.is_open() && fault.kind.is_weighed() => false,
            FaultKind::BitRot | FaultKind::Wipe => {
                self.is_honest(fault.node) && faulty < SeenEpoch::tolerated(kind, seats)
            }
            FaultKind::Replace => {
                let is_member = epoch.seat_of(fault.node).is_some() && self.is_honest(fault.node);
                is_member && self.spare().is_some_and(|spare| epoch.seat_of(spare).is_none())
            }
            FaultKind::Switch => kind == ConsensusKind::Bft && faulty == 0,
            _ => true,
        }
    }

    /// The operators let one machine join the validators and another one leave.
    fn replace(&mut self, leaves: u16, joins: Option<u16>) {
        let Some(joins) = joins else { return };
        let vote_key = self.roles.keys[usize::from(joins)].0;
        self.ballots.want(Change::Join(joins, Validator { operator: OPERATOR, vote_key }));
        self.ballots.want(Change::Leave(leaves));
    }

    /// How many validators lie, or may contradict themselves.
    fn faulty(&self) -> usize {
        let best = self.learnt;
        let epoch = self.roles.epochs.newest();
        let is_back = |host: u16| {
            let node = self.hosts.get(usize::from(host)).and_then(|h| h.node.as_ref());
            node.is_some_and(|node| !node.holds_back())
        };
        let under_way = self.roles.forgot.iter().filter(|(host, until)| **until >= best || !is_back(**host)).count();
        self.roles.adversaries.iter().filter(|machine| epoch.seat_of(**machine).is_some()).count() + under_way
    }

    fn cut_power(&mut self, host: u16) {
        let seed = self.dice.bits();
        self.hosts[usize::from(host)].cut_power(seed);
    }

    /// Ends the process, or the power of its machine, and changes one stored byte, often near the end of what was written.
    fn rot(&mut self, host: u16) {
        if self.dice.chance(0.5) {
            self.cut_power(host);
        }
        let machine = &mut self.hosts[usize::from(host)];
        machine.kill();
        let files = machine.files();
        if files.is_empty() {
            return;
        }
        let (path, len) = &files[self.dice.below(files.len())];
        let near_the_end = self.dice.chance(0.5);
        let back = self.dice.below(if near_the_end { (*len).min(300) } else { *len });
        let xor = 1 << self.dice.below(8);
        machine.rotten = machine.disk.flip(path, len - 1 - back, xor).is_ok();
        // What it said may have stood there.
        machine.forgot = Some(Height(self.learnt.0 + 2));
        self.note_forgetful(host);
    }

    /// An operator checks a machine whose disk did strange things. What the check does not find must do no harm.
    pub(super) fn look_for_rot(&mut self, host: u16) {
        let machine = &mut self.hosts[usize::from(host)];
        machine.kill();
        machine.rotten = false;
        if !machine.is_sound() {
            *self.faults.entry("bit rot found").or_default() += 1;
            self.lose_disk(host);
        }
    }

    pub(super) fn mend(&mut self, fault: &Fault) {
        let machine = &mut self.hosts[usize::from(fault.node)];
        match fault.kind {
            FaultKind::PowerCut | FaultKind::DiskFull => {
                machine.forget_disk_fault();
                self.start(fault.node);
            }
            FaultKind::BitRot => {
                self.start(fault.node);
                // At once: several lost disks at the same time would be more than the chain tolerates.
                if self.hosts[usize::from(fault.node)].rotten {
                    self.look_for_rot(fault.node);
                    self.start(fault.node);
                }
            }
            FaultKind::Kill | FaultKind::Wipe => self.start(fault.node),
            FaultKind::Blackout => (0..self.hosts.len() as u16).for_each(|host| self.start(host)),
            FaultKind::Pause => self.wake_in(fault.node, 1),
            FaultKind::Replace => {
                if let Some(spare) = self.spare() {
                    self.replace(spare, Some(fault.node));
                }
            }
            FaultKind::Switch => self.ballots.want(Change::Kind(ConsensusKind::Bft)),
            FaultKind::Upgrade => {}
            FaultKind::Skew => machine.skew_ms = 0,
            FaultKind::SlowDisk => machine.slow_ms = 0,
            _ => self.network.mends(fault),
        }
    }

    /// A node's step failed: because of its disk, or for no reason.
    pub(super) fn stopped(&mut self, host: u16, what: &str) {
        let honest = self.is_honest(host);
        let seed = self.dice.bits();
        let machine = &mut self.hosts[usize::from(host)];
        match machine.disk_fault {
            Some(DiskFault::PowerCut) => machine.cut_power(seed),
            // The process ends; it starts again when there is room.
            Some(DiskFault::Full) => machine.kill(),
            None if machine.rotten => {
                *self.faults.entry("bit rot found").or_default() += 1;
                self.lose_disk(host);
                self.events.add(self.now + 500, Event::Start(host));
            }
            None => {
                machine.kill();
                if honest {
                    self.see(&Seen::Failed { node: host, what });
                }
            }
        }
    }
}
