//! For persons and employees: claiming, handing on, holding.

use std::sync::Arc;

use ledger_types::{Address, Area, Owner, Payload, PayloadKind, Slot, Spend, TxOutcome, owner};
use proto::convert::{Recipient, field};
use proto::invoice::v1 as pb;
use proto::invoice::v1::wallet_service_server::WalletService;
use proto::types::v1::{ClaimStatus, ReimbursementStatus};
use tonic::{Request, Response, Status};

use crate::bodies::readable;
use crate::business::Business;
use crate::change::{Done, Made, Signatory};
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
        let (_, done) = self.0.act(request).await?;
        let invoice = self.0.stepped_view(&done).await?;
        Ok(Response::new(pb::AcceptResponse { operation: Some(done.operation()), invoice }))
    }

    async fn refuse(&self, request: Request<pb::RefuseRequest>) -> Answer<pb::RefuseResponse> {
        let (_, done) = self.0.act(request).await?;
        Ok(Response::new(pb::RefuseResponse { operation: Some(done.operation()) }))
    }

    async fn withdraw(&self, request: Request<pb::WithdrawRequest>) -> Answer<pb::WithdrawResponse> {
        let (_, done) = self.0.act(request).await?;
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
        let (_, done) = self.act(request).await?;
        let invoice = self.stepped_view(&done).await?;
        Ok(pb::ClaimResponse { operation: Some(done.operation()), invoice })
    }

    /// The one invoice that a change stepped on, if the service may read it.
    async fn stepped_view(&self, done: &Done) -> Result<Option<pb::InvoiceView>, Failure> {
        let Some(slot) = stepped(done) else { return Ok(None) };
        readable(self.view(&self.held(slot).await?).await)
    }

    /// The invoice that waits for a token. One that was claimed already is named too, if it ever went through here, so
    /// that the chain can say who was first.
    async fn claimable(&self, address: Address) -> Result<(Slot, u32, Area), Failure> {
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
        let (_, done) = self.act(request).await?;
        let invoice = self.stepped_summary(&done).await?;
        Ok(pb::OfferResponse { operation: Some(done.operation()), invoice })
    }

    /// The list line of the one invoice that a change stepped on.
    pub(crate) async fn stepped_summary(self: &Arc<Self>, done: &Done) -> Result<Option<pb::InvoiceSummary>, Failure> {
        let Some(slot) = stepped(done) else { return Ok(None) };
        let held = self.held(slot).await?;
        Ok(self.summaries(vec![held]).await?.pop())
    }
}

impl Business for pb::ClaimRequest {
    const PATH: &'static str = "taxchain.invoice.v1.WalletService/Claim";
    const KIND: PayloadKind = PayloadKind::Claim;

    /// Signed by the token's key: by the service if it was given the token, else by whoever has it.
    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let chain = desk.chain();
        let (by, from) = match (self.claim_token.is_empty(), self.token_key.is_empty()) {
            (_, true) => {
                let token = order_token(&self.read_claim_token()?, "claim_token")?;
                let address = token.address(&chain);
                (Signatory::Token(token), address)
            }
            (true, false) => {
                let key = field::bytes(&self.token_key, "token_key")?;
                (Signatory::TokenKey(key), owner::key_address(&chain, &key))
            }
            (false, false) => return Err(Failure::field("token_key", "stands instead of a claim token")),
        };
        let to = match self.to_address.is_empty() {
            true => owner::account_address(&chain, asked.account),
            false => field::address(&self.to_address, "to_address")?,
        };
        let (slot, sequence, area) = desk.claimable(from).await?;
        let payload = Payload::Claim { spend: Spend::new(slot, sequence), to };
        Ok(Made { by, ..desk.plain(asked, area, payload) })
    }
}

impl Business for pb::OfferRequest {
    const PATH: &'static str = "taxchain.invoice.v1.WalletService/Offer";
    const KIND: PayloadKind = PayloadKind::OfferTransfer;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let invoice = invoice_ref(self.invoice)?;
        let to: Recipient = field::message(self.to, "to")?;
        let to = desk.address_of(&to, "to")?;
        let until = self.until_ms.map(|ms| field::ms(ms, "until_ms")).transpose()?;
        let held = desk.find(invoice.id).await?;
        let area = held.invoice.code.area();
        let until_ms = match until {
            Some(ms) => ms,
            None => desk.longest(area, |book| book.max_offer_ms).await?,
        };
        let spend = spend_of(&held, invoice.sequence);
        Ok(desk.plain(asked, area, Payload::OfferTransfer { spend, to, until_ms }))
    }
}

impl Business for pb::AcceptRequest {
    const PATH: &'static str = "taxchain.invoice.v1.WalletService/Accept";
    const KIND: PayloadKind = PayloadKind::AcceptTransfer;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.draft_step(asked, self.invoice, |spend| Payload::AcceptTransfer { spend }).await
    }
}

impl Business for pb::RefuseRequest {
    const PATH: &'static str = "taxchain.invoice.v1.WalletService/Refuse";
    const KIND: PayloadKind = PayloadKind::RefuseTransfer;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.draft_step(asked, self.invoice, |spend| Payload::RefuseTransfer { spend }).await
    }
}

impl Business for pb::WithdrawRequest {
    const PATH: &'static str = "taxchain.invoice.v1.WalletService/Withdraw";
    const KIND: PayloadKind = PayloadKind::WithdrawTransfer;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.draft_step(asked, self.invoice, |spend| Payload::WithdrawTransfer { spend }).await
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
