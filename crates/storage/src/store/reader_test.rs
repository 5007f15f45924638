#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ledger_types::*;

use super::made_chain::{Maker, SELLERS, genesis, holders_in_tests};
use super::*;
use crate::options::EngineKind;
use crate::project::holders;

type Outputs = BTreeMap<Slot, OutputRecord>;

/// A store on the real disk, its outputs after each height, and the folder.
fn chain(engine: EngineKind, blocks: u64) -> (tempfile::TempDir, Store, Vec<Outputs>) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { engine, segment_bytes: 20_000, checkpoint_txs: 60, page_cache: 1, ..Options::small() };
    let mut store = Store::create(folder.path(), &genesis(), options).unwrap();
    let mut maker = Maker::new();
    let mut outputs = vec![Outputs::new()];
    for n in 0..blocks {
        let made = maker.block(&store.tip(), 4 + n as usize % 9, 5);
        store.commit(made.block, made.certificate, made.outcome).unwrap();
        outputs.push(maker.outputs.clone());
    }
    (folder, store, outputs)
}

fn engines() -> [EngineKind; 2] {
    [EngineKind::RocksDb, EngineKind::Log]
}

#[test]
fn transactions_requests_and_frames_are_found_in_their_block() {
    for engine in engines() {
        let (_folder, store, _) = chain(engine, 25);
        let reader = store.reader();
        let mut found = 0;
        for height in (1..=25).map(Height) {
            let frame = reader.frame(height).unwrap().unwrap();
            let (header, certificate) = reader.header_and_certificate(height).unwrap().unwrap();
            assert_eq!((&header, &certificate), (&frame.block.header, &frame.certificate));
            for line in frame.changes.requests() {
                assert_eq!(reader.request(line.scope, line.id).unwrap(), Some(*line));
                let tx = reader.transaction(&line.tx).unwrap().unwrap();
                assert_eq!((tx.origin.height, tx.origin.tx, tx.time), (height, line.index, header.time));
                assert_eq!(tx.tx.envelope.tx_id(), line.tx);
                assert!(tx.receipt.is_accepted());
                found += 1;
            }
        }
        assert_eq!(found, store.transactions());
        assert_eq!(reader.frame(Height(0)).unwrap(), None);
        assert_eq!(reader.frame(Height(26)).unwrap(), None);
        let frame = reader.frame(Height(3)).unwrap().unwrap();
        let mut near = frame.changes.requests().next().unwrap().tx;
        near.0[32] ^= 1;
        assert_eq!(reader.transaction(&near).unwrap(), None, "only the whole id counts");
    }
}

#[test]
fn outputs_are_found_at_every_height_and_by_number_owner_and_seller() {
    for engine in engines() {
        let (_folder, store, outputs) = chain(engine, 40);
        let reader = store.reader();
        let now = outputs.last().unwrap();
        for slot in (0..now.len() as u64 + 2).map(Slot) {
            for (height, then) in (0..).map(Height).zip(&outputs).step_by(3) {
                assert_eq!(reader.output_at(slot, height).unwrap(), then.get(&slot).copied(), "{slot} at {height}");
            }
            assert_eq!(reader.output(slot).unwrap(), now.get(&slot).copied());
            let steps = reader.history(slot).unwrap();
            let mut expected: Vec<OutputRecord> = outputs.iter().filter_map(|o| o.get(&slot).copied()).collect();
            expected.dedup();
            assert_eq!(steps.iter().map(|s| s.record).collect::<Vec<_>>(), expected);
            assert!(steps.iter().all(|s| outputs[s.height.0 as usize][&slot] == s.record));
            if let Some(invoice) = now.get(&slot).and_then(|record| record.invoice().copied()) {
                assert_eq!(reader.invoice_by_number(invoice.code, invoice.number).unwrap(), Some(slot));
            }
        }
        let pick = |f: &dyn Fn(&OutputRecord) -> bool| -> Vec<(Slot, OutputRecord)> {
            now.iter().filter(|(_, record)| f(record)).map(|(slot, record)| (*slot, *record)).collect()
        };
        let mut held = 0;
        for owner in holders_in_tests() {
            let expected = pick(&|record| holders(record).contains(&Some(owner)));
            held += expected.len();
            assert_eq!(reader.outputs_of(&owner, None, 1_000).unwrap(), expected);
            let mut paged = Vec::new();
            while let page = reader.outputs_of(&owner, paged.last().map(|(s, _)| *s), 3).unwrap()
                && !page.is_empty()
            {
                paged.extend(page);
            }
            assert_eq!(paged, expected);
        }
        assert!(held > 20);
        for seller in (2..2 + SELLERS).map(AccountId) {
            let expected = pick(&|record| record.invoice().unwrap().seller == seller);
            assert_eq!(reader.invoices_of_seller(seller, None, 1_000).unwrap(), expected);
        }
        assert_eq!(reader.outputs_of(&holders_in_tests()[0], Some(Slot(u64::MAX)), 9).unwrap(), []);
        let accounts = reader.accounts(Some(AccountId(1)), 5).unwrap();
        assert_eq!(accounts.iter().map(|a| a.id).collect::<Vec<_>>(), [AccountId(2), AccountId(3)]);
    }
}

#[test]
fn a_slots_path_leads_to_the_state_root_that_the_next_header_carries() {
    let (_folder, store, outputs) = chain(EngineKind::RocksDb, 40);
    let reader = store.reader();
    let chain = store.chain_id();
    for height in (1..=40).map(Height) {
        let count = outputs[height.0 as usize].len() as u64;
        for slot in [0, count / 2, count - 1].map(Slot) {
            let path = reader.slot_path_at(slot, height).unwrap().unwrap();
            assert_eq!((path.height, path.leaves), (height, count));
            assert_eq!(path.record, outputs[height.0 as usize][&slot]);
            let leaf = proofs::slot_leaf(&path.record);
            let root = path.roots.0[0];
            assert!(proofs::dense_tree::verify(&chain, leaf, slot.0, path.leaves, &path.siblings, &root));
            if let Some((next, _)) = reader.header_and_certificate(height.next()).unwrap() {
                assert_eq!(path.roots.combine(&chain), next.state_root);
            }
        }
        assert_eq!(reader.slot_path_at(Slot(count), height).unwrap(), None);
    }
    assert_eq!(reader.slot_path(Slot(3)).unwrap().unwrap().height, Height(40));
    assert_eq!(reader.slot_path_at(Slot(3), Height(41)).unwrap(), None);
}

/// Four threads read while blocks are committed; each must see one height only.
#[test]
fn readers_on_other_threads_see_whole_heights_while_blocks_are_committed() {
    let (_folder, mut store, outputs) = chain(EngineKind::RocksDb, 10);
    let mut maker = Maker::new();
    let genesis_tip = store.reader().at(Height(0)).unwrap().unwrap();
    let mut tip = genesis_tip;
    for n in 0..10u64 {
        maker.block(&tip, 4 + n as usize % 9, 5);
        tip = store.reader().at(Height(n + 1)).unwrap().unwrap();
    }
    assert_eq!(&maker.outputs, outputs.last().unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let (reader, stop) = (store.reader(), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut heights = std::collections::BTreeSet::new();
                while !stop.load(Ordering::Relaxed) {
                    let now = reader.now();
                    heights.insert(now.height());
                    let counters = now.registry(&RegistryKey::Counters).unwrap();
                    let Some(RegistryValue::Counters(counters)) = counters else { panic!("{counters:?}") };
                    assert!(now.output(counters.slot).unwrap().is_none(), "a slot beyond the count");
                    let last = Slot(counters.slot.0 - 1 - n % 3);
                    assert!(now.output(last).unwrap().is_some());
                    let path = now.slot_path(last).unwrap().unwrap();
                    assert_eq!((path.height, path.leaves), (now.height(), counters.slot.0));
                    assert_eq!(path.roots.combine(&reader.chain_id()), now.tip().state_root);
                }
                heights.len()
            })
        })
        .collect();
    for n in 0..60 {
        let made = maker.block(&store.tip(), 4 + n % 9, 5);
        store.commit(made.block, made.certificate, made.outcome).unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let seen: Vec<usize> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert!(seen.iter().all(|heights| *heights > 2), "{seen:?}");
}

#[test]
fn a_running_node_finds_a_byte_that_rots_and_says_where() {
    let (folder, store, _) = chain(EngineKind::Log, 25);
    let reader = store.reader();
    let mut check = reader.self_check();
    let (mut steps, mut bytes, mut guesses) = (0, 0, Vec::new());
    loop {
        let checked = check.step(3_000).unwrap();
        (steps, bytes) = (steps + 1, bytes + checked.bytes);
        if checked.round_done {
            assert_eq!(checked.whole, bytes);
            break;
        }
        guesses.push(checked.whole);
    }
    assert!(steps > 3 && bytes > 20_000, "{steps} steps, {bytes} bytes");
    assert!(guesses.iter().all(|whole| (bytes / 3..bytes * 3).contains(whole)), "{guesses:?} of {bytes}");
    let place = reader.at(Height(17)).unwrap().unwrap().place.unwrap();
    let chain = folder.path().join("chains").join(reader.chain_id().to_string());
    let path = crate::segment::segment_path(&chain.join("segments"), place.segment);
    let mut file = std::fs::read(&path).unwrap();
    file[place.offset as usize + 60] ^= 1;
    std::fs::write(&path, file).unwrap();
    let found = loop {
        match check.step(3_000) {
            Ok(checked) => assert!(!checked.round_done, "a whole round without a word"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&found, StoreError::Damaged { file, offset, .. } if *file == path && *offset == place.offset),
        "{found:?}"
    );
    drop(folder);
}

#[test]
fn a_copy_made_of_a_running_store_opens_at_the_height_it_had() {
    for engine in engines() {
        let (folder, store, _) = chain(engine, 25);
        let place = tempfile::tempdir().unwrap();
        let copy = place.path().join("copy");
        let made = crate::backup(folder.path(), &copy).unwrap();
        assert_eq!((made.chain, made.height), (store.chain_id(), Height(25)));
        assert!(crate::backup(folder.path(), &copy).is_err(), "a copy is never written over");
        let options = Options { engine, segment_bytes: 20_000, checkpoint_txs: 60, page_cache: 1, ..Options::small() };
        let (again, recovery) = Store::open(&copy, options).unwrap();
        assert_eq!((again.tip().height, recovery.replayed_blocks), (Height(25), 25));
        assert_eq!(Some(again.tip().state_root), store.reader().at(Height(25)).unwrap().map(|t| t.state_root));
        again.close().unwrap();
    }
}
