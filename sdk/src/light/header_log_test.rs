//! The file: resumed, cut where torn, refused where damaged.
#![allow(clippy::unwrap_used)]

use ledger_types::{BlockId, BlockTime, CommitCertificate, ConsensusKind, Digest, Header};

use super::*;

const CHAIN: ChainId = ChainId([7; 32]);

fn entry(height: u64) -> HeaderEntry {
    let root = Digest([height as u8; 32]);
    let header = Header {
        version: 1,
        protocol: 1,
        chain_id: CHAIN,
        height: Height(height),
        epoch: 0,
        consensus: ConsensusKind::Bft,
        time: BlockTime(height),
        parent: BlockId::from_digest(root),
        tx_root: root,
        state_root: root,
        receipts_root: root,
        changes_root: root,
        rule_books_root: root,
        validators_hash: root,
        next_validators_hash: root,
        params_hash: root,
        last_certificate_hash: root,
        evidence_root: root,
        proposer: 0,
    };
    let certificate = CommitCertificate {
        version: 1,
        epoch: 0,
        kind: ConsensusKind::Bft,
        height: Height(height),
        round: 0,
        block_id: header.block_id(),
        bitmap: vec![7],
        signatures: vec![[9; 64]; 3],
    };
    HeaderEntry { header, certificate, next_validators: None, approval: None }
}

fn entries(heights: std::ops::RangeInclusive<u64>) -> Vec<HeaderEntry> {
    heights.map(entry).collect()
}

/// Opens the file and reads all of it.
fn open(folder: &Path, chain: ChainId) -> Result<(HeaderLog, Vec<HeaderEntry>), LightError> {
    let mut found = Vec::new();
    let log = HeaderLog::open(folder, &chain, &mut |_, entry| {
        found.push(entry.clone());
        Ok(())
    })?;
    Ok((log, found))
}

/// A folder with a file of three frames: 1 to 3, 4, 5 to 6; and where the frames begin.
fn written() -> (tempfile::TempDir, PathBuf, Vec<u64>) {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, found) = open(folder.path(), CHAIN).unwrap();
    assert!(found.is_empty());
    for heights in [1..=3, 4..=4, 5..=6] {
        log.append(&entries(heights)).unwrap();
    }
    let places = log.frames.iter().map(|(_, at)| *at).collect();
    let path = folder.path().join("headers.tcl");
    (folder, path, places)
}

#[test]
fn what_was_appended_is_there_again_and_goes_on() {
    let (folder, ..) = written();
    let (mut log, found) = open(folder.path(), CHAIN).unwrap();
    assert_eq!(found, entries(1..=6));
    assert_eq!(log.height(), Height(6));
    log.append(&entries(7..=7)).unwrap();
    for height in 1..=7 {
        assert_eq!(log.entry(Height(height)).unwrap(), Some(entry(height)));
    }
    assert_eq!((log.entry(Height(0)).unwrap(), log.entry(Height(8)).unwrap()), (None, None));
    drop(log);
    assert_eq!(open(folder.path(), CHAIN).unwrap().1, entries(1..=7));
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_and_written_again() {
    let (_kept, path, places) = written();
    let whole = std::fs::read(&path).unwrap();
    let folder = path.parent().unwrap();
    for length in (places[2] as usize..whole.len()).step_by(11) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let (mut log, found) = open(folder, CHAIN).unwrap();
        assert_eq!(found, entries(1..=4), "{length} of {}", whole.len());
        log.append(&entries(5..=6)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
    // So is garbage where the last frame should be: nothing whole stands behind it.
    let mut garbage = whole[..places[2] as usize].to_vec();
    garbage.extend([0; 4_000]);
    std::fs::write(&path, garbage).unwrap();
    assert_eq!(open(folder, CHAIN).unwrap().1, entries(1..=4));
}

#[test]
fn any_flipped_byte_before_the_last_frame_is_refused_by_name() {
    let (_kept, path, places) = written();
    let whole = std::fs::read(&path).unwrap();
    let folder = path.parent().unwrap();
    for at in 0..places[2] as usize {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let frame = places.iter().copied().filter(|place| *place <= at as u64).max();
        match (open(folder, CHAIN).err(), frame) {
            (Some(LightError::OtherFile { .. }), None) => {}
            (Some(LightError::Damaged { offset, .. }), Some(frame)) => assert_eq!(offset, frame),
            (other, _) => panic!("byte {at}: {other:?}"),
        }
        assert_eq!(std::fs::read(&path).unwrap(), damaged, "a refused file is left alone");
    }
}

#[test]
fn a_file_of_another_chain_or_in_use_is_refused() {
    let (folder, ..) = written();
    assert!(matches!(open(folder.path(), ChainId([8; 32])), Err(LightError::OtherFile { .. })));
    let held = open(folder.path(), CHAIN).unwrap();
    assert!(matches!(open(folder.path(), CHAIN), Err(LightError::InUse { .. })));
    drop(held);
    assert!(open(folder.path(), CHAIN).is_ok());
}
