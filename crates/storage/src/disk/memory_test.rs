#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use super::super::{RealDisk, read_whole, replace_whole};
use super::*;

fn dir() -> PathBuf {
    PathBuf::from("/data")
}

fn disk() -> MemoryDisk {
    let disk = MemoryDisk::new();
    disk.create_dir_all(&dir()).unwrap();
    disk
}

/// What both disks promise alike.
fn behaves(disk: &dyn Disk, dir: &Path) {
    let path = dir.join("a");
    assert_eq!(disk.open(&path).err().map(|e| e.kind()), Some(io::ErrorKind::NotFound));
    let file = disk.create(&path).unwrap();
    file.write_at(3, b"xyz").unwrap();
    assert_eq!(read_whole(disk, &path).unwrap(), b"\0\0\0xyz");
    assert_eq!(file.read_at(4, &mut [0; 3]).err().map(|e| e.kind()), Some(io::ErrorKind::UnexpectedEof));
    file.set_len(4).unwrap();
    file.set_len(6).unwrap();
    file.sync().unwrap();
    assert_eq!(read_whole(disk, &path).unwrap(), b"\0\0\0x\0\0");
    assert_eq!(disk.create(&path).unwrap().size().unwrap(), 6, "create keeps what is there");
    replace_whole(disk, &path, b"new").unwrap();
    assert_eq!(read_whole(disk, &path).unwrap(), b"new");
    disk.rename(&path, &dir.join("b")).unwrap();
    assert_eq!(disk.list(dir).unwrap(), ["b"]);
    disk.remove(&dir.join("b")).unwrap();
    assert!(!disk.exists(&path) && disk.list(dir).unwrap().is_empty());
    let held = disk.lock(&dir.join("lock")).unwrap();
    assert_eq!(disk.lock(&dir.join("lock")).err().map(|e| e.kind()), Some(io::ErrorKind::WouldBlock));
    drop(held);
    disk.lock(&dir.join("lock")).unwrap();
}

#[test]
fn both_disks_keep_the_same_promises() {
    behaves(&disk(), &dir());
    let real = tempfile::tempdir().unwrap();
    behaves(&RealDisk, real.path());
}

#[test]
fn what_is_synced_survives_and_what_is_not_may_be_kept_lost_or_torn() {
    let disk = disk();
    let file = disk.create(&dir().join("a")).unwrap();
    file.write_at(0, &[1; 8]).unwrap();
    file.sync().unwrap();
    disk.sync_dir(&dir()).unwrap();
    file.write_at(0, &[2; 8]).unwrap();
    let found: BTreeSet<Vec<u8>> =
        (0..60).map(|seed| read_whole(&disk.after_crash(seed), &dir().join("a")).unwrap()).collect();
    assert!(found.contains(&vec![1; 8]) && found.contains(&vec![2; 8]));
    assert!(found.contains([2, 2, 2, 1, 1, 1, 1, 1].as_slice()), "torn: {found:?}");
    assert_eq!(read_whole(&disk.after_kill(), &dir().join("a")).unwrap(), [2; 8], "a killed process loses nothing");
}

#[test]
fn a_name_is_durable_only_after_its_folder_was_synced() {
    let disk = disk();
    disk.create(&dir().join("a")).unwrap();
    let seen: BTreeSet<bool> = (0..20).map(|seed| disk.after_crash(seed).exists(&dir().join("a"))).collect();
    assert_eq!(seen.len(), 2);
    disk.sync_dir(&dir()).unwrap();
    assert!((0..20).all(|seed| disk.after_crash(seed).exists(&dir().join("a"))));
}

#[test]
fn a_replaced_file_is_old_or_new_whenever_the_power_goes() {
    let mut seen = BTreeSet::new();
    for at in 1..40 {
        let disk = disk();
        replace_whole(&disk, &dir().join("a"), b"old").unwrap();
        disk.cut_power_at(disk.changes() + at);
        let done = replace_whole(&disk, &dir().join("a"), b"newer").is_ok();
        for seed in 0..10 {
            let found = read_whole(&disk.after_crash(seed), &dir().join("a")).unwrap();
            assert!(found == b"newer" || (!done && found == b"old"), "cut at {at}: {found:?}");
            seen.insert(found);
        }
    }
    assert_eq!(seen.len(), 2, "both outcomes were met");
}

#[test]
fn a_refused_change_fails_once_and_a_power_cut_for_good() {
    let disk = disk();
    let file = disk.create(&dir().join("a")).unwrap();
    disk.refuse_change(disk.changes() + 1);
    assert_eq!(file.write_at(0, b"x").err().map(|e| e.kind()), Some(io::ErrorKind::StorageFull));
    file.write_at(0, b"x").unwrap();
    disk.cut_power_at(disk.changes() + 1);
    assert!(file.sync().is_err() && file.size().is_err() && disk.list(&dir()).is_err());
}
