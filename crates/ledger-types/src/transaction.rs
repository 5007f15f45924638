//! A transaction as submitted and stored: envelope, bodies, signatures.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::batch::BatchItem;
use crate::envelope::Envelope;
use crate::section::Section;

/// Everything that travels. Ids and signatures cover the envelope; the envelope commits to the bodies.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Transaction {
    /// What is signed.
    pub envelope: Envelope,
    /// The body.
    pub body: TxBody,
    /// One raw r||s SM2 signature for each signer, in order.
    pub signatures: Vec<[u8; 64]>,
}

/// The contents behind the envelope's commitments.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum TxBody {
    /// The sections of one invoice or none, in order of kind.
    Sections(Vec<Section>) = 0,
    /// The invoices of a batch, in order.
    Batch(Vec<BatchItem>) = 1,
}

impl Transaction {
    /// The sections, empty for a batch.
    pub fn sections(&self) -> &[Section] {
        match &self.body {
            TxBody::Sections(s) => s,
            TxBody::Batch(_) => &[],
        }
    }

    /// The items of a batch, empty otherwise.
    pub fn batch_items(&self) -> &[BatchItem] {
        match &self.body {
            TxBody::Sections(_) => &[],
            TxBody::Batch(items) => items,
        }
    }
}
