//! For auditors: an invoice's whole life, a taxpayer's invoices, any receipt.

mod flow;

use std::sync::Arc;

use ledger_types::{Account, RequestScope};
use proto::convert::{AccountQuery, Subject};
use proto::invoice::v1 as pb;
use proto::invoice::v1::audit_service_server::AuditService;
use proto::types::v1::{BookingStatus, ClaimStatus, FaceStatus, ReimbursementStatus};
use tonic::{Request, Response, Status};

use crate::desk::{Caller, Desk};
use crate::failure::Failure;
use crate::lists::{Cursor, InvoiceFilter, Source, bound};

/// `taxchain.invoice.v1.AuditService`.
pub(crate) struct Audit(pub(crate) Arc<Desk>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl AuditService for Audit {
    async fn get_invoice_flow(
        &self,
        request: Request<pb::GetInvoiceFlowRequest>,
    ) -> Answer<pb::GetInvoiceFlowResponse> {
        Ok(Response::new(flow::invoice_flow(&self.0, request).await?))
    }

    async fn list_taxpayer_invoices(
        &self,
        request: Request<pb::ListTaxpayerInvoicesRequest>,
    ) -> Answer<pb::ListTaxpayerInvoicesResponse> {
        Ok(Response::new(taxpayer_invoices(&self.0, request).await?))
    }

    async fn get_receipt(&self, request: Request<pb::GetReceiptRequest>) -> Answer<pb::GetReceiptResponse> {
        Ok(Response::new(receipt(&self.0, request).await?))
    }
}

async fn taxpayer_invoices(
    desk: &Arc<Desk>,
    request: Request<pb::ListTaxpayerInvoicesRequest>,
) -> Result<pb::ListTaxpayerInvoicesResponse, Failure> {
    let (_, extensions, message) = request.into_parts();
    let (caller, stamp) = desk.read(&extensions, message.acting_account, message.read_options.clone()).await?;
    let taxpayer = taxpayer(desk, caller, &message).await?;
    let source = match side(message.side)? {
        pb::TaxpayerSide::Holder => desk.holder(taxpayer.id, false, stamp.height).await?,
        _ => Source::Seller(taxpayer.id),
    };
    let filter = InvoiceFilter {
        faces: FaceStatus::filter(message.faces, "faces")?,
        claims: ClaimStatus::filter(message.claims, "claims")?,
        reimbursements: ReimbursementStatus::filter(message.reimbursements, "reimbursements")?,
        bookings: BookingStatus::filter(message.bookings, "bookings")?,
        from_ms: bound(message.from_ms, 0, "from_ms")?,
        before_ms: bound(message.before_ms, u64::MAX, "before_ms")?,
        month: 0,
    };
    let hash = filter.hash(desk, "ListTaxpayerInvoices", source);
    let (cursor, sums) = Cursor::read(&message.page_token, hash)?;
    // Added up once, for the first page; the others carry the sums along.
    let sums = match Sums::read(&sums) {
        Some(sums) => sums,
        None => Sums(desk.totals(source, &filter).await?),
    };
    let page = desk.list(source, &filter, message.page_size, cursor).await?;
    let Sums((total_count, total_net, total_tax)) = sums;
    Ok(pb::ListTaxpayerInvoicesResponse {
        read_context: Some((&stamp).into()),
        next_page_token: page.next.map(|c| c.token(hash, sums.write())).unwrap_or_default(),
        invoices: desk.summaries(page.items).await?,
        total_count,
        total_net,
        total_tax,
    })
}

/// How many invoices, their net and tax.
struct Sums((u64, i64, i64));

impl Sums {
    fn read(bytes: &[u8]) -> Option<Self> {
        use ledger_types::Canonical;
        <(u64, i64, i64)>::from_canonical(bytes).ok().map(Self)
    }

    fn write(&self) -> Vec<u8> {
        use ledger_types::Canonical;
        self.0.to_canonical()
    }
}

fn side(value: i32) -> Result<pb::TaxpayerSide, Failure> {
    pb::TaxpayerSide::try_from(value).map_err(|_| Failure::field("side", "has no such value"))
}

/// The taxpayer asked for, if the caller may see its affairs; else it is not there.
async fn taxpayer(
    desk: &Arc<Desk>,
    caller: Caller,
    message: &pb::ListTaxpayerInvoicesRequest,
) -> Result<Account, Failure> {
    let query = message.read_taxpayer()?;
    let found = match &query {
        AccountQuery::Id(id) => desk.node.account(*id).await?,
        AccountQuery::TaxId(tax_id) => desk.node.account_by_tax_id(tax_id).await?,
    };
    match found {
        Some(account) => {
            desk.may_see_taxpayer(caller, account.id).await?;
            Ok(account)
        }
        None => Err(Failure::forbidden("the account is not yours and not in your area")),
    }
}

async fn receipt(desk: &Arc<Desk>, request: Request<pb::GetReceiptRequest>) -> Result<pb::GetReceiptResponse, Failure> {
    let (_, extensions, message) = request.into_parts();
    let subject = message.read_subject();
    let (caller, stamp) = desk.read(&extensions, message.acting_account, message.read_options).await?;
    let subject: Subject = subject?;
    let fate = match subject {
        Subject::Request(scope, id) if scope == RequestScope(u64::from(caller.account.0)) => {
            desk.fate_of(caller.account, id).await?
        }
        other => desk.node.fate(other, None).await?,
    };
    let own = fate.request.is_none_or(|(scope, _)| scope == RequestScope(u64::from(caller.account.0)));
    if !own && !through_here(desk, caller, &fate).await? {
        let asking = desk.account(caller.account).await?;
        if asking.kind != ledger_types::AccountKind::Bureau || !asking.open {
            return Err(Failure::forbidden("the transaction is not yours"));
        }
    }
    Ok(pb::GetReceiptResponse { read_context: Some((&stamp).into()), fate: Some((&fate).into()) })
}

/// Whether the caller made a transaction through this service under another scope: a claim by a token's key.
async fn through_here(desk: &Arc<Desk>, caller: Caller, fate: &proto::convert::Fate) -> Result<bool, Failure> {
    let Some((_, id)) = fate.request else { return Ok(false) };
    let entry = desk.store.outbox(caller.account, id).await?;
    Ok(entry.is_some_and(|e| Some(e.signed.id) == fate.tx_id))
}
