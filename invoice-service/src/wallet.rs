//! For persons and employees: claiming, handing on, holding.

use std::sync::Arc;

use crypto::OrderToken;
use ledger_types::{Address, Area, Owner, Payload, Slot, Spend, TxOutcome, owner};
use proto::convert::{InvoiceRef, Recipient, field};
use proto::invoice::v1 as pb;
use proto::invoice::v1::wallet_service_server::WalletService;
use proto::types::v1::{ClaimStatus, ReimbursementStatus};
use sdk::{Identity, sign_plain};
use tonic::{Request, Response, Status};

use crate::change::{Done, Made};
use crate::content::Asked;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::lists::{Cursor, InvoiceFilter};
use crate::merchant::order_token;
use crate::target::{invoice_ref, spend_of};

/// `taxchain.invoice.v1.WalletService`.
pub(crate) struct Wallet(pub(crate) Arc<Desk>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl WalletService for Wallet {
    async fn claim(&self, request: Request<pb::ClaimRequest>) -> Answer<pb::ClaimResponse> {
        Ok(Response::new(self.0.claim(request).await?))
    }

    async fn offer(&self, request: Request<pb::OfferRequest>) -> Answer<pb::OfferResponse> {
        Ok(Response::new(self.0.offer(request).await?))
    }

    async fn accept(&self, request: Request<pb::AcceptRequest>) -> Answer<pb::AcceptResponse> {
        let (asked, message) = self.0.ask("Accept", request).await?;
        let done = self.0.answer_offer(asked, message.invoice, |spend| Payload::AcceptTransfer { spend }).await?;
        let invoice = match stepped(&done) {
            Some(slot) => Some(self.0.view(&self.0.held(slot).await?).await?),
            None => None,
        };
        Ok(Response::new(pb::AcceptResponse { operation: Some(done.operation()), invoice }))
    }

    async fn refuse(&self, request: Request<pb::RefuseRequest>) -> Answer<pb::RefuseResponse> {
        let (asked, message) = self.0.ask("Refuse", request).await?;
        let done = self.0.answer_offer(asked, message.invoice, |spend| Payload::RefuseTransfer { spend }).await?;
        Ok(Response::new(pb::RefuseResponse { operation: Some(done.operation()) }))
    }

    async fn withdraw(&self, request: Request<pb::WithdrawRequest>) -> Answer<pb::WithdrawResponse> {
        let (asked, message) = self.0.ask("Withdraw", request).await?;
        let done = self.0.answer_offer(asked, message.invoice, |spend| Payload::WithdrawTransfer { spend }).await?;
        Ok(Response::new(pb::WithdrawResponse { operation: Some(done.operation()) }))
    }

    async fn list_held(&self, request: Request<pb::ListHeldRequest>) -> Answer<pb::ListHeldResponse> {
        Ok(Response::new(list_held(&self.0, request).await?))
    }
}

/// The first slot that a change stepped on; none while pending.
pub(crate) fn stepped(done: &Done) -> Option<Slot> {
    match done.outcome()? {
        TxOutcome::Stepped(steps) => steps.first().map(|s| s.0),
        _ => None,
    }
}

impl Desk {
    async fn claim(self: &Arc<Self>, request: Request<pb::ClaimRequest>) -> Result<pb::ClaimResponse, Failure> {
        let (asked, message) = self.ask("Claim", request).await?;
        let token = order_token(&message.read_claim_token()?, "claim_token")?;
        let to = match message.to_address.is_empty() {
            true => owner::account_address(&self.chain(), asked.account),
            false => field::address(&message.to_address, "to_address")?,
        };
        let done = self.change(asked, || self.make_claim(asked, &token, to)).await?;
        let invoice = match stepped(&done) {
            Some(slot) => Some(self.view(&self.held(slot).await?).await?),
            None => None,
        };
        Ok(pb::ClaimResponse { operation: Some(done.operation()), invoice })
    }

    async fn make_claim(&self, asked: Asked, token: &OrderToken, to: Address) -> Result<Made, Failure> {
        let (slot, sequence, area) = self.claimable(token).await?;
        let key = token.claim_key(&self.chain(), self.vault.provider())?;
        let payload = Payload::Claim { spend: Spend::new(slot, sequence), to };
        Ok(sign_plain(&self.frame(asked, area), payload, &[&Identity::bare(key)])?.into())
    }

    /// The invoice that waits for a token. One that was claimed already is named too, if it ever went through here, so
    /// that the chain can say who was first.
    async fn claimable(&self, token: &OrderToken) -> Result<(Slot, u32, Area), Failure> {
        let address = token.address(&self.chain());
        let waiting = self.node.outputs_of(&Owner::TokenKey(address), 1, None).await?.items.into_iter().next();
        if let Some((slot, record)) = waiting
            && let Some(invoice) = record.invoice()
        {
            self.store.remember_claim(&address, slot).await?;
            return Ok((slot, record.sequence, invoice.code.area()));
        }
        match self.store.claim_slot(&address).await? {
            Some(slot) => {
                let held = self.held(slot).await?;
                Ok((slot, held.output.sequence, held.invoice.code.area()))
            }
            None => Err(Failure::not_found("claim token", "(not shown)")),
        }
    }

    async fn offer(self: &Arc<Self>, request: Request<pb::OfferRequest>) -> Result<pb::OfferResponse, Failure> {
        let (asked, message) = self.ask("Offer", request).await?;
        let invoice = invoice_ref(message.invoice)?;
        let to: Recipient = field::message(message.to, "to")?;
        let to = self.address_of(&to, "to")?;
        let until = message.until_ms.map(|ms| field::ms(ms, "until_ms")).transpose()?;
        let done = self.change(asked, || self.make_offer(asked, invoice, to, until)).await?;
        let invoice = self.stepped_summary(&done).await?;
        Ok(pb::OfferResponse { operation: Some(done.operation()), invoice })
    }

    async fn make_offer(
        &self,
        asked: Asked,
        invoice: InvoiceRef,
        to: Address,
        until: Option<u64>,
    ) -> Result<Made, Failure> {
        let held = self.find(invoice.id).await?;
        let area = held.invoice.code.area();
        let until_ms = match until {
            Some(ms) => ms,
            None => self.longest(area, |book| book.max_offer_ms).await?,
        };
        let spend = spend_of(&held, invoice.sequence);
        self.sign(asked, area, Payload::OfferTransfer { spend, to, until_ms }).await
    }

    async fn answer_offer(
        self: &Arc<Self>,
        asked: Asked,
        invoice: Option<pb::InvoiceRef>,
        payload: impl FnOnce(Spend) -> Payload,
    ) -> Result<Done, Failure> {
        let invoice = invoice_ref(invoice)?;
        let make = || async {
            let spend = self.spend(invoice).await?;
            self.sign_at_home(asked, payload(spend)).await
        };
        self.change(asked, make).await
    }

    /// The list line of the one invoice that a change stepped on.
    pub(crate) async fn stepped_summary(self: &Arc<Self>, done: &Done) -> Result<Option<pb::InvoiceSummary>, Failure> {
        let Some(slot) = stepped(done) else { return Ok(None) };
        let held = self.held(slot).await?;
        Ok(self.summaries(vec![held]).await?.pop())
    }
}

async fn list_held(desk: &Arc<Desk>, request: Request<pb::ListHeldRequest>) -> Result<pb::ListHeldResponse, Failure> {
    let (_, extensions, message) = request.into_parts();
    let (caller, stamp) = desk.read(&extensions, message.acting_account, message.read_options).await?;
    let filter = InvoiceFilter {
        claims: ClaimStatus::filter(message.claims, "claims")?,
        reimbursements: ReimbursementStatus::filter(message.reimbursements, "reimbursements")?,
        ..InvoiceFilter::all()
    };
    let source = desk.holder(caller.account, message.include_offered_to_me, stamp.height).await?;
    let hash = filter.hash(desk, "ListHeld", source);
    let (cursor, _) = Cursor::read(&message.page_token, hash)?;
    let page = desk.list(source, &filter, message.page_size, cursor).await?;
    Ok(pb::ListHeldResponse {
        read_context: Some((&stamp).into()),
        next_page_token: page.next.map(|c| c.token(hash, Vec::new())).unwrap_or_default(),
        invoices: desk.summaries(page.items).await?,
    })
}
