//! Keys of one's own behind an invoice service: it prepares, one checks and signs here, it submits and remembers.
//!
//! The service sees what is invoiced, since it prepares it, and no key and no claim token. What it prepared is held against
//! what was asked, field by field ([`check`]), before anything is signed. Afterwards the change's own call answers, with
//! the same request id.

mod body;
mod check;

use crypto::OrderToken;
use ledger_types::{Area, Canonical, ChainId, Committee, RuleBook, SignerIdentity, Transaction};
use proto::invoice::v1 as pb;
use proto::invoice::v1::key_service_client::KeyServiceClient;
use proto::limits::{MAX_INVOICE_REQUEST_BYTES, MAX_RESPONSE_BYTES, MAX_SUBMITTED_BYTES};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

pub use body::body_fits;
pub use check::check;

use crate::draft::{Identity, SignedTx, sign_transaction};
use crate::error::ClientError;

/// What one knows oneself, and asks no service for.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The chain.
    pub chain: ChainId,
    /// The committee that bodies are sealed for; none on a chain of plain bodies.
    pub committee: Option<Committee>,
    /// The account's home area.
    pub area: Area,
    /// The rule book in force there: needed only for invoices of more than 64 lines without their tax.
    pub book: Option<RuleBook>,
}

/// A prepared transaction is not what was asked for; nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service prepared something else than was asked for: {field}")]
pub struct NotAsAsked {
    /// Where it differs, e.g. `invoice.lines[0].amount`.
    pub field: String,
}

impl NotAsAsked {
    fn at(field: impl Into<String>) -> Self {
        Self { field: field.into() }
    }
}

/// A caller of an invoice service who keeps the keys himself. Cheap to clone.
#[derive(Clone)]
pub struct OwnKeys {
    wire: KeyServiceClient<Channel>,
    bearer: MetadataValue<Ascii>,
    ground: Ground,
    who: Identity,
}

/// What a change became: signed here and handed in, or known to the service already.
#[derive(Clone, Debug, PartialEq)]
pub struct Submitted {
    /// How it went into the chain.
    pub operation: pb::Operation,
    /// The bytes, if they were signed just now.
    pub signed: Option<SignedTx>,
}

impl OwnKeys {
    /// A caller behind a channel to the service, with the value of its `authorization` header.
    ///
    /// # Errors
    /// [`ClientError::BadAnswer`] if the header cannot be sent.
    pub fn new(channel: Channel, bearer: &str, ground: Ground, who: Identity) -> Result<Self, ClientError> {
        let mut bearer: MetadataValue<Ascii> = bearer
            .parse()
            .map_err(|_| ClientError::BadAnswer { what: "authorization", why: "not ASCII".to_owned() })?;
        bearer.set_sensitive(true);
        let wire = KeyServiceClient::new(channel)
            .max_decoding_message_size(MAX_RESPONSE_BYTES)
            .max_encoding_message_size(MAX_SUBMITTED_BYTES.max(MAX_INVOICE_REQUEST_BYTES));
        Ok(Self { wire, bearer, ground, who })
    }

    /// The same with another key of the account.
    #[must_use]
    pub fn with(&self, who: Identity) -> Self {
        Self { who, ..self.clone() }
    }

    /// Has a change prepared, checks it, signs it, seals what it carries, and hands it in. `tokens` are the order tokens of
    /// the invoices that it issues, in order, where they have one. Done again, it asks what became of it.
    ///
    /// # Errors
    /// [`ClientError::NotAsAsked`] if the service prepared something else: nothing is signed; [`ClientError::Report`] if it
    /// is refused; [`ClientError::Key`].
    pub async fn act(
        &self,
        change: pb::change::Change,
        tokens: &[Option<OrderToken>],
    ) -> Result<Submitted, ClientError> {
        self.act_as(change, tokens, &self.who).await
    }

    /// The same for a claim, which the key of its order token signs.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn claim(&self, claim: pb::ClaimRequest, token_key: &Identity) -> Result<Submitted, ClientError> {
        self.act_as(pb::change::Change::Claim(claim), &[], token_key).await
    }

    async fn act_as(
        &self,
        change: pb::change::Change,
        tokens: &[Option<OrderToken>],
        who: &Identity,
    ) -> Result<Submitted, ClientError> {
        let wrapped = Some(pb::Change { change: Some(change.clone()) });
        let key = match self.who.identity {
            SignerIdentity::Account { key, .. } => key.0.into(),
            SignerIdentity::BareKey(_) => 0,
        };
        let request = self.request(pb::PrepareRequest { change: wrapped.clone(), key });
        let answer = self.wire.clone().prepare(request).await?.into_inner();
        if let Some(operation) = answer.operation {
            return Ok(Submitted { operation, signed: None });
        }
        let bad = |why: String| ClientError::BadAnswer { what: "transaction", why };
        let unsigned = Transaction::from_canonical(&answer.transaction).map_err(|e| bad(e.to_string()))?;
        check(&change, &unsigned, &self.ground, &who.identity)?;
        let signed = sign_transaction(unsigned, self.ground.committee, tokens, &[who])?;
        let request = self.request(pb::SubmitRequest {
            change: wrapped,
            transaction: signed.bytes.clone(),
            prepared: answer.transaction,
        });
        let answer = self.wire.clone().submit(request).await?.into_inner();
        let operation = answer.operation.ok_or_else(|| ClientError::missing("operation"))?;
        Ok(Submitted { operation, signed: Some(signed) })
    }

    /// Who keeps which key, as the service says.
    ///
    /// # Errors
    /// [`ClientError::Report`].
    pub async fn keys(&self, acting_account: u32) -> Result<pb::GetKeysResponse, ClientError> {
        let request = self.request(pb::GetKeysRequest { acting_account, read_options: None });
        Ok(self.wire.clone().get_keys(request).await?.into_inner())
    }

    fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        request.metadata_mut().insert("authorization", self.bearer.clone());
        request
    }
}

impl std::fmt::Debug for OwnKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnKeys").field("who", &self.who.identity).finish_non_exhaustive()
    }
}
