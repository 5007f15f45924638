//! What will happen, in order of time.

use std::collections::BTreeMap;
use std::sync::Arc;

use chain_node::peer_message::PeerMessage;

use super::faults::Fault;

/// Something that happens at a time.
pub(super) enum Event {
    /// A node may have something to do.
    Wake(u16),
    /// A message arrives.
    Deliver { from: u16, to: u16, boot: u64, message: Arc<PeerMessage> },
    /// A client sends a transaction.
    Client,
    /// Something breaks.
    Break,
    /// A fault ends.
    Mend(Fault),
    /// An adversary has time to plot.
    Plot(u16),
    /// A process starts.
    Start(u16),
}

/// Events by time; those of one moment in the order they were added.
#[derive(Default)]
pub(super) struct Events {
    queue: BTreeMap<(u64, u64), Event>,
    added: u64,
}

impl Events {
    pub(super) fn add(&mut self, at_ms: u64, event: Event) {
        self.added += 1;
        self.queue.insert((at_ms, self.added), event);
    }

    /// The next one not after `until_ms`.
    pub(super) fn next(&mut self, until_ms: u64) -> Option<(u64, Event)> {
        let at = self.queue.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= until_ms)?;
        self.queue.pop_first().map(|(_, event)| (at, event))
    }
}
