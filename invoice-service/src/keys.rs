//! Keys that the service keeps, and changes that are signed elsewhere.
//!
//! Who keeps his keys has a change prepared, checks and signs it, and submits it. From there on it is a change like any
//! other: the change's own call, with the same request id, finds the stored bytes and answers.

mod change_keys;
mod matching;

use std::sync::Arc;

use ledger_types::transaction::TxBody;
use ledger_types::{Canonical, KeyId, PayloadKind, SignerIdentity, Transaction};
use proto::convert::field;
use proto::invoice::v1 as pb;
use proto::invoice::v1::key_service_server::KeyService;
use proto::types::v1 as types;
use proto::{EdgeError, EdgeReason};
use sdk::SignedTx;
use tonic::{Extensions, Request, Response, Status};

use crate::access::row;
use crate::business::Business;
use crate::change::{Made, Signatory};
use crate::content::Asked;
use crate::desk::{Desk, admitted};
use crate::failure::Failure;

pub(crate) use change_keys::{offered, service_keys};
pub(crate) use matching::run;

/// `taxchain.invoice.v1.KeyService`.
pub(crate) struct Keys(pub(crate) Arc<Desk>);

type Answer<T> = Result<Response<T>, Status>;

/// Does the same with any change.
macro_rules! each_change {
    ($change:expr, |$message:ident| $do:expr) => {{
        use pb::change::Change::*;
        match field::required(field::required($change, "change")?.change, "change.change")? {
            Apply($message) => $do,
            IssueApplied($message) => $do,
            WithdrawApplication($message) => $do,
            Issue($message) => $do,
            IssueBatch($message) => $do,
            RequestRed($message) => $do,
            AnswerRed($message) => $do,
            IssueRed($message) => $do,
            Claim($message) => $do,
            Offer($message) => $do,
            Accept($message) => $do,
            Refuse($message) => $do,
            Withdraw($message) => $do,
            Lock($message) => $do,
            Unlock($message) => $do,
            Book($message) => $do,
            Unbook($message) => $do,
            Reimburse($message) => $do,
            RequestRedAsBuyer($message) => $do,
            AnswerRedAsBuyer($message) => $do,
            RecordPayment($message) => $do,
            ChangeKeys($message) => $do,
        }
    }};
}

#[tonic::async_trait]
impl KeyService for Keys {
    async fn prepare(&self, request: Request<pb::PrepareRequest>) -> Answer<pb::PrepareResponse> {
        Ok(Response::new(Box::pin(self.0.prepare(request)).await?))
    }

    async fn submit(&self, request: Request<pb::SubmitRequest>) -> Answer<pb::SubmitResponse> {
        Ok(Response::new(Box::pin(self.0.submit(request)).await?))
    }

    async fn change_keys(&self, request: Request<pb::ChangeKeysRequest>) -> Answer<pb::ChangeKeysResponse> {
        let (asked, done) = self.0.act(request).await?;
        let mut answer = pb::ChangeKeysResponse { operation: Some(done.operation()), ..Default::default() };
        if done.outcome().is_some() {
            let (mode, keys) = self.0.kept_keys(asked.account).await?;
            (answer.mode, answer.keys) = (types::KeyMode::from(mode).into(), keys);
        }
        Ok(Response::new(answer))
    }

    async fn get_keys(&self, request: Request<pb::GetKeysRequest>) -> Answer<pb::GetKeysResponse> {
        let (_, extensions, message) = request.into_parts();
        let (caller, stamp) = self.0.read(&extensions, message.acting_account, message.read_options).await?;
        let (mode, keys) = self.0.kept_keys(caller.account).await?;
        Ok(Response::new(pb::GetKeysResponse {
            read_context: Some((&stamp).into()),
            mode: types::KeyMode::from(mode).into(),
            keys,
            seals: self.0.vault.seals_for(caller.account).await.map_err(Failure::from)?,
        }))
    }
}

impl Desk {
    async fn prepare(self: &Arc<Self>, request: Request<pb::PrepareRequest>) -> Result<pb::PrepareResponse, Failure> {
        let (metadata, extensions, message) = request.into_parts();
        let key = field::key_id(message.key, "key")?;
        each_change!(message.change, |change| {
            Box::pin(self.prepare_one(Request::from_parts(metadata, extensions, change), key)).await
        })
    }

    async fn prepare_one<M: Business>(
        self: &Arc<Self>,
        request: Request<M>,
        key: KeyId,
    ) -> Result<pb::PrepareResponse, Failure> {
        covered::<M>(request.extensions())?;
        let (asked, message) = self.ask(M::method(), request).await?;
        if let Some(done) = self.known(asked).await? {
            return Ok(pb::PrepareResponse { transaction: Vec::new(), operation: Some(done.operation()) });
        }
        let Made { draft, by } = message.draft(self, asked).await?;
        let signer = match by {
            Signatory::Account => SignerIdentity::Account { account: asked.account, key },
            Signatory::TokenKey(key) => SignerIdentity::BareKey(key),
            Signatory::Token(_) => return Err(token_given()),
        };
        if draft.tokens().next().is_some() {
            return Err(token_given());
        }
        Ok(pb::PrepareResponse { transaction: draft.unsigned(signer).to_canonical(), operation: None })
    }

    async fn submit(self: &Arc<Self>, request: Request<pb::SubmitRequest>) -> Result<pb::SubmitResponse, Failure> {
        let (metadata, extensions, message) = request.into_parts();
        let (transaction, prepared) = (message.transaction, message.prepared);
        each_change!(message.change, |change| {
            let request = Request::from_parts(metadata, extensions, change);
            Box::pin(self.submit_one(request, transaction, prepared)).await
        })
    }

    async fn submit_one<M: Business>(
        self: &Arc<Self>,
        request: Request<M>,
        transaction: Vec<u8>,
        prepared: Vec<u8>,
    ) -> Result<pb::SubmitResponse, Failure> {
        covered::<M>(request.extensions())?;
        let (asked, _) = self.ask(M::method(), request).await?;
        if let Some(done) = self.known(asked).await? {
            return Ok(pb::SubmitResponse { operation: Some(done.operation()) });
        }
        let tx = decoded(&transaction, "transaction")?;
        self.of_this_change(asked, M::KIND, &tx)?;
        let clear = if tx.body.seal().is_some() { Some(in_clear(&tx, prepared)?) } else { None };
        let signed = SignedTx {
            id: tx.envelope.tx_id(),
            scope: field::required(tx.envelope.request_scope(), "transaction.signers")?,
            request_id: asked.request,
            valid_until_ms: tx.envelope.valid_until_ms,
            bytes: transaction,
            // Only its owner could seal it again.
            seals: None,
        };
        let done = self.keep_and_send(asked, (signed, clear), &[]).await?;
        Ok(pb::SubmitResponse { operation: Some(done.operation()) })
    }

    /// What is stored under a request id of an account is that account's, of this kind, and sealed where the chain seals.
    fn of_this_change(&self, asked: Asked, kind: PayloadKind, tx: &Transaction) -> Result<(), Failure> {
        self.check_chain(Some(tx.envelope.chain_id))?;
        let require = |holds: bool, name: &str, detail: &str| match holds {
            true => Ok(()),
            false => Err(Failure::field(&format!("transaction.{name}"), detail)),
        };
        require(tx.envelope.request_id == asked.request, "request_id", "is not the header's")?;
        require(tx.envelope.payload.kind() == kind, "payload", "is not what the change becomes")?;
        let signs = match tx.envelope.signers.as_slice() {
            [one] if one.acting_for.is_some() => false,
            [one] => match one.identity {
                SignerIdentity::Account { account, .. } => account == asked.account,
                SignerIdentity::BareKey(_) => kind == PayloadKind::Claim,
            },
            _ => false,
        };
        require(signs, "signers", "must be one key of the acting account, or of a claim its token's")?;
        require(tx.signatures.len() == 1, "signatures", "must be one")?;
        let in_clear = matches!(&tx.body, TxBody::Sections(sections) if !sections.is_empty())
            || matches!(tx.body, TxBody::Batch(_));
        let leaks = in_clear && self.node.committee().is_some();
        require(!leaks, "body", "must be sealed: what it says would be everyone's to read")
    }
}

/// The prepared bytes of a sealed transaction, if they are what it commits to.
fn in_clear(tx: &Transaction, prepared: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let clear = decoded(&prepared, "prepared")?;
    match clear.envelope == tx.envelope && sdk::own_keys::body_fits(&clear) {
        true => Ok(prepared),
        false => Err(Failure::field("prepared", "is not what the transaction commits to")),
    }
}

fn decoded(bytes: &[u8], name: &str) -> Result<Transaction, Failure> {
    if bytes.is_empty() {
        return Err(proto::ConvertError::missing(name).into());
    }
    Transaction::from_canonical(bytes).map_err(|error| Failure::field(name, &error.to_string()))
}

/// Whether the caller may make the change's own call: what it may not do there it does not here.
fn covered<M: Business>(extensions: &Extensions) -> Result<(), Failure> {
    let caller = admitted(extensions)?;
    if row(M::PATH).is_some_and(|row| row.access.allows(caller.role)) {
        return Ok(());
    }
    let error = EdgeError::new(EdgeReason::Forbidden).field("authorization");
    Err(error.detail("is a token whose role does not cover this change").into())
}

fn token_given() -> Failure {
    Failure::field("change", "needs a claim token: who signs makes it, keeps it, and names its address or key")
}
