//! Builds and signs transactions. Sans-I/O: time and randomness come in, bytes go out.

use crypto::{KeyError, SigningKey};
use ledger_types::batch::BatchItem;
use ledger_types::section::commit_section;
use ledger_types::transaction::TxBody;
use ledger_types::{
    Area, Canonical, ChainId, Envelope, OwnerCondition, Payload, RequestId, RequestScope, Section, SectionKind, Signer,
    SignerIdentity, SignerRole, Transaction, TxId,
};

use crate::invoice_draft::InvoiceDraft;

/// A signed transaction, ready to be stored and sent; a retry sends the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTx {
    /// The canonical bytes.
    pub bytes: Vec<u8>,
    /// The transaction id.
    pub id: TxId,
    /// Whose request id it is.
    pub scope: RequestScope,
    /// The request id.
    pub request_id: RequestId,
    /// Past this block time (ms) it can no longer be committed.
    pub valid_until_ms: u64,
}

/// A key and whose it is.
#[derive(Clone)]
pub struct Identity {
    /// How the chain finds the key.
    pub identity: SignerIdentity,
    /// The key.
    pub key: SigningKey,
}

impl Identity {
    /// A registered key of an account.
    pub fn account(account: ledger_types::AccountId, key_id: ledger_types::KeyId, key: SigningKey) -> Self {
        Self { identity: SignerIdentity::Account { account, key: key_id }, key }
    }

    /// A key of its own: an order token's or a wallet's.
    pub fn bare(key: SigningKey) -> Self {
        Self { identity: SignerIdentity::BareKey(key.public_key().0), key }
    }

    /// The address that this identity can spend from.
    pub fn address(&self, chain: &ChainId) -> ledger_types::Address {
        match &self.identity {
            SignerIdentity::Account { account, .. } => ledger_types::owner::account_address(chain, *account),
            SignerIdentity::BareKey(point) => ledger_types::owner::key_address(chain, point),
        }
    }
}

/// Which chain, which area, which request, until when.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The chain.
    pub chain: ChainId,
    /// The area.
    pub area: Area,
    /// The request id: one for each business intent, the same for every retry.
    pub request_id: RequestId,
    /// Last block time (ms) it may be committed at.
    pub valid_until_ms: u64,
}

/// Random bytes for salts; the caller brings its source.
pub type Randomness<'a> = &'a mut dyn FnMut(&mut [u8]) -> Result<(), KeyError>;

/// Builds a transaction without a body.
pub fn sign_plain(frame: &Frame, payload: Payload, signers: &[&Identity]) -> Result<SignedTx, KeyError> {
    seal(frame, payload, Vec::new(), TxBody::Sections(Vec::new()), signers)
}

/// Builds a transaction that carries the body of one invoice (`Payload::Issue` or `Payload::Apply`).
pub fn sign_invoice(
    frame: &Frame,
    payload: Payload,
    draft: &InvoiceDraft,
    signers: &[&Identity],
    random: Randomness<'_>,
) -> Result<SignedTx, KeyError> {
    let sections = draft.sections(random)?;
    let commitments = commitments(&frame.chain, &sections);
    seal(frame, payload, commitments, TxBody::Sections(sections), signers)
}

/// Builds a batch: one signature, many invoices.
pub fn sign_batch(
    frame: &Frame,
    drafts: &[(OwnerCondition, InvoiceDraft)],
    signers: &[&Identity],
    random: Randomness<'_>,
) -> Result<SignedTx, KeyError> {
    let mut items = Vec::with_capacity(drafts.len());
    for (owner, draft) in drafts {
        let sections = draft.sections(random)?;
        items.push(BatchItem { owner: owner.clone(), commitments: commitments(&frame.chain, &sections), sections });
    }
    let leaves: Vec<_> = (0u16..).zip(&items).map(|(i, item)| item.commitment(i).digest(&frame.chain)).collect();
    let count = u16::try_from(items.len()).unwrap_or(u16::MAX);
    let payload = Payload::IssueBatch { count, root: proofs::batch_root(&leaves) };
    seal(frame, payload, Vec::new(), TxBody::Batch(items), signers)
}

fn commitments(chain: &ChainId, sections: &[Section]) -> Vec<ledger_types::SectionCommitment> {
    sections
        .iter()
        .filter_map(|s| match s {
            Section::Plain { kind, salt, bytes } => Some(commit_section(chain, *kind, salt, bytes)),
            Section::Sealed { .. } => None,
        })
        .collect()
}

fn seal(
    frame: &Frame,
    payload: Payload,
    sections: Vec<ledger_types::SectionCommitment>,
    body: TxBody,
    signers: &[&Identity],
) -> Result<SignedTx, KeyError> {
    let envelope = Envelope {
        version: Envelope::VERSION,
        chain_id: frame.chain,
        area: frame.area,
        request_id: frame.request_id,
        signers: signers
            .iter()
            .enumerate()
            .map(|(i, s)| Signer {
                identity: s.identity,
                role: if i == 0 { SignerRole::Owner } else { SignerRole::CoSigner },
                acting_for: None,
            })
            .collect(),
        valid_until_ms: frame.valid_until_ms,
        payload,
        sections,
    };
    let id = envelope.tx_id();
    let scope = envelope.request_scope().unwrap_or(RequestScope(0));
    let signatures = signers.iter().map(|s| s.key.sign_transaction(&frame.chain, &id)).collect::<Result<_, _>>()?;
    let bytes = Transaction { envelope, body, signatures }.to_canonical();
    Ok(SignedTx { bytes, id, scope, request_id: frame.request_id, valid_until_ms: frame.valid_until_ms })
}

/// A plain section with a fresh salt.
pub(crate) fn plain_section(kind: SectionKind, bytes: Vec<u8>, random: Randomness<'_>) -> Result<Section, KeyError> {
    let mut salt = [0; 16];
    random(&mut salt)?;
    Ok(Section::Plain { kind, salt, bytes })
}
