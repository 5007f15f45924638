#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::FileExt as _;

use super::*;
use crate::column_families::Column;
use crate::engine::{Batch, KvEngine, RocksEngine};
use crate::options::EngineKind;
use crate::store::Store;
use crate::store::made_chain::{Made, Maker, genesis};

fn options() -> Options {
    Options { segment_bytes: 30_000, checkpoint_txs: 100, ..Options::small() }
}

fn commit(store: &mut Store, made: Made) {
    store.commit(made.block, made.certificate, made.outcome).unwrap();
}

/// A folder with a chain of 25 blocks, its node stopped in order, and its root.
fn stopped() -> (tempfile::TempDir, Digest) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(folder.path(), &genesis(), options()).unwrap();
    let mut maker = Maker::new();
    for n in 0..25 {
        let made = maker.block(&store.tip(), 3 + n % 12, 4);
        commit(&mut store, made);
    }
    let root = store.tip().state_root;
    store.close().unwrap();
    (folder, root)
}

fn chain_dir(folder: &Path) -> PathBuf {
    folder.join("chains").join(genesis().chain_id().to_string())
}

/// All files that hold data, by kind.
fn files(folder: &Path) -> Vec<(&'static str, Vec<PathBuf>)> {
    let chain = chain_dir(folder);
    let list = |dir: &str, wanted: &dyn Fn(&str) -> bool| -> Vec<PathBuf> {
        let entries = fs::read_dir(chain.join(dir)).unwrap().map(|e| e.unwrap().path());
        let mut found: Vec<_> = entries.filter(|p| wanted(p.file_name().unwrap().to_str().unwrap())).collect();
        found.sort();
        found
    };
    vec![
        ("segment", list("segments", &|_| true)),
        ("table", list("state", &|n| n.ends_with(".sst"))),
        ("MANIFEST", list("state", &|n| n.starts_with("MANIFEST"))),
        ("CURRENT", list("state", &|n| n == "CURRENT")),
        ("OPTIONS", list("state", &|n| n.starts_with("OPTIONS"))),
        ("pages", vec![chain.join("pages")]),
        ("guard", vec![chain.join("guard")]),
        ("sums", vec![chain.join("checkpoint.sums")]),
        ("genesis", vec![chain.join("genesis.json")]),
        ("format", vec![folder.join("format")]),
    ]
}

fn flip(path: &Path, offset: u64, xor: u8) {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ xor], offset).unwrap();
}

/// The same runs every time; the seed moves with the run.
fn pick(run: u64, below: u64) -> u64 {
    let digest = sm::sm3(&run.to_le_bytes());
    u64::from_le_bytes(digest[..8].try_into().unwrap()) % below
}

#[test]
fn fifty_flipped_bytes_are_found_each_in_its_file_and_fifty_sound_runs_find_nothing() {
    let (folder, root) = stopped();
    let kinds = files(folder.path());
    for run in 0..50 {
        let (kind, paths) = &kinds[run as usize % kinds.len()];
        let path = &paths[pick(run, paths.len() as u64) as usize];
        let offset = pick(run + 1_000, fs::metadata(path).unwrap().len());
        let xor = 1 << pick(run + 2_000, 8);
        flip(path, offset, xor);
        let report = fsck(folder.path(), &options()).unwrap();
        let named = report.findings.iter().any(|finding| finding.file == *path);
        assert!(named, "{kind}: byte {offset} of {} was flipped by {xor}, found {:?}", path.display(), report.findings);
        flip(path, offset, xor);
        let sound = fsck(folder.path(), &options()).unwrap();
        assert_eq!(sound.findings, [], "run {run}");
        assert_eq!((sound.height(), sound.root(Height(25))), (Some(Height(25)), Some(root)));
        assert!(sound.rows > 1_000 && sound.txs > 200);
    }
    Store::open(folder.path(), options()).unwrap();
}

const CHILD_FOLDER: &str = "STORAGE_TEST_FOLDER";

/// A maker that has made all blocks of a store so far.
fn caught_up(store: &Store) -> Maker {
    let mut maker = Maker::new();
    for height in 0..store.tip().height.0 {
        let tip = store.reader().at(Height(height)).unwrap().unwrap();
        maker.block(&tip, 3 + height as usize % 12, 4);
    }
    maker
}

#[test]
fn child_commits_until_it_is_killed() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else { return };
    let (mut store, _) = Store::open(Path::new(&folder), options()).unwrap();
    let mut maker = caught_up(&store);
    loop {
        let height = store.tip().height.0;
        let made = maker.block(&store.tip(), 3 + height as usize % 12, 4);
        commit(&mut store, made);
        println!("committed {}", height + 1);
    }
}

/// Starts a node, kills it after it said `blocks` times that it committed; the last height it named.
fn killed_after(folder: &Path, blocks: usize) -> Height {
    use std::io::{BufRead as _, BufReader};
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--include-ignored", "--exact", "--nocapture", "fsck::fsck_test::child_commits_until_it_is_killed"])
        .env(CHILD_FOLDER, folder)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let named = lines.filter_map(|line| line.strip_prefix("committed ").map(|h| h.parse().unwrap()));
    let last = named.take(blocks).last().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    Height(last)
}

#[test]
fn a_node_killed_again_and_again_loses_nothing_and_leaves_no_findings() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::create(folder.path(), &genesis(), options()).unwrap());
    for round in 0..6 {
        let acknowledged = killed_after(folder.path(), 1 + round * 9);
        let report = fsck(folder.path(), &options()).unwrap();
        assert_eq!(report.findings, [], "round {round}");
        assert!(report.height() >= Some(acknowledged), "{report:?}");
    }
    let listed = crate::state_files::read_sums(&RealDisk, &chain_dir(folder.path()).join("checkpoint.sums")).unwrap();
    for (kind, paths) in files(folder.path()) {
        let live = |path: &&PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            kind != "table" || listed.as_ref().is_some_and(|sums| sums.files.contains_key(name))
        };
        let path = paths.iter().find(live).unwrap();
        let offset = fs::metadata(path).unwrap().len().min(21) - 1;
        flip(path, offset, 4);
        let found = fsck(folder.path(), &options()).unwrap().findings;
        assert!(found.iter().any(|f| f.file == *path), "{kind}: {found:?}");
        flip(path, offset, 4);
    }
    let (store, _) = Store::open(folder.path(), options()).unwrap();
    assert_eq!(caught_up(&store).outputs.len() as u64, store.state.slots().leaves());
}

#[test]
fn roots_at_a_height_are_derived_from_the_segments_alone() {
    let (folder, _) = stopped();
    fs::remove_dir_all(chain_dir(folder.path()).join("state")).unwrap();
    let report = fsck(folder.path(), &options()).unwrap();
    for height in [0, 7, 25].map(Height) {
        let root = state_root_at(folder.path(), height, &options()).unwrap();
        assert!(root.is_some() && root == report.root(height));
    }
    assert_eq!(state_root_at(folder.path(), Height(26), &options()).unwrap(), None);
    let (store, found) = Store::open(folder.path(), options()).unwrap();
    assert_eq!((found.replayed_blocks, Some(store.tip().state_root)), (25, report.root(Height(25))));
    assert!(matches!(fsck(folder.path(), &options()), Err(StoreError::Locked(_))));
}

#[test]
fn rows_that_are_missing_extra_or_different_are_named() {
    let (folder, _) = stopped();
    let place = chain_dir(folder.path());
    let engine = RocksEngine::open(&place.join("state"), &options()).unwrap();
    let mut batch = Batch::default();
    batch.put(Column::Outputs, &5u64.to_be_bytes(), b"another value");
    batch.remove(Column::Headers, &9u64.to_be_bytes());
    batch.put(Column::Owners, b"stranger", b"");
    engine.write(&batch).unwrap();
    engine.flush().unwrap();
    drop(engine);
    fs::remove_file(place.join("checkpoint.sums")).unwrap();
    let found = fsck(folder.path(), &options()).unwrap().findings;
    let places: Vec<(String, String)> = found.into_iter().map(|f| (f.place, f.what)).collect();
    let row = |key: &str, what: &str| (key.to_owned(), what.to_owned());
    assert_eq!(
        places,
        [
            row("row 0000000000000005 of `out`", "the row has another value"),
            row("row 737472616e676572 of `own`", "the row does not belong here"),
            row("row 0000000000000009 of `hdr`", "the row is missing"),
        ]
    );
}

/// A block that a dishonest node stored: its links are right, something in it is not.
fn findings_with(forge: impl Fn(&mut Made)) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { engine: EngineKind::Log, ..options() };
    let mut store = Store::create(folder.path(), &genesis(), options.clone()).unwrap();
    let mut maker = Maker::new();
    for n in 0..4 {
        let mut made = maker.block(&store.tip(), 4, 2);
        if n == 2 {
            forge(&mut made);
        }
        commit(&mut store, made);
    }
    store.close().unwrap();
    fsck(folder.path(), &options).unwrap().findings
}

fn certify_again(made: &mut Made) {
    made.certificate.block_id = made.block.header.block_id();
}

#[test]
fn blocks_whose_contents_or_certificates_do_not_fit_are_found() {
    assert_eq!(findings_with(|_| {}), []);
    let what = |found: Vec<Finding>| found.into_iter().map(|f| f.what).collect::<Vec<_>>();
    let signature = what(findings_with(|m| m.certificate.signatures[0][7] ^= 1));
    assert_eq!(signature, ["the signature of validator 0 does not verify"]);
    let receipts = findings_with(|m| m.outcome.receipts[0] = m.outcome.receipts[1].clone());
    assert_eq!(what(receipts), ["the receipts are not those of the transactions"]);
    let swapped = what(findings_with(|m| m.block.txs.swap(0, 1)));
    assert_eq!(swapped, ["the transactions are not those of the header"]);
    let carried = what(findings_with(|m| m.block.last_certificate = None));
    assert_eq!(carried, ["the header names another certificate of its parent"]);
    let params = what(findings_with(|m| {
        m.block.header.params_hash = Digest([1; 32]);
        certify_again(m);
    }));
    assert_eq!(params[0], "the header names other parameters");
}
