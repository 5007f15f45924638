//! What headers commit to, and the leaves of the state's trees.

use ledger_types::{
    Canonical, ChainId, Change, ChangeSet, Digest, OutputRecord, Payload, Receipt, RequestEntry, RuleBook, TxId,
};

use crate::{hash::leaf_hash, log_tree};

/// Root over a block's transaction ids, in order.
#[must_use]
pub fn tx_root(ids: &[TxId]) -> Digest {
    root_of(ids.iter().map(tx_leaf))
}

/// Root over a block's receipts: of begin-block tasks first, then of its transactions.
#[must_use]
pub fn receipts_root(receipts: &[Receipt]) -> Digest {
    root_of(receipts.iter().map(receipt_leaf))
}

/// Root over a block's changes, in the order of the change set.
#[must_use]
pub fn changes_root(changes: &ChangeSet) -> Digest {
    root_of(changes.changes.iter().map(change_leaf))
}

/// Root over the items of a batch, from their digests ([`ledger_types::BatchItemCommitment::digest`]) in order.
#[must_use]
pub fn batch_root(items: &[Digest]) -> Digest {
    root_of(items.iter().map(|item| leaf_hash(&item.0)))
}

/// Root over the rule books in force, by rising area; an area without one has no leaf.
#[must_use]
pub fn rule_books_root(chain: &ChainId, active: &[RuleBook]) -> Digest {
    root_of(active.iter().map(|book| leaf_hash(&book.digest(chain).0)))
}

/// Root over the evidence of misbehaviour that a block's transactions report, in their order.
#[must_use]
pub fn evidence_root<'a>(payloads: impl Iterator<Item = &'a Payload>) -> Digest {
    root_of(payloads.filter_map(|payload| match payload {
        Payload::ReportMisbehaviour(evidence) => Some(canonical_leaf(&**evidence)),
        _ => None,
    }))
}

/// The leaf of a change.
#[must_use]
pub fn change_leaf(change: &Change) -> Digest {
    canonical_leaf(change)
}

/// The leaf of a transaction.
#[must_use]
pub fn tx_leaf(id: &TxId) -> Digest {
    leaf_hash(&id.0)
}

/// The leaf of a receipt.
#[must_use]
pub fn receipt_leaf(receipt: &Receipt) -> Digest {
    canonical_leaf(receipt)
}

/// The leaf of a line of the request log.
#[must_use]
pub fn request_leaf(entry: &RequestEntry) -> Digest {
    canonical_leaf(entry)
}

/// The leaf of a slot.
#[must_use]
pub fn slot_leaf(record: &OutputRecord) -> Digest {
    canonical_leaf(record)
}

fn canonical_leaf(value: &impl Canonical) -> Digest {
    leaf_hash(&value.to_canonical())
}

fn root_of(leaves: impl Iterator<Item = Digest>) -> Digest {
    log_tree::root(&leaves.collect::<Vec<_>>())
}
