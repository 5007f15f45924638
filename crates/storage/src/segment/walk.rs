//! Walks over all frames from a place to the end, checking every byte on the way.

use std::path::{Path, PathBuf};

use ledger_types::{ChainId, Height};

use super::frame_code::{self, FrameHead, HEAD_BYTES, StoredFrame};
use super::{HEADER_BYTES, Link, Place, SegmentHeader, first_link, segment_number, segment_path};
use crate::disk::{Disk, DiskFile};
use crate::error::{AtPath, StoreError, damaged};

/// Where the next frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
    pub(crate) link: Link,
}

impl Position {
    /// Before the first frame.
    pub(crate) fn start(chain: &ChainId) -> Self {
        Self { segment: 0, offset: HEADER_BYTES as u64, link: first_link(chain) }
    }

    /// Behind a frame.
    pub(crate) fn after(place: Place, crc: u32) -> Self {
        Self { segment: place.segment, offset: place.offset + u64::from(place.len), link: crc }
    }
}

/// What stands behind the last whole frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leftover {
    /// Zeros.
    Nothing,
    /// A frame that is not whole: a crash tore it, or it was damaged later. The guard tells which.
    Torn {
        /// In which file.
        file: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A segment whose header never reached the disk.
    Unborn(PathBuf),
}

/// The result of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Walked {
    pub(crate) end: Position,
    /// The height of the last whole frame.
    pub(crate) last: Height,
    pub(crate) leftover: Leftover,
}

/// Calls `each` with every frame behind `from`, whose heights follow `before`.
pub(crate) fn walk(
    disk: &dyn Disk,
    dir: &Path,
    chain: &ChainId,
    from: Position,
    before: Height,
    each: &mut dyn FnMut(Place, StoredFrame) -> Result<(), StoreError>,
) -> Result<Walked, StoreError> {
    let names = disk.list(dir).at("list", dir)?;
    let newest = names.iter().filter_map(|name| segment_number(name)).max().unwrap_or(0);
    let mut walked = Walked { end: from, last: before, leftover: Leftover::Nothing };
    let mut end_before = from;
    loop {
        let path = segment_path(dir, walked.end.segment);
        let file = disk.open(&path).at("open", &path)?;
        let is_newest = walked.end.segment == newest;
        if walked.end.offset == HEADER_BYTES as u64 && !header_fits(file.as_ref(), &path, chain, &walked)? {
            let no_frames = zeros_from(file.as_ref(), &path, HEADER_BYTES as u64)?.is_none();
            if !is_newest || walked.end.segment == 0 || !no_frames {
                return Err(damaged(&path, 0, "the segment's header is wrong"));
            }
            (walked.end, walked.leftover) = (end_before, Leftover::Unborn(path));
            return Ok(walked);
        }
        let flaw = frames(file.as_ref(), &path, &mut walked, each)?;
        if let Some(at) = zeros_from(file.as_ref(), &path, walked.end.offset)? {
            let what = flaw.unwrap_or("bytes behind the last frame");
            if !is_newest {
                return Err(damaged(&path, at, what));
            }
            walked.leftover = Leftover::Torn { file: path, offset: walked.end.offset, what };
            return Ok(walked);
        }
        if is_newest {
            return Ok(walked);
        }
        end_before = walked.end;
        walked.end = Position { segment: walked.end.segment + 1, offset: HEADER_BYTES as u64, link: walked.end.link };
    }
}

fn header_fits(file: &dyn DiskFile, path: &Path, chain: &ChainId, walked: &Walked) -> Result<bool, StoreError> {
    if file.size().at("measure", path)? < HEADER_BYTES as u64 {
        return Ok(false);
    }
    let mut bytes = [0; HEADER_BYTES];
    file.read_at(0, &mut bytes).at("read", path)?;
    let Position { segment: number, link, .. } = walked.end;
    let expected = SegmentHeader { chain: *chain, number, first: walked.last.next(), link };
    Ok(SegmentHeader::decode(&bytes) == Some(expected))
}

/// Reads frames up to the end of a segment; what is wrong with the one that is not whole.
fn frames(
    file: &dyn DiskFile,
    path: &Path,
    walked: &mut Walked,
    each: &mut dyn FnMut(Place, StoredFrame) -> Result<(), StoreError>,
) -> Result<Option<&'static str>, StoreError> {
    let size = file.size().at("measure", path)?;
    loop {
        let offset = walked.end.offset;
        if offset + HEAD_BYTES as u64 > size {
            return Ok(None);
        }
        let mut head = [0; HEAD_BYTES];
        file.read_at(offset, &mut head).at("read", path)?;
        let Some(head) = FrameHead::decode(&head) else { return Ok(Some("no frame begins here")) };
        if offset + head.len() > size {
            return Ok(Some("the frame's length is wrong"));
        }
        let len = u32::try_from(head.len()).map_err(|_| damaged(path, offset, "the frame is too large"))?;
        let mut bytes = vec![0; len as usize];
        file.read_at(offset, &mut bytes).at("read", path)?;
        let frame = match frame_code::decode(&bytes) {
            Ok(frame) => frame,
            Err(what) => return Ok(Some(what)),
        };
        if frame.height != walked.last.next() || frame.link != walked.end.link {
            return Err(damaged(path, offset, "the frame does not follow the one before"));
        }
        let place = Place { segment: walked.end.segment, offset, len };
        walked.end = Position::after(place, frame.crc);
        walked.last = frame.height;
        each(place, frame)?;
    }
}

/// The first byte from `offset` that is not zero.
fn zeros_from(file: &dyn DiskFile, path: &Path, offset: u64) -> Result<Option<u64>, StoreError> {
    let size = file.size().at("measure", path)?;
    let mut buffer = vec![0; 1 << 20];
    let mut at = offset;
    while at < size {
        let step = usize::try_from((size - at).min(buffer.len() as u64)).expect("at most the buffer");
        file.read_at(at, &mut buffer[..step]).at("read", path)?;
        if let Some(place) = buffer[..step].iter().position(|b| *b != 0) {
            return Ok(Some(at + place as u64));
        }
        at += step as u64;
    }
    Ok(None)
}
