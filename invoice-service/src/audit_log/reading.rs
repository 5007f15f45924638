//! Reading a log: each entry checked against the one before it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use ledger_types::{ChainId, Digest};

use super::entry::AuditEntry;

/// Longest line that is read.
const MAX_LINE: u64 = 64 * 1_024;
const PREFIX: &str = "audit-";
const SUFFIX: &str = ".jsonl";

/// How far a log has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The number of the last entry; 0 for none.
    pub number: u64,
    /// Its hash; the log's id if there is none.
    pub head: Digest,
}

/// Something is wrong with an audit log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditFault {
    /// A file or folder.
    #[error("audit log {path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line that is no entry, or does not follow the one before it: changed, moved, left out or cut off.
    #[error("audit log {path}, line {line}: not the entry that follows number {after}: it was changed", path = path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
        /// Which line in it, from 1.
        line: u64,
        /// The last good entry.
        after: u64,
    },
    /// A file that should begin with another entry.
    #[error("audit log {path}: a file is missing between entry {after} and this one", path = path.display())]
    Gap {
        /// Which file.
        path: PathBuf,
        /// The last good entry.
        after: u64,
    },
    /// Two sinks say different things.
    #[error("the audit logs {a} and {b} contradict each other at entry {number}", a = a.display(), b = b.display())]
    Contradiction {
        /// One.
        a: PathBuf,
        /// The other.
        b: PathBuf,
        /// Where.
        number: u64,
    },
    /// A sink that lacks entries, and no other one to get them from.
    #[error("the audit log {path} lacks entries, and no other sink has them", path = path.display())]
    Behind {
        /// Which sink.
        path: PathBuf,
    },
    /// It has fewer entries than the chain says, or others.
    #[error(
        "the audit log has {found} entries; the chain says that it had {anchored} with another last one: it was cut off or changed"
    )]
    NotAsAnchored {
        /// Entries on disk.
        found: u64,
        /// Entries at the last anchor.
        anchored: u64,
    },
    /// No sink is named.
    #[error("the audit log needs at least one folder")]
    NoSink,
    /// The writer's thread.
    #[error("the thread of the audit log: {source}")]
    Thread {
        /// Why.
        source: std::io::Error,
    },
}

pub(super) fn fault(path: &Path) -> impl FnOnce(std::io::Error) -> AuditFault + '_ {
    move |source| AuditFault::File { path: path.to_owned(), source }
}

/// The name of the file that begins with this entry.
pub(super) fn file_name(first: u64) -> String {
    format!("{PREFIX}{first:020}{SUFFIX}")
}

/// The files of a folder with their first entries, rising.
pub(super) fn files(folder: &Path) -> Result<Vec<(u64, PathBuf)>, AuditFault> {
    let mut files = Vec::new();
    for file in std::fs::read_dir(folder).map_err(fault(folder))? {
        let path = file.map_err(fault(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let first = name.and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse().ok());
        files.extend(first.map(|first| (first, path)));
    }
    files.sort_unstable();
    Ok(files)
}

/// Goes through a folder's entries in order, each checked, and says how far it came. A last line without an end was never
/// finished and does not count. `each` gets the line, and the entry and tail that it makes.
pub(super) fn walk(
    chain: &ChainId,
    id: Digest,
    folder: &Path,
    mut each: impl FnMut(&str, &AuditEntry, Tail) -> Result<(), AuditFault>,
) -> Result<Tail, AuditFault> {
    let mut tail = Tail { number: 0, head: id };
    for (first, path) in files(folder)? {
        if first != tail.number + 1 {
            return Err(AuditFault::Gap { path, after: tail.number });
        }
        let mut lines = BufReader::new(File::open(&path).map_err(fault(&path))?);
        for number in 1.. {
            let mut line = String::new();
            let read = std::io::Read::take(&mut lines, MAX_LINE).read_line(&mut line).map_err(fault(&path))?;
            if read == 0 || !line.ends_with('\n') && (read as u64) < MAX_LINE {
                break;
            }
            let broken = || AuditFault::Broken { path: path.clone(), line: number, after: tail.number };
            let (entry, hash) = AuditEntry::of_line(&line).ok_or_else(broken)?;
            if entry.number != tail.number + 1 || hash != entry.hash(chain, &tail.head) {
                return Err(broken());
            }
            tail = Tail { number: entry.number, head: hash };
            each(&line, &entry, tail)?;
        }
    }
    Ok(tail)
}

/// Checks a whole log, and that it holds what the chain says of it; says how far it has come.
///
/// # Errors
/// [`AuditFault`], which names the first entry that is not as it was written.
pub fn verify(chain: &ChainId, id: Digest, folder: &Path, anchored: Option<Tail>) -> Result<Tail, AuditFault> {
    let mut seen = anchored.is_none();
    let tail = walk(chain, id, folder, |_, _, tail| {
        seen |= Some(tail) == anchored;
        Ok(())
    })?;
    match anchored {
        Some(anchored) if !seen => Err(AuditFault::NotAsAnchored { found: tail.number, anchored: anchored.number }),
        _ => Ok(tail),
    }
}
