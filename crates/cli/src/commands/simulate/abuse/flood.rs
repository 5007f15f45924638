//! S8: floods of connections: of one address, and of the holder of one certificate. Peers keep their places.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crypto::KeyUse;
use crypto::x509::{Certificate, Issuer, Period, Profile, Subject};
use futures::StreamExt;
use rustls::ClientConfig;
use sm_tls::Limits;
use sm_tls::config::{Identity, client};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::ground::Ground;
use super::line::Thrown;
use super::raw;
use crate::failure::Failure;

/// Connections beyond what may be.
const BEYOND: usize = 300;
/// Begun at once.
const AT_ONCE: usize = 64;
const DAY: u64 = 86_400;

pub(super) async fn throw(ground: &Ground) -> Result<Thrown, Failure> {
    let limits = Limits::default();
    let node = raw::socket_of(&ground.banner.nodes[0])?;
    let mut thrown = Thrown::default();
    let linked = ground.metric("taxchain_peers").await?;
    let one_address = limits.per_address + BEYOND;
    let (held, refused) = by_address(raw::attacker(50), node, one_address).await;
    check(&mut thrown, "of one address", (held, refused), limits.per_address);
    let config = certified(ground)?;
    let one_certificate = limits.per_certificate + BEYOND;
    let (held, refused) = by_certificate(node, &config, one_certificate).await?;
    check(&mut thrown, "of one certificate", (held, refused), limits.per_certificate);
    let door = ground.peers_door()?;
    let (held, refused) = by_address(raw::attacker(55), door, one_address).await;
    thrown.count_many("at the peers' door: ended", refused);
    thrown.count_many("at the peers' door: without a handshake, for seconds", held);
    let now = ground.metric("taxchain_peers").await?;
    if now < linked || linked < 1.0 {
        thrown.wrong(format!("{linked} peers were linked before, {now} are"));
    }
    thrown.what = format!(
        "{one_address} connections of one address at a node and at its peers' door, {one_certificate} of one certificate"
    );
    thrown.note = format!("{now:.0} of {linked:.0} peers stayed linked");
    Ok(thrown)
}

fn check(thrown: &mut Thrown, what: &str, (held, refused): (usize, usize), most: usize) {
    if held > most || refused < BEYOND {
        thrown.wrong(format!("{what}: {held} were let in and {refused} refused, where {most} may be"));
    }
    thrown.count_many(&format!("{what}: let in"), held);
    thrown.count_many(&format!("{what}: refused"), refused);
}

/// How many are held open without a word, and how many are not.
async fn by_address(from: Ipv4Addr, to: SocketAddr, count: usize) -> (usize, usize) {
    let begin = futures::stream::iter((0..count).map(|_| raw::tcp(from, to))).buffer_unordered(AT_ONCE);
    let mut streams: Vec<Result<TcpStream, String>> = begin.collect().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut held = 0;
    for stream in streams.iter_mut().flatten() {
        let mut one = [0; 1];
        held += usize::from(tokio::time::timeout(Duration::from_millis(1), stream.read(&mut one)).await.is_err());
    }
    (held, count - held)
}

/// The same for connections whose handshake is done.
async fn by_certificate(to: SocketAddr, config: &Arc<ClientConfig>, count: usize) -> Result<(usize, usize), Failure> {
    let begin = (0..count).map(|i| raw::tls(raw::attacker(60 + u8::try_from(i % 4).unwrap_or(0)), to, config));
    let streams: Vec<Result<TlsStream<TcpStream>, String>> =
        futures::stream::iter(begin).buffer_unordered(AT_ONCE).collect().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut held = 0;
    for mut stream in streams.into_iter().flatten() {
        let mut bytes = [0; 4_096];
        // The server's tickets and its settings come first; then it waits, or has ended.
        let open = loop {
            match tokio::time::timeout(Duration::from_millis(5), stream.read(&mut bytes)).await {
                Err(_) => break true,
                Ok(Ok(0) | Err(_)) => break false,
                Ok(Ok(_)) => {}
            }
        };
        held += usize::from(open);
    }
    Ok((held, count - held))
}

/// A caller whom the chain's authority certified.
fn certified(ground: &Ground) -> Result<Arc<ClientConfig>, Failure> {
    let trust = ground.chain.trust().read().map_err(Failure::general)?;
    let root: Certificate = trust.roots.first().cloned().ok_or_else(|| Failure::config("the chain has no root"))?;
    let issuer = ground.chain.key("root", KeyUse::Issuer).map_err(Failure::general)?;
    let issuer = Issuer::new(issuer, root).map_err(Failure::general)?;
    let own = ground.chain.key("attacker", KeyUse::Tls).map_err(Failure::general)?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_err(Failure::general)?.as_secs();
    let subject = Subject { name: "CN=attacker,O=development,C=CN".to_owned(), hosts: Vec::new(), uris: Vec::new() };
    let period = Period { from: now - DAY, until: now + DAY };
    let certificate = issuer.issue(&own.public_key(), &subject, Profile::Client, period).map_err(Failure::general)?;
    let identity = Identity::new(&[certificate], own).map_err(Failure::general)?;
    Ok(Arc::new(client(Some(&identity), &trust).map_err(Failure::general)?))
}
