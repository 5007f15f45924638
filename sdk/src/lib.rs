//! Client library: build, sign, persist, submit, wait, verify.
//!
//! The core (`draft`, `invoice_draft`, `entry`, `own_keys::check`, `outbox`) does no network: other languages bind it. `client` is the async
//! client of a node. Keys stay in their provider (`crypto`); proofs are verified with `proofs::invoice_proof`.

pub mod client;
pub mod draft;
pub mod entry;
pub mod error;
pub mod invoice_draft;
pub mod light;
pub mod outbox;
pub mod own_keys;
pub mod wraps;

pub use client::{
    BlockChanges, CommittedTx, CommitteeView, ConnectOptions, Contents, ErasedPart, GovernanceView, HistoryStep,
    LinkedClaim, NodeClient, Page, WALLET_GAP, WalletInvoice, open_channel,
};
pub use draft::{Draft, Frame, Identity, SignedTx, sign_batch, sign_claim, sign_invoice, sign_plain, sign_with_wrap};
pub use error::ClientError;
pub use invoice_draft::{InvoiceDraft, Item};
pub use light::LightClient;
pub use outbox::{Outbox, OutboxError};
pub use own_keys::{Ground, NotAsAsked, OwnKeys};
pub use proto::convert::{Fate, FateState, InBlock, Subject};
pub use sm_tls::files::TrustFiles;
pub use sm_tls::{Cause, Transport};
