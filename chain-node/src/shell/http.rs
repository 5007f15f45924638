//! Metrics and health over plain HTTP, for Prometheus and load balancers.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::gateway::NodeGateway;
use crate::metrics::Metrics;

/// Serves `/metrics`, `/healthz` (the process lives) and `/readyz` (it accepts transactions).
pub fn serve(listener: TcpListener, metrics: Metrics, gateway: NodeGateway, mut stopping: watch::Receiver<bool>) {
    let page = move || async move {
        ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], metrics.render())
    };
    let ready = move || async move {
        if gateway.is_serving() { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "stopping\n") }
    };
    let routes = Router::new()
        .route("/metrics", get(page))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready));
    tokio::spawn(async move {
        let stop = async move { drop(stopping.wait_for(|s| *s).await) };
        if let Err(error) = axum::serve(listener, routes).with_graceful_shutdown(stop).await {
            tracing::error!(%error, "metrics server failed");
        }
    });
}
