//! Queries: read only, always at one height, from any thread, while the writer commits.

mod access;
mod reading;

use std::sync::{Arc, PoisonError, Weak};

use ledger_types::output::Origin;
use ledger_types::{
    Account, AccountId, Address, BlockFrame, BlockTime, CertificateRecord, ChainId, CommitCertificate, Erasure,
    ErasureId, Genesis, GrantsTo, Header, Height, Inspection, InspectionId, InvoiceCode, InvoiceNumber, Offence,
    OutputRecord, Owner, Receipt, RegistryKey, RegistryValue, RequestEntry, RequestId, RequestScope, Slot, Transaction,
    TxId,
};
use proofs::header_chain::Approval;

use crate::erasing::Eraser;
use crate::error::StoreError;
use crate::published::Shared;
use crate::self_check::SelfCheck;
use crate::tip::Tip;
use crate::view::StoreView;

pub use reading::{Reading, SlotPath, Step};

/// A transaction in its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTransaction {
    /// Where.
    pub origin: Origin,
    /// The block's time.
    pub time: BlockTime,
    /// What was asked.
    pub tx: Transaction,
    /// What came of it.
    pub receipt: Receipt,
}

/// A handle for queries. Each call reads the newest height; [`Reader::now`] holds on to one for several calls.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

/// See [`Reader::watch`].
#[derive(Clone)]
pub struct ReaderWatch(Weak<()>);

impl ReaderWatch {
    /// Whether nobody reads this store any more, and its files are closed.
    pub fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }
}

macro_rules! at_the_newest_height {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        impl Reader {
            $($(#[$doc])*
            pub fn $name(&self, $($arg: $ty),*) -> Result<$out, StoreError> {
                self.now().$name($($arg),*)
            })*
        }
    };
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The newest height, for as long as the value is kept.
    pub fn now(&self) -> Reading {
        Reading::new(Arc::clone(&self.shared), self.shared.newest())
    }

    /// A walk over all blocks on the disk.
    pub fn self_check(&self) -> SelfCheck {
        SelfCheck::new(Arc::clone(&self.shared), self.clone())
    }

    /// What carries out orders of erasure; one of them runs beside a store.
    pub fn eraser(&self) -> Eraser {
        Eraser::new(Arc::clone(&self.shared), self.clone())
    }

    /// The newest order of erasure that was carried out since the start, and with it all before it.
    pub fn erased_to(&self) -> Option<ErasureId> {
        *self.shared.erased_to.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells later whether every reader and view of this store is gone: only then are its files free.
    pub fn watch(&self) -> ReaderWatch {
        ReaderWatch(Arc::downgrade(&self.shared.open))
    }

    /// The state of the newest height as execution reads it.
    pub fn view(&self) -> StoreView {
        StoreView::newest(&self.shared)
    }

    /// The newest height.
    pub fn tip(&self) -> Tip {
        self.shared.newest().tip.clone()
    }

    /// The first block that is kept: a snapshot's data begin behind it.
    pub fn first_block(&self) -> Height {
        self.shared.first_block()
    }

    /// The genesis document.
    pub fn genesis(&self) -> &Genesis {
        &self.shared.genesis
    }

    /// The chain.
    pub fn chain_id(&self) -> ChainId {
        self.shared.chain
    }
}

at_the_newest_height! {
    /// See [`Reading::at`].
    at(height: Height) -> Option<Tip>;
    /// See [`Reading::frame`].
    frame(height: Height) -> Option<Arc<BlockFrame>>;
    /// See [`Reading::header_and_certificate`].
    header_and_certificate(height: Height) -> Option<(Header, CommitCertificate)>;
    /// See [`Reading::carried`].
    carried(block: Height) -> Option<CommitCertificate>;
    /// See [`Reading::approval`].
    approval(height: Height) -> Option<Approval>;
    /// See [`Reading::transaction`].
    transaction(id: &TxId) -> Option<FoundTransaction>;
    /// See [`Reading::request`].
    request(scope: RequestScope, id: RequestId) -> Option<RequestEntry>;
    /// See [`Reading::output`].
    output(slot: Slot) -> Option<OutputRecord>;
    /// See [`Reading::output_at`].
    output_at(slot: Slot, height: Height) -> Option<OutputRecord>;
    /// See [`Reading::history`].
    history(slot: Slot) -> Vec<Step>;
    /// See [`Reading::invoice_by_number`].
    invoice_by_number(code: InvoiceCode, number: InvoiceNumber) -> Option<Slot>;
    /// See [`Reading::outputs_of`].
    outputs_of(owner: &Owner, after: Option<Slot>, limit: usize) -> Vec<(Slot, OutputRecord)>;
    /// See [`Reading::invoices_of_seller`].
    invoices_of_seller(seller: AccountId, after: Option<Slot>, limit: usize) -> Vec<(Slot, OutputRecord)>;
    /// See [`Reading::registry`].
    registry(key: &RegistryKey) -> Option<RegistryValue>;
    /// See [`Reading::accounts`].
    accounts(after: Option<AccountId>, limit: usize) -> Vec<Account>;
    /// See [`Reading::grants_to`].
    grants_to(to: Address, first: Address, limit: usize) -> Vec<(Address, GrantsTo)>;
    /// See [`Reading::inspections`].
    inspections(first: InspectionId, limit: usize) -> Vec<(InspectionId, Inspection)>;
    /// See [`Reading::erasures`].
    erasures(first: ErasureId, limit: usize) -> Vec<(ErasureId, Erasure)>;
    /// See [`Reading::offences`].
    offences(limit: usize) -> Vec<Offence>;
    /// See [`Reading::certificates_of`].
    certificates_of(account: AccountId, limit: usize) -> Vec<CertificateRecord>;
    /// See [`Reading::slot_path`].
    slot_path(slot: Slot) -> Option<SlotPath>;
    /// See [`Reading::slot_path_at`].
    slot_path_at(slot: Slot, height: Height) -> Option<SlotPath>;
}
