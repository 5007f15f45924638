#![allow(clippy::unwrap_used)]

use std::path::Path;

use ledger_types::{AccountId, Digest, RegistryKey, RegistryValue, SectionKind, Slot};

use super::*;
use crate::disk::{MemoryDisk, read_whole};
use crate::options::{EngineKind, Options};
use crate::store::Store;
use crate::store::made_chain::{AREA, Made, Maker, genesis};
use crate::{Report, fsck_on};

const DIR: &str = "/d";

fn options() -> Options {
    Options {
        engine: EngineKind::Log,
        segment_bytes: 8_000,
        checkpoint_txs: 12,
        background_checkpoints: false,
        ..Options::small()
    }
}

fn commit(store: &mut Store, made: &Made) {
    let Made { block, certificate, outcome } = made.clone();
    store.commit(block, certificate, outcome).unwrap();
}

fn buyer_and_lines() -> SectionSet {
    SectionSet::of(&[SectionKind::Buyer, SectionKind::Lines])
}

fn order(slots: &[u64], sections: SectionSet) -> Erasure {
    let slots = slots.iter().map(|slot| Slot(*slot)).collect();
    Erasure { bureau: AccountId(1), area: AREA, slots, sections, ground: Digest([1; 32]), at_ms: 0 }
}

fn with_order(maker: &mut Maker, id: ErasureId, order: Erasure) {
    maker.extra.push((RegistryKey::Erasure(id), RegistryValue::Erasure(order)));
}

/// Ten blocks, an order of slots of several of them in the eleventh, and three blocks behind.
fn chain(disk: &MemoryDisk, order: Erasure) -> Store {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut store = Store::create_on(shared, Path::new(DIR), &genesis(), options()).unwrap();
    let mut maker = Maker::new();
    for n in 1..=14u64 {
        if n == 11 {
            with_order(&mut maker, ErasureId { height: Height(11), tx: 0 }, order.clone());
        }
        let made = maker.block(&store.tip(), 3, 1);
        commit(&mut store, &made);
    }
    store
}

fn reopened(disk: &MemoryDisk) -> Store {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    Store::open_on(shared, Path::new(DIR), options()).unwrap().0
}

fn fsck(disk: &MemoryDisk) -> Report {
    fsck_on(Arc::new(disk.clone()), Path::new(DIR), &options()).unwrap()
}

/// Salts of the sections that the order is about: the bytes that must go, as nothing else in the files is like them.
fn salts(store: &Store, order: &Erasure) -> Vec<[u8; 16]> {
    let mut found = Vec::new();
    for slot in &order.slots {
        let origin = store.reader().output(*slot).unwrap().unwrap().invoice().unwrap().origin;
        let frame = store.reader().frame(origin.height).unwrap().unwrap();
        for section in frame.block.txs[usize::from(origin.tx)].sections_of(origin.item) {
            if let ledger_types::Section::Plain { kind, salt, .. } = section
                && order.sections.has(*kind)
            {
                found.push(*salt);
            }
        }
    }
    found
}

/// How many of the salts stand in any file, in block files also as they are when opened.
fn count_on(disk: &MemoryDisk, store: &Store, salts: &[[u8; 16]]) -> usize {
    let mut bytes = Vec::new();
    for path in disk.paths() {
        bytes.extend(read_whole(disk, &path).unwrap());
    }
    let mut place = store.reader().at(Height(1)).unwrap().unwrap().place;
    while let Some(at) = place {
        let stored = store.shared.segments.read(at).unwrap();
        bytes.extend(&stored.raw);
        place = store.reader().at(stored.height.next()).unwrap().and_then(|tip| tip.place);
    }
    salts.iter().filter(|salt| bytes.windows(16).any(|w| w == *salt)).count()
}

#[test]
fn an_order_takes_what_it_names_out_of_every_file_and_leaves_all_else() {
    let disk = MemoryDisk::new();
    let order = order(&[0, 4, 5, 20], buyer_and_lines());
    let store = chain(&disk, order.clone());
    let salts = salts(&store, &order);
    assert_eq!((salts.len(), count_on(&disk, &store, &salts)), (8, 8));
    let before: Vec<_> = (1..=14).map(|h| store.reader().frame(Height(h)).unwrap().unwrap()).collect();
    let places: Vec<_> = (1..=14).map(|h| store.reader().at(Height(h)).unwrap().unwrap()).collect();

    let mut eraser = store.reader().eraser();
    let done = ErasedStep::Done { order: ErasureId { height: Height(11), tx: 0 }, blocks: 3, sections: 8 };
    assert_eq!(store.reader().erased_to(), None);
    assert_eq!(eraser.step().unwrap(), done);
    assert_eq!(eraser.step().unwrap(), ErasedStep::Idle);
    assert_eq!(store.reader().erased_to(), Some(ErasureId { height: Height(11), tx: 0 }));
    assert_eq!(count_on(&disk, &store, &salts), 0);
    drop(eraser);

    let check = |store: &Store| {
        for (height, (was, place)) in (1..).zip(before.iter().zip(&places)) {
            let is = store.reader().frame(Height(height)).unwrap().unwrap();
            assert_eq!(&store.reader().at(Height(height)).unwrap().unwrap(), place, "roots and place");
            assert_eq!(
                (&is.block.header, &is.certificate, &is.changes),
                (&was.block.header, &was.certificate, &was.changes)
            );
            let ids = |f: &BlockFrame| f.block.txs.iter().map(|tx| tx.envelope.tx_id()).collect::<Vec<_>>();
            assert_eq!(ids(&is), ids(was));
            let erased: usize = erased_parts(&is).iter().map(|(_, which)| which.0.count_ones() as usize).sum();
            assert_eq!(
                erased,
                match height {
                    1 | 7 => 2,
                    2 => 4,
                    _ => 0,
                },
                "height {height}"
            );
            let facts = is.block.txs[0].sections_of(0)[0].clone();
            assert_eq!(&facts, &was.block.txs[0].sections_of(0)[0], "facts stay");
        }
    };
    check(&store);
    store.close().unwrap();
    let report = fsck(&disk);
    assert_eq!((&report.findings[..], report.erased, report.due), (&[][..], 8, 0));
    let store = reopened(&disk);
    check(&store);
    let again = ErasedStep::Done { order: ErasureId { height: Height(11), tx: 0 }, blocks: 0, sections: 0 };
    assert_eq!(store.reader().eraser().step().unwrap(), again, "found done");
    // The state is made again from what is left.
    store.close().unwrap();
    let rows = Path::new(DIR).join("chains").join(genesis().chain_id().to_string()).join("state/rows.log");
    disk.remove(&rows).unwrap();
    check(&reopened(&disk));
}

#[test]
fn an_order_is_due_three_blocks_behind_its_own() {
    let disk = MemoryDisk::new();
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut store = Store::create_on(shared, Path::new(DIR), &genesis(), options()).unwrap();
    let (mut maker, mut eraser) = (Maker::new(), store.reader().eraser());
    let id = ErasureId { height: Height(2), tx: 0 };
    for n in 1..=5u64 {
        if n == 2 {
            with_order(&mut maker, id, order(&[0, 1], buyer_and_lines()));
        }
        let made = maker.block(&store.tip(), 3, 0);
        commit(&mut store, &made);
        let expected = match n {
            5 => ErasedStep::Done { order: id, blocks: 1, sections: 4 },
            _ => ErasedStep::Idle,
        };
        assert_eq!(eraser.step().unwrap(), expected, "height {n}");
    }
    assert_eq!(eraser.step().unwrap(), ErasedStep::Idle);
}

#[test]
fn whenever_the_power_goes_a_frame_is_whole_or_erased_and_the_next_start_ends_the_order() {
    let order = order(&[0, 4, 5, 20], buyer_and_lines());
    let (mut cut_off, mut partly) = (0, 0);
    for cut in 1.. {
        let disk = MemoryDisk::new();
        let store = chain(&disk, order.clone());
        let salts = salts(&store, &order);
        let mut eraser = store.reader().eraser();
        disk.cut_power_at(disk.changes() + cut);
        let stepped = eraser.step();
        drop((eraser, store));
        if stepped.is_ok() {
            assert!(cut > 20, "{cut}");
            break;
        }
        for left in [disk.after_kill(), disk.after_crash(cut), disk.after_crash(cut + 1_000)] {
            let store = reopened(&left);
            let chain = Path::new(DIR).join("chains").join(genesis().chain_id().to_string());
            assert!(!left.exists(&chain.join("erasing")));
            let still = count_on(&left, &store, &salts);
            partly += u32::from(still > 0 && still < 8);
            cut_off += 1;
            assert!(matches!(store.reader().eraser().step().unwrap(), ErasedStep::Done { .. }));
            assert_eq!(count_on(&left, &store, &salts), 0);
            store.close().unwrap();
            let report = fsck(&left);
            assert_eq!((&report.findings[..], report.erased, report.due), (&[][..], 8, 0));
        }
    }
    assert!(cut_off > 30 && partly > 10, "{cut_off} {partly}");
}

#[test]
fn fsck_tells_a_cut_off_erasure_from_damage_and_what_no_order_names() {
    let order = order(&[0, 4], buyer_and_lines());
    let chain_dir = || ChainDir::at(Path::new(DIR).join("chains").join(genesis().chain_id().to_string()));
    // Half a frame, as a kill leaves it, with the journal beside.
    let disk = MemoryDisk::new();
    let store = chain(&disk, order.clone());
    let place = store.reader().at(Height(1)).unwrap().unwrap().place.unwrap();
    let stored = store.shared.segments.read(place).unwrap();
    let mut frame = decode_frame(&stored.raw).unwrap();
    frame.block.txs[0].erase(0, buyer_and_lines());
    let bytes = FrameCoder::default().encode_erased(&stored, &frame.to_canonical(), place.len).unwrap();
    Journal { place, bytes: bytes.clone() }.write(&disk, &chain_dir()).unwrap();
    store.shared.segments.replace(place, &bytes[..40]).unwrap();
    store.close().unwrap();
    let report = fsck(&disk);
    assert_eq!(report.findings.len(), 1);
    assert!(report.findings[0].what.contains("cut off") && report.findings[0].file.ends_with("erasing"), "{report:?}");
    reopened(&disk).close().unwrap();
    assert_eq!((fsck(&disk).findings, fsck(&disk).erased, fsck(&disk).due), (vec![], 2, 2));

    // The same frame without an order.
    let disk = MemoryDisk::new();
    let store = chain(&disk, self::order(&[4], buyer_and_lines()));
    store.shared.segments.replace(place, &bytes).unwrap();
    store.close().unwrap();
    let report = fsck(&disk);
    assert_eq!(report.findings.len(), 1, "{report:?}");
    assert!(report.findings[0].what.contains("no order names"), "{report:?}");
    assert_eq!((report.erased, report.due), (2, 2));
}

#[test]
fn nothing_is_replaced_while_a_copy_is_made() {
    let disk = MemoryDisk::new();
    let store = chain(&disk, order(&[0], buyer_and_lines()));
    let mut eraser = store.reader().eraser();
    let held = disk.lock(&eraser.dir.erasing_lock()).unwrap();
    assert_eq!(eraser.step().unwrap(), ErasedStep::Busy);
    drop(held);
    assert!(matches!(eraser.step().unwrap(), ErasedStep::Done { sections: 2, .. }));
}

#[test]
fn a_flipped_byte_of_an_erased_frame_is_found_and_so_are_bytes_behind_it() {
    let disk = MemoryDisk::new();
    let store = chain(&disk, order(&[0, 1, 2], buyer_and_lines()));
    let whole = store.reader().at(Height(1)).unwrap().unwrap().place.unwrap();
    store.reader().eraser().step().unwrap();
    let path = store.shared.segments.path(whole);
    let zeros = (whole.offset + u64::from(whole.len)) as usize - 1;
    assert_eq!(read_whole(&disk, &path).unwrap()[zeros], 0, "padded");
    for at in (whole.offset as usize..=zeros).step_by(7).chain([zeros]) {
        disk.flip(&path, at, 0x20).unwrap();
        assert!(store.shared.segments.read(whole).is_err(), "byte {at}");
        disk.flip(&path, at, 0x20).unwrap();
    }
    assert!(store.shared.segments.read(whole).is_ok());
}

#[test]
fn what_is_left_fits_even_where_only_an_empty_section_went() {
    let disk = MemoryDisk::new();
    let store = chain(&disk, order(&[0], buyer_and_lines()));
    let (mut maker, mut coder, mut tightest) = (Maker::new(), FrameCoder::default(), usize::MAX);
    for n in 0..300u64 {
        let Made { block, certificate, outcome } = maker.block(&store.tip(), 1 + n as usize % 4, 0);
        let (version, state_root) = (BlockFrame::VERSION, Digest([n as u8; 32]));
        let (receipts, changes) = (outcome.receipts, outcome.changes);
        let mut frame = BlockFrame { version, block, certificate, receipts, changes, state_root };
        let salt = sm::sm3(&n.to_le_bytes())[..16].try_into().unwrap();
        let ledger_types::transaction::TxBody::Sections(sections) = &mut frame.block.txs[0].body else { panic!() };
        sections.push(ledger_types::Section::Plain { kind: SectionKind::Contacts, salt, bytes: Vec::new() });
        let raw = frame.to_canonical();
        let (whole, crc) = coder.encode(Height(1), 7, &raw).unwrap();
        assert_eq!(frame.block.txs[0].erase(0, SectionSet::of(&[SectionKind::Contacts])), 1);
        let before = crate::segment::StoredFrame { height: Height(1), link: 7, crc, raw };
        let erased = coder.encode_erased(&before, &frame.to_canonical(), whole.len() as u32).unwrap();
        assert_eq!(erased.len(), whole.len());
        tightest = tightest.min(erased.iter().rev().take_while(|byte| **byte == 0).count());
    }
    assert!(tightest < 16, "such a section takes about as many bytes as its salt: {tightest}");
}
