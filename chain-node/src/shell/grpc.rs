//! The server that clients call.

use std::time::Duration;

use sm_tls::Door;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::StreamExt;
use tonic::service::InterceptorLayer;

use super::ServeError;
use super::refusals::Refusals;
use super::registered::Registered;
use crate::config::NodeConfig;
use crate::gateway::NodeGateway;
use crate::metrics::Metrics;

/// A client's connection ends in order after this and is made again: with it everything that its handshake proved.
const CONNECTION_AGE: Duration = Duration::from_secs(3_600);

pub(super) type GrpcServer = tokio::task::JoinHandle<Result<(), tonic::transport::Error>>;

/// Starts serving clients.
pub(super) async fn serve_grpc(
    gateway: NodeGateway,
    config: &NodeConfig,
    (listener, door, registered): (TcpListener, Door, Registered),
    metrics: Metrics,
    mut stopping: watch::Receiver<bool>,
) -> Result<GrpcServer, ServeError> {
    use proto::node::v1::node_service_server::NodeServiceServer;
    let (health_reporter, health) = tonic_health::server::health_reporter();
    health_reporter.set_serving::<NodeServiceServer<NodeGateway>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let (limits, connections) = (&config.limits, config.limits.connections());
    let service = NodeServiceServer::new(gateway)
        .max_decoding_message_size(ledger_types::limits::MAX_TX_BYTES as usize + 64 * 1024)
        .max_encoding_message_size(64 * 1024 * 1024);
    let checks = registered.clone();
    let router = tonic::transport::Server::builder()
        .layer(InterceptorLayer::new(move |request| checks.check(request)))
        .timeout(Duration::from_millis(limits.max_deadline_ms))
        .concurrency_limit_per_connection(limits.calls_per_connection)
        .max_concurrent_streams(u32::try_from(limits.calls_per_connection).unwrap_or(u32::MAX))
        .http2_max_header_list_size(16 * 1024)
        .http2_max_pending_accept_reset_streams(Some(64))
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .max_connection_age(CONNECTION_AGE)
        .http2_keepalive_timeout(Some(Duration::from_secs(20)))
        .initial_stream_window_size(4 * 1024 * 1024)
        .initial_connection_window_size(16 * 1024 * 1024)
        .add_service(service)
        .add_service(health)
        .add_service(reflection);
    let server = tokio::spawn(async move {
        let refusals = Refusals(Some(metrics));
        let incoming =
            sm_tls::accept(listener, door, connections, move |address, cause| refusals.note("callers", address, cause));
        let incoming = incoming.map(move |one| one.map(|accepted| registered.hold(accepted)));
        router
            .serve_with_incoming_shutdown(incoming, async move {
                drop(stopping.wait_for(|stop| *stop).await);
            })
            .await
    });
    Ok(server)
}
