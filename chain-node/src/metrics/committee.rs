//! Where the node stands with the committee's keys.

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Metrics;
use crate::node::CommitteeStanding;

/// The gauges.
#[derive(Clone, Default)]
pub(super) struct CommitteeGauges {
    epoch: Gauge,
    next: Gauge,
    not_ready: Gauge,
}

impl CommitteeGauges {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register("committee_epoch", "Epoch of the committee's key in force", self.epoch.clone());
        r.register("committee_next_epoch", "Epoch of the key that is named next", self.next.clone());
        r.register("committee_not_ready", "The next key is named, this node is not ready", self.not_ready.clone());
    }
}

impl Metrics {
    /// Notes where the node stands with the committee's keys.
    pub fn on_committee(&self, standing: CommitteeStanding) {
        self.committee.epoch.set(standing.epoch.into());
        self.committee.next.set(standing.next.into());
        self.committee.not_ready.set((!standing.ready).into());
    }
}
