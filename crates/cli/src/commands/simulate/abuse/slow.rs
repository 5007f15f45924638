//! S6: thousands of connections that say nothing, say little, or never read.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::client::TlsStream;

use super::frames::{DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, call_headers, frame};
use super::ground::Ground;
use super::line::Thrown;
use super::raw;
use crate::failure::Failure;

/// How slow somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slow {
    /// TCP, and nothing else.
    Silent,
    /// The first bytes of a handshake.
    HalfHandshake,
    /// A byte a second of a handshake.
    Drop,
    /// A whole handshake, then nothing.
    Idle,
    /// A call whose answer is never read.
    Deaf,
}

/// Each with the time after which it must have ended.
const KINDS: [(Slow, &str, Duration); 5] = [
    (Slow::Silent, "TCP alone", Duration::from_secs(8)),
    (Slow::HalfHandshake, "half a handshake", Duration::from_secs(8)),
    (Slow::Drop, "a byte a second", Duration::from_secs(8)),
    (Slow::Idle, "silence after the handshake", Duration::from_secs(14)),
    (Slow::Deaf, "answers never read", Duration::from_secs(75)),
];
/// A connection that is heard yet after this is heard for ever.
const OPEN: Duration = Duration::from_secs(80);
/// Of one address: fewer than it may have.
const OF_ONE: usize = 1_000;
/// Connections that are made at once.
const AT_ONCE: usize = 128;
/// The begin of a ClientHello that says it has 512 bytes.
const HELLO: [u8; 11] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];

/// Somebody who is slow.
enum Crawling {
    /// And watches for the end.
    Watching(JoinHandle<Option<Duration>>),
    /// And does not even read that it has ended.
    Deaf(Box<TlsStream<TcpStream>>, Instant),
}

pub(super) async fn throw(ground: &Ground, connections: usize) -> Result<Thrown, Failure> {
    let config = ground.client_config()?;
    let doors = [
        (raw::socket_of(&ground.banner.nodes[0])?, "/taxchain.node.v1.NodeService/GetGenesis"),
        (raw::socket_of(&ground.banner.service)?, "/grpc.health.v1.Health/Check"),
    ];
    let mut thrown = Thrown::new(format!("{connections} connections to node and service that are slow on purpose"));
    let callers = (0..connections).map(|i| {
        let (kind, what, patience) = KINDS[i % KINDS.len()];
        let from = raw::attacker(100 + u8::try_from(i / OF_ONE).unwrap_or(0));
        let (door, config) = (doors[(i / KINDS.len()) % 2], config.clone());
        async move { (what, patience, crawl(kind, from, door, config).await) }
    });
    let begun: Vec<_> = futures::stream::iter(callers).buffer_unordered(AT_ONCE).collect().await;
    let mut deaf = Vec::new();
    for (what, patience, crawling) in begun {
        let after = match crawling {
            Ok(Crawling::Deaf(stream, began)) => {
                deaf.push((stream, began));
                continue;
            }
            Ok(Crawling::Watching(task)) => task.await.map_err(Failure::general)?,
            // Refused at once is as good as ended soon.
            Err(_) => Some(Duration::ZERO),
        };
        note(&mut thrown, what, patience, after);
    }
    hear_the_deaf(&mut thrown, deaf).await?;
    Ok(thrown)
}

fn note(thrown: &mut Thrown, what: &str, patience: Duration, after: Option<Duration>) {
    match after {
        Some(after) if after <= patience => thrown.count(format!("{what}: ended")),
        Some(after) => thrown.wrong(format!("{what}: ended only after {:.0} s", after.as_secs_f64())),
        None => thrown.wrong(format!("{what}: heard yet after {:.0} s", OPEN.as_secs_f64())),
    }
}

/// Begins to be slow.
async fn crawl(
    kind: Slow,
    from: Ipv4Addr,
    (door, path): (SocketAddr, &'static str),
    config: Arc<ClientConfig>,
) -> Result<Crawling, String> {
    if matches!(kind, Slow::Idle | Slow::Deaf) {
        let mut stream = raw::tls(from, door, &config).await?;
        let began = Instant::now();
        if kind == Slow::Deaf {
            // A window of one byte.
            let window = [&4_u16.to_be_bytes()[..], &1_u32.to_be_bytes()].concat();
            let call = frame(HEADERS, END_HEADERS, 1, &call_headers(path));
            let body = frame(DATA, END_STREAM, 1, &raw::framed(false, &[]));
            let words = [PREFACE.to_vec(), frame(SETTINGS, 0, 0, &window), call, body].concat();
            stream.write_all(&words).await.map_err(|e| e.to_string())?;
            return Ok(Crawling::Deaf(Box::new(stream), began));
        }
        return Ok(Crawling::Watching(tokio::spawn(async move { ended(&mut stream, began).await })));
    }
    let mut stream = raw::tcp(from, door).await?;
    let began = Instant::now();
    if kind == Slow::HalfHandshake {
        stream.write_all(&HELLO).await.map_err(|e| e.to_string())?;
    }
    Ok(Crawling::Watching(tokio::spawn(async move {
        if kind == Slow::Drop { dribble(stream, began).await } else { ended(&mut stream, began).await }
    })))
}

/// A byte a second, until the other side ends it.
async fn dribble(mut stream: TcpStream, began: Instant) -> Option<Duration> {
    for byte in HELLO.iter().chain(std::iter::repeat(&0)) {
        let mut one = [0; 1];
        let written = stream.write_all(&[*byte]).await;
        let read = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut one)).await;
        if written.is_err() || matches!(read, Ok(Ok(0) | Err(_))) {
            return Some(began.elapsed());
        }
        if began.elapsed() > OPEN {
            return None;
        }
    }
    None
}

/// Waits for the other side to end it.
async fn ended(stream: &mut (impl AsyncRead + Unpin), began: Instant) -> Option<Duration> {
    let mut bytes = [0; 4_096];
    let end = async {
        loop {
            match stream.read(&mut bytes).await {
                Ok(0) | Err(_) => return began.elapsed(),
                Ok(_) => {}
            }
        }
    };
    tokio::time::timeout(OPEN, end).await.ok()
}

/// Those who never read do not see that the other side has ended: the system's table of connections does.
async fn hear_the_deaf(
    thrown: &mut Thrown,
    mut deaf: Vec<(Box<TlsStream<TcpStream>>, Instant)>,
) -> Result<(), Failure> {
    let (_, what, patience) = KINDS[4];
    while !deaf.is_empty() {
        let open = open_ports()?;
        let mut left = Vec::new();
        for (stream, began) in deaf {
            let port = stream.get_ref().0.local_addr()?.port();
            match (open.contains(&port), began.elapsed()) {
                (false, after) => note(thrown, what, patience, Some(after)),
                (true, after) if after > OPEN => note(thrown, what, patience, None),
                (true, _) => left.push((stream, began)),
            }
        }
        deaf = left;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    Ok(())
}

/// Local ports of connections that both sides hold open.
fn open_ports() -> Result<BTreeSet<u16>, Failure> {
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    let port = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (local, state) = (words.next()?, words.nth(1)?);
        let port = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()?;
        (state == "01").then_some(port)
    };
    Ok(table.lines().skip(1).filter_map(port).collect())
}
