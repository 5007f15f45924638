//! Unary gRPC calls, with TLS and without, by turns.

use std::time::{Duration, Instant};

use sm_tls::{Door, Limits, Transport, accept, connect};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::stacks::Stack;

const WINDOW: Duration = Duration::from_secs(2);
const TURNS: u32 = 4;
const IN_FLIGHT: usize = 32;

/// Calls a second with our TLS, and in plaintext.
pub(crate) async fn rates(stack: &Stack) -> (f64, f64) {
    let (secure, plain) = (with_tls(stack).await, in_clear().await);
    let (mut done, mut done_plain) = (0, 0);
    for _ in 0..TURNS {
        done += window(&secure).await;
        done_plain += window(&plain).await;
    }
    let rate = |done: u64| done as f64 / (WINDOW * TURNS).as_secs_f64();
    (rate(done), rate(done_plain))
}

async fn with_tls(stack: &Stack) -> Channel {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint =
        Endpoint::from_shared(format!("https://localhost:{}", listener.local_addr().unwrap().port())).unwrap();
    let incoming =
        accept(listener, Door::Tls(watch::channel(stack.server.clone()).1), Limits::default(), |_, cause| {
            panic!("{cause}")
        });
    tokio::spawn(
        Server::builder().add_service(tonic_health::server::health_reporter().1).serve_with_incoming(incoming),
    );
    connect(&endpoint, &Transport::Tls(watch::channel(stack.client.clone()).1)).await.unwrap()
}

async fn in_clear() -> Channel {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint =
        Endpoint::from_shared(format!("http://localhost:{}", listener.local_addr().unwrap().port())).unwrap();
    let incoming = TcpListenerStream::new(listener);
    tokio::spawn(
        Server::builder().add_service(tonic_health::server::health_reporter().1).serve_with_incoming(incoming),
    );
    endpoint.tcp_nodelay(true).connect().await.unwrap()
}

/// Calls in a window.
async fn window(channel: &Channel) -> u64 {
    let until = Instant::now() + WINDOW;
    let callers = (0..IN_FLIGHT).map(|_| {
        let mut client = HealthClient::new(channel.clone());
        tokio::spawn(async move {
            let mut done = 0_u64;
            while Instant::now() < until {
                // About as long as an invoice.
                let request = HealthCheckRequest { service: "x".repeat(450) };
                // Such a service is not known: an answer all the same.
                assert_eq!(client.check(request).await.unwrap_err().code(), tonic::Code::NotFound);
                done += 1;
            }
            done
        })
    });
    let mut all = 0;
    for caller in callers.collect::<Vec<_>>() {
        all += caller.await.unwrap();
    }
    all
}
