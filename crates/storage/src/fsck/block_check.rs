//! A block against everything that came before it: ids, roots, receipts, certificates.

use ledger_types::receipt::ReceiptSubject;
use ledger_types::{
    BlockFrame, Canonical, ChainId, Digest, Epoch, Genesis, Header, RegistryKey, RegistryValue, TxId, ValidatorSet,
};
use proofs::certificate;

use crate::column_families::Column;
use crate::engine::KvRead;
use crate::error::StoreError;

/// Checks block after block.
pub(super) struct BlockCheck {
    chain: ChainId,
    genesis: Genesis,
    signers: sm::SignerCache,
    parent: Option<Header>,
    /// Those that agreed to the parent.
    parent_validators: ValidatorSet,
}

impl BlockCheck {
    pub(super) fn new(genesis: &Genesis) -> Self {
        let chain = genesis.chain_id();
        let (genesis, signers) = (genesis.clone(), certificate::signer_cache());
        Self { chain, parent_validators: genesis.validators.clone(), genesis, signers, parent: None }
    }

    /// Goes on behind a block that was checked otherwise.
    pub(super) fn after(genesis: &Genesis, parent: Header, parent_validators: ValidatorSet) -> Self {
        Self { parent: Some(parent), parent_validators, ..Self::new(genesis) }
    }

    /// The first thing that is wrong with a block over the state `before` it; the links to its parent are checked
    /// elsewhere.
    pub(super) fn check(&mut self, frame: &BlockFrame, before: &dyn KvRead) -> Result<Result<(), String>, StoreError> {
        let validators = match read_entry(before, &RegistryKey::Validators)? {
            Some(RegistryValue::Validators(set)) => set,
            _ => self.genesis.validators.clone(),
        };
        let params = match read_entry(before, &RegistryKey::Params)? {
            Some(RegistryValue::Params(params)) => params,
            _ => self.genesis.params.clone(),
        };
        let epoch = match read_entry(before, &RegistryKey::Epoch)? {
            Some(RegistryValue::Epoch(epoch)) => epoch,
            _ => Epoch::genesis(self.genesis.consensus),
        };
        let header = &frame.block.header;
        let said = (header.epoch, header.consensus, header.protocol);
        let verdict = if said != (epoch.number, epoch.kind, epoch.protocol) {
            Err(format!("the header is not of epoch {}", epoch.number))
        } else if header.params_hash != params.digest(&self.chain) {
            Err("the header names other parameters".to_owned())
        } else {
            contents(frame).and_then(|()| self.certificates(frame, &validators))
        };
        self.parent = Some(header.clone());
        self.parent_validators = validators;
        Ok(verdict)
    }

    fn certificates(&mut self, frame: &BlockFrame, validators: &ValidatorSet) -> Result<(), String> {
        let BlockFrame { block, certificate, .. } = frame;
        let header = &block.header;
        certificate::verify_cached(&self.chain, certificate, validators, header, &mut self.signers)
            .map_err(|e| e.to_string())?;
        let carried = block.last_certificate.as_ref();
        if carried.map_or(Digest::ZERO, |c| c.digest(&self.chain)) != header.last_certificate_hash {
            return Err("the header names another certificate of its parent".to_owned());
        }
        match (carried, &self.parent) {
            (Some(carried), Some(parent)) => {
                certificate::verify_cached(&self.chain, carried, &self.parent_validators, parent, &mut self.signers)
                    .map_err(|e| format!("the certificate of its parent: {e}"))
            }
            (None, None) => Ok(()),
            _ => Err("a block carries its parent's certificate, the first one none".to_owned()),
        }
    }
}

/// Transactions, receipts and request lines belong together.
fn contents(frame: &BlockFrame) -> Result<(), String> {
    let ids: Vec<TxId> = frame.block.txs.iter().map(|tx| tx.envelope.tx_id()).collect();
    if proofs::tx_root(&ids) != frame.block.header.tx_root {
        return Err("the transactions are not those of the header".to_owned());
    }
    let of_tasks = frame.receipts.len().saturating_sub(ids.len());
    let subjects = frame.receipts[of_tasks..].iter().map(|receipt| receipt.subject);
    if !subjects.eq(ids.iter().map(|id| ReceiptSubject::Tx(*id))) {
        return Err("the receipts are not those of the transactions".to_owned());
    }
    let lines = frame.changes.requests().map(|line| (usize::from(line.index), line.tx));
    if !lines.eq(ids.into_iter().enumerate()) {
        return Err("the request lines are not those of the transactions".to_owned());
    }
    Ok(())
}

fn read_entry(state: &dyn KvRead, key: &RegistryKey) -> Result<Option<RegistryValue>, StoreError> {
    let value = state.get(Column::Registry, &key.storage_key())?;
    Ok(value.and_then(|value| RegistryValue::from_canonical(&value).ok()))
}
