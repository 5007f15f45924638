//! For companies that reimburse: each invoice once.

mod check;
mod verify;

use std::collections::BTreeSet;
use std::sync::Arc;

use ledger_types::limits::MAX_SPENDS;
use ledger_types::{Area, Digest, Payload, PayloadKind, Spend, TxOutcome};
use proto::convert::{InvoiceId, InvoiceRef, field};
use proto::invoice::v1 as pb;
use proto::invoice::v1::finance_service_server::FinanceService;
use proto::types::v1::{BookingStatus, ReimbursementStatus};
use tonic::{Request, Response, Status};

use crate::business::Business;
use crate::change::{Done, Made};
use crate::content::Asked;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::lists::{Cursor, InvoiceFilter};
use crate::target::{external, invoice_ref, invoice_refs, spends_of};
use crate::view::Held;

/// `taxchain.invoice.v1.FinanceService`.
pub(crate) struct Finance(pub(crate) Arc<Desk>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl FinanceService for Finance {
    async fn verify(&self, request: Request<pb::VerifyRequest>) -> Answer<pb::VerifyResponse> {
        Ok(Response::new(verify::verify(&self.0, request).await?))
    }

    async fn lock(&self, request: Request<pb::LockRequest>) -> Answer<pb::LockResponse> {
        Ok(Response::new(self.0.lock(request).await?))
    }

    async fn unlock(&self, request: Request<pb::UnlockRequest>) -> Answer<pb::UnlockResponse> {
        let (_, done) = self.0.act(request).await?;
        let invoices = self.0.all_stepped(&done).await?;
        Ok(Response::new(pb::UnlockResponse { operation: Some(done.operation()), invoices }))
    }

    async fn book(&self, request: Request<pb::BookRequest>) -> Answer<pb::BookResponse> {
        let (operation, invoice) = self.0.step(request).await?;
        Ok(Response::new(pb::BookResponse { operation: Some(operation), invoice }))
    }

    async fn unbook(&self, request: Request<pb::UnbookRequest>) -> Answer<pb::UnbookResponse> {
        let (operation, invoice) = self.0.step(request).await?;
        Ok(Response::new(pb::UnbookResponse { operation: Some(operation), invoice }))
    }

    async fn reimburse(&self, request: Request<pb::ReimburseRequest>) -> Answer<pb::ReimburseResponse> {
        let (operation, invoice) = self.0.step(request).await?;
        Ok(Response::new(pb::ReimburseResponse { operation: Some(operation), invoice }))
    }

    async fn list_received(&self, request: Request<pb::ListReceivedRequest>) -> Answer<pb::ListReceivedResponse> {
        Ok(Response::new(list_received(&self.0, request).await?))
    }

    async fn request_red_as_buyer(
        &self,
        request: Request<pb::RequestRedAsBuyerRequest>,
    ) -> Answer<pb::RequestRedAsBuyerResponse> {
        let (operation, form) = self.0.opened_form(request).await?;
        Ok(Response::new(pb::RequestRedAsBuyerResponse { operation: Some(operation), form }))
    }

    async fn answer_red_as_buyer(
        &self,
        request: Request<pb::AnswerRedAsBuyerRequest>,
    ) -> Answer<pb::AnswerRedAsBuyerResponse> {
        let form = request.get_ref().form;
        let (operation, form) = self.0.answered_form(form, request).await?;
        Ok(Response::new(pb::AnswerRedAsBuyerResponse { operation: Some(operation), form }))
    }
}

impl Desk {
    async fn lock(self: &Arc<Self>, request: Request<pb::LockRequest>) -> Result<pb::LockResponse, Failure> {
        let (_, done) = self.act(request).await?;
        Ok(pb::LockResponse { operation: Some(done.operation()), invoices: self.all_stepped(&done).await? })
    }

    async fn make_lock(
        &self,
        asked: Asked,
        invoices: &[InvoiceRef],
        until: Option<u64>,
        reason: u16,
    ) -> Result<Made, Failure> {
        let held = self.find_all(invoices).await?;
        let until_ms = match until {
            Some(ms) => ms,
            None => self.longest_lock(&held).await?,
        };
        let spends = spends_of(&held, invoices);
        self.at_home(asked, Payload::Lock { spends, until_ms, reason }).await
    }

    /// The last time that the rule books of all areas concerned allow.
    async fn longest_lock(&self, held: &[Held]) -> Result<u64, Failure> {
        let areas: BTreeSet<Area> = held.iter().map(|h| h.invoice.code.area()).collect();
        let mut until = u64::MAX;
        for area in areas {
            until = until.min(self.longest(area, |book| book.max_lock_ms).await?);
        }
        Ok(until)
    }

    /// A change that steps on one invoice.
    async fn step<M: Business>(
        self: &Arc<Self>,
        request: Request<M>,
    ) -> Result<(pb::Operation, Option<pb::InvoiceSummary>), Failure> {
        let (_, done) = self.act(request).await?;
        Ok((done.operation(), self.stepped_summary(&done).await?))
    }

    /// The draft of such a change.
    pub(crate) async fn draft_step(
        &self,
        asked: Asked,
        invoice: Option<pb::InvoiceRef>,
        payload: impl FnOnce(Spend) -> Payload,
    ) -> Result<Made, Failure> {
        let spend = self.spend(invoice_ref(invoice)?).await?;
        self.at_home(asked, payload(spend)).await
    }

    /// List lines of everything that a change stepped on, in its order; none while pending.
    async fn all_stepped(self: &Arc<Self>, done: &Done) -> Result<Vec<pb::InvoiceSummary>, Failure> {
        let Some(TxOutcome::Stepped(steps)) = done.outcome() else { return Ok(Vec::new()) };
        let slot = |slot| InvoiceRef { id: InvoiceId::Slot(slot), sequence: None };
        let references: Vec<InvoiceRef> = steps.iter().map(|s| slot(s.0)).collect();
        let held = self.find_all(&references).await?;
        self.summaries(held).await
    }
}

impl Business for pb::LockRequest {
    const PATH: &'static str = "taxchain.invoice.v1.FinanceService/Lock";
    const KIND: PayloadKind = PayloadKind::Lock;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let invoices = invoice_refs(self.invoices, MAX_SPENDS)?;
        let until = self.until_ms.map(|ms| field::ms(ms, "until_ms")).transpose()?;
        desk.make_lock(asked, &invoices, until, field::u16_of(self.reason, "reason")?).await
    }
}

impl Business for pb::UnlockRequest {
    const PATH: &'static str = "taxchain.invoice.v1.FinanceService/Unlock";
    const KIND: PayloadKind = PayloadKind::Unlock;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let invoices = invoice_refs(self.invoices, MAX_SPENDS)?;
        let spends = spends_of(&desk.find_all(&invoices).await?, &invoices);
        desk.at_home(asked, Payload::Unlock { spends }).await
    }
}

impl Business for pb::BookRequest {
    const PATH: &'static str = "taxchain.invoice.v1.FinanceService/Book";
    const KIND: PayloadKind = PayloadKind::Book;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let voucher_ref = desk.reference(&external(self.voucher_number, "voucher_number")?);
        let deductible = self.deductible;
        desk.draft_step(asked, self.invoice, |spend| Payload::Book { spend, deductible, voucher_ref }).await
    }
}

impl Business for pb::UnbookRequest {
    const PATH: &'static str = "taxchain.invoice.v1.FinanceService/Unbook";
    const KIND: PayloadKind = PayloadKind::Unbook;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.draft_step(asked, self.invoice, |spend| Payload::Unbook { spend }).await
    }
}

impl Business for pb::ReimburseRequest {
    const PATH: &'static str = "taxchain.invoice.v1.FinanceService/Reimburse";
    const KIND: PayloadKind = PayloadKind::Reimburse;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let paid_ref: Digest = desk.reference(&external(self.bank_receipt, "bank_receipt")?);
        desk.draft_step(asked, self.invoice, |spend| Payload::Reimburse { spend, paid_ref }).await
    }
}

async fn list_received(
    desk: &Arc<Desk>,
    request: Request<pb::ListReceivedRequest>,
) -> Result<pb::ListReceivedResponse, Failure> {
    let (_, extensions, message) = request.into_parts();
    let (caller, stamp) = desk.read(&extensions, message.acting_account, message.read_options).await?;
    let filter = InvoiceFilter {
        reimbursements: ReimbursementStatus::filter(message.reimbursements, "reimbursements")?,
        bookings: BookingStatus::filter(message.bookings, "bookings")?,
        ..InvoiceFilter::all()
    };
    let source = desk.holder(caller.account, message.include_offered_to_me, stamp.height).await?;
    let hash = filter.hash(desk, "ListReceived", source);
    let (cursor, _) = Cursor::read(&message.page_token, hash)?;
    let page = desk.list(source, &filter, message.page_size, cursor).await?;
    Ok(pb::ListReceivedResponse {
        read_context: Some((&stamp).into()),
        next_page_token: page.next.map(|c| c.token(hash, Vec::new())).unwrap_or_default(),
        invoices: desk.summaries(page.items).await?,
    })
}
