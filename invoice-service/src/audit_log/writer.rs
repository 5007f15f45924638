//! The thread that writes: numbers, times and hashes, many entries with one sync.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use ledger_types::{ChainId, Digest};
use tokio::sync::{mpsc, watch};

use super::entry::AuditEntry;
use super::reading::{AuditFault, Tail, verify, walk};
use super::sink::Sink;
use super::{Job, Unrecorded};

/// Entries of one sync.
const BATCH: usize = 512;
/// Bytes that are copied to a sink with one sync.
const CHUNK: usize = 1_024 * 1_024;
/// How often a sink that failed is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// A sink that is open, or waits to be tried again.
enum Place {
    Open(Sink),
    Lost { folder: PathBuf, since: Instant },
}

pub(super) struct Writer {
    chain: ChainId,
    id: Digest,
    places: Vec<Place>,
    tail: Tail,
    again: Duration,
}

impl Writer {
    /// Opens all sinks. One that cannot be opened is left for later, as long as another can; one that was changed is not.
    pub(super) fn open(chain: ChainId, id: Digest, folders: &[PathBuf]) -> Result<Self, AuditFault> {
        let (mut places, mut lost) = (Vec::new(), None);
        for folder in folders {
            match Sink::open(&chain, id, folder) {
                Ok(sink) => places.push(Place::Open(sink)),
                Err(error @ AuditFault::File { .. }) => {
                    tracing::error!(%error, "a sink of the audit log cannot be opened");
                    places.push(Place::Lost { folder: folder.clone(), since: Instant::now() });
                    lost = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        let open = places.iter().filter_map(|place| match place {
            Place::Open(sink) => Some(sink.tail()),
            Place::Lost { .. } => None,
        });
        let Some(tail) = open.max_by_key(|tail| tail.number) else { return Err(lost.unwrap_or(AuditFault::NoSink)) };
        let mut writer = Self { chain, id, places, tail, again: AGAIN };
        for place in 0..writer.places.len() {
            writer.bring_up(place)?;
        }
        Ok(writer)
    }

    #[cfg(test)]
    pub(super) fn trying_again_after(mut self, again: Duration) -> Self {
        self.again = again;
        self
    }

    /// As if every disk had failed.
    #[cfg(test)]
    pub(super) fn lose_all(&mut self) {
        for place in &mut self.places {
            if let Place::Open(sink) = place {
                *place = Place::Lost { folder: sink.folder().to_owned(), since: Instant::now() };
            }
        }
    }

    pub(super) fn tail(&self) -> Tail {
        self.tail
    }

    /// Writes until nobody is left who could ask.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>, tail: &watch::Sender<Tail>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH {
                let Ok(job) = jobs.try_recv() else { break };
                batch.push(job);
            }
            let before = self.tail.number;
            let events: Vec<_> = batch.iter().map(|job| job.event.clone()).collect();
            let recorded = self.write(events);
            tail.send_replace(self.tail);
            for (number, job) in (before + 1..).zip(batch) {
                // Who asked may have gone.
                let _ = job.recorded.send(recorded.map(|()| number));
            }
        }
    }

    /// Writes events to every sink that can be written, and forgets them if there is none.
    pub(super) fn write(&mut self, events: Vec<super::Event>) -> Result<(), Unrecorded> {
        self.try_lost_places();
        let (mut lines, mut after) = (String::new(), self.tail);
        for event in events {
            let entry = AuditEntry { number: after.number + 1, time_ms: now_ms(), event };
            after = Tail { number: entry.number, head: entry.hash(&self.chain, &after.head) };
            lines.push_str(&entry.line(after.head));
        }
        let mut written = 0;
        for place in &mut self.places {
            let Place::Open(sink) = place else { continue };
            match sink.append(&lines, after) {
                Ok(()) => written += 1,
                Err(error) => {
                    tracing::error!(%error, "a sink of the audit log failed");
                    *place = Place::Lost { folder: sink.folder().to_owned(), since: Instant::now() };
                }
            }
        }
        if written == 0 {
            return Err(Unrecorded);
        }
        self.tail = after;
        Ok(())
    }

    fn try_lost_places(&mut self) {
        for place in 0..self.places.len() {
            let Place::Lost { folder, since } = &self.places[place] else { continue };
            if since.elapsed() < self.again {
                continue;
            }
            let folder = folder.clone();
            let opened = Sink::open(&self.chain, self.id, &folder).map(Place::Open);
            let brought = opened.and_then(|open| {
                self.places[place] = open;
                self.bring_up(place)
            });
            match brought {
                Ok(()) => tracing::warn!(folder = %folder.display(), "a sink of the audit log is back"),
                Err(error) => {
                    tracing::error!(%error, "a sink of the audit log is still lost");
                    self.places[place] = Place::Lost { folder, since: Instant::now() };
                }
            }
        }
    }

    /// Brings a sink to where the log is, from another that is there. Without another, the log goes on from what this one has: a
    /// fault may have left entries there that nobody was told of.
    fn bring_up(&mut self, place: usize) -> Result<(), AuditFault> {
        let others = self.places.iter().enumerate().filter_map(|(other, place)| match place {
            Place::Open(sink) => Some((other, sink)),
            Place::Lost { .. } => None,
        });
        let source = others.into_iter().find(|(other, sink)| *other != place && sink.is_ready(self.tail));
        let source = source.map(|(_, sink)| sink.folder().to_owned());
        let Place::Open(sink) = &mut self.places[place] else { return Ok(()) };
        if sink.is_ready(self.tail) {
            return Ok(());
        }
        let folder = sink.folder().to_owned();
        let Some(source) = source else {
            return match verify(&self.chain, self.id, &folder, (self.tail.number > 0).then_some(self.tail)) {
                Ok(tail) => {
                    self.tail = tail;
                    Ok(())
                }
                Err(_) => Err(AuditFault::Behind { path: folder }),
            };
        };
        let (from, mut lines) = (sink.tail(), String::new());
        let mut same = from.number == 0;
        let end = walk(&self.chain, self.id, &source, |line, entry, tail| {
            same |= tail == from;
            if entry.number > from.number && same {
                lines.push_str(line);
                if lines.len() >= CHUNK {
                    sink.append(&std::mem::take(&mut lines), tail)?;
                }
            }
            Ok(())
        })?;
        if !same {
            return Err(AuditFault::Contradiction { a: folder, b: source, number: from.number });
        }
        sink.append(&lines, end)
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
