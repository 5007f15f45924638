//! Block files, read by the auditor's own code.
//!
//! `segments/seg-NNNNNN`, allocated in advance: a header of 64 bytes, frames one behind the other, zeros after the last.
//! Header: `"TAXSEG\0\1" | 32 chain id | u32 number | u64 first height | u32 link | 4 zero | u32 CRC32 of these`.
//! Frame: `"TXF1" | 1 = zstd | 3 zero | u64 height | u32 raw length | u32 stored length | u32 link | u32 CRC32 of the
//! head before it and the payload | payload`. A link is the checksum of the frame before, of the chain id before the
//! first. Little-endian.
//!
//! A frame of which contents were erased has 2 for 1, and in its payload `u32 link of the next frame | zstd | zeros`. While
//! a node replaces a frame by such a one, the new bytes stand in the file `erasing`: `"TXERASE1" | u32 segment | u64
//! offset | u32 length | frame | u32 CRC32 of all before`.

mod bytes;

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use ledger_types::{BlockFrame, Canonical, ChainId, Height};

use bytes::{FRAME_HEAD, FrameHead, SEGMENT_HEADER, SegmentHead, checksum, find_whole_frame, journaled};

/// A block file that is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The machine would not read it.
    #[error("cannot read {path}: {source}", path = file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The bytes are damaged.
    #[error("{path}, byte {offset}: {what}", path = file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where, from the start of the file.
        offset: u64,
        /// What is wrong.
        what: String,
    },
}

/// Bytes behind the last whole frame: a write that a crash cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornTail {
    /// The file.
    pub file: PathBuf,
    /// Where the torn frame begins.
    pub offset: u64,
}

/// The frames of a chain in order of height. Ends at the first error.
#[derive(Debug)]
pub struct Frames {
    dir: PathBuf,
    chain: ChainId,
    newest: u32,
    open: Option<Segment>,
    number: u32,
    link: u32,
    height: Height,
    ended: bool,
    torn: Option<TornTail>,
}

#[derive(Debug)]
struct Segment {
    file: BufReader<File>,
    path: PathBuf,
    offset: u64,
    size: u64,
}

enum Step {
    Frame(Box<BlockFrame>),
    /// Nothing but zeros from here.
    End,
    /// No whole frame here.
    Broken(&'static str),
}

impl Segment {
    fn open(path: PathBuf) -> Result<Self, SegmentError> {
        let open = || -> io::Result<(File, u64)> {
            let file = File::open(&path)?;
            let size = file.metadata()?.len();
            Ok((file, size))
        };
        let (file, size) = open().map_err(|source| SegmentError::Read { file: path.clone(), source })?;
        Ok(Self { file: BufReader::with_capacity(1 << 20, file), path, offset: 0, size })
    }

    fn read(&mut self, len: usize) -> Result<Vec<u8>, SegmentError> {
        let mut bytes = vec![0; len];
        let read = self.file.read_exact(&mut bytes);
        read.map_err(|source| SegmentError::Read { file: self.path.clone(), source })?;
        Ok(bytes)
    }

    fn seek(&mut self, offset: u64) -> Result<(), SegmentError> {
        let moved = self.file.seek(SeekFrom::Start(offset));
        moved.map(drop).map_err(|source| SegmentError::Read { file: self.path.clone(), source })
    }

    fn read_at(&mut self, offset: u64, len: usize) -> Result<Vec<u8>, SegmentError> {
        self.seek(offset)?;
        self.read(len)
    }

    /// Everything from `offset` to the end of the file.
    fn rest(&mut self, offset: u64) -> Result<Vec<u8>, SegmentError> {
        let mut bytes = Vec::new();
        let mut read = || -> io::Result<usize> {
            self.file.seek(SeekFrom::Start(offset))?;
            self.file.read_to_end(&mut bytes)
        };
        read().map_err(|source| SegmentError::Read { file: self.path.clone(), source })?;
        Ok(bytes)
    }

    fn damaged(&self, offset: u64, what: impl Into<String>) -> SegmentError {
        SegmentError::Damaged { file: self.path.clone(), offset, what: what.into() }
    }
}

impl Frames {
    /// The frames of the chain in a folder of segments.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn open(dir: &Path, chain: ChainId) -> Result<Self, SegmentError> {
        let list = || -> io::Result<Option<u32>> {
            let mut newest = None;
            for entry in fs::read_dir(dir)? {
                newest = newest.max(segment_number(&entry?.file_name().to_string_lossy()));
            }
            Ok(newest)
        };
        let newest = list().map_err(|source| SegmentError::Read { file: dir.to_owned(), source })?;
        Ok(Self {
            dir: dir.to_owned(),
            chain,
            newest: newest.unwrap_or(0),
            open: None,
            number: 0,
            link: crc32fast::hash(&chain.0),
            height: Height(0),
            ended: newest.is_none(),
            torn: None,
        })
    }

    /// What a crash left behind the last frame; known once the frames have ended.
    pub fn torn_tail(&self) -> Option<&TornTail> {
        self.torn.as_ref()
    }

    fn advance(&mut self) -> Result<Option<BlockFrame>, SegmentError> {
        while !self.ended {
            let Some(mut segment) = self.open.take().map_or_else(|| self.next_segment(), |open| Ok(Some(open)))? else {
                break;
            };
            match self.step(&mut segment)? {
                Step::Frame(frame) => {
                    self.open = Some(segment);
                    return Ok(Some(*frame));
                }
                Step::End if self.number == self.newest => self.ended = true,
                Step::End => self.number += 1,
                Step::Broken(what) => self.tail(&mut segment, what)?,
            }
        }
        self.ended = true;
        Ok(None)
    }

    /// Opens the segment whose number is next; none if its header never reached the disk.
    fn next_segment(&mut self) -> Result<Option<Segment>, SegmentError> {
        let mut segment = Segment::open(self.dir.join(format!("seg-{:06}", self.number)))?;
        let expected =
            SegmentHead { chain: self.chain, number: self.number, first: self.height.next(), link: self.link };
        let unborn = self.number == self.newest && self.number > 0;
        let found = if segment.size < SEGMENT_HEADER as u64 { Vec::new() } else { segment.read(SEGMENT_HEADER)? };
        if found != expected.encode() {
            let empty = segment.rest(0)?.get(SEGMENT_HEADER..).is_none_or(|rest| rest.iter().all(|byte| *byte == 0));
            if unborn && empty {
                self.torn = Some(TornTail { file: segment.path, offset: 0 });
                return Ok(None);
            }
            return Err(segment.damaged(0, "the segment's header is wrong"));
        }
        segment.offset = SEGMENT_HEADER as u64;
        Ok(Some(segment))
    }

    /// Reads the frame that begins where the segment stands.
    fn step(&mut self, segment: &mut Segment) -> Result<Step, SegmentError> {
        let at = segment.offset;
        let left = segment.size - at;
        if left < FRAME_HEAD as u64 {
            let zeros = segment.rest(at)?.iter().all(|byte| *byte == 0);
            return Ok(if zeros { Step::End } else { Step::Broken("bytes behind the last frame") });
        }
        let head_bytes = segment.read(FRAME_HEAD)?;
        let Some(head) = FrameHead::decode(&head_bytes) else {
            let zeros = head_bytes.iter().all(|byte| *byte == 0) && segment.rest(at)?.iter().all(|byte| *byte == 0);
            return Ok(if zeros { Step::End } else { Step::Broken("no frame begins here") });
        };
        if u64::from(head.stored) > left - FRAME_HEAD as u64 {
            return Ok(Step::Broken("the frame's length is wrong"));
        }
        let payload = segment.read(head.stored as usize)?;
        let (head, payload) = match checksum(&head_bytes, &payload) == head.crc {
            true => (head, payload),
            false => match self.replaced(segment, at, head.stored)? {
                Some(whole) => whole,
                None => return Ok(Step::Broken("the frame's checksum is wrong")),
            },
        };
        if head.height != self.height.next() || head.link != self.link {
            return Err(segment.damaged(at, "the frame does not follow the one before"));
        }
        let (raw, link) = head.unpack(&payload).ok_or_else(|| segment.damaged(at, "the frame does not decompress"))?;
        let frame = BlockFrame::from_canonical(&raw).map_err(|error| segment.damaged(at, error.to_string()))?;
        if frame.block.header.height != head.height {
            return Err(segment.damaged(at, "the frame holds a block of another height"));
        }
        segment.offset += (FRAME_HEAD + payload.len()) as u64;
        self.height = head.height;
        self.link = link;
        Ok(Step::Frame(Box::new(frame)))
    }

    /// A frame that a node was replacing while it was read, or when it was stopped: as it will be.
    fn replaced(
        &self,
        segment: &mut Segment,
        at: u64,
        stored: u32,
    ) -> Result<Option<(FrameHead, Vec<u8>)>, SegmentError> {
        let path = self.dir.with_file_name("erasing");
        let len = FRAME_HEAD + stored as usize;
        let found = match fs::read(&path) {
            Ok(bytes) => journaled(&bytes, self.number, at, len),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(SegmentError::Read { file: path, source }),
        };
        // Without one the node may have just finished.
        let bytes = match found {
            Some(bytes) => bytes,
            None => segment.read_at(at, len)?,
        };
        segment.seek(at + len as u64)?;
        let (head, payload) = bytes.split_at(FRAME_HEAD);
        let whole = FrameHead::decode(head).filter(|h| h.stored == stored && checksum(head, payload) == h.crc);
        Ok(whole.map(|head| (head, payload.to_vec())))
    }

    /// Broken bytes end the chain if they are the last ones written; otherwise the file is damaged.
    fn tail(&mut self, segment: &mut Segment, what: &'static str) -> Result<(), SegmentError> {
        let at = segment.offset;
        let rest = segment.rest(at)?;
        if self.number != self.newest || find_whole_frame(&rest[1..], self.height).is_some() {
            return Err(segment.damaged(at, what));
        }
        self.torn = Some(TornTail { file: segment.path.clone(), offset: at });
        self.ended = true;
        Ok(())
    }
}

impl Iterator for Frames {
    type Item = Result<BlockFrame, SegmentError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance();
        self.ended |= next.is_err();
        next.transpose()
    }
}

/// The number in a segment's name.
fn segment_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("seg-").filter(|digits| digits.len() == 6)?;
    digits.parse().ok()
}

#[cfg(test)]
#[path = "segments/segments_test.rs"]
mod segments_test;
