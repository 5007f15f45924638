//! What goes from machine to machine, and what adversaries make of it.

use std::sync::Arc;

use chain_node::node::Input;
use chain_node::peer_message::PeerMessage;
use chain_node::peers::{PeerId, To};

use super::{PLOT_EVERY_MS, World};
use crate::cluster::adversaries::Scene;
use crate::cluster::checks::Seen;
use crate::cluster::events::Event;

impl World {
    pub(super) fn send(&mut self, from: u16, busy: u64, to: To, message: PeerMessage) {
        let place = self.hosts[usize::from(from)].place;
        let places: Vec<u16> = match to {
            To::All | To::Validators => (0..self.machines()).filter(|p| *p != place).collect(),
            To::Peer(peer) => peer.place().into_iter().filter(|p| *p < self.machines()).collect(),
        };
        if self.hosts[usize::from(from)].adversary.is_none() {
            self.note(place, &message);
            let message = Arc::new(message);
            for to in places {
                self.carry(from, to, busy, &message);
            }
            return;
        }
        // What its node signed may leave in a certificate, whatever becomes of the message.
        self.note(place, &message);
        for to in places {
            let Some(said) = self.with_adversary(from, |adversary, scene| adversary.says(scene, to, &message)) else {
                continue;
            };
            for (later, message) in said {
                self.note(place, &message);
                self.carry(from, to, busy + later, &Arc::new(message));
            }
        }
    }

    /// Shows the checkers what left the machine of its signer.
    fn note(&mut self, place: u16, message: &PeerMessage) {
        if let Some(statement) = self.roles.epochs.read(message)
            && statement.signer() == place
            && self.said.insert(*statement.signature())
        {
            self.see(&Seen::Said(&statement));
        }
    }

    /// To all machines that have this place.
    fn carry(&mut self, from: u16, to: u16, later: u64, message: &Arc<PeerMessage>) {
        let n = self.machines();
        let place = self.hosts[usize::from(from)].place;
        for host in 0..self.hosts.len() as u16 {
            let machine = &self.hosts[usize::from(host)];
            if machine.place != to || machine.node.is_none() {
                continue;
            }
            let boot = machine.boot;
            for delay in self.network.delays(&mut self.dice, place, to, n) {
                let message = Arc::clone(message);
                self.events.add(self.now + later + delay, Event::Deliver { from, to: host, boot, message });
            }
        }
    }

    pub(super) fn deliver(&mut self, from: u16, to: u16, boot: u64, message: Arc<PeerMessage>) {
        let machine = &mut self.hosts[usize::from(to)];
        if machine.boot != boot || machine.node.is_none() {
            return;
        }
        if machine.paused_until > self.now {
            let until = machine.paused_until;
            self.events.add(until, Event::Deliver { from, to, boot, message });
            return;
        }
        self.messages += 1;
        if let Some(adversary) = &mut machine.adversary {
            adversary.hears(&message);
        }
        let place = self.hosts[usize::from(from)].place;
        if self.is_honest(to) && self.roles.adversaries.contains(&place) {
            self.note_heard(to, &message);
        }
        let message = Arc::unwrap_or_clone(message);
        self.step(to, Input::Peer(PeerId::validator(place), message));
    }

    fn note_heard(&mut self, to: u16, message: &PeerMessage) {
        let height = self.hosts[usize::from(to)].node.as_ref().map(chain_node::Node::height);
        if let (Some(height), Some(statement)) = (height, self.roles.epochs.read(message)) {
            self.see(&Seen::Heard { node: to, height, statement: &statement });
        }
    }

    /// Adversaries plot until the end: healing ends faults, not malice.
    pub(super) fn plot(&mut self, host: u16) {
        self.events.add(self.now + PLOT_EVERY_MS, Event::Plot(host));
        let place = self.hosts[usize::from(host)].place;
        let plots = self.with_adversary(host, |adversary, scene| adversary.plots(scene)).unwrap_or_default();
        for (to, message) in plots {
            self.note(place, &message);
            self.carry(host, to, 0, &Arc::new(message));
        }
        let machine = &mut self.hosts[usize::from(host)];
        let every = machine.adversary.as_ref().and_then(|a| a.restarts_every());
        if every.is_some_and(|ms| machine.node.is_some() && self.now >= machine.started_ms + ms) {
            machine.kill();
            self.events.add(self.now + 100, Event::Start(host));
        }
    }

    fn with_adversary<T>(
        &mut self,
        host: u16,
        act: impl FnOnce(&mut dyn crate::cluster::adversaries::Adversary, &mut Scene<'_>) -> T,
    ) -> Option<T> {
        let (chain, machines, epochs) = (self.roles.chain, self.machines(), &self.roles.epochs);
        let machine = &mut self.hosts[usize::from(host)];
        let adversary = machine.adversary.as_deref_mut()?;
        let (key, node, machine) = (&machine.key, machine.node.as_ref(), machine.place);
        let mut scene = Scene { dice: &mut self.dice, key, chain, machine, machines, epochs, node };
        Some(act(adversary, &mut scene))
    }
}
