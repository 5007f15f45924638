#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::disk::{Disk, MemoryDisk};
use crate::error::StoreError;

const CHAIN: ChainId = ChainId([9; 32]);

fn dir() -> PathBuf {
    PathBuf::from("/segments")
}

fn disk() -> (MemoryDisk, Arc<dyn Disk>) {
    let disk = MemoryDisk::new();
    disk.create_dir_all(&dir()).unwrap();
    (disk.clone(), Arc::new(disk))
}

/// A payload that does not compress to nothing: 300 to 900 bytes.
fn payload(height: u64) -> Vec<u8> {
    let seed = crc32fast::hash(&height.to_le_bytes());
    (0..300 + seed % 600)
        .map(|n| (crc32fast::hash(&[seed.to_le_bytes(), n.to_le_bytes()].concat()) >> 9) as u8)
        .collect()
}

fn collect(disk: &dyn Disk) -> Result<(Vec<(Place, StoredFrame)>, Walked), StoreError> {
    let mut found = Vec::new();
    let walked = walk(disk, &dir(), &CHAIN, Position::start(&CHAIN), Height(0), &mut |place, frame| {
        found.push((place, frame));
        Ok(())
    })?;
    Ok((found, walked))
}

fn resume(disk: &Arc<dyn Disk>, walked: &Walked) -> SegmentWriter {
    let wipe = matches!(walked.leftover, Leftover::Torn { .. });
    SegmentWriter::resume(Arc::clone(disk), &dir(), CHAIN, 2_000, walked.end, wipe).unwrap()
}

/// Writes heights `from..=to`, each synced.
fn write(writer: &mut SegmentWriter, from: u64, to: u64) -> Result<(), StoreError> {
    for height in from..=to {
        writer.append(Height(height), &payload(height))?;
        writer.sync()?;
    }
    Ok(())
}

fn written(to: u64) -> (MemoryDisk, Arc<dyn Disk>) {
    let (memory, disk) = disk();
    SegmentWriter::begin(disk.as_ref(), &dir(), CHAIN, Height(1), 2_000).unwrap();
    let walked = collect(disk.as_ref()).unwrap().1;
    write(&mut resume(&disk, &walked), 1, to).unwrap();
    (memory, disk)
}

#[test]
fn frames_are_found_again_over_several_segments() {
    let (_, disk) = written(20);
    let (found, walked) = collect(disk.as_ref()).unwrap();
    assert_eq!((walked.last, &walked.leftover), (Height(20), &Leftover::Nothing));
    assert!(walked.end.segment >= 3, "{walked:?}");
    let reader = SegmentReader::new(Arc::clone(&disk), &dir());
    for (height, (place, frame)) in (1..).zip(&found) {
        assert_eq!((frame.height, &frame.raw), (Height(height), &payload(height)));
        assert_eq!(&reader.read(*place).unwrap(), frame);
    }
    let (place, frame) = &found[9];
    let mut rest = 0;
    let from = Position::after(*place, frame.crc);
    let again = walk(disk.as_ref(), &dir(), &CHAIN, from, Height(10), &mut |_, _| {
        rest += 1;
        Ok(())
    });
    assert_eq!((again.unwrap(), rest), (walked, 10));
}

#[test]
fn a_frame_larger_than_a_segment_gets_a_segment_of_its_own() {
    let (_, disk) = written(2);
    let walked = collect(disk.as_ref()).unwrap().1;
    let mut writer = resume(&disk, &walked);
    let large: Vec<u8> = (0..20).flat_map(payload).collect();
    writer.append(Height(3), &large).unwrap();
    write(&mut writer, 4, 6).unwrap();
    let (found, walked) = collect(disk.as_ref()).unwrap();
    assert_eq!((walked.last, &found[2].1.raw), (Height(6), &large));
}

#[test]
fn whenever_the_power_goes_synced_frames_stay_and_writing_goes_on() {
    let (mut torn, mut unborn) = (0, 0);
    for cut in 1..60 {
        for seed in 0..6 {
            let (memory, disk) = written(3);
            let walked = collect(disk.as_ref()).unwrap().1;
            let mut writer = resume(&disk, &walked);
            memory.cut_power_at(memory.changes() + cut);
            let synced = (4..=12).take_while(|h| write(&mut writer, *h, *h).is_ok()).last().unwrap_or(3);
            let left: Arc<dyn Disk> = Arc::new(memory.after_crash(seed));
            let walked = collect(left.as_ref()).unwrap().1;
            assert!(walked.last.0 == synced || walked.last.0 == synced + 1, "{walked:?} after {synced}");
            torn += u32::from(matches!(walked.leftover, Leftover::Torn { .. }));
            if let Leftover::Unborn(path) = &walked.leftover {
                left.remove(path).unwrap();
                unborn += 1;
            }
            write(&mut resume(&left, &walked), walked.last.0 + 1, 20).unwrap();
            let (found, walked) = collect(left.as_ref()).unwrap();
            assert_eq!((walked.last, walked.leftover), (Height(20), Leftover::Nothing));
            assert!((1..).zip(&found).all(|(height, (_, frame))| frame.raw == payload(height)));
        }
    }
    assert!(torn > 5 && unborn > 0, "torn {torn}, unborn {unborn}");
}

#[test]
fn every_flipped_byte_is_an_error_or_a_torn_tail_at_its_place() {
    let (memory, disk) = written(6);
    let (found, walked) = collect(disk.as_ref()).unwrap();
    for segment in 0..=walked.end.segment {
        let path = segment_path(&dir(), segment);
        for offset in 0..usize::try_from(disk.open(&path).unwrap().size().unwrap()).unwrap() {
            memory.flip(&path, offset, 0x10).unwrap();
            match collect(disk.as_ref()) {
                Err(StoreError::Damaged { file, offset: at, .. }) => assert!(file == path && at <= offset as u64),
                Ok((fewer, walked)) => {
                    assert!(segment == walked.end.segment || matches!(walked.leftover, Leftover::Unborn(_)));
                    assert_ne!(walked.leftover, Leftover::Nothing, "byte {offset} of segment {segment}");
                    assert!(fewer.len() <= found.len());
                }
                Err(other) => panic!("byte {offset}: {other}"),
            }
            memory.flip(&path, offset, 0x10).unwrap();
        }
    }
}
