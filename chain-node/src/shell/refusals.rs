//! What connections say of certificates: who was refused and why, and when the own one ends.

use std::net::SocketAddr;

use sm_tls::{Cause, Security, warn_before_end};

use crate::metrics::Metrics;

/// Notes connections that did not come about; counts them where there are metrics.
#[derive(Clone)]
pub(super) struct Refusals(pub(super) Option<Metrics>);

impl Refusals {
    /// Notes one. Anybody can make many of them: each is counted, none is worth a warning.
    pub(super) fn note(&self, door: &'static str, address: SocketAddr, cause: &Cause) {
        if let Some(metrics) = &self.0 {
            metrics.on_refused_connection(door);
        }
        tracing::info!(%address, door, %cause, "a connection was refused");
    }
}

/// Shows until when the node's certificate holds, and warns before it ends.
pub(super) fn watch_certificate(security: &Security, metrics: &Metrics) {
    let Some(holds) = security.holds() else { return };
    tokio::spawn(warn_before_end(holds.clone()));
    let metrics = metrics.clone();
    let mut holds = holds;
    tokio::spawn(async move {
        loop {
            metrics.on_certificate(holds.borrow_and_update().until);
            if holds.changed().await.is_err() {
                return;
            }
        }
    });
}
