#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use ledger_types::{Canonical, Digest, Height, Slot};
use proofs::HeaderEntry;
use proofs::header_chain::Check;
use proofs::snapshot::{Chunk, ChunkName, Manifest};

use super::*;
use crate::disk::{Disk, MemoryDisk, RealDisk};
use crate::error::StoreError;
use crate::options::{EngineKind, Options};
use crate::reader::Reader;
use crate::store::Store;
use crate::store::made_chain::{Made, Maker, genesis, holders_in_tests};
use crate::{fsck, fsck_on};

const OLD: &str = "/old";
const NEW: &str = "/new";

fn options(engine: EngineKind) -> Options {
    Options { engine, background_checkpoints: false, segment_bytes: 30_000, checkpoint_txs: 100, ..Options::small() }
}

fn log() -> Options {
    options(EngineKind::Log)
}

fn commit(store: &mut Store, made: Made) {
    store.commit(made.block, made.certificate, made.outcome).unwrap();
}

/// Header entries out of a store of an unchanging validator set.
fn pages(reader: &Reader) -> impl FnMut(Height, usize) -> Result<Vec<HeaderEntry>, StoreError> + '_ {
    |from, count| {
        let one = |height| {
            let (header, certificate) = reader.header_and_certificate(Height(height)).unwrap().unwrap();
            HeaderEntry { header, certificate, next_validators: None, approval: None }
        };
        Ok((from.0..).take(count).map(one).collect())
    }
}

/// A chain of 20 blocks, a snapshot of height 12 made of it, and the blocks behind that.
struct Story {
    disk: Arc<dyn Disk>,
    store: Store,
    maker: Maker,
    made: Manifest,
    later: Vec<Made>,
    /// Roots after each height.
    roots: Vec<Digest>,
}

fn story(disk: Arc<dyn Disk>, dir: &Path, options: Options) -> Story {
    let mut store = Store::create_on(Arc::clone(&disk), dir, &genesis(), options).unwrap();
    let mut maker = Maker::new();
    let (mut reading, mut later, mut roots) = (None, Vec::new(), vec![store.tip().state_root]);
    for n in 0..20 {
        let made = maker.block(&store.tip(), 3 + n * 5 % 12, 4);
        if n >= 12 {
            later.push(made.clone());
        }
        commit(&mut store, made);
        roots.push(store.tip().state_root);
        if store.tip().height == Height(12) {
            reading = Some(store.reader().now());
        }
    }
    let (reader, reading) = (store.reader(), reading.unwrap());
    let shelf = Shelf::of_chain(Arc::clone(&disk), dir, &store.chain_id());
    let made = make_snapshot(&reading, &shelf, &mut pages(&reader), &mut || true).unwrap().unwrap();
    assert_eq!(shelf.heights().unwrap(), [Height(12)]);
    Story { disk, store, maker, made, later, roots }
}

fn in_memory() -> Story {
    story(Arc::new(MemoryDisk::new()), Path::new(OLD), log())
}

impl Story {
    fn snapshot(&self, dir: &Path) -> SnapshotFolder {
        Shelf::of_chain(Arc::clone(&self.disk), dir, &self.store.chain_id()).at(Height(12))
    }

    /// A data folder that waits, with the snapshot's chunks in it.
    fn incoming(&self) -> Incoming {
        let incoming = Incoming::open(Arc::clone(&self.disk), Path::new(NEW), self.store.chain_id()).unwrap();
        self.snapshot(Path::new(OLD)).copy_to(incoming.folder()).unwrap();
        incoming
    }

    fn begun(&self) -> Store {
        self.incoming().finish(&genesis(), Check::Full, log()).unwrap()
    }
}

#[test]
fn a_chain_that_begins_with_a_snapshot_goes_on_like_the_one_it_came_from() {
    let mut story = in_memory();
    let mut new = story.begun();
    assert_eq!((new.tip().height, new.tip().state_root), (Height(12), story.roots[12]));
    assert_eq!(new.reader().first_block(), Height(13));
    for made in story.later.clone() {
        commit(&mut new, made);
        assert_eq!(new.tip().state_root, story.roots[new.tip().height.0 as usize]);
    }
    for _ in 0..5 {
        let made = story.maker.block(&story.store.tip(), 4, 9);
        commit(&mut story.store, made.clone());
        commit(&mut new, made);
    }
    assert_eq!(new.tip().state_root, story.store.tip().state_root);
    let (old, new_reader) = (story.store.reader(), new.reader());
    for owner in holders_in_tests() {
        assert_eq!(new_reader.outputs_of(&owner, None, 100).unwrap(), old.outputs_of(&owner, None, 100).unwrap());
    }
    let (mut mine, mut theirs) = (old.now().tip().clone(), new_reader.now().tip().clone());
    (mine.place, theirs.place) = (None, None);
    assert_eq!(mine, theirs);
    for height in 5..=25 {
        assert_eq!(new_reader.carried(Height(height)).unwrap(), old.carried(Height(height)).unwrap(), "block {height}");
    }
    // Again from disk, and again from the snapshot alone.
    new.close().unwrap();
    drop((new_reader, old));
    let report = fsck_on(Arc::clone(&story.disk), Path::new(NEW), &log()).unwrap();
    assert_eq!(
        (report.findings.as_slice(), report.base, report.height()),
        (&[][..], Some(Height(12)), Some(Height(25)))
    );
    assert_eq!(report.root(Height(13)), Some(story.roots[13]));
    assert_eq!(report.root(Height(11)), None);
    let (again, found) = Store::open_on(Arc::clone(&story.disk), Path::new(NEW), log()).unwrap();
    assert_eq!((again.tip().state_root, found.replayed_blocks), (story.store.tip().state_root, 0));
}

#[test]
fn every_request_is_remembered_and_what_was_before_is_refused_by_name() {
    let story = in_memory();
    let new = story.begun();
    let (old, new) = (story.store.reader(), new.reader());
    let mut seen = 0;
    for height in 1..=12 {
        let frame = old.frame(Height(height)).unwrap().unwrap();
        for line in frame.changes.requests() {
            assert_eq!(new.request(line.scope, line.id).unwrap(), Some(*line));
            let refused = new.transaction(&line.tx);
            assert!(matches!(refused, Err(StoreError::NotKept { first: Height(13) })), "{refused:?}");
            seen += 1;
        }
        assert!(matches!(new.frame(Height(height)), Err(StoreError::NotKept { first: Height(13) })));
        let (header, certificate) = old.header_and_certificate(Height(height)).unwrap().unwrap();
        assert_eq!(new.header_and_certificate(Height(height)).unwrap(), Some((header, certificate)));
        assert_eq!(new.at(Height(height)).unwrap().unwrap().state_root, story.roots[height as usize]);
    }
    assert!(seen > 80, "{seen}");
    assert_eq!((new.frame(Height(0)).unwrap(), new.frame(Height(13)).unwrap()), (None, None));
    assert!(matches!(new.history(Slot(3)), Err(StoreError::NotKept { .. })));
    assert!(matches!(new.output_at(Slot(3), Height(11)), Err(StoreError::NotKept { .. })));
    assert_eq!(new.output_at(Slot(3), Height(12)).unwrap(), old.output_at(Slot(3), Height(12)).unwrap());
    let path = new.slot_path(Slot(3)).unwrap().unwrap();
    assert_eq!(path.roots, story.made.roots());
}

#[test]
fn a_state_that_is_lost_is_made_again_from_the_snapshot_on_rocksdb_too() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let options = options(EngineKind::RocksDb);
    let story = story(Arc::new(RealDisk), &old, options.clone());
    let copy = copy_folder(folder.path().join("copy"));
    story.snapshot(&old).copy_to(&copy).unwrap();
    let incoming = Incoming::real(&new, story.store.chain_id()).unwrap();
    incoming.take_from(&folder.path().join("copy")).unwrap();
    let mut store = incoming.finish(&genesis(), Check::Full, options.clone()).unwrap();
    story.later.iter().for_each(|made| commit(&mut store, made.clone()));
    store.close().unwrap();
    let report = fsck(&new, &options).unwrap();
    assert_eq!(report.findings, []);
    let chain = new.join("chains").join(genesis().chain_id().to_string());
    std::fs::remove_dir_all(chain.join("state")).unwrap();
    let (store, found) = Store::open(&new, options.clone()).unwrap();
    assert_eq!((store.tip().state_root, found.replayed_blocks), (story.roots[20], 8));
    store.close().unwrap();
    // A backup takes the snapshot along.
    crate::backup(&new, &folder.path().join("backup")).unwrap();
    let (store, _) = Store::open(&folder.path().join("backup"), options.clone()).unwrap();
    assert_eq!(store.tip().state_root, story.roots[20]);
    store.close().unwrap();
    // Rot in it is found, with the file.
    let file = chain.join("base/slots-000000");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let report = fsck(&new, &options).unwrap();
    assert_eq!(report.findings.iter().map(|f| f.file.clone()).collect::<Vec<_>>(), [file]);
}

#[test]
fn a_folder_with_one_wrong_or_missing_chunk_becomes_no_chain() {
    let story = in_memory();
    let names: Vec<_> = story.made.chunks().chain([ChunkName::Manifest]).collect();
    let sound = story.snapshot(Path::new(OLD));
    for name in names {
        for wrong in [true, false] {
            let incoming = story.incoming();
            if wrong {
                match name {
                    ChunkName::Manifest => {
                        let other = Manifest { slots: story.made.slots + 1, ..story.made.clone() };
                        incoming.folder().put_manifest(&other).unwrap();
                    }
                    _ => incoming.folder().put_chunk(name, &changed(sound.chunk(name).unwrap())).unwrap(),
                }
            } else {
                incoming.folder().remove(name).unwrap();
            }
            let path = incoming.folder().path(name);
            match incoming.finish(&genesis(), Check::Full, log()) {
                Err(StoreError::Damaged { file, .. }) => assert_eq!(file, path),
                Err(other) => panic!("{name}: {other}"),
                Ok(_) => panic!("{name} was taken"),
            }
            let opened = Store::open_on(Arc::clone(&story.disk), Path::new(NEW), log());
            assert!(matches!(opened, Err(StoreError::NoChain(_))));
        }
    }
    // What is left over of it does not stand in the way of another beginning.
    let fresh = Store::create_on(Arc::clone(&story.disk), Path::new(NEW), &genesis(), log()).unwrap();
    assert_eq!((fresh.tip().height, fresh.reader().first_block()), (Height(0), Height(1)));
}

/// Something in it is another.
fn changed(chunk: Chunk) -> Chunk {
    match chunk {
        Chunk::Headers(mut entries) => {
            entries[2].certificate.signatures[0][5] ^= 1;
            Chunk::Headers(entries)
        }
        Chunk::Slots(mut records) => {
            records.swap(0, 1);
            Chunk::Slots(records)
        }
        Chunk::Lines(mut lines) => {
            lines[7].accepted = false;
            Chunk::Lines(lines)
        }
        Chunk::Register(mut entries) => {
            entries.remove(0);
            Chunk::Register(entries)
        }
    }
}

#[test]
fn a_manifest_of_another_height_or_with_other_certificates_is_refused_by_name() {
    use proofs::snapshot::SnapshotFault;
    let story = in_memory();
    let reader = story.store.reader();
    let mut headers = proofs::HeaderChain::new(genesis());
    let entries = pages(&reader)(Height(1), 13).unwrap();
    entries[..12].iter().for_each(|entry| headers.push(entry, Check::Full).unwrap());
    let made = &story.made;
    assert_eq!(made.check(&headers), Err(SnapshotFault::NoHeader(Height(13))));
    headers.push(&entries[12], Check::Full).unwrap();
    assert_eq!(made.check(&headers), Ok(()));
    let refused = |change: &dyn Fn(&mut Manifest)| {
        let mut other = made.clone();
        change(&mut other);
        other.check(&headers).unwrap_err()
    };
    assert_eq!(refused(&|m| m.version = 2), SnapshotFault::Version(2));
    assert_eq!(refused(&|m| m.chain.0[0] ^= 1), SnapshotFault::OtherChain);
    assert_eq!(refused(&|m| m.height = Height(11)), SnapshotFault::WrongRoot(Height(11)));
    assert_eq!(refused(&|m| m.slot_roots[0].0[0] ^= 1), SnapshotFault::WrongRoot(Height(12)));
    assert_eq!(refused(&|m| m.line_roots[0].0[0] ^= 1), SnapshotFault::WrongRoot(Height(12)));
    assert_eq!(refused(&|m| m.register[0].hash.0[0] ^= 1), SnapshotFault::WrongRoot(Height(12)));
    assert_eq!(refused(&|m| m.slots -= 1), SnapshotFault::WrongRoot(Height(12)));
    assert!(matches!(refused(&|m| m.slot_roots.push(Digest::ZERO)), SnapshotFault::Shape(_)));
    assert!(matches!(refused(&|m| m.lines = u64::MAX), SnapshotFault::Shape(_)));
    assert!(matches!(refused(&|m| m.register_bits = 40), SnapshotFault::Shape(_)));
    assert!(matches!(refused(&|m| m.carried.truncate(3)), SnapshotFault::Shape(_)));
    assert_eq!(refused(&|m| m.carried[1].round = 1), SnapshotFault::WrongCertificate(Height(6)));
}

#[test]
fn whenever_the_power_goes_the_folder_is_no_chain_or_the_whole_one() {
    let story = in_memory();
    let bytes: Vec<_> = story.made.chunks().chain([ChunkName::Manifest]).collect();
    let from = story.snapshot(Path::new(OLD));
    let (mut none, mut whole) = (0, 0);
    for cut in 0..70 {
        let disk = MemoryDisk::new();
        let incoming = Incoming::open(Arc::new(disk.clone()), Path::new(NEW), story.store.chain_id()).unwrap();
        bytes.iter().for_each(|name| incoming.folder().put(*name, &from.bytes(*name).unwrap().unwrap()).unwrap());
        disk.cut_power_at(disk.changes() + cut);
        drop(incoming.finish(&genesis(), Check::Form, log()));
        let after: Arc<dyn Disk> = Arc::new(disk.after_crash(cut));
        match Store::open_on(Arc::clone(&after), Path::new(NEW), log()) {
            Ok((store, _)) => {
                assert_eq!(store.tip().state_root, story.roots[12]);
                whole += 1;
            }
            Err(StoreError::NoChain(_)) => {
                let again = Incoming::open(after, Path::new(NEW), story.store.chain_id()).unwrap();
                assert_eq!(again.finish(&genesis(), Check::Full, log()).unwrap().tip().state_root, story.roots[12]);
                none += 1;
            }
            Err(other) => panic!("cut at {cut}: {other}"),
        }
    }
    assert!(none > 3 && whole > 3, "{none} {whole}");
}

#[test]
fn only_the_newest_whole_snapshots_are_kept_and_giving_up_leaves_nothing() {
    let story = in_memory();
    let shelf = Shelf::of_chain(Arc::clone(&story.disk), Path::new(OLD), &story.store.chain_id());
    let (mut store, mut maker) = (story.store, story.maker);
    for _ in 0..3 {
        let reading = store.reader().now();
        let made = maker.block(&store.tip(), 2, 1);
        commit(&mut store, made);
        let reader = store.reader();
        let gave_up = make_snapshot(&reading, &shelf, &mut pages(&reader), &mut || false).unwrap();
        assert!(gave_up.is_none());
        assert_eq!(shelf.at(reading.height()).size().unwrap(), 0);
        make_snapshot(&reading, &shelf, &mut pages(&reader), &mut || true).unwrap().unwrap();
    }
    shelf.prune(2).unwrap();
    assert_eq!(shelf.heights().unwrap(), [Height(22), Height(21)]);
    assert_eq!(shelf.at(Height(12)).size().unwrap(), 0);
    let manifest = shelf.at(Height(22)).manifest().unwrap();
    assert_eq!(manifest, Manifest::from_canonical(&manifest.to_canonical()).unwrap());
}
