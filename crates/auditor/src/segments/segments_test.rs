//! Reading block files: whole, torn, damaged.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use super::bytes::SegmentHead;
use super::*;
use crate::chain_by_hand::Chain;
use crate::run::{RunOptions, run};

/// A file of frames as a node writes it, with zeros behind.
fn segment(head: &SegmentHead, frames: &[BlockFrame], zeros: usize) -> (Vec<u8>, u32, Vec<usize>) {
    let (mut out, mut link, mut places) = (head.encode(), head.link, Vec::new());
    for frame in frames {
        places.push(out.len());
        let raw = frame.to_canonical();
        let mut packed = vec![0; zstd_safe::compress_bound(raw.len())];
        let len = zstd_safe::compress(packed.as_mut_slice(), &raw, 1).unwrap();
        packed.truncate(len);
        let mut head = b"TXF1\x01\0\0\0".to_vec();
        head.extend(frame.block.header.height.0.to_le_bytes());
        head.extend((raw.len() as u32).to_le_bytes());
        head.extend((len as u32).to_le_bytes());
        head.extend(link.to_le_bytes());
        head.extend([0; 4]);
        link = checksum(&head, &packed);
        head.truncate(28);
        out.extend(head);
        out.extend(link.to_le_bytes());
        out.extend(packed);
    }
    out.resize(out.len() + zeros, 0);
    (out, link, places)
}

struct Files {
    dir: tempfile::TempDir,
    chain: Chain,
    /// Where the frames of the first file begin.
    places: Vec<usize>,
}

/// Seven blocks in two files.
fn written() -> Files {
    let mut chain = Chain::new();
    for _ in 0..7 {
        chain.block(1_000, vec![]);
    }
    let dir = tempfile::tempdir().unwrap();
    let id = chain.genesis.chain_id();
    fs::create_dir(dir.path().join("segments")).unwrap();
    fs::write(dir.path().join("genesis.json"), serde_json::to_vec_pretty(&chain.genesis).unwrap()).unwrap();
    let head = SegmentHead { chain: id, number: 0, first: Height(1), link: crc32fast::hash(&id.0) };
    let (first, link, places) = segment(&head, &chain.frames[..4], 100);
    let head = SegmentHead { chain: id, number: 1, first: Height(5), link };
    let (second, _, _) = segment(&head, &chain.frames[4..], 5_000);
    fs::write(file(dir.path(), 0), first).unwrap();
    fs::write(file(dir.path(), 1), second).unwrap();
    Files { dir, chain, places }
}

fn file(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("segments/seg-{number:06}"))
}

impl Files {
    fn change(&self, number: u32, change: impl FnOnce(&mut Vec<u8>)) {
        let path = file(self.dir.path(), number);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    }

    fn frames(&self) -> Frames {
        Frames::open(&self.dir.path().join("segments"), self.chain.genesis.chain_id()).unwrap()
    }

    /// Heights read, and the error that ended them.
    fn read(&self) -> (usize, Option<String>, Option<TornTail>) {
        let mut frames = self.frames();
        let (mut read, mut error) = (0, None);
        for frame in frames.by_ref() {
            match frame {
                Ok(frame) => {
                    assert_eq!(frame, self.chain.frames[read]);
                    read += 1;
                }
                Err(e) => error = Some(e.to_string()),
            }
        }
        (read, error, frames.torn_tail().cloned())
    }
}

#[test]
fn whole_files_give_every_frame_and_an_audit_without_differences() {
    let files = written();
    assert_eq!(files.read(), (7, None, None));
    let report = run(files.dir.path(), RunOptions::default(), &ledger_types::seal::NoKeys, &mut |_| {}).unwrap();
    assert_eq!((report.blocks, report.differences), (7, vec![]));
}

#[test]
fn a_torn_last_frame_is_left_out_and_told_but_no_difference() {
    let files = written();
    files.change(1, |bytes| {
        let end = bytes.len() - 5_000;
        bytes.truncate(end - 10);
        bytes.resize(end + 5_000, 0);
    });
    let (read, error, torn) = files.read();
    assert_eq!((read, error), (6, None));
    assert_eq!(torn.unwrap().file, file(files.dir.path(), 1));
    let report = run(files.dir.path(), RunOptions::default(), &ledger_types::seal::NoKeys, &mut |_| {}).unwrap();
    assert!(report.is_clean() && report.torn_tail.is_some() && report.to_string().contains("cut off"));
}

#[test]
fn a_damaged_frame_before_others_is_an_error_with_its_place() {
    for in_newest in [false, true] {
        let files = written();
        let at = if in_newest { 64 } else { files.places[2] };
        files.change(u32::from(in_newest), |bytes| bytes[at + 40] ^= 1);
        let (read, error, _) = files.read();
        assert_eq!(read, if in_newest { 4 } else { 2 });
        let error = error.unwrap();
        assert!(error.contains(&format!("byte {at}: the frame's checksum is wrong")), "{error}");
        let report = run(files.dir.path(), RunOptions::default(), &ledger_types::seal::NoKeys, &mut |_| {}).unwrap();
        assert_eq!(report.differences.len(), 1);
    }
}

#[test]
fn no_flipped_byte_in_a_file_that_is_not_the_last_goes_unseen() {
    let files = written();
    let len = fs::read(file(files.dir.path(), 0)).unwrap().len();
    for at in (0..len).step_by(37).chain(len - 100..len) {
        files.change(0, |bytes| bytes[at] ^= 0x40);
        let (read, error, _) = files.read();
        assert!(error.is_some() && read < 7, "byte {at}");
        files.change(0, |bytes| bytes[at] ^= 0x40);
    }
    assert_eq!(files.read().0, 7);
}

#[test]
fn a_missing_file_and_one_of_another_chain_are_errors() {
    let files = written();
    fs::copy(file(files.dir.path(), 1), file(files.dir.path(), 2)).unwrap();
    assert!(files.read().1.unwrap().contains("seg-000002, byte 0: the segment's header is wrong"));
    fs::remove_file(file(files.dir.path(), 2)).unwrap();
    fs::remove_file(file(files.dir.path(), 0)).unwrap();
    assert!(files.read().1.unwrap().starts_with("cannot read"));
}

#[test]
fn a_folder_without_a_chain_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let error = run(dir.path(), RunOptions::default(), &ledger_types::seal::NoKeys, &mut |_| {}).unwrap_err();
    assert!(matches!(error, crate::run::RunError::NoChain(_)));
}

/// A frame of which contents were erased, as a node writes it in place of the first one of a file.
fn erased_in_place(files: &Files) -> (Vec<u8>, usize) {
    let path = file(files.dir.path(), 0);
    let whole = fs::read(path).unwrap();
    let (at, end) = (files.places[0], files.places[1]);
    let mut head = whole[at..at + FRAME_HEAD].to_vec();
    let raw = files.chain.frames[0].to_canonical();
    // The link that the next frame has comes first, then the compressed bytes; zeros fill the rest.
    let mut payload = whole[at + 28..at + 32].to_vec();
    let mut packed = vec![0; zstd_safe::compress_bound(raw.len())];
    let len = zstd_safe::compress(packed.as_mut_slice(), &raw, 19).unwrap();
    payload.extend(&packed[..len]);
    payload.resize((end - at - FRAME_HEAD).max(payload.len()), 0);
    head[4] = 2;
    head[20..24].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    let crc = checksum(&head, &payload);
    head[28..].copy_from_slice(&crc.to_le_bytes());
    head.extend(payload);
    (head, at)
}

#[test]
fn a_frame_of_which_contents_were_erased_is_read_with_its_old_link() {
    let files = written();
    let path = file(files.dir.path(), 0);
    let whole = fs::read(&path).unwrap();
    let (erased, at) = erased_in_place(&files);
    let rest = &whole[files.places[1]..];
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let frames = Frames::open(&files.dir.path().join("segments"), files.chain.genesis.chain_id()).unwrap();
        frames.collect::<Result<Vec<_>, _>>()
    };
    let good = [&whole[..at], &erased, rest].concat();
    assert_eq!(read(&good).unwrap(), files.chain.frames);
    let mut padded = erased.clone();
    padded.extend([0, 1]);
    let stored = (padded.len() - FRAME_HEAD) as u32;
    padded[20..24].copy_from_slice(&stored.to_le_bytes());
    let crc = checksum(&padded[..FRAME_HEAD], &padded[FRAME_HEAD..]);
    padded[28..32].copy_from_slice(&crc.to_le_bytes());
    assert!(read(&[&whole[..at], &padded, rest].concat()).is_err(), "bytes behind what is compressed");

    // Half replaced: the journal has the rest.
    let mut torn = good.clone();
    torn[at + 40..at + 60].fill(0xee);
    assert!(read(&torn).is_err());
    let mut journal = b"TXERASE1".to_vec();
    journal.extend(0u32.to_le_bytes());
    journal.extend((at as u64).to_le_bytes());
    journal.extend((erased.len() as u32).to_le_bytes());
    journal.extend(&erased);
    let crc = crc32fast::hash(&journal);
    journal.extend(crc.to_le_bytes());
    fs::write(files.dir.path().join("erasing"), &journal).unwrap();
    assert_eq!(read(&torn).unwrap(), files.chain.frames);
    journal[30] ^= 1;
    fs::write(files.dir.path().join("erasing"), &journal).unwrap();
    assert!(read(&torn).is_err(), "a journal that is not whole");
}
