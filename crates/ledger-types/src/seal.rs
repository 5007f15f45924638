//! Sealed bodies: who can open what, and how keys come from keys.
//!
//! A sender and the committee of an epoch agree once on a [`SealKey`]. Each invoice has a [`ContentKey`] of its own,
//! derived from that key and the transaction's id: the id covers the commitments, and so the contents, so that no key ever
//! covers two contents. Nothing here changes an id, a signature, a root or a proof: they are over commitments.

use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};
use sm::{OpenError, Sm4Gcm, TAG_LEN, hmac_sm3};
use zeroize::Zeroizing;

use crate::batch::BatchItem;
use crate::domain::{Purpose, framed};
use crate::ids::{ChainId, TxId};
use crate::section::{Section, SectionCommitment, SectionKind};
use crate::transaction::{Transaction, TxBody};

/// Bytes of a content key, and of its cover for a holder.
pub const CONTENT_KEY_LEN: usize = 16;
/// Bytes of a section's salt.
const SALT_LEN: usize = 16;

/// How a body is sealed, once for all its invoices.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Seal {
    /// The epoch of the committee's key.
    pub epoch: u32,
    /// The sender's public key of agreement, compressed SEC1.
    pub sender: [u8; 33],
    /// For each invoice in order: its content key, covered for who holds its order token; none where it has no token.
    pub for_holders: Vec<Option<[u8; CONTENT_KEY_LEN]>>,
}

impl Seal {
    /// The content key of an invoice, covered for its holder.
    pub fn covered(&self, item: u16) -> Option<&[u8; CONTENT_KEY_LEN]> {
        self.for_holders.get(usize::from(item))?.as_ref()
    }
}

/// What two parties who agreed derive their [`SealKey`] with: HMAC-SM3 of this under the shared x coordinate.
pub fn agreement_info(chain: &ChainId, epoch: u32, committee: &[u8; 33], sender: &[u8; 33]) -> Vec<u8> {
    let mut body = epoch.to_le_bytes().to_vec();
    body.extend_from_slice(committee);
    body.extend_from_slice(sender);
    framed(Purpose::SealAgreement, chain, &body)
}

/// What covers a content key for a holder: HMAC-SM3 of this under the order token.
pub fn holder_info(chain: &ChainId, tx: &TxId, item: u16) -> Vec<u8> {
    framed(Purpose::HolderCover, chain, &place(tx, item))
}

fn place(tx: &TxId, item: u16) -> [u8; 35] {
    let mut place = [0; 35];
    place[..33].copy_from_slice(&tx.0);
    place[33..].copy_from_slice(&item.to_le_bytes());
    place
}

/// What a sender and a committee agreed on (密钥加密密钥); wiped when dropped.
pub struct SealKey(Zeroizing<[u8; 32]>);

impl SealKey {
    /// From an agreement, see [`agreement_info`].
    pub fn new(agreed: Zeroizing<[u8; 32]>) -> Self {
        Self(agreed)
    }

    /// What covers a content key for the other side of an agreement: HMAC-SM3 of [`crate::key_wrap::key_info`] under this.
    pub fn cover(&self, chain: &ChainId, tx: &TxId, item: u16) -> Zeroizing<[u8; 32]> {
        hmac_sm3(self.0.as_slice(), &[&crate::key_wrap::key_info(chain, tx, item)])
    }

    /// The key of one invoice: the first 16 bytes of HMAC-SM3(this, frame 83 of {transaction id, u16 item}).
    pub fn content_key(&self, chain: &ChainId, tx: &TxId, item: u16) -> ContentKey {
        let info = framed(Purpose::ContentKey, chain, &place(tx, item));
        ContentKey(head(&hmac_sm3(self.0.as_slice(), &[&info])))
    }
}

fn head(mac: &Zeroizing<[u8; 32]>) -> Zeroizing<[u8; CONTENT_KEY_LEN]> {
    let mut key = Zeroizing::new([0; CONTENT_KEY_LEN]);
    key.copy_from_slice(&mac[..CONTENT_KEY_LEN]);
    key
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(hidden)")
    }
}

/// The key of one invoice's sections (内容密钥); wiped when dropped. It opens no other invoice.
pub struct ContentKey(Zeroizing<[u8; CONTENT_KEY_LEN]>);

impl ContentKey {
    /// Covered for who holds the order token, whose MAC over [`holder_info`] this is.
    pub fn covered(&self, mac: &Zeroizing<[u8; 32]>) -> [u8; CONTENT_KEY_LEN] {
        let mut out = *self.0;
        out.iter_mut().zip(mac.iter()).for_each(|(byte, cover)| *byte ^= cover);
        out
    }

    /// From what was covered for a holder. A wrong MAC gives a key that opens nothing.
    pub fn uncovered(covered: &[u8; CONTENT_KEY_LEN], mac: &Zeroizing<[u8; 32]>) -> Self {
        let mut key = head(mac);
        key.iter_mut().zip(covered).for_each(|(byte, covered)| *byte ^= covered);
        Self(key)
    }

    /// Seals sections in clear; what is sealed already stays. `covered` is this key as its holder gets it: bound, so that
    /// nobody on the way can spoil it.
    pub fn seal(
        &self,
        commitments: &[SectionCommitment],
        sections: &[Section],
        covered: Option<&[u8; CONTENT_KEY_LEN]>,
    ) -> Vec<Section> {
        let cipher = Sm4Gcm::new(&self.0);
        let seal = |(commitment, section): (&SectionCommitment, &Section)| match section {
            Section::Plain { kind, salt, bytes } => {
                let mut ciphertext = Vec::with_capacity(SALT_LEN + bytes.len() + TAG_LEN);
                ciphertext.extend_from_slice(salt);
                ciphertext.extend_from_slice(bytes);
                let tag = cipher.seal_in_place(&nonce(*kind), &aad(commitment, covered), &mut ciphertext);
                ciphertext.extend_from_slice(&tag);
                Section::Sealed { kind: *kind, ciphertext }
            }
            sealed @ (Section::Sealed { .. } | Section::Erased { .. }) => sealed.clone(),
        };
        commitments.iter().zip(sections).map(seal).collect()
    }

    /// Opens sealed sections to sections in clear; what was erased stays so. That they match their commitments is still to
    /// be checked.
    ///
    /// # Errors
    /// The first section that does not open.
    pub fn open(
        &self,
        commitments: &[SectionCommitment],
        sections: &[Section],
        covered: Option<&[u8; CONTENT_KEY_LEN]>,
    ) -> Result<Vec<Section>, Unopened> {
        let cipher = Sm4Gcm::new(&self.0);
        let open = |(commitment, section): (&SectionCommitment, &Section)| match section {
            Section::Sealed { kind, ciphertext } => {
                open_section(&cipher, *kind, &aad(commitment, covered), ciphertext).map_err(|OpenError| Unopened(*kind))
            }
            Section::Plain { kind, .. } => Err(Unopened(*kind)),
            erased @ Section::Erased { .. } => Ok(erased.clone()),
        };
        commitments.iter().zip(sections).map(open).collect()
    }
}

impl std::fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContentKey(hidden)")
    }
}

/// One section of a kind under one key: the kind alone tells nonces apart.
fn nonce(kind: SectionKind) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[0] = kind as u8;
    nonce
}

/// The commitment, and behind it the covered key if there is one. Chain, transaction and item are in the key.
fn aad(commitment: &SectionCommitment, covered: Option<&[u8; CONTENT_KEY_LEN]>) -> Vec<u8> {
    let mut aad = commitment.commitment.as_bytes().to_vec();
    aad.extend(covered.into_iter().flatten());
    aad
}

fn open_section(cipher: &Sm4Gcm, kind: SectionKind, aad: &[u8], ciphertext: &[u8]) -> Result<Section, OpenError> {
    let (sealed, tag) = ciphertext.split_last_chunk::<TAG_LEN>().ok_or(OpenError)?;
    let mut plain = Zeroizing::new(sealed.to_vec());
    cipher.open_in_place(&nonce(kind), aad, &mut plain, tag)?;
    let (salt, bytes) = plain.split_first_chunk::<SALT_LEN>().ok_or(OpenError)?;
    Ok(Section::Plain { kind, salt: *salt, bytes: bytes.to_vec() })
}

/// A section that does not open with the key given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unopened(pub SectionKind);

/// A body in clear becomes a sealed one. `for_holder` covers an item's key, where the item has an order token.
pub fn seal_body(
    tx: &Transaction,
    key: &SealKey,
    (epoch, sender): (u32, [u8; 33]),
    mut for_holder: impl FnMut(u16, &ContentKey) -> Option<[u8; CONTENT_KEY_LEN]>,
) -> TxBody {
    let (chain, id) = (&tx.envelope.chain_id, tx.envelope.tx_id());
    let mut for_holders = Vec::with_capacity(tx.body.invoices());
    let mut sealed = |item: u16, commitments: &[SectionCommitment], sections: &[Section]| {
        let content = key.content_key(chain, &id, item);
        let covered = for_holder(item, &content);
        for_holders.push(covered);
        content.seal(commitments, sections, covered.as_ref())
    };
    match &tx.body {
        TxBody::Sections(sections) if !sections.is_empty() => {
            let sections = sealed(0, &tx.envelope.sections, sections);
            TxBody::SealedSections { seal: Seal { epoch, sender, for_holders }, sections }
        }
        TxBody::Batch(items) => {
            let sealed = (0u16..).zip(items).map(|(place, item)| BatchItem {
                sections: sealed(place, &item.commitments, &item.sections),
                ..item.clone()
            });
            let items = sealed.collect();
            TxBody::SealedBatch { seal: Seal { epoch, sender, for_holders }, items }
        }
        other => other.clone(),
    }
}

/// A sealed body becomes one in clear; one in clear stays. `id` is the transaction's, which whoever checks it knows
/// already. Commitments are still to be checked.
///
/// # Errors
/// The first item and section that do not open.
pub fn unseal_body(tx: &Transaction, id: &TxId, key: &SealKey) -> Result<TxBody, (u16, Unopened)> {
    let chain = &tx.envelope.chain_id;
    match &tx.body {
        TxBody::SealedSections { seal, sections } => {
            let opened = key.content_key(chain, id, 0).open(&tx.envelope.sections, sections, seal.covered(0));
            opened.map(TxBody::Sections).map_err(|unopened| (0, unopened))
        }
        TxBody::SealedBatch { seal, items } => {
            let open = |(place, item): (u16, &BatchItem)| {
                let opened =
                    key.content_key(chain, id, place).open(&item.commitments, &item.sections, seal.covered(place));
                let sections = opened.map_err(|unopened| (place, unopened))?;
                let (owner, commitments) = (item.owner.clone(), item.commitments.clone());
                Ok(BatchItem { owner, commitments, sections })
            };
            (0u16..).zip(items).map(open).collect::<Result<_, _>>().map(TxBody::Batch)
        }
        plain => Ok(plain.clone()),
    }
}

/// Opens one invoice of a sealed transaction.
///
/// # Errors
/// The first section that does not open, or is not sealed.
pub fn open_item(tx: &Transaction, item: u16, key: &ContentKey) -> Result<Vec<Section>, Unopened> {
    let of_batch = tx.batch_items().get(usize::from(item));
    let commitments = of_batch.map_or(&tx.envelope.sections, |of_batch| &of_batch.commitments);
    key.open(commitments, tx.sections_of(item), tx.body.seal().and_then(|seal| seal.covered(item)))
}

/// Who holds keys that open bodies: the committee's nodes for all of them, a sender for his own.
pub trait Unsealer: Send + Sync {
    /// What the sender of a body and its committee agreed on.
    ///
    /// # Errors
    /// [`CannotAgree`]; only [`CannotAgree::NotAPoint`] says anything of the body.
    fn agreed(&self, chain: &ChainId, seal: &Seal) -> Result<Arc<SealKey>, CannotAgree>;
}

/// Why the key of a sealed body was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CannotAgree {
    /// The private key is not here. It says nothing of the body.
    MissingKey {
        /// The epoch of the committee's key.
        epoch: u32,
    },
    /// The sender's key is no point of the curve: nobody can open this.
    NotAPoint,
    /// The device that keeps the key failed; its own words. It says nothing of the body.
    Device(String),
}

impl std::fmt::Display for CannotAgree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::MissingKey { epoch } => write!(f, "the committee's private key of epoch {epoch} is missing"),
            Self::NotAPoint => f.write_str("the sender's key is no point of the curve"),
            Self::Device(why) => write!(f, "the key device failed: {why}"),
        }
    }
}

impl std::error::Error for CannotAgree {}

/// Holds no key: for chains of plain bodies, and for those who only carry sealed ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoKeys;

impl Unsealer for NoKeys {
    fn agreed(&self, _: &ChainId, seal: &Seal) -> Result<Arc<SealKey>, CannotAgree> {
        Err(CannotAgree::MissingKey { epoch: seal.epoch })
    }
}
