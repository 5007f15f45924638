//! Builds and signs transactions. Sans-I/O: time and randomness come in, bytes go out.

use crypto::{KeyError, OrderToken, SenderKey, SigningKey};
use ledger_types::batch::BatchItem;
use ledger_types::seal::seal_body;
use ledger_types::section::commit_section;
use ledger_types::transaction::TxBody;
use ledger_types::{
    Area, Canonical, ChainId, Committee, Digest, Envelope, KeyWrap, LinkTag, OwnerCondition, Payload, RequestId,
    RequestScope, Section, SectionCommitment, SectionKind, Signer, SignerIdentity, SignerRole, Transaction, TxId,
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

/// A transaction that nobody signed yet: what is asked, and its body in clear.
#[derive(Clone, Debug)]
pub struct Draft {
    frame: Frame,
    payload: Payload,
    content: Content,
}

impl Draft {
    /// One without a body.
    #[must_use]
    pub fn plain(frame: Frame, payload: Payload) -> Self {
        Self { frame, payload, content: Content::default() }
    }

    /// One that carries the body of one invoice (`Payload::Issue` or `Payload::Apply`).
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn invoice(
        frame: Frame,
        payload: Payload,
        draft: &InvoiceDraft,
        random: Randomness<'_>,
    ) -> Result<Self, KeyError> {
        let sections = draft.sections(random)?;
        let commitments = commitments(&frame.chain, &sections);
        let tokens = vec![draft.token.clone()];
        Ok(Self { frame, payload, content: Content { commitments, body: TxBody::Sections(sections), tokens } })
    }

    /// A claim or an offer that carries a content key for the next holder, covered already.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn with_wrap(frame: Frame, payload: Payload, wrap: &KeyWrap, random: Randomness<'_>) -> Result<Self, KeyError> {
        Self::claim(frame, payload, (Some(wrap), None), random)
    }

    /// A claim that carries a content key for its holder, a tag of its wallet for the bureau, or both.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn claim(
        frame: Frame,
        payload: Payload,
        (wrap, link): (Option<&KeyWrap>, Option<&LinkTag>),
        random: Randomness<'_>,
    ) -> Result<Self, KeyError> {
        let mut sections = Vec::new();
        if let Some(wrap) = wrap {
            sections.push(plain_section(SectionKind::Access, wrap.to_canonical(), random)?);
        }
        if let Some(link) = link {
            sections.push(plain_section(SectionKind::Link, link.to_canonical(), random)?);
        }
        let commitments = commitments(&frame.chain, &sections);
        let content = Content { commitments, body: TxBody::Sections(sections), tokens: Vec::new() };
        Ok(Self { frame, payload, content })
    }

    /// A batch: one signature, many invoices.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn batch(
        frame: Frame,
        drafts: &[(OwnerCondition, InvoiceDraft)],
        random: Randomness<'_>,
    ) -> Result<Self, KeyError> {
        let mut items = Vec::with_capacity(drafts.len());
        for (owner, draft) in drafts {
            let sections = draft.sections(random)?;
            items.push(BatchItem { owner: owner.clone(), commitments: commitments(&frame.chain, &sections), sections });
        }
        let count = u16::try_from(items.len()).unwrap_or(u16::MAX);
        let payload = Payload::IssueBatch { count, root: root_of(&frame.chain, &items) };
        let tokens = drafts.iter().map(|(_, draft)| draft.token.clone()).collect();
        Ok(Self { frame, payload, content: Content { commitments: Vec::new(), body: TxBody::Batch(items), tokens } })
    }

    /// What is asked.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The order tokens that its maker has, by item.
    pub fn tokens(&self) -> impl Iterator<Item = (u16, &OrderToken)> {
        (0u16..).zip(&self.content.tokens).filter_map(|(item, token)| Some((item, token.as_ref()?)))
    }

    /// The transaction as one will sign it: in clear, without signatures.
    #[must_use]
    pub fn unsigned(self, signer: SignerIdentity) -> Transaction {
        let signers = vec![Signer { identity: signer, role: SignerRole::Owner, acting_for: None }];
        self.transaction(signers).0
    }

    /// Signs it, and seals the body if the chain wants that.
    ///
    /// # Errors
    /// [`KeyError::NoSenderKey`] if no signer has a key to seal with, and what the provider says.
    pub fn sign(self, signers: &[&Identity]) -> Result<SignedTx, KeyError> {
        let committee = self.frame.committee;
        let named = signers.iter().enumerate().map(|(i, s)| Signer {
            identity: s.identity,
            role: if i == 0 { SignerRole::Owner } else { SignerRole::CoSigner },
            acting_for: s.acting_for,
        });
        let (unsigned, tokens) = self.transaction(named.collect());
        sign_transaction(unsigned, committee, &tokens, signers)
    }

    fn transaction(self, signers: Vec<Signer>) -> (Transaction, Vec<Option<OrderToken>>) {
        let Self { frame, payload, content } = self;
        let envelope = Envelope {
            version: Envelope::VERSION,
            chain_id: frame.chain,
            area: frame.area,
            request_id: frame.request_id,
            signers,
            valid_until_ms: frame.valid_until_ms,
            payload,
            sections: content.commitments,
        };
        (Transaction { envelope, body: content.body, signatures: Vec::new() }, content.tokens)
    }
}

/// Signs a transaction in clear that names these signers, in this order, and seals its body for a committee; `tokens` are
/// the order tokens of its invoices that one has.
///
/// # Errors
/// As [`Draft::sign`].
pub fn sign_transaction(
    mut tx: Transaction,
    committee: Option<Committee>,
    tokens: &[Option<OrderToken>],
    signers: &[&Identity],
) -> Result<SignedTx, KeyError> {
    let (chain, id) = (tx.envelope.chain_id, tx.envelope.tx_id());
    let scope = tx.envelope.request_scope().unwrap_or(RequestScope(0));
    let (request_id, valid_until_ms) = (tx.envelope.request_id, tx.envelope.valid_until_ms);
    tx.signatures = signers.iter().map(|s| s.key.sign_transaction(&chain, &id)).collect::<Result<_, _>>()?;
    let bytes = sealed(tx, committee, tokens, signers)?.to_canonical();
    let seals = signers.iter().find_map(|signer| signer.seals.clone());
    Ok(SignedTx { bytes, id, scope, request_id, valid_until_ms, seals })
}

/// Builds a transaction without a body.
pub fn sign_plain(frame: &Frame, payload: Payload, signers: &[&Identity]) -> Result<SignedTx, KeyError> {
    Draft::plain(*frame, payload).sign(signers)
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
    Draft::invoice(*frame, payload, draft, random)?.sign(signers)
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
    Draft::with_wrap(*frame, payload, wrap, random)?.sign(signers)
}

/// Builds a claim that carries a content key for its holder, a tag of its wallet for the bureau, or both; each stands in clear, as
/// it is covered already.
///
/// # Errors
/// What the provider says.
pub fn sign_claim(
    frame: &Frame,
    payload: Payload,
    carried: (Option<&KeyWrap>, Option<&LinkTag>),
    signers: &[&Identity],
    random: Randomness<'_>,
) -> Result<SignedTx, KeyError> {
    Draft::claim(*frame, payload, carried, random)?.sign(signers)
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
    Draft::batch(*frame, drafts, random)?.sign(signers)
}

/// The root over the items of a batch, each with its place.
pub(crate) fn root_of(chain: &ChainId, items: &[BatchItem]) -> Digest {
    let leaves: Vec<_> = (0u16..).zip(items).map(|(i, item)| item.commitment(i).digest(chain)).collect();
    proofs::batch_root(&leaves)
}

/// The commitments to sections in clear.
pub(crate) fn commitments(chain: &ChainId, sections: &[Section]) -> Vec<ledger_types::SectionCommitment> {
    sections
        .iter()
        .filter_map(|s| match s {
            Section::Plain { kind, salt, bytes } => Some(commit_section(chain, *kind, salt, bytes)),
            Section::Sealed { .. } | Section::Erased { .. } => None,
        })
        .collect()
}

/// What a transaction carries, in clear.
#[derive(Clone, Debug)]
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

/// Whether its sections are those of invoices: the others are covered already.
pub(crate) fn carries_invoices(tx: &Transaction) -> bool {
    let kinds = matches!(tx.envelope.payload, Payload::Issue(_) | Payload::Apply { .. } | Payload::IssueBatch { .. });
    kinds && tx.body.invoices() > 0
}

/// The body sealed, where the chain wants it and there is one. Id and signatures are over commitments: they stay.
fn sealed(
    plain: Transaction,
    committee: Option<Committee>,
    tokens: &[Option<OrderToken>],
    signers: &[&Identity],
) -> Result<Transaction, KeyError> {
    let Some(committee) = committee.filter(|_| carries_invoices(&plain)) else { return Ok(plain) };
    let sender = signers.iter().find_map(|signer| signer.seals.as_ref()).ok_or(KeyError::NoSenderKey)?;
    let chain = plain.envelope.chain_id;
    let key = sender.agreed(&chain, &committee)?;
    let id = plain.envelope.tx_id();
    let body = seal_body(&plain, &key, (committee.epoch, sender.public_key().0), |item, content| {
        let token = tokens.get(usize::from(item))?.as_ref()?;
        Some(content.covered(&token.cover(&chain, &id, item)))
    });
    Ok(Transaction { body, ..plain })
}

/// A plain section with a fresh salt.
pub(crate) fn plain_section(kind: SectionKind, bytes: Vec<u8>, random: Randomness<'_>) -> Result<Section, KeyError> {
    let mut salt = [0; 16];
    random(&mut salt)?;
    Ok(Section::Plain { kind, salt, bytes })
}
