//! The one way of a change: look it up, else make and sign it; store the bytes; send them; learn their fate.

use std::future::Future;
use std::sync::Arc;

use crypto::OrderToken;
use ledger_types::payload::InvoiceRequest;
use ledger_types::{
    AccountId, Address, Area, BlockTime, Canonical, Field, OwnerCondition, Payload, Refusal, RejectReason, RequestId,
    Slot, Transaction, TxOutcome, Verdict,
};
use proto::invoice::v1 as pb;
use proto::types::v1 as types;
use sdk::{Draft, Fate, FateState, Frame, Identity, InBlock, SignedTx, Subject};
use tracing::Instrument;
use zeroize::Zeroizing;

use crate::content::Asked;
use crate::desk::Desk;
use crate::error::ServiceError;
use crate::failure::Failure;
use crate::store::outbox::OutboxEntry;

/// A change that nobody signed yet.
pub(crate) struct Made {
    /// What is to be signed.
    pub(crate) draft: Draft,
    /// Who signs.
    pub(crate) by: Signatory,
}

/// Who signs a change.
pub(crate) enum Signatory {
    /// A key of the account that acts.
    Account,
    /// The key of a claim token that was given to the service.
    Token(OrderToken),
    /// The key of a claim token that the service does not know.
    TokenKey([u8; 33]),
}

impl From<Draft> for Made {
    fn from(draft: Draft) -> Self {
        Self { draft, by: Signatory::Account }
    }
}

/// A change that took effect, or whose fate is not known in time.
pub(crate) struct Done {
    /// What was sent.
    pub(crate) signed: SignedTx,
    /// The bytes in clear, where another sealed and signed them.
    pub(crate) clear: Option<Vec<u8>>,
    /// The verdict; none while pending.
    pub(crate) verdict: Option<Box<InBlock>>,
}

impl Done {
    /// How it went into the chain.
    pub(crate) fn operation(&self) -> pb::Operation {
        let state = if self.verdict.is_some() { types::FateState::Committed } else { types::FateState::Pending };
        let verdict = self.verdict.as_deref();
        pb::Operation {
            request_id: self.signed.request_id.0.to_vec(),
            tx_id: self.signed.id.0.to_vec(),
            state: state.into(),
            height: verdict.map(|v| v.height.0),
            index: verdict.map(|v| v.index.into()),
            block_time_ms: verdict.map(|v| proto::convert::field::wire_ms(v.time.0)),
            block_time: verdict.map(|v| v.time.to_string()).unwrap_or_default(),
            provable_at: verdict.map(|v| v.provable_at().0),
        }
    }

    /// What it made; none while pending.
    pub(crate) fn outcome(&self) -> Option<&TxOutcome> {
        match &self.verdict.as_ref()?.receipt.verdict {
            Verdict::Accepted(outcome) => Some(outcome),
            Verdict::Refused(_) => None,
        }
    }

    /// Block time; none while pending.
    pub(crate) fn time(&self) -> Option<BlockTime> {
        self.verdict.as_ref().map(|v| v.time)
    }

    /// The transaction that was sent, in clear if that is known.
    pub(crate) fn transaction(&self) -> Result<Transaction, Failure> {
        let bytes = self.clear.as_ref().unwrap_or(&self.signed.bytes);
        Transaction::from_canonical(bytes).map_err(|e| Failure::Fault(Box::new(e)))
    }
}

/// What became of bytes that were sent.
enum Sent {
    InBlock(Box<InBlock>),
    Expired,
    Undecided,
}

impl Desk {
    /// Brings a change to its verdict. A request id that was seen before gives its first result; with other content it
    /// is a conflict. `make` runs only for an id that is new, or whose bytes expired without a block.
    pub(crate) async fn change<F, M>(self: &Arc<Self>, asked: Asked, make: F) -> Result<Done, Failure>
    where
        F: FnOnce() -> M,
        M: Future<Output = Result<Made, Failure>>,
    {
        if let Some(done) = self.known(asked).await? {
            return Ok(done);
        }
        let Made { draft, by } = make().await?;
        let tokens: Vec<_> = draft.tokens().map(|(item, token)| (item, Zeroizing::new(token.to_string()))).collect();
        let signer = match by {
            Signatory::Account => self.signer(asked.account, draft.payload().kind()).await?,
            Signatory::Token(token) => Identity::bare(token.claim_key(&self.chain(), self.vault.provider())?),
            Signatory::TokenKey(_) => return Err(Failure::field("token_key", "is for claims that are prepared")),
        };
        self.keep_and_send(asked, (draft.sign(&[&signer])?, None), &tokens).await
    }

    /// What became of a request id that was seen before; none if it is new, or if its bytes can never take effect: the
    /// intent may be signed anew.
    pub(crate) async fn known(self: &Arc<Self>, asked: Asked) -> Result<Option<Done>, Failure> {
        let seen = self.store.outbox(asked.account, asked.request).await?;
        let Some(entry) = self.same_content(asked, seen)? else { return Ok(None) };
        match self.deliver(&entry).await? {
            Sent::InBlock(verdict) => finish(entry, verdict).map(Some),
            Sent::Undecided => Ok(Some(entry.pending())),
            Sent::Expired => Ok(None),
        }
    }

    /// Stores signed bytes, with what they are in clear if another sealed them, and brings them to their verdict.
    pub(crate) async fn keep_and_send(
        self: &Arc<Self>,
        asked: Asked,
        (signed, clear): (SignedTx, Option<Vec<u8>>),
        tokens: &[(u16, Zeroizing<String>)],
    ) -> Result<Done, Failure> {
        let entry = OutboxEntry { account: asked.account, content: asked.content, signed, clear, is_final: false };
        let stored = self.store.store_outbox(entry, tokens).await?;
        let entry = self.same_content(asked, Some(stored))?.ok_or_else(|| Failure::from(ServiceError::Stopped))?;
        match self.deliver(&entry).await? {
            Sent::InBlock(verdict) => finish(entry, verdict),
            Sent::Undecided => Ok(entry.pending()),
            Sent::Expired => Err(Failure::Refused(
                vec![Refusal::new(RejectReason::Expired, Field::ValidUntil)],
                Some(entry.signed.id),
            )),
        }
    }

    /// Refuses another content under a request id.
    fn same_content(&self, asked: Asked, entry: Option<OutboxEntry>) -> Result<Option<OutboxEntry>, Failure> {
        match entry {
            Some(first) if first.content != asked.content => {
                Err(Failure::conflict(asked.request, &first.signed.id, [first.content, asked.content]))
            }
            other => Ok(other),
        }
    }

    /// Sends stored bytes and learns their fate, on a task that no caller can cancel.
    async fn deliver(self: &Arc<Self>, entry: &OutboxEntry) -> Result<Sent, Failure> {
        let (desk, entry) = (Arc::clone(self), entry.clone());
        // A task of its own, so that its parent is named: it may outlive the call.
        let span = tracing::info_span!("deliver", request = %entry.signed.request_id, tx = %entry.signed.id);
        let task = tokio::spawn(async move { desk.send(&entry).await }.instrument(span));
        task.await.map_err(|_| Failure::from(ServiceError::Stopped))?
    }

    async fn send(&self, entry: &OutboxEntry) -> Result<Sent, Failure> {
        let _guard = self.in_flight.enter(entry);
        let mut sent = self.node.submit_and_wait(&entry.signed).await;
        if let Err(error) = &sent
            && error.is_of_another_key()
            && let Some(seals) = self.vault.reader(entry.account).await?.and_then(|identity| identity.seals)
        {
            // Its bytes were kept over a change of the committee's key: the same transaction, sealed for the one in force.
            sent = self.node.submit_and_wait(&SignedTx { seals: Some(seals), ..entry.signed.clone() }).await;
        }
        let fate = match sent.map_err(Failure::from) {
            Ok(fate) => fate,
            Err(Failure::Undecided(_)) => return Ok(Sent::Undecided),
            Err(failure) if failure.is_final_at_the_door() => self.after_the_door(entry, failure).await?,
            // The node cannot be reached or is busy: the bytes are kept and sent again.
            Err(failure) => {
                tracing::warn!(?failure, "not delivered yet");
                return Ok(Sent::Undecided);
            }
        };
        self.settle(entry, fate).await
    }

    /// The node refused the bytes at its door: unless an earlier try brought them into a block, they are forgotten.
    async fn after_the_door(&self, entry: &OutboxEntry, failure: Failure) -> Result<Fate, Failure> {
        let known = self.node.fate(Subject::Tx(entry.signed.id), Some(entry.signed.valid_until_ms)).await;
        match known {
            Ok(fate) if fate.is_final() => Ok(fate),
            Ok(_) => {
                self.store.forget_outbox(entry).await?;
                Err(failure)
            }
            Err(fault) => {
                tracing::warn!(%fault, "the fate of refused bytes is not known");
                Err(failure)
            }
        }
    }

    /// Takes note of a fate: what is final needs no more sending, what opened or issued leaves its traces.
    async fn settle(&self, entry: &OutboxEntry, fate: Fate) -> Result<Sent, Failure> {
        match fate.state {
            FateState::Committed(verdict) => {
                self.take_note(entry, &verdict).await?;
                self.store.settle_outbox(entry.account, entry.signed.request_id).await?;
                Ok(Sent::InBlock(verdict))
            }
            FateState::Refused(verdict) => {
                self.store.settle_outbox(entry.account, entry.signed.request_id).await?;
                Ok(Sent::InBlock(verdict))
            }
            FateState::Expired => {
                self.store.forget_outbox(entry).await?;
                Ok(Sent::Expired)
            }
            FateState::Pending | FateState::Unknown => Ok(Sent::Undecided),
        }
    }

    async fn take_note(&self, entry: &OutboxEntry, verdict: &InBlock) -> Result<(), Failure> {
        let Verdict::Accepted(outcome) = &verdict.receipt.verdict else { return Ok(()) };
        if let TxOutcome::AccountOpened(account) = outcome {
            self.vault.made_for(*account, (entry.account, entry.signed.request_id)).await?;
            self.match_keys(*account).await?;
        }
        if let Ok(tx) = Transaction::from_canonical(&entry.signed.bytes) {
            if let Payload::UpdateKeys { account, .. } = tx.envelope.payload {
                self.match_keys(account).await?;
            }
            for (address, slot) in claim_slots(&tx, outcome) {
                self.store.remember_claim(&address, slot).await?;
            }
        }
        Ok(())
    }

    /// Sends what a crash or a lost reply left without a fate. True if everything has one now.
    pub(crate) async fn resend_open(self: &Arc<Self>, most: u32) -> Result<bool, ServiceError> {
        let open = self.store.open_outbox(most).await?;
        let mut settled = true;
        for entry in open {
            if self.in_flight.contains(&entry) {
                continue;
            }
            match self.deliver(&entry).await {
                Ok(Sent::Undecided) => settled = false,
                Ok(Sent::InBlock(_) | Sent::Expired) => {}
                Err(failure) => tracing::info!(request = %entry.signed.request_id, ?failure, "refused on the way"),
            }
        }
        Ok(settled)
    }

    /// A change without a body.
    pub(crate) fn plain(&self, asked: Asked, area: Area, payload: Payload) -> Made {
        Draft::plain(self.frame(asked, area), payload).into()
    }

    /// A change without a body, in the account's home area.
    pub(crate) async fn at_home(&self, asked: Asked, payload: Payload) -> Result<Made, Failure> {
        let area = self.account(asked.account).await?.area;
        Ok(self.plain(asked, area, payload))
    }

    /// The frame of a change: the caller's request id, valid for some minutes.
    pub(crate) fn frame(&self, asked: Asked, area: Area) -> Frame {
        self.node.frame(area, asked.request)
    }

    /// The claim tokens that the service made for a change, by item: the same at every retry.
    pub(crate) async fn tokens_of(
        &self,
        account: AccountId,
        request: RequestId,
    ) -> Result<Vec<(u16, String)>, Failure> {
        let tokens = self.store.claim_tokens(account, request).await?;
        Ok(tokens.into_iter().map(|(item, text)| (item, text.to_string())).collect())
    }
}

/// A verdict in a block: accepted is done, refused is a failure with every reason.
fn finish(entry: OutboxEntry, verdict: Box<InBlock>) -> Result<Done, Failure> {
    match &verdict.receipt.verdict {
        Verdict::Accepted(_) => Ok(Done { verdict: Some(verdict), ..entry.pending() }),
        Verdict::Refused(refusals) => Err(Failure::Refused(refusals.clone(), Some(entry.signed.id))),
    }
}

impl OutboxEntry {
    /// Its fate is not known yet.
    fn pending(self) -> Done {
        Done { signed: self.signed, clear: self.clear, verdict: None }
    }
}

/// Which token addresses got which slots.
fn claim_slots(tx: &Transaction, outcome: &TxOutcome) -> Vec<(Address, Slot)> {
    let token = |owner: &OwnerCondition| match owner {
        OwnerCondition::TokenKey(address) => Some(*address),
        _ => None,
    };
    match (&tx.envelope.payload, outcome) {
        (Payload::Issue(InvoiceRequest { owner, .. }), TxOutcome::Issued(issued)) => {
            token(owner).map(|a| (a, issued.slot)).into_iter().collect()
        }
        (Payload::IssueBatch { .. }, TxOutcome::BatchIssued { first, .. }) => {
            let slots = (first.slot.0..).map(Slot);
            tx.batch_items().iter().zip(slots).filter_map(|(i, slot)| Some((token(&i.owner)?, slot))).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[path = "change_test.rs"]
mod change_test;
