//! How a caller of HTTP/2 behaves: who sends frames that make work and say nothing, in masses, loses the connection.
//!
//! HTTP/2 answers each PING and each SETTINGS, and refuses each stream beyond those allowed: all of that costs whoever sends it
//! almost nothing. Calls themselves are counted elsewhere, and what they carry has limits of its own.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

/// Length, kind, flags and stream of a frame (RFC 9113, 4.1).
const HEAD: usize = 9;
/// What a caller says first.
const PREFACE: usize = 24;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;

/// Frames that may come at once after a rest, and in each second.
#[derive(Clone, Copy, Debug)]
struct Share {
    at_once: u32,
    a_second: u32,
}

/// PING, SETTINGS, PRIORITY, and kinds that nobody knows: an honest connection sends a few a minute.
const CHATTER: Share = Share { at_once: 200, a_second: 20 };
/// Calls that are given up.
const GIVEN_UP: Share = Share { at_once: 10_000, a_second: 2_000 };
/// Calls, and the rest of their headers. Each is an answer to be made, if only that there are too many; the fastest honest
/// caller makes half as many.
const CALLS: Share = Share { at_once: 30_000, a_second: 20_000 };
/// Room for answers.
const ROOM: Share = Share { at_once: 100_000, a_second: 20_000 };
/// Calls whose caller has not said all of it: twice as many as any door lets be at work at once.
const UNFINISHED: u32 = 4_096;
/// Streams that the server itself had to reset.
const REFUSED: Share = Share { at_once: 3_000, a_second: 100 };

/// What is left of a share.
#[derive(Debug)]
struct Left {
    share: Share,
    frames: u32,
    counted: Option<Instant>,
}

impl Left {
    fn of(share: Share) -> Self {
        Self { share, frames: share.at_once, counted: None }
    }

    fn take(&mut self) -> io::Result<()> {
        if self.frames == 0 {
            self.earn();
        }
        self.frames = self.frames.checked_sub(1).ok_or_else(too_many)?;
        Ok(())
    }

    /// The clock is asked only when the share is used up.
    fn earn(&mut self) {
        let now = Instant::now();
        let rested = self.counted.map_or(Duration::from_secs(1), |counted| now - counted);
        let earned = rested.as_millis() * u128::from(self.share.a_second) / 1_000;
        if earned > 0 {
            self.frames = u32::try_from(earned).unwrap_or(u32::MAX).min(self.share.at_once);
            self.counted = Some(now);
        }
    }
}

fn too_many() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "more HTTP/2 frames than anybody needs who means to call")
}

/// Where in the frames of one direction a connection is.
#[derive(Debug)]
struct Cut {
    skip: usize,
    head: [u8; HEAD],
    have: usize,
}

impl Cut {
    fn after(skip: usize) -> Self {
        Self { skip, head: [0; HEAD], have: 0 }
    }

    /// Names the kind of each frame that begins in these bytes.
    fn feed(&mut self, mut bytes: &[u8], mut begins: impl FnMut(u8, u8) -> io::Result<()>) -> io::Result<()> {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            (self.skip, bytes) = (self.skip - skipped, &bytes[skipped..]);
            let more = (HEAD - self.have).min(bytes.len());
            self.head[self.have..self.have + more].copy_from_slice(&bytes[..more]);
            (self.have, bytes) = (self.have + more, &bytes[more..]);
            if self.have == HEAD {
                let [a, b, c, kind, flags, ..] = self.head;
                (self.skip, self.have) = (u32::from_be_bytes([0, a, b, c]) as usize, 0);
                begins(kind, flags)?;
            }
        }
        Ok(())
    }
}

/// Both directions of a connection.
#[derive(Debug)]
pub(crate) struct Manners {
    heard: Cut,
    said: Cut,
    chatter: Left,
    given_up: Left,
    calls: Left,
    room: Left,
    refused: Left,
    unfinished: u32,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            heard: Cut::after(PREFACE),
            said: Cut::after(0),
            chatter: Left::of(CHATTER),
            given_up: Left::of(GIVEN_UP),
            calls: Left::of(CALLS),
            room: Left::of(ROOM),
            refused: Left::of(REFUSED),
            unfinished: 0,
        }
    }
}

impl Manners {
    /// Bytes of the caller's; an error ends the connection.
    pub(crate) fn heard(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Self { heard, chatter, given_up, calls, room, unfinished, .. } = self;
        heard.feed(bytes, |kind, flags| {
            let ends = flags & END_STREAM != 0;
            match kind {
                // Bounded by their bytes, and empty ones by HTTP/2 itself.
                DATA => *unfinished = unfinished.saturating_sub(u32::from(ends)),
                HEADERS => {
                    *unfinished += u32::from(!ends);
                    if *unfinished > UNFINISHED {
                        return Err(too_many());
                    }
                    calls.take()?;
                }
                CONTINUATION => calls.take()?,
                WINDOW_UPDATE => room.take()?,
                RST_STREAM => {
                    *unfinished = unfinished.saturating_sub(1);
                    given_up.take()?;
                }
                _ => chatter.take()?,
            }
            Ok(())
        })
    }

    /// Bytes of the server's own.
    pub(crate) fn said(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Self { said, refused, unfinished, .. } = self;
        said.feed(bytes, |kind, _| {
            if kind == RST_STREAM {
                // What it does not want to hear is finished.
                *unfinished = unfinished.saturating_sub(1);
                refused.take()?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const PING: u8 = 6;

    fn frames(kind: u8, payload: usize, count: usize) -> Vec<u8> {
        let mut one = u32::try_from(payload).unwrap().to_be_bytes()[1..].to_vec();
        one.extend([kind, 0, 0, 0, 0, 1]);
        one.resize(HEAD + payload, 0xff);
        one.repeat(count)
    }

    fn calls(count: usize) -> Vec<u8> {
        let mut end = frames(DATA, 5, 1);
        end[4] = END_STREAM;
        [frames(HEADERS, 40, 1), end].concat().repeat(count)
    }

    fn begun() -> Manners {
        let mut manners = Manners::default();
        manners.heard(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        manners
    }

    #[tokio::test(start_paused = true)]
    async fn pings_in_masses_end_the_connection_and_some_do_not() {
        let mut manners = begun();
        manners.heard(&frames(PING, 8, 200)).unwrap();
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            manners.heard(&frames(PING, 8, 20)).unwrap();
        }
        assert!(manners.heard(&frames(PING, 8, 500)).is_err());
        assert!(begun().heard(&frames(0xee, 3, 300)).is_err(), "kinds that nobody knows are chatter too");
    }

    #[tokio::test]
    async fn frames_are_counted_however_their_bytes_are_cut() {
        for step in [1, 2, 7, 9, 10, 100] {
            let mut manners = begun();
            let bytes = [frames(DATA, 70, 5), frames(PING, 8, 200), frames(DATA, 3, 1)].concat();
            assert!(bytes.chunks(step).all(|part| manners.heard(part).is_ok()), "{step}");
            assert_eq!(manners.chatter.frames, 0, "{step}");
            assert!(frames(PING, 8, 30).chunks(step).any(|part| manners.heard(part).is_err()), "{step}");
        }
    }

    #[tokio::test]
    async fn data_and_honest_calls_are_not_counted_against_anybody() {
        let mut manners = begun();
        manners.heard(&frames(DATA, 0, 100_000)).unwrap();
        manners.heard(&calls(30_000)).unwrap();
        manners.heard(&frames(WINDOW_UPDATE, 4, 100_000)).unwrap();
        manners.said(&frames(HEADERS, 40, 300_000)).unwrap();
        manners.said(&frames(RST_STREAM, 4, 3_000)).unwrap();
        assert!(manners.said(&frames(RST_STREAM, 4, 200)).is_err(), "streams refused in masses");
        assert!(manners.heard(&calls(30_000)).is_err());
    }

    #[tokio::test]
    async fn calls_that_are_begun_and_never_finished_end_the_connection() {
        let mut manners = begun();
        manners.heard(&frames(HEADERS, 40, 4_096)).unwrap();
        assert!(manners.heard(&frames(HEADERS, 40, 1)).is_err());
        let mut manners = begun();
        for _ in 0..5 {
            manners.heard(&frames(HEADERS, 40, 2_000)).unwrap();
            manners.heard(&frames(RST_STREAM, 4, 1_500)).unwrap();
            manners.said(&frames(RST_STREAM, 4, 500)).unwrap();
        }
        assert_eq!(manners.unfinished, 0);
    }
}
