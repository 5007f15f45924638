//! A transaction as submitted and stored: envelope, bodies, signatures.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::batch::BatchItem;
use crate::envelope::Envelope;
use crate::grant::SectionSet;
use crate::seal::Seal;
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
    /// The sections of one invoice, sealed.
    SealedSections {
        /// How.
        seal: Seal,
        /// In order of kind, all sealed.
        sections: Vec<Section>,
    } = 2,
    /// The invoices of a batch, sealed.
    SealedBatch {
        /// How.
        seal: Seal,
        /// In order, all their sections sealed.
        items: Vec<BatchItem>,
    } = 3,
}

impl Transaction {
    /// The sections, empty for a batch.
    pub fn sections(&self) -> &[Section] {
        self.body.sections()
    }

    /// The items of a batch, empty otherwise.
    pub fn batch_items(&self) -> &[BatchItem] {
        self.body.batch_items()
    }

    /// The sections of one invoice: of the item, or the only ones.
    pub fn sections_of(&self, item: u16) -> &[Section] {
        self.batch_items().get(usize::from(item)).map_or(self.sections(), |of_batch| &of_batch.sections)
    }
}

impl Transaction {
    /// Whether some of it was deleted by order.
    pub fn has_erased(&self) -> bool {
        let of_batch = self.batch_items().iter().flat_map(|item| &item.sections);
        self.sections().iter().chain(of_batch).any(Section::is_erased)
    }

    /// Deletes sections of one invoice: of the item, or of the only one. Says how many were still there.
    pub fn erase(&mut self, item: u16, which: SectionSet) -> usize {
        let sections = match &mut self.body {
            TxBody::Sections(sections) | TxBody::SealedSections { sections, .. } => sections,
            TxBody::Batch(items) | TxBody::SealedBatch { items, .. } => match items.get_mut(usize::from(item)) {
                Some(of_batch) => &mut of_batch.sections,
                None => return 0,
            },
        };
        let mut erased = 0;
        for section in sections.iter_mut().filter(|section| which.has(section.kind()) && !section.is_erased()) {
            *section = Section::Erased { kind: section.kind() };
            erased += 1;
        }
        erased
    }
}

impl TxBody {
    /// The sections, empty for a batch.
    pub fn sections(&self) -> &[Section] {
        match self {
            Self::Sections(sections) | Self::SealedSections { sections, .. } => sections,
            Self::Batch(_) | Self::SealedBatch { .. } => &[],
        }
    }

    /// The items of a batch, empty otherwise.
    pub fn batch_items(&self) -> &[BatchItem] {
        match self {
            Self::Sections(_) | Self::SealedSections { .. } => &[],
            Self::Batch(items) | Self::SealedBatch { items, .. } => items,
        }
    }

    /// How it is sealed; none in clear.
    pub fn seal(&self) -> Option<&Seal> {
        match self {
            Self::SealedSections { seal, .. } | Self::SealedBatch { seal, .. } => Some(seal),
            Self::Sections(_) | Self::Batch(_) => None,
        }
    }

    /// How many invoices it carries: one set of sections, or the items of a batch.
    pub fn invoices(&self) -> usize {
        match self {
            Self::Sections(sections) | Self::SealedSections { sections, .. } => usize::from(!sections.is_empty()),
            Self::Batch(items) | Self::SealedBatch { items, .. } => items.len(),
        }
    }
}
