//! S7: floods of HTTP/2 frames, over TLS.

use std::net::SocketAddr;
use std::time::Duration;

use super::frames::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Ended, HEADERS, PING, RST_STREAM, SETTINGS, Wire, call_headers, frame,
    literal,
};
use super::ground::Ground;
use super::line::Thrown;
use super::raw;
use crate::failure::Failure;

/// How long each flood goes on, if nobody ends it.
const FLOOD: Duration = Duration::from_secs(4);
/// Connections of each flood.
const WIRES: u8 = 4;

/// A flood.
struct Flood {
    what: &'static str,
    next: fn(u64, &'static str) -> Vec<u8>,
}

const FLOODS: [Flood; 7] = [
    Flood { what: "rapid reset", next: rapid_reset },
    Flood { what: "CONTINUATION without end", next: continuation },
    Flood { what: "empty DATA", next: empty_data },
    Flood { what: "PING", next: |turn, _| frame(PING, 0, 0, &turn.to_be_bytes()) },
    Flood { what: "SETTINGS", next: |turn, _| settings(turn) },
    Flood { what: "streams without end", next: many_streams },
    Flood { what: "frames of no kind, and 16 MB ones", next: |_, _| vec![0xff; 64] },
];

fn stream(turn: u64) -> u32 {
    u32::try_from(turn % (1 << 30)).unwrap_or(0) * 2 + 1
}

fn rapid_reset(turn: u64, path: &'static str) -> Vec<u8> {
    let opened = frame(HEADERS, END_HEADERS, stream(turn), &call_headers(path));
    [opened, frame(RST_STREAM, 0, stream(turn), &8_u32.to_be_bytes())].concat()
}

fn continuation(turn: u64, path: &'static str) -> Vec<u8> {
    match turn {
        0 => frame(HEADERS, END_STREAM, 1, &call_headers(path)),
        _ => frame(CONTINUATION, 0, 1, &literal("x-more", &"y".repeat(120)).repeat(120)),
    }
}

fn empty_data(turn: u64, path: &'static str) -> Vec<u8> {
    match turn {
        0 => frame(HEADERS, END_HEADERS, 1, &call_headers(path)),
        _ => frame(DATA, 0, 1, &[]),
    }
}

fn settings(turn: u64) -> Vec<u8> {
    // The first window of streams, another each time.
    let window = 65_535 + u32::try_from(turn % 1_000).unwrap_or(0);
    frame(SETTINGS, 0, 0, &[&4_u16.to_be_bytes()[..], &window.to_be_bytes()].concat())
}

fn many_streams(turn: u64, path: &'static str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream(turn), &call_headers(path))
}

pub(super) async fn throw(ground: &Ground) -> Result<Thrown, Failure> {
    let mut thrown = Thrown::default();
    let (mut frames, mut notes) = (0, Vec::new());
    let doors: [(&str, SocketAddr, &'static str); 2] = [
        ("node", raw::socket_of(&ground.banner.nodes[0])?, "/taxchain.node.v1.NodeService/GetStatus"),
        ("service", raw::socket_of(&ground.banner.service)?, "/taxchain.invoice.v1.VerifyService/VerifyByCsv"),
    ];
    let config = ground.client_config()?;
    for (place, flood) in (10..).zip(&FLOODS) {
        let mut of_flood = 0;
        let mut grown = Vec::new();
        for (door, address, path) in doors {
            let before = ground.take_peak();
            let wires = (0..WIRES).map(|_| async {
                let wire = Wire::open(raw::attacker(place), address, &config, &[]).await?;
                Ok::<Ended, String>(wire.flood(FLOOD, |turn| (flood.next)(turn, path)).await)
            });
            for ended in futures::future::join_all(wires).await {
                let ended = match ended {
                    Ok(ended) => ended,
                    Err(why) => {
                        thrown.wrong(format!("{door}: {}: no connection: {why}", flood.what));
                        continue;
                    }
                };
                of_flood += ended.sent;
                match &ended.by {
                    None => thrown.wrong(format!("{door}: {}: {} frames, and it is heard yet", flood.what, ended.sent)),
                    Some(by) => thrown.count(format!("{}: {by}", flood.what)),
                }
            }
            let more = ground.take_peak().saturating_sub(before) >> 20;
            grown.push(format!("{door} {more} MiB"));
        }
        notes.push(format!("{} {of_flood} frames, {}", flood.what, grown.join(", ")));
        frames += of_flood;
    }
    thrown.what = format!("{} floods at node and service over {WIRES} connections each, {frames} frames", FLOODS.len());
    thrown.note = notes.join("; ");
    Ok(thrown)
}
