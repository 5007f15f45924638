//! One height, held on to.

use std::sync::{Arc, PoisonError};

use ledger_types::change_set::Cause;
use ledger_types::output::Origin;
use ledger_types::receipt::ReceiptSubject;
use ledger_types::{
    Account, AccountId, BlockFrame, Canonical, CertificateRecord, ChainId, CommitCertificate, Digest, Header, Height,
    InvoiceCode, InvoiceNumber, Offence, OutputRecord, Owner, RegistryKey, RegistryValue, RequestEntry, RequestId,
    RequestScope, Slot, TxId,
};
use proofs::StateRoots;
use proofs::header_chain::Approval;

use super::FoundTransaction;
use crate::column_families::Column;
use crate::engine::KvRead;
use crate::error::{StoreError, damaged};
use crate::published::{Published, Shared};
use crate::rows::{self, OutputRow};
use crate::state::StoredLeaves;
use crate::tip::Tip;
use crate::view::{read_entry, read_request};

/// A block's effect on an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The block.
    pub height: Height,
    /// Its last transaction that changed the output, or `SYSTEM_CAUSE`.
    pub cause: Cause,
    /// The sequence afterwards. Steps within one block count as one.
    pub sequence: u32,
    /// The record afterwards.
    pub record: OutputRecord,
}

/// Shows that a slot held a record at a height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotPath {
    /// The height.
    pub height: Height,
    /// The slot.
    pub slot: Slot,
    /// What it held.
    pub record: OutputRecord,
    /// Leaves of the slot tree.
    pub leaves: u64,
    /// Siblings, from the leaf up.
    pub siblings: Vec<Digest>,
    /// Roots of all trees; the next header carries the root over them.
    pub roots: StateRoots,
}

/// All queries, at one height.
pub struct Reading {
    shared: Arc<Shared>,
    state: Arc<Published>,
}

impl From<OutputRow> for Step {
    fn from(row: OutputRow) -> Self {
        Self { height: row.height, cause: row.cause, sequence: row.record.sequence, record: row.record }
    }
}

impl Reading {
    pub(crate) fn new(shared: Arc<Shared>, state: Arc<Published>) -> Self {
        Self { shared, state }
    }

    /// The height read.
    pub fn height(&self) -> Height {
        self.state.tip.height
    }

    /// What is known of the height read.
    pub fn tip(&self) -> &Tip {
        &self.state.tip
    }

    /// What is known of a height up to this one: header, certificate, roots.
    pub fn at(&self, height: Height) -> Result<Option<Tip>, StoreError> {
        rows::read_tip(self.state.rows.as_ref(), height)
    }

    /// A block with its receipts and changes. None for height 0 and for heights to come.
    ///
    /// # Errors
    /// [`StoreError::NotKept`] for blocks before a snapshot's.
    pub fn frame(&self, height: Height) -> Result<Option<Arc<BlockFrame>>, StoreError> {
        match self.at(height)?.and_then(|tip| tip.place) {
            Some(place) => self.shared.frame_at(height, place).map(Some),
            None if height > Height(0) => self.kept(height).map(|()| None),
            None => Ok(None),
        }
    }

    /// Refuses what was before the snapshot that the data begin with.
    fn kept(&self, height: Height) -> Result<(), StoreError> {
        let first = self.shared.first_block();
        if height < first { Err(StoreError::NotKept { first }) } else { Ok(()) }
    }

    /// The chain.
    pub(crate) fn chain_id(&self) -> ChainId {
        self.shared.chain
    }

    /// The rows as of the height read.
    pub(crate) fn rows(&self) -> &dyn KvRead {
        self.state.rows.as_ref()
    }

    /// The certificate that a block carries, of the block before it. Of the blocks before a snapshot's those of the
    /// newest are known.
    pub fn carried(&self, block: Height) -> Result<Option<CommitCertificate>, StoreError> {
        match self.shared.base.as_ref().filter(|base| block <= base.height) {
            Some(base) => Ok(base.carried(block)),
            None => Ok(self.frame(block)?.and_then(|frame| frame.block.last_certificate.clone())),
        }
    }

    /// The approval that the header of a height came with, where that was before a snapshot's.
    pub fn approval(&self, height: Height) -> Result<Option<Approval>, StoreError> {
        let key = rows::approval_key(height);
        let Some(value) = self.state.rows.get(Column::Meta, &key)? else { return Ok(None) };
        Approval::from_canonical(&value).map(Some).map_err(|e| rows::bad_row(Column::Meta, &key, e.to_string()))
    }

    /// A block's header and certificate.
    pub fn header_and_certificate(&self, height: Height) -> Result<Option<(Header, CommitCertificate)>, StoreError> {
        Ok(self.at(height)?.and_then(|tip| tip.header.zip(tip.certificate)))
    }

    /// A transaction in its block.
    pub fn transaction(&self, id: &TxId) -> Result<Option<FoundTransaction>, StoreError> {
        let key = rows::transaction_key(id);
        let Some(value) = self.state.rows.get(Column::Transactions, &key)? else { return Ok(None) };
        let (height, tx) = rows::decode_transaction(&key, &value)?;
        let Some(frame) = self.frame(height)? else {
            return Err(rows::bad_row(Column::Transactions, &key, format!("there is no block {height}")));
        };
        let place = usize::from(tx);
        let of_tasks = frame.receipts.len().checked_sub(frame.block.txs.len());
        let receipt = of_tasks.and_then(|of_tasks| frame.receipts.get(of_tasks + place));
        let (Some(tx_found), Some(receipt)) = (frame.block.txs.get(place), receipt) else {
            return Err(rows::bad_row(Column::Transactions, &key, format!("block {height} has no transaction {tx}")));
        };
        // The key is a part of the id only.
        Ok((receipt.subject == ReceiptSubject::Tx(*id)).then(|| FoundTransaction {
            origin: Origin { height, tx, item: 0 },
            time: frame.block.header.time,
            tx: tx_found.clone(),
            receipt: receipt.clone(),
        }))
    }

    /// What became of a request id.
    pub fn request(&self, scope: RequestScope, id: RequestId) -> Result<Option<RequestEntry>, StoreError> {
        read_request(&self.state, scope, id)
    }

    fn output_row(&self, slot: Slot) -> Result<Option<OutputRow>, StoreError> {
        let key = rows::slot_key(slot);
        let value = self.state.rows.get(Column::Outputs, &key)?;
        value.map(|value| rows::decode_output(Column::Outputs, &key, &value)).transpose()
    }

    /// The record in a slot.
    pub fn output(&self, slot: Slot) -> Result<Option<OutputRecord>, StoreError> {
        Ok(self.output_row(slot)?.map(|row| row.record))
    }

    /// The record that a slot held after an earlier height.
    pub fn output_at(&self, slot: Slot, height: Height) -> Result<Option<OutputRecord>, StoreError> {
        match self.output_row(slot)? {
            _ if height < self.shared.base.as_ref().map_or(Height(0), |base| base.height) => {
                Err(StoreError::NotKept { first: self.shared.first_block() })
            }
            Some(row) if row.height > height => {
                let steps = self.replaced(slot)?;
                Ok(steps.into_iter().rev().find(|step| step.height <= height).map(|step| step.record))
            }
            found => Ok(found.map(|row| row.record)),
        }
    }

    /// Records that were replaced, oldest first.
    fn replaced(&self, slot: Slot) -> Result<Vec<Step>, StoreError> {
        let prefix = rows::slot_key(slot);
        let mut found = Vec::new();
        self.state.rows.scan(Column::History, &prefix, &mut |key, value| {
            let ours = key.starts_with(&prefix);
            if ours {
                found.push(rows::decode_output(Column::History, key, value).map(Step::from));
            }
            ours
        })?;
        found.into_iter().collect()
    }

    /// Everything that happened to a slot, oldest first.
    ///
    /// # Errors
    /// [`StoreError::NotKept`] if some of it was before a snapshot's height.
    pub fn history(&self, slot: Slot) -> Result<Vec<Step>, StoreError> {
        let mut steps = self.replaced(slot)?;
        steps.extend(self.output_row(slot)?.map(Step::from));
        if let (Some(first), Some(_)) = (steps.first(), &self.shared.base) {
            self.kept(first.height)?;
        }
        Ok(steps)
    }

    /// The slot of an invoice.
    pub fn invoice_by_number(&self, code: InvoiceCode, number: InvoiceNumber) -> Result<Option<Slot>, StoreError> {
        let found = self.state.rows.get(Column::Numbers, &rows::number_key(code, number))?;
        found.map(|value| rows::slot_in(Column::Numbers, &value)).transpose()
    }

    /// What an owner holds, offered to it or by it, by slot after `after`. Order tokens are not listed.
    pub fn outputs_of(
        &self,
        owner: &Owner,
        after: Option<Slot>,
        limit: usize,
    ) -> Result<Vec<(Slot, OutputRecord)>, StoreError> {
        self.listed(Column::Owners, &rows::owner_prefix(owner), after, limit)
    }

    /// The invoices that a seller issued, red ones too, by slot after `after`.
    pub fn invoices_of_seller(
        &self,
        seller: AccountId,
        after: Option<Slot>,
        limit: usize,
    ) -> Result<Vec<(Slot, OutputRecord)>, StoreError> {
        self.listed(Column::Sellers, &rows::seller_prefix(seller), after, limit)
    }

    fn listed(
        &self,
        column: Column,
        prefix: &[u8],
        after: Option<Slot>,
        limit: usize,
    ) -> Result<Vec<(Slot, OutputRecord)>, StoreError> {
        let mut slots = Vec::new();
        let first = match after {
            Some(Slot(u64::MAX)) => return Ok(Vec::new()),
            Some(slot) => slot.0 + 1,
            None => 0,
        };
        let from = [prefix, &first.to_be_bytes()].concat();
        self.state.rows.scan(column, &from, &mut |key, _| {
            let more = slots.len() < limit && key.starts_with(prefix);
            if more {
                slots.push(rows::slot_in(column, key));
            }
            more
        })?;
        let slots: Vec<Slot> = slots.into_iter().collect::<Result<_, _>>()?;
        let keys: Vec<Vec<u8>> = slots.iter().map(|slot| rows::slot_key(*slot).to_vec()).collect();
        let values = self.state.rows.get_sorted(Column::Outputs, &keys)?;
        let found = slots.into_iter().zip(keys).zip(values).map(|((slot, key), value)| {
            let value = value.ok_or_else(|| rows::bad_row(column, &key, "the output is missing"))?;
            Ok((slot, rows::decode_output(Column::Outputs, &key, &value)?.record))
        });
        found.collect()
    }

    /// An entry of the register.
    pub fn registry(&self, key: &RegistryKey) -> Result<Option<RegistryValue>, StoreError> {
        if let Some(value) = self.shared.registry.get(key, self.height()) {
            return Ok(Some(value));
        }
        read_entry(&self.state, key)
    }

    /// Accounts by rising id after `after`.
    pub fn accounts(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<Account>, StoreError> {
        let first = after.map_or(Some(0), |id| id.0.checked_add(1));
        let Some(first) = first else { return Ok(Vec::new()) };
        self.scan_registry(&RegistryKey::Account(AccountId(first)), limit, &|value| match value {
            RegistryValue::Account(account) => Some(account),
            _ => None,
        })
    }

    /// Recorded contradictions of validators, at most `limit`, by what the register knows them by.
    pub fn offences(&self, limit: usize) -> Result<Vec<Offence>, StoreError> {
        self.scan_registry(&RegistryKey::Offence(Digest::ZERO), limit, &|value| match value {
            RegistryValue::Offence(offence) => Some(offence),
            _ => None,
        })
    }

    /// The registered certificates of an account, by rising fingerprint, at most `limit`. Goes through all certificates.
    pub fn certificates_of(&self, account: AccountId, limit: usize) -> Result<Vec<CertificateRecord>, StoreError> {
        let all = self.scan_registry(&RegistryKey::Certificate(Digest::ZERO), usize::MAX, &|value| match value {
            RegistryValue::Certificate(record) => Some(*record),
            _ => None,
        })?;
        Ok(all.into_iter().filter(|record| record.account == account).take(limit).collect())
    }

    fn scan_registry<T>(
        &self,
        from: &RegistryKey,
        limit: usize,
        wanted: &dyn Fn(RegistryValue) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let from = from.storage_key();
        let mut found = Vec::new();
        self.state.rows.scan(Column::Registry, &from, &mut |key, value| {
            let more = found.len() < limit && key.first() == from.first();
            if more {
                let value = RegistryValue::from_canonical(value).ok().and_then(wanted);
                found.push(value.ok_or_else(|| rows::bad_row(Column::Registry, key, "not what its key says")));
            }
            more
        })?;
        found.into_iter().collect()
    }

    /// Entries whose storage keys begin with `prefix`, from `first` on, as `read` makes them of key and value.
    pub(super) fn scan_entries<T>(
        &self,
        prefix: &[u8],
        first: &[u8],
        limit: usize,
        read: &dyn Fn(&[u8], RegistryValue) -> Option<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.state.rows.scan(Column::Registry, first, &mut |key, value| {
            let more = found.len() < limit && key.starts_with(prefix);
            if more {
                let value = RegistryValue::from_canonical(value).ok().and_then(|value| read(key, value));
                found.push(value.ok_or_else(|| rows::bad_row(Column::Registry, key, "not what its key says")));
            }
            more
        })?;
        found.into_iter().collect()
    }

    /// A slot's path at the height read.
    pub fn slot_path(&self, slot: Slot) -> Result<Option<SlotPath>, StoreError> {
        self.slot_path_at(slot, self.height())
    }

    /// A slot's path at an earlier height, whose root stands in the header after it. None if the slot was not there
    /// yet, or if the height is too long ago: about [`ledger_types::limits::PROOF_HEIGHTS`] blocks, fewer if they are
    /// full, and none from before the last start.
    pub fn slot_path_at(&self, slot: Slot, height: Height) -> Result<Option<SlotPath>, StoreError> {
        if height > self.height() {
            return Ok(None);
        }
        let leaves = StoredLeaves(self.state.rows.as_ref());
        let slots = self.shared.slots.read().unwrap_or_else(PoisonError::into_inner);
        let path = slots.path(slot.0, height, &leaves)?;
        drop(slots);
        let (Some((leaves, siblings)), Some(tip)) = (path, self.at(height)?) else { return Ok(None) };
        let Some(record) = self.output_at(slot, height)? else { return Ok(None) };
        let path = SlotPath { height, slot, record, leaves, siblings, roots: tip.roots };
        let leaf = proofs::slot_leaf(&path.record);
        let root = &path.roots.0[StateRoots::SLOTS];
        if proofs::dense_tree::verify(&self.shared.chain, leaf, slot.0, leaves, &path.siblings, root) {
            return Ok(Some(path));
        }
        Err(damaged(std::path::Path::new("pages"), slot.0, "the slot tree does not lead to its root: run fsck"))
    }
}
