//! Outputs in slots: what can be spent.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Height};
use crate::invoice_state::InvoiceRecord;
use crate::money::Fen;
use crate::owner::Owner;

/// Where in the chain something was made.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Origin {
    /// The block.
    pub height: Height,
    /// The transaction's place in the block.
    pub tx: u16,
    /// The item's place in a batch, 0 otherwise.
    pub item: u16,
}

/// Kinds of asset. The registry is open: a new kind is a new number.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum AssetKind {
    /// An invoice.
    Invoice = 0,
    /// A payment record: its remaining value can be invoiced.
    Payment = 1,
    /// Evidence: an anchored document (from stage 4).
    Evidence = 2,
}

/// The asset in an output, with its own state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Asset {
    /// An invoice.
    Invoice(InvoiceRecord) = 0,
    /// A payment record.
    Payment(PaymentState) = 1,
}

/// A payment as recorded by a payment provider. The output's amount is what is left to invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PaymentState {
    /// Who recorded it.
    pub provider: AccountId,
    /// Who was paid and may invoice it.
    pub payee: AccountId,
    /// SM3 of the provider's own payment id.
    pub payment_ref: [u8; 32],
    /// What was paid, fen.
    pub paid: Fen,
    /// How many invoices it went into.
    pub invoices: u8,
}

/// The record of a slot: the leaf of the slot tree and the value in storage.
///
/// An issued invoice takes at most [`OutputRecord::LEAF_TARGET`] bytes, so that its leaf hash is two SM3 blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct OutputRecord {
    /// Layout and asset version, 1.
    pub version: u8,
    /// Rises by one with each step; a spend names it.
    pub sequence: u32,
    /// Value in fen: amount with tax of an invoice (negative when red), what is left of a payment.
    pub amount: Fen,
    /// Who may spend it.
    pub owner: Owner,
    /// The asset.
    pub asset: Asset,
}

impl OutputRecord {
    /// The version this code writes.
    pub const VERSION: u8 = 1;
    /// Bytes that hash in two SM3 blocks behind the leaf prefix.
    pub const LEAF_TARGET: usize = 118;

    /// The kind of asset.
    pub fn asset_kind(&self) -> AssetKind {
        match self.asset {
            Asset::Invoice(_) => AssetKind::Invoice,
            Asset::Payment(_) => AssetKind::Payment,
        }
    }

    /// The invoice, if it is one.
    pub fn invoice(&self) -> Option<&InvoiceRecord> {
        match &self.asset {
            Asset::Invoice(i) => Some(i),
            Asset::Payment(_) => None,
        }
    }

    /// The payment, if it is one.
    pub fn payment(&self) -> Option<&PaymentState> {
        match &self.asset {
            Asset::Payment(p) => Some(p),
            Asset::Invoice(_) => None,
        }
    }
}
