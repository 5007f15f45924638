//! The crash protocol: the power goes, or the process is killed, at every step.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use ledger_types::*;

use super::made_chain::{Made, Maker, genesis};
use super::*;
use crate::disk::{DiskFile, Held, MemoryDisk};
use crate::options::EngineKind;

/// Small segments and frequent checkpoints, so that every kind of write is met.
fn options(engine: EngineKind) -> Options {
    Options {
        engine,
        segment_bytes: 8_000,
        checkpoint_txs: 12,
        background_checkpoints: false,
        page_cache: 1,
        ..Options::small()
    }
}

const BLOCKS: usize = 14;

/// Blocks made once, and the tips they lead to (from height 0).
fn script() -> (Vec<Made>, Vec<Tip>) {
    let memory: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
    let mut store = Store::create_on(memory, Path::new("/d"), &genesis(), options(EngineKind::Log)).unwrap();
    let (mut maker, mut blocks, mut tips) = (Maker::new(), Vec::new(), vec![store.tip()]);
    for n in 0..BLOCKS {
        let made = maker.block(&store.tip(), 2 + n % 5 * 10, 3);
        commit(&mut store, &made).unwrap();
        blocks.push(made);
        tips.push(store.tip());
    }
    (blocks, tips)
}

fn commit(store: &mut Store, made: &Made) -> Result<(), StoreError> {
    let Made { block, certificate, outcome } = made.clone();
    store.commit(block, certificate, outcome).map(drop)
}

fn same(found: &Tip, expected: &Tip) {
    let place = found.place;
    assert_eq!(found, &Tip { place, ..expected.clone() });
}

/// Opens what a crash left, holds it against the script, and commits the rest of it.
fn open_and_finish(
    disk: Arc<dyn Disk>,
    dir: &Path,
    engine: EngineKind,
    acknowledged: usize,
    (blocks, tips): &(Vec<Made>, Vec<Tip>),
) -> crate::Recovery {
    let (mut store, recovery) = Store::open_on(Arc::clone(&disk), dir, options(engine)).unwrap();
    let height = usize::try_from(store.tip().height.0).unwrap();
    assert!(height == acknowledged || height == acknowledged + 1, "{height} after {acknowledged}");
    same(&store.tip(), &tips[height]);
    for h in 1..=height {
        let frame = store.reader().frame(Height(h as u64)).unwrap().unwrap();
        assert_eq!((&frame.block, &frame.changes), (&blocks[h - 1].block, &blocks[h - 1].outcome.changes));
    }
    for made in &blocks[height..] {
        commit(&mut store, made).unwrap();
    }
    same(&store.tip(), tips.last().unwrap());
    store.close().unwrap();
    let (store, clean) = Store::open_on(disk, dir, options(engine)).unwrap();
    same(&store.tip(), tips.last().unwrap());
    assert_eq!((clean.replayed_blocks, clean.rebuilt_pages), (0, 0), "a closed store replays nothing");
    recovery
}

/// Runs the script until something fails; how many blocks were acknowledged.
fn run(disk: &MemoryDisk, blocks: &[Made]) -> Option<usize> {
    let created = Store::create_on(Arc::new(disk.clone()), Path::new("/d"), &genesis(), options(EngineKind::Log));
    let mut store = created.ok()?;
    let done = blocks.iter().take_while(|made| commit(&mut store, made).is_ok()).count();
    if done == blocks.len() {
        store.close().ok();
    }
    Some(done)
}

#[test]
fn whenever_the_power_goes_no_acknowledged_block_is_lost_and_none_is_half_there() {
    let script = script();
    let whole = MemoryDisk::new();
    assert_eq!(run(&whole, &script.0), Some(BLOCKS));
    let (mut replayed, mut wiped, mut rebuilt, mut cut_while_creating) = (0, 0, 0, 0);
    for at in 1..=whole.changes() {
        let disk = MemoryDisk::new();
        disk.cut_power_at(at);
        let acknowledged = run(&disk, &script.0);
        for left in [disk.after_kill(), disk.after_crash(at), disk.after_crash(at + 1_000_000)] {
            let left: Arc<dyn Disk> = Arc::new(left);
            let Some(acknowledged) = acknowledged else {
                // Either there is a chain at height 0, or making it can be begun anew.
                let dir = Path::new("/d");
                let opened = Store::open_on(Arc::clone(&left), dir, options(EngineKind::Log)).map(drop);
                if matches!(opened, Err(StoreError::NoChain(_))) {
                    drop(Store::create_on(Arc::clone(&left), dir, &genesis(), options(EngineKind::Log)).unwrap());
                    cut_while_creating += 1;
                }
                open_and_finish(left, dir, EngineKind::Log, 0, &script);
                continue;
            };
            let found = open_and_finish(left, Path::new("/d"), EngineKind::Log, acknowledged, &script);
            replayed += found.replayed_blocks;
            wiped += u32::from(found.wiped.is_some());
            rebuilt += found.rebuilt_pages;
        }
    }
    assert!(replayed > 50 && wiped > 5 && rebuilt > 5, "{replayed} replayed, {wiped} wiped, {rebuilt} rebuilt");
    assert!(cut_while_creating > 3, "{cut_while_creating}");
}

#[test]
fn a_second_crash_while_recovering_is_survived_too() {
    let script = script();
    let whole = MemoryDisk::new();
    run(&whole, &script.0).unwrap();
    let (mut cuts, mut fates) = (0, BTreeSet::new());
    for first in (whole.changes() / 3..whole.changes()).step_by(5) {
        let disk = MemoryDisk::new();
        disk.cut_power_at(first);
        let acknowledged = run(&disk, &script.0).unwrap();
        for at in 1..8 {
            let again = disk.after_crash(first);
            again.cut_power_at(at);
            let opened = Store::open_on(Arc::new(again.clone()), Path::new("/d"), options(EngineKind::Log));
            let Err(error) = opened else { break };
            cuts += 1;
            fates.insert(error.to_string());
            let left = Arc::new(again.after_crash(at));
            open_and_finish(left, Path::new("/d"), EngineKind::Log, acknowledged, &script);
        }
    }
    assert!(cuts > 30 && fates.len() > 3, "{cuts}: {fates:?}");
}

/// The real disk, copied before every change: what a process killed there leaves.
#[derive(Clone)]
struct CopyingDisk {
    from: PathBuf,
    to: PathBuf,
    /// How many copies there are, and how many blocks were acknowledged at each.
    copies: Arc<Mutex<Vec<usize>>>,
    acknowledged: Arc<Mutex<usize>>,
}

struct CopyingFile {
    file: Box<dyn DiskFile>,
    disk: CopyingDisk,
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_tree(&entry.path(), &target)?,
            // RocksDB removes what it no longer needs at any time.
            false => match fs::copy(entry.path(), target) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            },
        }
    }
    Ok(())
}

/// Names and lengths of all files.
fn listing(dir: &Path) -> io::Result<BTreeSet<(PathBuf, u64)>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = PathBuf::from(path.file_name().unwrap());
        match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() => {
                found.extend(listing(&path)?.into_iter().map(|(inner, len)| (name.join(inner), len)));
            }
            Ok(meta) => drop(found.insert((name, meta.len()))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(found)
}

impl CopyingDisk {
    fn step(&self) -> io::Result<()> {
        let mut copies = self.copies.lock().unwrap();
        let to = self.to.join(copies.len().to_string());
        // RocksDB compacts in the background; a copy across that is a state that never was.
        loop {
            let before = listing(&self.from)?;
            copy_tree(&self.from, &to)?;
            if before == listing(&self.from)? && before == listing(&to)? {
                break;
            }
            fs::remove_dir_all(&to)?;
        }
        copies.push(*self.acknowledged.lock().unwrap());
        Ok(())
    }

    fn wrap(&self, file: io::Result<Box<dyn DiskFile>>) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(CopyingFile { file: file?, disk: self.clone() }))
    }
}

impl Disk for CopyingDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        RealDisk.create_dir_all(path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.wrap(RealDisk.create(path))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.wrap(RealDisk.open(path))
    }
    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(dir)
    }
    fn exists(&self, path: &Path) -> bool {
        RealDisk.exists(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.remove(path)
    }
    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        RealDisk.sync_dir(dir)
    }
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Held>> {
        RealDisk.lock(path)
    }
}

impl DiskFile for CopyingFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_at(offset, buffer)
    }
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        // Half of it, then the kill: a torn write.
        self.file.write_at(offset, &bytes[..bytes.len() / 2])?;
        self.disk.step()?;
        self.file.write_at(offset, bytes)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }
    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }
    fn sync(&self) -> io::Result<()> {
        self.disk.step()?;
        self.file.sync()
    }
}

#[test]
fn killed_before_any_write_or_sync_rocksdb_and_segments_come_together_again() {
    let (mut blocks, mut tips) = script();
    blocks.truncate(5);
    tips.truncate(6);
    let script = (blocks, tips);
    let (home, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(Store::create(home.path(), &genesis(), options(EngineKind::RocksDb)).unwrap());
    let disk = CopyingDisk {
        from: home.path().to_owned(),
        to: copies.path().to_owned(),
        copies: Arc::default(),
        acknowledged: Arc::default(),
    };
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let (mut store, _) = Store::open_on(shared, home.path(), options(EngineKind::RocksDb)).unwrap();
    for (n, made) in script.0.iter().take(4).enumerate() {
        commit(&mut store, made).unwrap();
        *disk.acknowledged.lock().unwrap() = n + 1;
    }
    store.close().unwrap();
    let taken = disk.copies.lock().unwrap().clone();
    assert!(taken.len() > 30, "{}", taken.len());
    let mut state_heights = BTreeSet::new();
    for (n, acknowledged) in taken.into_iter().enumerate() {
        let copy = copies.path().join(n.to_string());
        let found = open_and_finish(Arc::new(RealDisk), &copy, EngineKind::RocksDb, acknowledged, &script);
        state_heights.insert(found.state_height);
        fs::remove_dir_all(copy).unwrap();
    }
    assert!(state_heights.len() > 2, "states of several checkpoints were met: {state_heights:?}");
}

/// Opens a store again after `damage` was done to its folder.
fn opened_after(damage: impl Fn(&MemoryDisk, &Path)) -> Result<(Tip, crate::Recovery), StoreError> {
    let (blocks, _) = script();
    let disk = MemoryDisk::new();
    assert_eq!(run(&disk, &blocks), Some(BLOCKS));
    let chain = Path::new("/d/chains").join(genesis().chain_id().to_string());
    damage(&disk, &chain);
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    Store::open_on(shared, Path::new("/d"), options(EngineKind::Log)).map(|(store, found)| (store.tip(), found))
}

fn last_segment(disk: &MemoryDisk, chain: &Path) -> PathBuf {
    let names = disk.list(&chain.join("segments")).unwrap();
    chain.join("segments").join(names.last().unwrap())
}

#[test]
fn data_behind_its_guard_does_not_open_and_a_lost_state_is_made_again() {
    let (_, tips) = script();
    let (tip, found) = opened_after(|disk, chain| disk.remove(&chain.join("state/rows.log")).unwrap()).unwrap();
    same(&tip, &tips[BLOCKS]);
    assert_eq!((found.state_height, found.replayed_blocks), (None, BLOCKS as u64));
    let (tip, found) = opened_after(|disk, chain| disk.remove(&chain.join("pages")).unwrap()).unwrap();
    same(&tip, &tips[BLOCKS]);
    assert!(found.rebuilt_pages > 2);
    let shortened = opened_after(|disk, chain| disk.remove(&last_segment(disk, chain)).unwrap());
    let expected =
        |e: &StoreError| matches!(e, StoreError::BehindGuard { segments, guard: Height(14) } if segments.0 < 14);
    assert!(shortened.as_ref().is_err_and(expected), "{shortened:?}");
    let without_both = opened_after(|disk, chain| {
        disk.remove(&last_segment(disk, chain)).unwrap();
        disk.remove(&chain.join("state/rows.log")).unwrap();
    });
    assert!(without_both.as_ref().is_err_and(expected), "{without_both:?}");
    let no_guard = opened_after(|disk, chain| disk.remove(&chain.join("guard")).unwrap());
    assert!(matches!(no_guard, Err(StoreError::GuardLost(_))), "{no_guard:?}");
    let damaged = opened_after(|disk, chain| disk.flip(&last_segment(disk, chain), 64 + 40, 1).unwrap());
    assert!(matches!(damaged, Err(StoreError::Damaged { offset: 64, .. })), "{damaged:?}");
}
