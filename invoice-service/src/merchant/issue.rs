//! Applying and issuing.

use std::sync::Arc;

use crypto::{KeyError, OrderToken};
use ledger_types::payload::{InvoiceRequest, PaymentUse};
use ledger_types::receipt::Issued;
use ledger_types::refusal::Arg;
use ledger_types::{
    Account, AccountId, ApplicationId, Area, BlockTime, Canonical, Field, OwnerCondition, Payload, PayloadKind,
    Refusal, RejectReason, RequestId, RequestScope, Spend, Transaction, TxOutcome,
};
use proto::convert::{DraftInvoice, IssueTerms, PaymentPart, Recipient, field};
use proto::invoice::v1 as pb;
use proto::{EdgeError, EdgeReason};
use sdk::{Contents, Draft, InvoiceDraft, entry};
use tonic::Request;

use crate::bodies::{Opened, open_body, readable};
use crate::business::Business;
use crate::change::{Done, Made};
use crate::content::Asked;
use crate::desk::Desk;
use crate::failure::Failure;

/// Random bytes for salts.
pub(crate) fn random(out: &mut [u8]) -> Result<(), KeyError> {
    Ok(crypto::random::fill(out)?)
}

impl Desk {
    pub(crate) async fn issue(
        self: &Arc<Self>,
        request: Request<pb::IssueRequest>,
    ) -> Result<pb::IssueResponse, Failure> {
        let (asked, done) = self.act(request).await?;
        let seller = self.account(asked.account).await?;
        let invoice = match done.outcome() {
            Some(TxOutcome::Issued(issued)) => Some(self.just_issued(&done, &seller, *issued, 0).await?),
            _ => None,
        };
        Ok(pb::IssueResponse { operation: Some(done.operation()), invoice, warnings: Vec::new() })
    }

    pub(crate) async fn apply(
        self: &Arc<Self>,
        request: Request<pb::ApplyRequest>,
    ) -> Result<pb::ApplyResponse, Failure> {
        let (asked, done) = self.act(request).await?;
        let application = match done.outcome() {
            Some(TxOutcome::Applied(id)) => Some(id.0),
            _ => None,
        };
        Ok(pb::ApplyResponse {
            operation: Some(done.operation()),
            application,
            claim_token: self.token_of(asked.account, done.signed.request_id, 0).await?,
            warnings: Vec::new(),
        })
    }

    pub(crate) async fn issue_applied(
        self: &Arc<Self>,
        request: Request<pb::IssueAppliedRequest>,
    ) -> Result<pb::IssueAppliedResponse, Failure> {
        let (asked, done) = self.act(request).await?;
        let mut invoice = None;
        if let (Some(TxOutcome::Issued(issued)), Some(time)) = (done.outcome(), done.time()) {
            invoice = self.issued_applied(asked, *issued, time).await?;
        }
        Ok(pb::IssueAppliedResponse { operation: Some(done.operation()), invoice })
    }

    /// What was applied for, and the token made for it: found by the request id that applied. None if it cannot be read.
    async fn issued_applied(
        &self,
        asked: Asked,
        issued: Issued,
        time: BlockTime,
    ) -> Result<Option<pb::IssuedInvoice>, Failure> {
        let held = self.held(issued.slot).await?;
        let applied = match self.node.body_tx(held.slot).await? {
            Some(id) => self.node.transaction(&id).await?.map(|found| found.entry),
            None => None,
        };
        let own = applied.filter(|e| e.scope == RequestScope(u64::from(asked.account.0))).map(|e| e.id);
        let kept = match own {
            Some(request) => self.store.outbox(asked.account, request).await?.and_then(|entry| entry.clear),
            None => None,
        };
        let opened = match kept.and_then(|bytes| Transaction::from_canonical(&bytes).ok()) {
            Some(clear) => Some(self.own_body(asked.account, &clear, 0).await?),
            None => readable(self.bodies.open(held.slot, &held.invoice).await)?,
        };
        let token = match own {
            Some(request) => self.token_of(asked.account, request, 0).await?,
            None => String::new(),
        };
        let seller = self.account(asked.account).await?;
        Ok(opened.map(|opened| self.issued(issued, &opened, &seller, time, token)))
    }

    /// The public part of an invoice, and the token made for it, if any.
    async fn invoice_request(&self, terms: IssueTerms) -> Result<(InvoiceRequest, Option<OrderToken>), Failure> {
        let (owner, token) = self.first_owner(terms.recipient)?;
        let payments = self.payments(&terms.payments).await?;
        Ok((InvoiceRequest { owner, order_ref: self.reference(&terms.order_id), payments }, token))
    }

    /// Who may claim or spend an invoice first.
    pub(crate) fn first_owner(
        &self,
        recipient: Option<Recipient>,
    ) -> Result<(OwnerCondition, Option<OrderToken>), Failure> {
        let token = match recipient {
            None => OrderToken::generate()?,
            Some(Recipient::ClaimToken(text)) => order_token(&text, "terms.recipient.claim_token")?,
            Some(Recipient::TokenAddress(address)) => return Ok((OwnerCondition::TokenKey(address), None)),
            Some(other) => return Ok((OwnerCondition::Address(self.address_of(&other, "terms.recipient")?), None)),
        };
        Ok((OwnerCondition::TokenKey(token.address(&self.chain())), Some(token)))
    }

    async fn payments(&self, parts: &[PaymentPart]) -> Result<Vec<PaymentUse>, Failure> {
        let mut uses = Vec::with_capacity(parts.len());
        for (item, part) in (0u16..).zip(parts) {
            let sequence = match part.sequence {
                Some(seen) => seen,
                None => {
                    let unknown = Refusal::new(RejectReason::OutputUnknown, Field::Payments);
                    let output = self.node.output(part.slot).await?;
                    let unknown = || Failure::refusal(unknown.at_item(item).with([Arg::Slot(part.slot)]));
                    output.ok_or_else(unknown)?.sequence
                }
            };
            uses.push(PaymentUse { spend: Spend::new(part.slot, sequence), amount: part.amount });
        }
        Ok(uses)
    }

    /// Lines, totals and sections of an invoice as entered.
    pub(crate) async fn draft(&self, area: Area, invoice: DraftInvoice) -> Result<InvoiceDraft, Failure> {
        let book = if entry::needs_book(&invoice) { self.node.rule_book(area, None).await? } else { None };
        entry::draft(invoice, book.as_ref()).map_err(|refusals| Failure::Refused(refusals, None))
    }

    async fn invoice_draft(
        &self,
        asked: Asked,
        seller: &Account,
        invoice: DraftInvoice,
        payload: Payload,
        token: Option<OrderToken>,
    ) -> Result<Made, Failure> {
        let draft = InvoiceDraft { token, ..self.draft(seller.area, invoice).await? };
        let frame = self.frame(asked, seller.area);
        Ok(Draft::invoice(frame, payload, &draft, &mut random)?.into())
    }

    /// The answer for invoice `item` of a transaction that just issued it.
    pub(crate) async fn just_issued(
        &self,
        done: &Done,
        seller: &Account,
        issued: Issued,
        item: u16,
    ) -> Result<pb::IssuedInvoice, Failure> {
        let opened = self.own_body(seller.id, &done.transaction()?, item).await?;
        let token = self.token_of(seller.id, done.signed.request_id, item).await?;
        Ok(self.issued(issued, &opened, seller, done.time().unwrap_or_default(), token))
    }

    /// What an account of the service's just signed.
    pub(crate) async fn own_body(&self, seller: AccountId, tx: &Transaction, item: u16) -> Result<Opened, Failure> {
        let contents = match Contents::in_clear(tx, item) {
            Some(contents) => contents,
            None => {
                let signer = self.signer(seller, tx.envelope.payload.kind()).await?;
                let own = Contents::of_sender(tx, item, &signer, &self.node)?;
                own.ok_or_else(|| EdgeError::new(EdgeReason::KeyNotHeld).meta("account", seller))?
            }
        };
        Ok(open_body(&self.chain(), tx, &contents)?)
    }

    /// The claim token of one item of a change; empty if it has none.
    pub(crate) async fn token_of(
        &self,
        account: ledger_types::AccountId,
        request: RequestId,
        item: u16,
    ) -> Result<String, Failure> {
        let tokens = self.tokens_of(account, request).await?;
        Ok(tokens.into_iter().find(|t| t.0 == item).map(|t| t.1).unwrap_or_default())
    }

    /// The last block time that an area's rule book allows for something that may last so long.
    pub(crate) async fn longest(
        &self,
        area: Area,
        span: impl Fn(&ledger_types::RuleBook) -> u64,
    ) -> Result<u64, Failure> {
        let book = self.node.rule_book(area, None).await?;
        let no_book = || Failure::refusal(Refusal::new(RejectReason::NoRuleBook, Field::Area));
        let book = book.ok_or_else(no_book)?;
        // From the newest block's time: the next one's is later, so the span holds there too.
        Ok(self.node.stamp().await?.time.plus_ms(span(&book)).0)
    }
}

impl Business for pb::IssueRequest {
    const PATH: &'static str = "taxchain.invoice.v1.MerchantService/Issue";
    const KIND: PayloadKind = PayloadKind::Issue;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let invoice: DraftInvoice = field::message(self.invoice, "invoice")?;
        let terms: IssueTerms = field::optional(self.terms, "terms")?.unwrap_or_default();
        let seller = desk.account(asked.account).await?;
        let (request, token) = desk.invoice_request(terms).await?;
        desk.invoice_draft(asked, &seller, invoice, Payload::Issue(request), token).await
    }
}

impl Business for pb::ApplyRequest {
    const PATH: &'static str = "taxchain.invoice.v1.MerchantService/Apply";
    const KIND: PayloadKind = PayloadKind::Apply;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let invoice: DraftInvoice = field::message(self.invoice, "invoice")?;
        let terms: IssueTerms = field::optional(self.terms, "terms")?.unwrap_or_default();
        let expires = self.expires_ms.map(|ms| field::ms(ms, "expires_ms")).transpose()?;
        let seller = desk.account(asked.account).await?;
        let expires_ms = match expires {
            Some(ms) => ms,
            None => desk.longest(seller.area, |book| book.max_application_ms).await?,
        };
        let (request, token) = desk.invoice_request(terms).await?;
        desk.invoice_draft(asked, &seller, invoice, Payload::Apply { request, expires_ms }, token).await
    }
}

impl Business for pb::IssueAppliedRequest {
    const PATH: &'static str = "taxchain.invoice.v1.MerchantService/IssueApplied";
    const KIND: PayloadKind = PayloadKind::IssueApplied;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.at_home(asked, Payload::IssueApplied { application: ApplicationId(self.application) }).await
    }
}

/// A claim token, checked.
pub(crate) fn order_token(text: &str, name: &str) -> Result<OrderToken, Failure> {
    text.parse().map_err(|e: crypto::token::TokenParseError| Failure::field(name, &e.to_string()))
}
