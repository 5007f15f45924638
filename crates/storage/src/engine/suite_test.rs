//! The suite that every engine passes.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::disk::{Disk, MemoryDisk};
use crate::options::Options;

type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Opens an engine, again and again on the same place.
trait Place {
    fn open(&self) -> Box<dyn KvEngine>;
}

struct OnRocks(tempfile::TempDir);
struct OnLog(Arc<dyn Disk>);

impl Place for OnRocks {
    fn open(&self) -> Box<dyn KvEngine> {
        Box::new(RocksEngine::open(&self.0.path().join("state"), &Options::small()).unwrap())
    }
}

impl Place for OnLog {
    fn open(&self) -> Box<dyn KvEngine> {
        Box::new(LogEngine::open(&self.0, Path::new("/state")).unwrap())
    }
}

fn places() -> [Box<dyn Place>; 2] {
    [Box::new(OnRocks(tempfile::tempdir().unwrap())), Box::new(OnLog(Arc::new(MemoryDisk::new())))]
}

fn batch(rows: &[(Column, &str, Option<&str>)]) -> Batch {
    let mut batch = Batch::default();
    for (column, key, value) in rows {
        match value {
            Some(value) => batch.put(*column, key.as_bytes(), value.as_bytes()),
            None => batch.remove(*column, key.as_bytes()),
        }
    }
    batch
}

fn rows(read: &(impl KvRead + ?Sized), column: Column, from: &[u8]) -> Rows {
    let mut found = Vec::new();
    read.scan(column, from, &mut |key, value| {
        found.push((key.to_vec(), value.to_vec()));
        true
    })
    .unwrap();
    found
}

use Column::{Meta, Outputs, Registry};

#[test]
fn rows_are_written_read_replaced_and_removed_in_their_own_column() {
    for place in places() {
        let engine = place.open();
        engine.write(&batch(&[(Outputs, "a", Some("1")), (Meta, "a", Some("2")), (Outputs, "b", Some(""))])).unwrap();
        assert_eq!(engine.get(Outputs, b"a").unwrap().unwrap(), b"1");
        assert_eq!(engine.get(Meta, b"a").unwrap().unwrap(), b"2");
        assert_eq!(engine.get(Outputs, b"b").unwrap().unwrap(), b"", "an empty value is a value");
        assert_eq!(engine.get(Registry, b"a").unwrap(), None);
        engine.write(&batch(&[(Outputs, "a", None), (Outputs, "a", Some("3")), (Meta, "a", None)])).unwrap();
        assert_eq!(engine.get(Outputs, b"a").unwrap().unwrap(), b"3", "the later row of a batch counts");
        assert_eq!(engine.get(Meta, b"a").unwrap(), None);
        engine.write(&batch(&[(Meta, "never", None)])).unwrap();
        let keys = [b"a".to_vec(), b"aa".to_vec(), b"b".to_vec()];
        let found = engine.snapshot().get_sorted(Outputs, &keys).unwrap();
        assert_eq!(found, [Some(b"3".to_vec()), None, Some(vec![])]);
    }
}

#[test]
fn a_scan_starts_at_its_key_goes_in_order_and_stops_when_told() {
    for place in places() {
        let engine = place.open();
        let mut all = Batch::default();
        for n in (0..1_000u32).rev() {
            all.put(Outputs, &n.to_be_bytes(), &n.to_le_bytes());
        }
        all.put(Registry, &[0], b"other column");
        engine.write(&all).unwrap();
        let found = rows(engine.as_ref(), Outputs, &[0, 0, 1]);
        assert_eq!(found.len(), 744);
        assert!(found.is_sorted() && found[0].0 == [0, 0, 1, 0]);
        let mut seen = 0;
        let mut stop = |_: &[u8], _: &[u8]| {
            seen += 1;
            seen < 300
        };
        engine.scan(Outputs, &[], &mut stop).unwrap();
        assert_eq!(seen, 300);
    }
}

#[test]
fn a_snapshot_keeps_what_it_saw_and_outlives_the_engine() {
    for place in places() {
        let engine = place.open();
        engine.write(&batch(&[(Outputs, "a", Some("old")), (Outputs, "b", Some("old"))])).unwrap();
        let old = engine.snapshot();
        engine
            .write(&batch(&[(Outputs, "a", Some("new")), (Outputs, "b", None), (Outputs, "c", Some("new"))]))
            .unwrap();
        let middle = engine.snapshot();
        engine.write(&batch(&[(Outputs, "a", None), (Outputs, "c", Some("newest"))])).unwrap();
        drop(engine);
        let text =
            |(k, v): &(Vec<u8>, Vec<u8>)| format!("{}={}", String::from_utf8_lossy(k), String::from_utf8_lossy(v));
        let show = |s: &Arc<dyn KvRead>| rows(s.as_ref(), Outputs, b"").iter().map(text).collect::<Vec<_>>();
        assert_eq!(show(&old), ["a=old", "b=old"]);
        assert_eq!(show(&middle), ["a=new", "c=new"]);
        assert_eq!(old.get(Outputs, b"c").unwrap(), None);
    }
}

#[test]
fn what_was_flushed_is_there_after_reopening() {
    for place in places() {
        let engine = place.open();
        engine.write(&batch(&[(Outputs, "a", Some("1")), (Meta, "b", Some("2"))])).unwrap();
        engine.flush().unwrap();
        engine.flush().unwrap();
        engine.write(&batch(&[(Outputs, "a", None)])).unwrap();
        engine.flush().unwrap();
        drop(engine);
        let engine = place.open();
        assert_eq!(engine.get(Outputs, b"a").unwrap(), None);
        assert_eq!(engine.get(Meta, b"b").unwrap().unwrap(), b"2");
    }
}

/// Rows of small keys, so that they collide.
fn random_batches() -> impl Strategy<Value = Vec<Vec<(u8, u8, Option<u8>)>>> {
    prop::collection::vec(prop::collection::vec((0..3u8, 0..12u8, prop::option::of(any::<u8>())), 1..8), 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn both_engines_agree_with_a_map_at_every_snapshot(batches in random_batches()) {
        for place in places() {
            let engine = place.open();
            let mut model: BTreeMap<(u8, u8), u8> = BTreeMap::new();
            let mut snapshots = Vec::new();
            for rows in &batches {
                let mut batch = Batch::default();
                for (column, key, value) in rows {
                    let family = Column::ALL[usize::from(*column)];
                    match value {
                        Some(value) => batch.put(family, &[*key], &[*value]),
                        None => batch.remove(family, &[*key]),
                    }
                    match value {
                        Some(value) => model.insert((*column, *key), *value),
                        None => model.remove(&(*column, *key)),
                    };
                }
                engine.write(&batch).unwrap();
                snapshots.push((engine.snapshot(), model.clone()));
                if snapshots.len() > 3 {
                    snapshots.remove(1);
                }
            }
            for (snapshot, model) in snapshots {
                for column in 0..3u8 {
                    let expected: Rows = model.iter().filter(|((c, _), _)| *c == column)
                        .map(|((_, key), value)| (vec![*key], vec![*value])).collect();
                    prop_assert_eq!(rows(snapshot.as_ref(), Column::ALL[usize::from(column)], &[]), expected);
                }
            }
        }
    }
}

/// Batches 1, 2, … with a flush after the second; each writes its number in two columns.
fn write_numbered(engine: &dyn KvEngine) -> Result<(), EngineError> {
    for n in 1..=5u8 {
        let mut batch = Batch::default();
        batch.put(Outputs, &[n], &[n; 100]);
        batch.put(Meta, b"last", &[n]);
        engine.write(&batch)?;
        if n == 2 {
            engine.flush()?;
        }
    }
    engine.flush()
}

#[test]
fn the_log_after_a_crash_is_the_state_after_some_batch_since_the_flush() {
    let mut met = std::collections::BTreeSet::new();
    for cut in 1..30 {
        let disk = MemoryDisk::new();
        let engine = LogEngine::open(&(Arc::new(disk.clone()) as Arc<dyn Disk>), Path::new("/state")).unwrap();
        let before = disk.changes();
        disk.cut_power_at(before + cut);
        let done = write_numbered(&engine).is_ok();
        for seed in 0..8 {
            let left: Arc<dyn Disk> = Arc::new(disk.after_crash(seed));
            let engine = LogEngine::open(&left, Path::new("/state")).unwrap();
            let last = engine.get(Meta, b"last").unwrap().map_or(0, |v| v[0]);
            met.insert(last);
            assert_eq!(rows(&engine, Outputs, &[]).len(), usize::from(last), "a prefix of the batches");
            assert!(!done || last == 5);
            assert!(cut < 5 || last >= 2, "flushed by then");
        }
    }
    assert!(met.len() >= 5, "{met:?}");
}

#[test]
fn a_damaged_record_before_a_flush_is_an_error_not_a_cut() {
    let disk = MemoryDisk::new();
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let engine = LogEngine::open(&shared, Path::new("/state")).unwrap();
    write_numbered(&engine).unwrap();
    drop(engine);
    disk.flip(Path::new("/state/rows.log"), 60, 1).unwrap();
    assert!(matches!(LogEngine::open(&shared, Path::new("/state")), Err(EngineError::Damaged { offset: 8 })));
}

#[test]
fn a_log_of_mostly_waste_is_rewritten_with_the_same_rows() {
    let disk = MemoryDisk::new();
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let engine = LogEngine::open(&shared, Path::new("/state")).unwrap();
    for n in 0..40u8 {
        let mut batch = Batch::default();
        batch.put(Outputs, b"same", &vec![n; 50_000]);
        batch.put(Outputs, &[n], &[n]);
        engine.write(&batch).unwrap();
    }
    let before = rows(&engine, Outputs, &[]);
    drop(engine);
    let size = || shared.open(Path::new("/state/rows.log")).unwrap().size().unwrap();
    assert!(size() > 1_900_000);
    let engine = LogEngine::open(&shared, Path::new("/state")).unwrap();
    assert!(size() < 60_000, "{}", size());
    assert_eq!(rows(&engine, Outputs, &[]), before);
}
