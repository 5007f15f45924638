//! For merchants.

mod batch;
mod issue;
mod onboard;
mod precheck;
mod quota;

pub(crate) use issue::order_token;
#[cfg(test)]
pub(crate) use issue::random;

use std::sync::Arc;

use ledger_types::{ApplicationId, Payload, PayloadKind};
use proto::invoice::v1 as pb;
use proto::invoice::v1::merchant_service_server::MerchantService;
use tonic::{Request, Response, Status};

use crate::business::Business;
use crate::change::Made;
use crate::content::Asked;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::lists::{Cursor, InvoiceFilter, Source, month};

/// `taxchain.invoice.v1.MerchantService`.
pub(crate) struct Merchant(pub(crate) Arc<Desk>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl MerchantService for Merchant {
    async fn onboard(&self, request: Request<pb::OnboardRequest>) -> Answer<pb::OnboardResponse> {
        Ok(Response::new(self.0.onboard(request).await?))
    }

    async fn apply(&self, request: Request<pb::ApplyRequest>) -> Answer<pb::ApplyResponse> {
        Ok(Response::new(self.0.apply(request).await?))
    }

    async fn issue_applied(&self, request: Request<pb::IssueAppliedRequest>) -> Answer<pb::IssueAppliedResponse> {
        Ok(Response::new(self.0.issue_applied(request).await?))
    }

    async fn withdraw_application(
        &self,
        request: Request<pb::WithdrawApplicationRequest>,
    ) -> Answer<pb::WithdrawApplicationResponse> {
        let (_, done) = self.0.act(request).await?;
        Ok(Response::new(pb::WithdrawApplicationResponse { operation: Some(done.operation()) }))
    }

    async fn issue(&self, request: Request<pb::IssueRequest>) -> Answer<pb::IssueResponse> {
        Ok(Response::new(self.0.issue(request).await?))
    }

    async fn issue_batch(&self, request: Request<pb::IssueBatchRequest>) -> Answer<pb::IssueBatchResponse> {
        Ok(Response::new(self.0.issue_batch(request).await?))
    }

    async fn request_red(&self, request: Request<pb::RequestRedRequest>) -> Answer<pb::RequestRedResponse> {
        let (operation, form) = self.0.opened_form(request).await?;
        Ok(Response::new(pb::RequestRedResponse { operation: Some(operation), form }))
    }

    async fn answer_red(&self, request: Request<pb::AnswerRedRequest>) -> Answer<pb::AnswerRedResponse> {
        let form = request.get_ref().form;
        let (operation, form) = self.0.answered_form(form, request).await?;
        Ok(Response::new(pb::AnswerRedResponse { operation: Some(operation), form }))
    }

    async fn issue_red(&self, request: Request<pb::IssueRedRequest>) -> Answer<pb::IssueRedResponse> {
        Ok(Response::new(self.0.issue_red(request).await?))
    }

    async fn get_quota(&self, request: Request<pb::GetQuotaRequest>) -> Answer<pb::GetQuotaResponse> {
        Ok(Response::new(self.0.quota(request).await?))
    }

    async fn pre_check(&self, request: Request<pb::PreCheckRequest>) -> Answer<pb::PreCheckResponse> {
        Ok(Response::new(self.0.pre_check(request).await?))
    }

    async fn list_issued(&self, request: Request<pb::ListIssuedRequest>) -> Answer<pb::ListIssuedResponse> {
        Ok(Response::new(list_issued(&self.0, request).await?))
    }
}

impl Business for pb::WithdrawApplicationRequest {
    const PATH: &'static str = "taxchain.invoice.v1.MerchantService/WithdrawApplication";
    const KIND: PayloadKind = PayloadKind::WithdrawApplication;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.at_home(asked, Payload::WithdrawApplication { application: ApplicationId(self.application) }).await
    }
}

async fn list_issued(
    desk: &Arc<Desk>,
    request: Request<pb::ListIssuedRequest>,
) -> Result<pb::ListIssuedResponse, Failure> {
    let (_, extensions, message) = request.into_parts();
    let (caller, stamp) = desk.read(&extensions, message.acting_account, message.read_options).await?;
    let faces = proto::types::v1::FaceStatus::filter(message.faces, "faces")?;
    let filter = InvoiceFilter { faces, month: month(message.month)?, ..InvoiceFilter::all() };
    let source = Source::Seller(caller.account);
    let hash = filter.hash(desk, "ListIssued", source);
    let (cursor, _) = Cursor::read(&message.page_token, hash)?;
    let page = desk.list(source, &filter, message.page_size, cursor).await?;
    Ok(pb::ListIssuedResponse {
        read_context: Some((&stamp).into()),
        next_page_token: page.next.map(|c| c.token(hash, Vec::new())).unwrap_or_default(),
        invoices: desk.summaries(page.items).await?,
    })
}
