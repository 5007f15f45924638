//! A key that signs, one method for each purpose.

use std::{fmt, sync::Arc};

use ledger_types::{
    Address, ChainId, Complaint, ContentQuestion, Digest, LedgerStatement, LinkStatement, ProposalBody, ReadyBody,
    SwitchBody, TxId, VoteBody, owner,
};
use sm::{PublicKeyBytes, Signature};
use zeroize::Zeroizing;

use crate::{KeyError, KeyHandle, KeyProvider, KeyUse, SecretScalar, SignRequest, message};

/// A key in a provider, by handle (签名密钥). Cheap to clone; the key lives as long as one clone does. Every
/// `sign_*` method fails with [`KeyError::WrongUse`] for a key of another use.
#[derive(Clone)]
pub struct SigningKey {
    provider: Arc<dyn KeyProvider>,
    handle: KeyHandle,
    key_use: KeyUse,
    public: PublicKeyBytes,
}

impl SigningKey {
    /// Makes a key in `provider`.
    ///
    /// # Errors
    /// [`KeyError::Random`] or [`KeyError::Device`].
    pub fn generate(provider: &Arc<dyn KeyProvider>, key_use: KeyUse) -> Result<Self, KeyError> {
        Self::open(provider, provider.generate(key_use)?)
    }

    /// The key that `handle` names in `provider`.
    ///
    /// # Errors
    /// [`KeyError::UnknownKey`] for another provider's handle.
    pub fn open(provider: &Arc<dyn KeyProvider>, handle: KeyHandle) -> Result<Self, KeyError> {
        let (key_use, public) = (provider.key_use(&handle)?, provider.public_key(&handle)?);
        Ok(Self { provider: Arc::clone(provider), handle, key_use, public })
    }

    pub(crate) fn import(
        provider: &Arc<dyn KeyProvider>,
        key_use: KeyUse,
        secret: SecretScalar,
    ) -> Result<Self, KeyError> {
        Self::open(provider, provider.import(key_use, secret)?)
    }

    pub(crate) fn export(&self) -> Result<SecretScalar, KeyError> {
        self.provider.export(&self.handle)
    }

    /// The public key, compressed SEC1.
    #[must_use]
    pub fn public_key(&self) -> PublicKeyBytes {
        self.public
    }

    /// What the key is for.
    #[must_use]
    pub fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// The address of the bare key on a chain.
    #[must_use]
    pub fn address(&self, chain: &ChainId) -> Address {
        owner::key_address(chain, &self.public.0)
    }

    pub(crate) fn sign(&self, request: &SignRequest) -> Result<Signature, KeyError> {
        self.provider.sign(&self.handle, request)
    }

    /// Agrees with the holder of another key (use: encryption).
    pub(crate) fn agree(&self, other: &PublicKeyBytes, info: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        self.provider.agree(&self.handle, other, info)
    }

    /// Approves a transaction (uses: transaction, order token).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`]; so for all below.
    pub fn sign_transaction(&self, chain: &ChainId, tx: &TxId) -> Result<Signature, KeyError> {
        self.sign(&message::transaction(chain, tx))
    }

    /// Votes for a block. Not voting twice is the caller's guard.
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_vote(&self, chain: &ChainId, vote: &VoteBody) -> Result<Signature, KeyError> {
        self.sign(&message::vote(chain, vote))
    }

    /// Proposes a block in a round (use: vote). Not proposing twice is the caller's guard.
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_proposal(&self, chain: &ChainId, proposal: &ProposalBody) -> Result<Signature, KeyError> {
        self.sign(&message::proposal(chain, proposal))
    }

    /// Asks the chain to change its kind of consensus (use: vote).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_switch(&self, chain: &ChainId, wish: &SwitchBody) -> Result<Signature, KeyError> {
        self.sign(&message::switch(chain, wish))
    }

    /// Shows, with the committee's private key, that a validator has it (use: encryption).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_possession(&self, chain: &ChainId, ready: &ReadyBody) -> Result<Signature, KeyError> {
        self.sign(&message::possession(chain, ready))
    }

    /// Says that this validator has a key of the committee (use: vote).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_readiness(&self, chain: &ChainId, ready: &ReadyBody) -> Result<Signature, KeyError> {
        self.sign(&message::readiness(chain, ready))
    }

    /// States what the node's ledger is (use: peer).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_statement(&self, chain: &ChainId, statement: &LedgerStatement) -> Result<Signature, KeyError> {
        self.sign(&message::statement(chain, statement))
    }

    /// Complains about a node (use: observer).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_complaint(&self, chain: &ChainId, complaint: &Complaint) -> Result<Signature, KeyError> {
        self.sign(&message::complaint(chain, complaint))
    }

    /// Asks for the contents of an invoice (uses: transaction, order token).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_question(&self, chain: &ChainId, question: &ContentQuestion) -> Result<Signature, KeyError> {
        self.sign(&message::content_question(chain, question))
    }

    /// Says that a one-time address is a wallet's own (use: transaction).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_link(&self, chain: &ChainId, statement: &LinkStatement) -> Result<Signature, KeyError> {
        self.sign(&message::link_statement(chain, statement))
    }

    /// Asks for the claims of one wallet (use: transaction).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_link_question(&self, chain: &ChainId, question: &ContentQuestion) -> Result<Signature, KeyError> {
        self.sign(&message::link_question(chain, question))
    }

    /// Signs the first message to a peer (use: peer).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_peer_hello(&self, chain: &ChainId, hello: &[u8]) -> Result<Signature, KeyError> {
        self.sign(&message::peer_hello(chain, hello))
    }

    /// Approves a change of the chain's own rules, given by its hash.
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_governance(&self, chain: &ChainId, change: &Digest) -> Result<Signature, KeyError> {
        self.sign(&message::governance(chain, change))
    }

    /// Signs the body of a webhook call.
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_webhook(&self, chain: &ChainId, body: &[u8]) -> Result<Signature, KeyError> {
        self.sign(&message::webhook(chain, body))
    }

    /// Witnesses a checkpoint, given by its hash (use: witness).
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_checkpoint(&self, chain: &ChainId, checkpoint: &Digest) -> Result<Signature, KeyError> {
        self.sign(&message::checkpoint(chain, checkpoint))
    }

    /// Proves who one is in a handshake of TLS 1.3 (use: tls): signs the content of its CertificateVerify.
    ///
    /// # Errors
    /// [`KeyError::NotAHandshake`] for any other bytes, and those of [`KeyProvider::sign`].
    pub fn sign_handshake(&self, content: &[u8]) -> Result<Signature, KeyError> {
        self.sign(&message::handshake(content).ok_or(KeyError::NotAHandshake)?)
    }

    /// Signs a release of the software, given by its hash; it belongs to no chain.
    ///
    /// # Errors
    /// See [`KeyProvider::sign`].
    pub fn sign_release(&self, release: &Digest) -> Result<Signature, KeyError> {
        self.sign(&message::release(release))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("key_use", &self.key_use)
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}
