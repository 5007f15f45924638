//! HTTP/2 frames, made by hand (RFC 9113), and a connection that sends them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::raw;

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const CONTINUATION: u8 = 9;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut out = vec![length[1], length[2], length[3], kind, flags];
    out.extend(stream.to_be_bytes());
    out.extend_from_slice(payload);
    out
}

/// A header field as a literal that nobody is to remember (RFC 7541, 6.2.2).
pub(super) fn literal(name: &str, value: &str) -> Vec<u8> {
    let mut out = vec![0];
    for text in [name, value] {
        // Of 127 bytes at most, so that one byte says how long it is.
        let text = &text.as_bytes()[..text.len().min(126)];
        out.push(u8::try_from(text.len()).unwrap_or(0));
        out.extend_from_slice(text);
    }
    out
}

/// The headers of a call.
pub(super) fn call_headers(path: &str) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "https"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    fields.iter().flat_map(|(name, value)| literal(name, value)).collect()
}

/// How a connection went.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Frames sent.
    pub(super) sent: u64,
    /// How the server ended it; none if it did not.
    pub(super) by: Option<String>,
}

/// A connection that speaks HTTP/2 with frames of ours.
pub(super) struct Wire {
    read: ReadHalf<TlsStream<TcpStream>>,
    write: WriteHalf<TlsStream<TcpStream>>,
}

impl Wire {
    pub(super) async fn open(
        from: Ipv4Addr,
        to: SocketAddr,
        config: &Arc<ClientConfig>,
        settings: &[u8],
    ) -> Result<Self, String> {
        let stream = raw::tls(from, to, config).await?;
        let (read, mut write) = tokio::io::split(stream);
        write.write_all(PREFACE).await.map_err(|e| e.to_string())?;
        write.write_all(&frame(SETTINGS, 0, 0, settings)).await.map_err(|e| e.to_string())?;
        Ok(Self { read, write })
    }

    /// Sends what `next` makes, as fast as it is taken, until the server ends the connection or the time is over.
    pub(super) async fn flood(self, time: Duration, mut next: impl FnMut(u64) -> Vec<u8>) -> Ended {
        let Self { mut read, mut write } = self;
        let began = Instant::now();
        let mut sent = 0;
        let by = {
            let writes = async {
                while began.elapsed() < time {
                    let mut batch = Vec::new();
                    for _ in 0..64 {
                        batch.extend(next(sent));
                        sent += 1;
                    }
                    if write.write_all(&batch).await.is_err() {
                        // What the server said before it closed is read yet.
                        break;
                    }
                }
                // Held up or not, the server may yet say something.
                tokio::time::sleep(Duration::from_secs(1)).await;
            };
            let reads = listen(&mut read);
            tokio::select! {
                end = reads => Some(end),
                _ = tokio::time::timeout(time + Duration::from_secs(1), writes) => None,
            }
        };
        Ended { sent, by }
    }
}

/// Reads until the connection ends; how it ended.
async fn listen(read: &mut ReadHalf<TlsStream<TcpStream>>) -> String {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 * 1_024];
    loop {
        while let Some((kind, payload, length)) = first(&bytes) {
            if kind == GOAWAY {
                let code = payload.get(4..8).and_then(|c| c.try_into().ok()).map_or(0, u32::from_be_bytes);
                // Nothing wrong: it says that it takes no more.
                if code != 0 {
                    return code_name(code);
                }
            }
            bytes.drain(..length);
        }
        match read.read(&mut chunk).await {
            Ok(0) => return "closed".to_owned(),
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
            Err(_) => return "reset".to_owned(),
        }
    }
}

fn first(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let head = bytes.get(..9)?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
    let payload = bytes.get(9..9 + length)?;
    Some((head[3], payload, 9 + length))
}

/// RFC 9113, 7.
fn code_name(code: u32) -> String {
    let names = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
    ];
    names.get(code as usize).map_or_else(|| format!("code {code}"), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_were_made() {
        let two = [frame(PING, 0, 0, &[7; 8]), frame(DATA, END_STREAM, 5, b"abc")].concat();
        let (kind, payload, length) = first(&two).unwrap_or((9, &[], 0));
        assert_eq!((kind, payload, length), (PING, &[7_u8; 8][..], 17));
        assert_eq!(first(&two[length..]).map(|(kind, payload, _)| (kind, payload.len())), Some((DATA, 3)));
        assert_eq!(first(&two[..16]), None);
    }

    #[test]
    fn literals_say_how_long_they_are() {
        assert_eq!(literal("ab", "c"), [0, 2, b'a', b'b', 1, b'c']);
        assert_eq!(literal("x", &"y".repeat(500)).len(), 1 + 2 + 1 + 126);
    }
}
