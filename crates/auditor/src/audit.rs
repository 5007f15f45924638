//! The audit itself: block after block, from the genesis state to the last frame.

use std::collections::BTreeSet;
use std::fmt;

use ledger_types::change_set::SYSTEM_CAUSE;
use ledger_types::output::Origin;
use ledger_types::{
    BlockFrame, BlockTime, CannotAgree, Canonical, Change, ChangeSet, Genesis, Height, Receipt, RequestEntry,
    TitleKind, Transaction, TxId, Unsealer,
};
use proofs::{changes_root, log_tree, receipts_root};

use crate::booking::{Booked, booked};
use crate::changes;
use crate::committee;
use crate::conservation::Conservation;
use crate::genesis::first_world;
use crate::governance;
use crate::headers::Headers;
use crate::judge::erasures::{self, Missing};
use crate::judge::{inspections, judge};
use crate::opened::open;
use crate::reasons::Reasons;
use crate::report::AuditReport;
use crate::signatures::Signatures;
use crate::stateless;
use crate::timers;
use crate::trees::Trees;
use crate::unsealed::unseal;
use crate::verdicts::{compare, compare_change, compare_task};
use crate::world::{Draft, Touched, World};

/// How deep to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Verify one in so many signatures: 1 for all, 0 for none.
    pub signatures_one_in: u32,
    /// Rebuild and compare the state root every so many blocks, and at the end; 0 for only at the end.
    pub root_every: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { signatures_one_in: 1, root_every: 64 }
    }
}

/// How far the audit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The block just judged.
    pub height: Height,
    /// Transactions judged.
    pub transactions: u64,
    /// Invoices issued.
    pub issued: u64,
    /// Differences found.
    pub differences: usize,
}

/// Judges a chain again, from its genesis and its frames from height 1 on. After a difference the audit goes on with its
/// own result, so that one wrong verdict is one difference. A frame that cannot be read ends it, as a difference. `keys` open
/// what is sealed: a wrong one makes every sealed body a difference, a missing one ends the audit with its epoch.
pub fn audit<E: fmt::Display>(
    genesis: &Genesis,
    frames: impl Iterator<Item = Result<BlockFrame, E>>,
    options: Options,
    keys: &dyn Unsealer,
    progress: &mut dyn FnMut(Progress),
) -> AuditReport {
    let mut auditor = Auditor::new(genesis, options, keys);
    for frame in frames {
        match frame {
            Ok(frame) => auditor.block(&frame),
            Err(error) => {
                let height = auditor.headers.next_height();
                auditor.report.add(height, None, "block file", error, "a readable frame");
                break;
            }
        }
        progress(auditor.progress());
        if auditor.report.missing_key.is_some() {
            break;
        }
    }
    auditor.finish()
}

struct Auditor<'a> {
    options: Options,
    keys: &'a dyn Unsealer,
    world: World,
    trees: Trees,
    headers: Headers,
    signatures: Signatures,
    conservation: Conservation,
    missing: Missing,
    report: AuditReport,
    height: Height,
    /// Epochs that a body of this block may be sealed for.
    sealed_for: BTreeSet<u32>,
    /// The stored state root that is still to be compared.
    unchecked_root: Option<ledger_types::Digest>,
    /// A root that differs once differs ever after: it is told once.
    root_differs: bool,
}

impl<'a> Auditor<'a> {
    fn new(genesis: &Genesis, options: Options, keys: &'a dyn Unsealer) -> Self {
        let mut world = first_world(genesis);
        let touched = world.take_touched();
        let mut trees = Trees::default();
        trees.update(&world, &touched);
        let root = trees.root(world.chain());
        let changes = vec![log_tree::empty_root(), changes_root(&first_changes(&touched, &world))];
        Self {
            options,
            keys,
            headers: Headers::new(genesis, &world, root, changes),
            trees,
            signatures: Signatures::new(options.signatures_one_in),
            conservation: Conservation::default(),
            missing: Missing::default(),
            report: AuditReport { chain: Some(genesis.chain_id()), ..AuditReport::default() },
            world,
            height: Height(0),
            sealed_for: BTreeSet::new(),
            unchecked_root: None,
            root_differs: false,
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            height: self.height,
            transactions: self.report.transactions,
            issued: self.report.issued,
            differences: self.report.differences.len(),
        }
    }

    fn block(&mut self, frame: &BlockFrame) {
        let header = &frame.block.header;
        self.height = header.height;
        let ids: Vec<TxId> = frame.block.txs.iter().map(|tx| tx.envelope.tx_id()).collect();
        self.headers.check(frame, &ids, &self.world, &mut self.report);
        self.check_size(frame);

        // Bodies are judged by the state before the block, like all that it is made under.
        self.sealed_for = committee::sealed_for(&self.world);
        self.note_missing_key(frame);
        let verdicts_differ = self.tasks(frame) | self.transactions(frame, &ids);
        for index in self.signatures.verify() {
            self.report.add(self.height, Some(index), "signature", "in a block", "one that verifies");
        }
        self.changes(frame);
        self.conservation.observe(self.height, &frame.changes, &mut self.report);
        let roots = (receipts_root(&frame.receipts), changes_root(&frame.changes));
        self.headers.advance(frame, &self.world, roots, verdicts_differ);
        self.report.blocks += 1;
    }

    /// A body that is sealed for an epoch whose key is not here cannot be judged: that is no difference of the chain's.
    fn note_missing_key(&mut self, frame: &BlockFrame) {
        for seal in frame.block.txs.iter().filter_map(|tx| tx.body.seal()) {
            let wanted = self.report.missing_key.is_none() && self.sealed_for.contains(&seal.epoch);
            let answer = wanted.then(|| self.keys.agreed(self.world.chain(), seal));
            if let Some(Err(CannotAgree::MissingKey { epoch })) = answer {
                self.report.missing_key = Some(epoch);
            }
        }
    }

    fn check_size(&mut self, frame: &BlockFrame) {
        let txs = &frame.block.txs;
        let params = self.world.params();
        let (max_txs, max_bytes) = (usize::from(params.max_block_txs), params.max_block_bytes as usize);
        if txs.len() > max_txs {
            self.report.add(self.height, None, "transactions of the block", txs.len(), format!("at most {max_txs}"));
        }
        let bytes: usize = txs.iter().map(|tx| tx.to_canonical().len()).sum();
        if bytes > max_bytes {
            self.report.add(self.height, None, "bytes of the block", bytes, format!("at most {max_bytes}"));
        }
    }

    /// Begin-block tasks. True if a stored receipt differs.
    fn tasks(&mut self, frame: &BlockFrame) -> bool {
        let changed = governance::begin(&mut self.world, self.height, frame.block.header.time);
        let done = timers::run(&mut self.world, frame.block.header.time);
        self.report.tasks += done.len() as u64;
        let before = self.report.differences.len();
        let stored = frame.receipts.len().saturating_sub(frame.block.txs.len());
        if stored != changed.len() + done.len() || frame.receipts.len() < frame.block.txs.len() {
            let expected = changed.len() + done.len() + frame.block.txs.len();
            self.report.add(self.height, None, "receipts", frame.receipts.len(), expected);
        }
        for (receipt, (id, fault)) in frame.receipts.iter().take(stored).zip(&changed) {
            if let Some((stored, expected)) = compare_change(receipt, *id, *fault) {
                self.report.add(self.height, None, "change of rules", stored, expected);
            }
        }
        for (receipt, (task, outcome)) in frame.receipts.iter().take(stored).skip(changed.len()).zip(&done) {
            if let Some((stored, expected)) = compare_task(receipt, task, outcome) {
                self.report.add(self.height, None, "timed task", stored, expected);
            }
        }
        self.report.differences.len() != before
    }

    /// Transactions in order. True if a stored verdict differs.
    fn transactions(&mut self, frame: &BlockFrame, ids: &[TxId]) -> bool {
        let tasks = frame.receipts.len().saturating_sub(frame.block.txs.len());
        let mut receipts = frame.receipts.iter().skip(tasks);
        let mut differ = false;
        for ((tx, id), index) in frame.block.txs.iter().zip(ids).zip(0u16..) {
            let height = self.height;
            let titles = |item| changes::title(&frame.changes, Origin { height, tx: index, item });
            differ |= self.transaction(frame.block.header.time, index, (tx, id), receipts.next(), &titles);
        }
        differ
    }

    fn transaction(
        &mut self,
        now: BlockTime,
        index: u16,
        (tx, id): (&Transaction, &TxId),
        stored: Option<&Receipt>,
        titles: &dyn Fn(u16) -> Option<TitleKind>,
    ) -> bool {
        self.missing.note(self.height, index, tx);
        let mut invalid = stateless::check(&self.world, tx, now);
        let clear = unseal((&self.world, &self.sealed_for), self.keys, tx, id);
        let opened = clear.as_ref().map_err(|reason| *reason).and_then(|clear| open(self.world.chain(), clear, titles));
        let (reasons, draft) = match opened {
            Ok(opened) => judge(&self.world, self.height, now, index, tx, &opened),
            Err(reason) => {
                invalid.push(reason);
                let mut reasons = Reasons::default();
                reasons.add(reason);
                (reasons, Draft::new(&self.world, now))
            }
        };
        for reason in invalid {
            let expected = format!("turned away before any block: {reason}");
            self.report.add(self.height, Some(index), "transaction", "in a block", expected);
        }
        self.signatures.add(&self.world, index, tx, id);
        let accepted = reasons.is_empty();
        self.count(tx, &reasons);
        if let (true, Ok(clear)) = (accepted, &clear) {
            self.resum(clear, now);
        }
        let (work, outcome) = draft.finish();
        if accepted {
            self.report.readings.extend(inspections::reading(self.height, index, &tx.envelope));
            self.world.apply(index, work);
            self.report.erasures.extend(erasures::ordered(&self.world, self.height, index, tx));
        }
        if let Some(scope) = tx.envelope.request_scope() {
            let id_of_request = tx.envelope.request_id;
            self.world.put_request(RequestEntry {
                scope,
                id: id_of_request,
                tx: *id,
                height: self.height,
                index,
                accepted,
            });
        }
        let Some(stored) = stored else { return false };
        match compare(tx.envelope.payload.kind(), id, stored, &reasons, &outcome) {
            None => false,
            Some((stored, expected)) => {
                self.report.add(self.height, Some(index), "verdict", stored, expected);
                true
            }
        }
    }

    fn count(&mut self, tx: &Transaction, reasons: &Reasons) {
        self.report.transactions += 1;
        if reasons.is_empty() {
            self.report.accepted += 1;
            let (blue, red) = crate::booking::counts(tx);
            self.report.issued += blue;
            self.report.red += red;
            return;
        }
        self.report.refused += 1;
        let names: std::collections::BTreeSet<_> = reasons.deciding().map(|mark| mark.reason).collect();
        for reason in names {
            *self.report.refused_by_reason.entry(reason).or_default() += 1;
        }
    }

    /// Adds an accepted invoice to the sums that quotas are held against in the end, from its own body.
    fn resum(&mut self, tx: &Transaction, now: BlockTime) {
        for fact in booked(&self.world, tx, now) {
            match fact {
                Booked::Issued { seller, net } => self.conservation.issued(seller, now, net),
                Booked::GivenBack { seller, month, net } => self.conservation.given_back(seller, month, net),
            }
        }
    }

    fn changes(&mut self, frame: &BlockFrame) {
        let touched = self.world.take_touched();
        for (tx, what, stored, expected) in changes::compare(&self.world, &touched, &frame.changes) {
            self.report.add(self.height, tx, what, stored, expected);
        }
        self.trees.update(&self.world, &touched);
        self.unchecked_root = Some(frame.state_root);
        if self.options.root_every != 0 && self.height.0.is_multiple_of(self.options.root_every) {
            self.check_root();
        }
    }

    fn check_root(&mut self) {
        let Some(stored) = self.unchecked_root.take() else { return };
        self.report.roots += 1;
        let own = self.trees.root(self.world.chain());
        if own != stored && !self.root_differs {
            self.root_differs = true;
            self.report.add(self.height, None, "state root", stored, own);
        }
    }

    fn finish(mut self) -> AuditReport {
        self.check_root();
        self.missing.hold_against_orders(&self.world, &mut self.report);
        self.conservation.finish(&mut self.report);
        self.report.signatures = self.signatures.checked;
        self.report
    }
}

/// The genesis state as a change set.
fn first_changes(touched: &Touched, world: &World) -> ChangeSet {
    let entry = |key: &ledger_types::RegistryKey| Change::Registry {
        cause: SYSTEM_CAUSE,
        key: key.clone(),
        value: world.entry(key).cloned().map(Box::new),
    };
    ChangeSet { changes: touched.register.keys().map(entry).collect() }
}

#[cfg(test)]
#[path = "audit_test.rs"]
mod audit_test;
