//! Builds and signs transactions. Sans-I/O: time and randomness come in, bytes go out.

use crypto::{KeyError, OrderToken, SenderKey, SigningKey};
use ledger_types::batch::BatchItem;
use ledger_types::seal::seal_body;
use ledger_types::section::commit_section;
use ledger_types::transaction::TxBody;
use ledger_types::{
    Area, Canonical, ChainId, Committee, Envelope, KeyWrap, LinkTag, OwnerCondition, Payload, RequestId, RequestScope,
    Section, SectionCommitment, SectionKind, Signer, SignerIdentity, SignerRole, Transaction, TxId,
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
    /// What its body was sealed with, if that is at hand: it can be sealed again for another key of the committee.
    pub seals: Option<SenderKey>,
}

/// A key and whose it is.
#[derive(Clone)]
pub struct Identity {
    /// How the chain finds the key.
    pub identity: SignerIdentity,
    /// The key.
    pub key: SigningKey,
    /// The account in whose name it acts, under a delegation on chain.
    pub acting_for: Option<ledger_types::AccountId>,
    /// What this identity seals bodies with, on chains that seal them: needed by who issues.
    pub seals: Option<SenderKey>,
}

impl Identity {
    /// A registered key of an account.
    pub fn account(account: ledger_types::AccountId, key_id: ledger_types::KeyId, key: SigningKey) -> Self {
        Self { identity: SignerIdentity::Account { account, key: key_id }, key, acting_for: None, seals: None }
    }

    /// A key of its own: an order token's or a wallet's.
    pub fn bare(key: SigningKey) -> Self {
        Self { identity: SignerIdentity::BareKey(key.public_key().0), key, acting_for: None, seals: None }
    }

    /// The same, acting for another account that has delegated to this one.
    #[must_use]
    pub fn acting_for(self, account: ledger_types::AccountId) -> Self {
        Self { acting_for: Some(account), ..self }
    }

    /// The same, sealing what it issues with this key.
    #[must_use]
    pub fn sealing_with(self, key: SenderKey) -> Self {
        Self { seals: Some(key), ..self }
    }

    /// The address that this identity can spend from.
    pub fn address(&self, chain: &ChainId) -> ledger_types::Address {
        match (self.acting_for, &self.identity) {
            (Some(account), _) => ledger_types::owner::account_address(chain, account),
            (None, SignerIdentity::Account { account, .. }) => ledger_types::owner::account_address(chain, *account),
            (None, SignerIdentity::BareKey(point)) => ledger_types::owner::key_address(chain, point),
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
    /// The committee that bodies are sealed for; none on a chain of plain bodies.
    pub committee: Option<Committee>,
}

/// Random bytes for salts; the caller brings its source.
pub type Randomness<'a> = &'a mut dyn FnMut(&mut [u8]) -> Result<(), KeyError>;

/// Builds a transaction without a body.
pub fn sign_plain(frame: &Frame, payload: Payload, signers: &[&Identity]) -> Result<SignedTx, KeyError> {
    signed(frame, payload, Content::default(), signers)
}

/// Builds a transaction that carries the body of one invoice (`Payload::Issue` or `Payload::Apply`), sealed if the chain
/// wants that.
///
/// # Errors
/// [`KeyError::NoSenderKey`] if no signer has a key to seal with, and what the provider says.
pub fn sign_invoice(
    frame: &Frame,
    payload: Payload,
    draft: &InvoiceDraft,
    signers: &[&Identity],
    random: Randomness<'_>,
) -> Result<SignedTx, KeyError> {
    let sections = draft.sections(random)?;
    let commitments = commitments(&frame.chain, &sections);
    let tokens = vec![draft.token.clone()];
    signed(frame, payload, Content { commitments, body: TxBody::Sections(sections), tokens }, signers)
}

/// Builds a claim or an offer that carries a content key for the next holder, covered already.
///
/// # Errors
/// What the provider says.
pub fn sign_with_wrap(
    frame: &Frame,
    payload: Payload,
    wrap: &KeyWrap,
    signers: &[&Identity],
    random: Randomness<'_>,
) -> Result<SignedTx, KeyError> {
    sign_claim(frame, payload, (Some(wrap), None), signers, random)
}

/// Builds a claim that carries a content key for its holder, a tag of its wallet for the bureau, or both; each stands in clear, as
/// it is covered already.
///
/// # Errors
/// What the provider says.
pub fn sign_claim(
    frame: &Frame,
    payload: Payload,
    (wrap, link): (Option<&KeyWrap>, Option<&LinkTag>),
    signers: &[&Identity],
    random: Randomness<'_>,
) -> Result<SignedTx, KeyError> {
    let mut sections = Vec::new();
    if let Some(wrap) = wrap {
        sections.push(plain_section(SectionKind::Access, wrap.to_canonical(), random)?);
    }
    if let Some(link) = link {
        sections.push(plain_section(SectionKind::Link, link.to_canonical(), random)?);
    }
    let commitments = commitments(&frame.chain, &sections);
    signed(frame, payload, Content { commitments, body: TxBody::Sections(sections), tokens: Vec::new() }, signers)
}

/// Builds a batch: one signature, many invoices, sealed if the chain wants that.
///
/// # Errors
/// As [`sign_invoice`].
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
    let tokens = drafts.iter().map(|(_, draft)| draft.token.clone()).collect();
    signed(frame, payload, Content { commitments: Vec::new(), body: TxBody::Batch(items), tokens }, signers)
}

fn commitments(chain: &ChainId, sections: &[Section]) -> Vec<ledger_types::SectionCommitment> {
    sections
        .iter()
        .filter_map(|s| match s {
            Section::Plain { kind, salt, bytes } => Some(commit_section(chain, *kind, salt, bytes)),
            Section::Sealed { .. } | Section::Erased { .. } => None,
        })
        .collect()
}

/// What a transaction carries, in clear.
struct Content {
    /// To the sections of one invoice.
    commitments: Vec<SectionCommitment>,
    body: TxBody,
    /// The order token of each invoice, if its maker has it.
    tokens: Vec<Option<OrderToken>>,
}

impl Default for Content {
    fn default() -> Self {
        Self { commitments: Vec::new(), body: TxBody::Sections(Vec::new()), tokens: Vec::new() }
    }
}

fn signed(frame: &Frame, payload: Payload, content: Content, signers: &[&Identity]) -> Result<SignedTx, KeyError> {
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
                acting_for: s.acting_for,
            })
            .collect(),
        valid_until_ms: frame.valid_until_ms,
        payload,
        sections: content.commitments,
    };
    let id = envelope.tx_id();
    let scope = envelope.request_scope().unwrap_or(RequestScope(0));
    let signatures = signers.iter().map(|s| s.key.sign_transaction(&frame.chain, &id)).collect::<Result<_, _>>()?;
    let plain = Transaction { envelope, body: content.body, signatures };
    let bytes = sealed(frame, plain, &content.tokens, signers)?.to_canonical();
    let seals = signers.iter().find_map(|signer| signer.seals.clone());
    Ok(SignedTx { bytes, id, scope, request_id: frame.request_id, valid_until_ms: frame.valid_until_ms, seals })
}

/// Whether its sections are those of invoices: the others are covered already.
fn carries_invoices(tx: &Transaction) -> bool {
    let kinds = matches!(tx.envelope.payload, Payload::Issue(_) | Payload::Apply { .. } | Payload::IssueBatch { .. });
    kinds && tx.body.invoices() > 0
}

/// The body sealed, where the chain wants it and there is one. Id and signatures are over commitments: they stay.
fn sealed(
    frame: &Frame,
    plain: Transaction,
    tokens: &[Option<OrderToken>],
    signers: &[&Identity],
) -> Result<Transaction, KeyError> {
    let Some(committee) = frame.committee.filter(|_| carries_invoices(&plain)) else { return Ok(plain) };
    let sender = signers.iter().find_map(|signer| signer.seals.as_ref()).ok_or(KeyError::NoSenderKey)?;
    let key = sender.agreed(&frame.chain, &committee)?;
    let id = plain.envelope.tx_id();
    let body = seal_body(&plain, &key, (committee.epoch, sender.public_key().0), |item, content| {
        let token = tokens.get(usize::from(item))?.as_ref()?;
        Some(content.covered(&token.cover(&frame.chain, &id, item)))
    });
    Ok(Transaction { body, ..plain })
}

/// A plain section with a fresh salt.
pub(crate) fn plain_section(kind: SectionKind, bytes: Vec<u8>, random: Randomness<'_>) -> Result<Section, KeyError> {
    let mut salt = [0; 16];
    random(&mut salt)?;
    Ok(Section::Plain { kind, salt, bytes })
}
