//! Configuration of a node.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::snapshots::SnapshotRules;

/// Limits of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayLimits {
    /// Shortest deadline a caller may set, ms: a shorter one is raised.
    pub min_deadline_ms: u64,
    /// Longest deadline a caller may set, ms: a longer one is lowered.
    pub max_deadline_ms: u64,
    /// Deadline of callers that set none, ms.
    pub default_deadline_ms: u64,
    /// Most calls in flight on one connection.
    pub calls_per_connection: usize,
    /// Most connections of clients at once.
    pub connections: usize,
    /// Most connections of one address.
    pub connections_per_address: usize,
    /// Most connections of the holder of one certificate.
    pub connections_per_certificate: usize,
    /// Most submissions waiting for their signature check.
    pub submissions_in_flight: usize,
    /// Most subscriptions and streams at once.
    pub streams: usize,
}

impl GatewayLimits {
    pub(crate) fn connections(&self) -> sm_tls::Limits {
        sm_tls::Limits {
            total: self.connections,
            per_address: self.connections_per_address,
            per_certificate: self.connections_per_certificate,
        }
    }
}

impl Default for GatewayLimits {
    fn default() -> Self {
        Self {
            min_deadline_ms: 50,
            max_deadline_ms: 30_000,
            default_deadline_ms: 10_000,
            calls_per_connection: 2_048,
            connections: 8_192,
            connections_per_address: 2_048,
            connections_per_certificate: 512,
            submissions_in_flight: 8_192,
            streams: 256,
        }
    }
}

/// Where a node lives and listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// Data directory.
    pub data: PathBuf,
    /// gRPC address.
    pub listen: SocketAddr,
    /// Metrics and health over HTTP; none for off.
    #[serde(default)]
    pub metrics_listen: Option<SocketAddr>,
    /// OTLP endpoint for traces, e.g. `http://127.0.0.1:4317`; none for off.
    #[serde(default)]
    pub otlp_endpoint: Option<String>,
    /// Limits.
    #[serde(default)]
    pub limits: GatewayLimits,
    /// Snapshots of the state.
    #[serde(default)]
    pub snapshots: SnapshotRules,
}

impl NodeConfig {
    /// A node that only its own machine talks to, on ports that the system chooses.
    pub fn local(data: PathBuf, metrics: bool) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let metrics_listen = metrics.then_some(any);
        Self {
            data,
            listen: any,
            metrics_listen,
            otlp_endpoint: None,
            limits: GatewayLimits::default(),
            snapshots: SnapshotRules::default(),
        }
    }
}
