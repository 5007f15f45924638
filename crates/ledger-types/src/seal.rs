//! Sealed bodies: who can open what, and how keys come from keys.
//!
//! A sender and the committee of an epoch agree once on a [`SealKey`]. Each invoice has a [`ContentKey`] of its own,
//! derived from that key and the transaction's id: the id covers the commitments, and so the contents, so that no key ever
//! covers two contents. Nothing here changes an id, a signature, a root or a proof: they are over commitments.

use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};
use sm::{HmacKey, Message, TAG_LEN, sm4_gcm_open_each, sm4_gcm_seal_each};
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

/// Where an invoice stands, as keys are derived for it.
pub(crate) fn place(tx: &TxId, item: u16) -> [u8; 35] {
    let mut place = [0; 35];
    place[..33].copy_from_slice(&tx.0);
    place[33..].copy_from_slice(&item.to_le_bytes());
    place
}

/// What a sender and a committee agreed on (密钥加密密钥); wiped when dropped.
pub struct SealKey(HmacKey);

impl SealKey {
    /// From an agreement, see [`agreement_info`].
    pub fn new(agreed: Zeroizing<[u8; 32]>) -> Self {
        Self(HmacKey::new(agreed.as_slice()))
    }

    /// What covers a content key for the other side of an agreement: HMAC-SM3 of [`crate::key_wrap::key_info`] under this.
    pub fn cover(&self, chain: &ChainId, tx: &TxId, item: u16) -> Zeroizing<[u8; 32]> {
        self.0.mac(&[&crate::key_wrap::key_info(chain, tx, item)])
    }

    /// A key of its own for something else: the first 16 bytes of HMAC-SM3(this, `info`).
    pub(crate) fn derived(&self, info: &[u8]) -> Zeroizing<[u8; CONTENT_KEY_LEN]> {
        head(&self.0.mac(&[info]))
    }

    /// The key of one invoice: the first 16 bytes of HMAC-SM3(this, frame 83 of {transaction id, u16 item}).
    pub fn content_key(&self, chain: &ChainId, tx: &TxId, item: u16) -> ContentKey {
        ContentKey(self.derived(&framed(Purpose::ContentKey, chain, &place(tx, item))))
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
        let aads: Vec<Aad> = commitments.iter().map(|commitment| Aad::new(commitment, covered)).collect();
        let mut sealed: Vec<Section> = sections.iter().take(commitments.len()).map(to_be_sealed).collect();
        let mut messages = Vec::with_capacity(sealed.len());
        for ((section, before), aad) in sealed.iter_mut().zip(sections).zip(&aads) {
            if let (Section::Plain { .. }, Section::Sealed { kind, ciphertext }) = (before, section) {
                messages.push(Message { nonce: nonce(*kind), aad: aad.bytes(), bytes: ciphertext });
            }
        }
        let mut tags = sm4_gcm_seal_each(&self.0, &mut messages).into_iter();
        for (section, before) in sealed.iter_mut().zip(sections) {
            if let (Section::Plain { .. }, Section::Sealed { ciphertext, .. }) = (before, section) {
                ciphertext.extend(tags.next().expect("a tag for each message"));
            }
        }
        sealed
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
        let aads: Vec<Aad> = commitments.iter().map(|commitment| Aad::new(commitment, covered)).collect();
        let (mut opened, mut tags) = (Vec::with_capacity(sections.len()), Vec::with_capacity(sections.len()));
        for section in sections.iter().take(commitments.len()) {
            match section {
                Section::Sealed { kind, ciphertext } => {
                    let (covered, tag) = ciphertext.split_last_chunk::<TAG_LEN>().ok_or(Unopened(*kind))?;
                    opened.push(Section::Sealed { kind: *kind, ciphertext: covered.to_vec() });
                    tags.push(*tag);
                }
                Section::Erased { .. } => opened.push(section.clone()),
                Section::Plain { kind, .. } => return Err(Unopened(*kind)),
            }
        }
        let (mut kinds, mut messages) = (Vec::with_capacity(tags.len()), Vec::with_capacity(tags.len()));
        for (section, aad) in opened.iter_mut().zip(&aads) {
            if let Section::Sealed { kind, ciphertext } = section {
                kinds.push(*kind);
                messages.push(Message { nonce: nonce(*kind), aad: aad.bytes(), bytes: ciphertext });
            }
        }
        sm4_gcm_open_each(&self.0, &mut messages, &tags).map_err(|place| Unopened(kinds[place]))?;
        opened.into_iter().map(in_clear).collect()
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
struct Aad {
    bytes: [u8; 32 + CONTENT_KEY_LEN],
    len: usize,
}

impl Aad {
    fn new(commitment: &SectionCommitment, covered: Option<&[u8; CONTENT_KEY_LEN]>) -> Self {
        let mut bytes = [0; 32 + CONTENT_KEY_LEN];
        bytes[..32].copy_from_slice(commitment.commitment.as_bytes());
        let Some(covered) = covered else { return Self { bytes, len: 32 } };
        bytes[32..].copy_from_slice(covered);
        Self { bytes, len: bytes.len() }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// A section in clear with its bytes where they will be encrypted; one that is sealed stays.
fn to_be_sealed(section: &Section) -> Section {
    let Section::Plain { kind, salt, bytes } = section else { return section.clone() };
    let mut ciphertext = Vec::with_capacity(SALT_LEN + bytes.len() + TAG_LEN);
    ciphertext.extend_from_slice(salt);
    ciphertext.extend_from_slice(bytes);
    Section::Sealed { kind: *kind, ciphertext }
}

/// Of what was opened: the salt, and behind it the contents. What was erased stays so.
fn in_clear(opened: Section) -> Result<Section, Unopened> {
    let Section::Sealed { kind, ciphertext: mut bytes } = opened else { return Ok(opened) };
    let salt = *bytes.first_chunk::<SALT_LEN>().ok_or(Unopened(kind))?;
    bytes.drain(..SALT_LEN);
    Ok(Section::Plain { kind, salt, bytes })
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

/// A sealed body becomes one sealed for another epoch: `keys` are what its sender agreed on before and now. Holders open it
/// as they did: what covers their keys stays.
///
/// # Errors
/// As [`unseal_body`].
pub fn reseal_body(
    tx: &Transaction,
    (before, now): (&SealKey, &SealKey),
    to: (u32, [u8; 33]),
) -> Result<TxBody, (u16, Unopened)> {
    let id = tx.envelope.tx_id();
    let plain = Transaction { body: unseal_body(tx, &id, before)?, ..tx.clone() };
    let seal = tx.body.seal();
    Ok(seal_body(&plain, now, to, |item, content| {
        let covered = seal?.covered(item)?;
        // The cover is what is left of the covered key without the key.
        let mut cover = Zeroizing::new([0; 32]);
        cover[..CONTENT_KEY_LEN].copy_from_slice(covered);
        let former = before.content_key(&tx.envelope.chain_id, &id, item);
        let left = former.covered(&cover);
        cover[..CONTENT_KEY_LEN].copy_from_slice(&left);
        Some(content.covered(&cover))
    }))
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

    /// The same for a sender who is heard of once: nothing is kept.
    ///
    /// # Errors
    /// As [`Self::agreed`].
    fn agreed_once(&self, chain: &ChainId, seal: &Seal) -> Result<Arc<SealKey>, CannotAgree> {
        self.agreed(chain, seal)
    }
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
