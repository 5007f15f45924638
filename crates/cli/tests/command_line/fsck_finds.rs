//! `taxchain fsck` on folders with one flipped byte, and on folders without.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::dice::Dice;
use crate::load::Till;
use crate::running::Place;

const RUNS: u64 = 50;
const KINDS: [&str; 6] = ["segment", "SST", "MANIFEST", "CURRENT", "page file", "guard"];

/// Zeros kept behind the live bytes of a segment. A quarter of a gigabyte of them in every copy would only take time.
const TAIL: usize = 1 << 20;

/// A file of a folder: its path in there, its live bytes, its length.
type Kept = (PathBuf, Vec<u8>, u64);

/// Reads a folder, with all below it.
fn read_folder(root: &Path, folder: &Path, kept: &mut Vec<Kept>) {
    for entry in fs::read_dir(root.join(folder)).unwrap().map(Result::unwrap) {
        let path = folder.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            read_folder(root, &path, kept);
            continue;
        }
        let mut bytes = fs::read(root.join(&path)).unwrap();
        let live = live(&bytes);
        let len = bytes.len().min(live + TAIL) as u64;
        bytes.truncate(live);
        bytes.shrink_to_fit();
        kept.push((path, bytes, len));
    }
}

/// Writes the folder that was read.
fn write_folder(kept: &[Kept], to: &Path) {
    for (path, bytes, len) in kept {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_len(*len).unwrap();
    }
}

/// Where the zeros at the end begin.
fn live(bytes: &[u8]) -> usize {
    let block =
        bytes.rchunks(1 << 16).take_while(|block| block.iter().all(|b| *b == 0)).map(<[u8]>::len).sum::<usize>();
    bytes[..bytes.len() - block].iter().rposition(|b| *b != 0).map_or(0, |last| last + 1)
}

/// The files of a kind, from the chain's folder, and how many bytes of each are live.
fn files(chain: &Path, kind: &str) -> Vec<(PathBuf, u64)> {
    let (folder, wanted): (_, fn(&str) -> bool) = match kind {
        "segment" => ("segments", |name| name.starts_with("seg-")),
        "SST" => ("state", |name| name.ends_with(".sst")),
        "MANIFEST" => ("state", |name| name.starts_with("MANIFEST-")),
        "CURRENT" => ("state", |name| name == "CURRENT"),
        "page file" => (".", |name| name == "pages"),
        _ => (".", |name| name == "guard"),
    };
    let names = fs::read_dir(chain.join(folder)).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| wanted(name)).collect();
    names.sort_unstable();
    let measured = names.into_iter().map(|name| {
        let bytes = fs::read(chain.join(folder).join(&name)).unwrap();
        // Only segments are allocated ahead; elsewhere zeros are as live as any other byte.
        let live = if kind == "segment" { live(&bytes) } else { bytes.len() };
        (PathBuf::from(folder).join(name), live as u64)
    });
    measured.collect()
}

fn flip(path: &Path, offset: u64, bit: u64) {
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 1 << bit], offset).unwrap();
}

/// A chain of three hundred invoices and more, its node stopped in order; the chain's folder below `chain`.
async fn stopped_chain(place: &Place) -> PathBuf {
    let dev = place.dev("chain");
    let till = Till::new(dev.client().await, dev.identity("merchant"));
    // Stops and starts between, so that there is more than one table.
    let chain = dev.chain_folder();
    assert_eq!(till.stream(200).await.iter().filter(|s| s.verdict.is_some()).count(), 200);
    dev.stop();
    let dev = place.dev("chain");
    let till = Till::new(dev.client().await, dev.identity("merchant"));
    assert_eq!(till.stream(200).await.iter().filter(|s| s.verdict.is_some()).count(), 200);
    dev.stop();
    chain.strip_prefix(place.join("chain")).unwrap().to_owned()
}

/// A run on a copy: what was flipped if anything, whether fsck said what it should.
fn run(place: &Place, kept: &[Kept], chain: &Path, number: u64, flipped: Option<&'static str>) -> Result<(), String> {
    let name = format!("{}-{number}", if flipped.is_some() { "flipped" } else { "clean" });
    let dir = place.join(&name);
    write_folder(kept, &dir);
    let mut dice = Dice::of(Dice::new().seed() + number);
    let target = flipped.map(|kind| {
        let files = files(&dir.join(chain), kind);
        let (file, live) = &files[usize::try_from(dice.below(files.len() as u64)).unwrap()];
        let (path, offset, bit) = (dir.join(chain).join(file), dice.below(*live), dice.below(8));
        flip(&path, offset, bit);
        (path, format!("{kind} {}, byte {offset}, bit {bit}", file.display()))
    });
    let said = place.run(&["fsck", &name, "--output", "json"]);
    let report = said.json();
    let named = |path: &Path| {
        let items = report["items"].as_array().cloned().unwrap_or_default();
        let same = |file: &str| fs::canonicalize(place.join(file)).ok() == fs::canonicalize(path).ok();
        items.iter().any(|item| item["file"].as_str().is_some_and(same))
    };
    let as_expected = match &target {
        Some((path, _)) => said.code == 8 && report["findings"].as_u64() > Some(0) && named(path),
        None => said.code == 0 && report["findings"] == 0,
    };
    fs::remove_dir_all(&dir).unwrap();
    let what = target.map_or("no flip".to_owned(), |(_, what)| what);
    if as_expected { Ok(()) } else { Err(format!("run {number}, {what}: {said:?}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_flipped_bytes_are_found_and_fifty_clean_folders_are_clean() {
    let place = Place::new();
    let chain = stopped_chain(&place).await;
    for kind in KINDS {
        assert!(!files(&place.join("chain").join(&chain), kind).is_empty(), "there is no {kind}");
    }
    let mut kept = Vec::new();
    read_folder(&place.join("chain"), Path::new(""), &mut kept);
    println!("fsck: seed {}", Dice::new().seed());
    let (next, found, clean) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let missed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let (flipped, good) = match number {
                        0..RUNS => (Some(KINDS[usize::try_from(number).unwrap() % KINDS.len()]), &found),
                        RUNS..100 => (None, &clean),
                        _ => return,
                    };
                    match run(&place, &kept, &chain, number, flipped) {
                        Ok(()) => drop(good.fetch_add(1, Ordering::Relaxed)),
                        Err(what) => missed.lock().unwrap().push(what),
                    }
                }
            });
        }
    });
    let (found, clean) = (found.into_inner(), clean.into_inner());
    println!("fsck: {found} of {RUNS} flips found, {clean} of {RUNS} clean runs clean");
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert_eq!((found, clean), (RUNS, RUNS));
}
