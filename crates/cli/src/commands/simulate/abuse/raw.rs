//! Calls as bytes: headers and messages as nobody's library would make them, and connections from other addresses.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use proto::ErrorReport;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::codegen::{Bytes, Service, http};
use tonic::transport::Channel;
use tonic::{Code, Status};

/// No answer within this time is an answer too.
const PATIENCE: Duration = Duration::from_secs(15);

/// The caller's own time was over: he hung up.
pub(super) const CUT: &str = "hung up";

/// A message as gRPC frames it.
pub(super) fn framed(compressed: bool, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut out = vec![u8::from(compressed)];
    out.extend(length.to_be_bytes());
    out.extend_from_slice(message);
    out
}

/// Calls with a body as it is; says how it was answered.
pub(super) async fn call(channel: &Channel, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> String {
    call_for(PATIENCE, channel, path, headers, body).await
}

/// The same with a patience of one's own.
pub(super) async fn call_for(
    patience: Duration,
    channel: &Channel,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> String {
    match tokio::time::timeout(patience, answer(channel, path, headers, body)).await {
        Ok(Ok(said)) => said,
        Ok(Err(status)) => reason(&status),
        Err(_) => "SILENCE".to_owned(),
    }
}

async fn answer(channel: &Channel, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<String, Status> {
    let mut channel = channel.clone();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await.map_err(broken)?;
    let mut request = http::Request::post(path).header("content-type", "application/grpc").header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = tonic::body::Body::new(Full::new(Bytes::from(body)));
    let request = request.body(body).map_err(|e| Status::cancelled(e.to_string()))?;
    let response = channel.call(request).await.map_err(broken)?;
    if let Some(status) = Status::from_header_map(response.headers()) {
        return if status.code() == Code::Ok { Ok("OK".to_owned()) } else { Err(status) };
    }
    if !response.status().is_success() {
        return Ok(format!("HTTP {}", response.status().as_u16()));
    }
    let Some(frame) = response.into_body().frame().await else { return Ok("END".to_owned()) };
    let frame = frame?;
    // Streams go on for ever: their first message is answer enough.
    match frame.trailers_ref().and_then(Status::from_header_map) {
        Some(status) if status.code() != Code::Ok => Err(status),
        _ => Ok("OK".to_owned()),
    }
}

/// The connection's own end.
fn broken(error: tonic::transport::Error) -> Status {
    let mut why: &dyn std::error::Error = &error;
    while let Some(source) = why.source() {
        why = source;
    }
    Status::aborted(why.to_string())
}

/// The reason that a status carries; its code where that says something else.
pub(super) fn reason(status: &Status) -> String {
    let report = ErrorReport::from_status(status);
    let code = format!("{:?}", status.code());
    match status.code() {
        Code::Aborted if status.message().contains("Timeout expired") => CUT.to_owned(),
        Code::Aborted => format!("broken: {}", status.message()),
        Code::Internal | Code::Unknown | Code::Unavailable | Code::OutOfRange | Code::Unimplemented => code,
        _ => report.reason_name,
    }
}

/// Addresses of this machine that attackers call from: honest callers are 127.0.0.1.
pub(super) fn attacker(place: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 66, 0, place)
}

/// A connection from an address.
pub(super) async fn tcp(from: Ipv4Addr, to: SocketAddr) -> Result<TcpStream, String> {
    let socket = TcpSocket::new_v4().map_err(|e| e.to_string())?;
    socket.bind(SocketAddr::new(IpAddr::V4(from), 0)).map_err(|e| e.to_string())?;
    let stream = socket.connect(to).await.map_err(|e| e.to_string())?;
    stream.set_nodelay(true).map_err(|e| e.to_string())?;
    Ok(stream)
}

/// The same with a handshake.
pub(super) async fn tls(
    from: Ipv4Addr,
    to: SocketAddr,
    config: &Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>, String> {
    let name = ServerName::IpAddress(to.ip().into());
    let stream = tcp(from, to).await?;
    TlsConnector::from(config.clone()).connect(name, stream).await.map_err(|e| sm_tls::Cause::of_io(&e).to_string())
}

/// The socket of an endpoint such as `https://127.0.0.1:7000`.
pub(super) fn socket_of(endpoint: &str) -> Result<SocketAddr, crate::failure::Failure> {
    let address = endpoint.rsplit('/').next().unwrap_or_default();
    address.parse().map_err(crate::failure::Failure::general)
}
