//! For payment providers.

use std::sync::Arc;

use ledger_types::{Fen, Payload, PayloadKind, Slot, TxOutcome};
use proto::convert::field;
use proto::invoice::v1 as pb;
use proto::invoice::v1::payment_service_server::PaymentService;
use tonic::{Request, Response, Status};

use crate::business::Business;
use crate::change::Made;
use crate::content::Asked;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::target::external;

/// `taxchain.invoice.v1.PaymentService`.
pub(crate) struct Payments(pub(crate) Arc<Desk>);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl PaymentService for Payments {
    async fn record_payment(&self, request: Request<pb::RecordPaymentRequest>) -> Answer<pb::RecordPaymentResponse> {
        let (_, done) = self.0.act(request).await?;
        let slot = match done.outcome() {
            Some(TxOutcome::PaymentRecorded(slot)) => Some(slot.0),
            _ => None,
        };
        Ok(Response::new(pb::RecordPaymentResponse { operation: Some(done.operation()), slot }))
    }

    async fn get_payment(&self, request: Request<pb::GetPaymentRequest>) -> Answer<pb::GetPaymentResponse> {
        Ok(Response::new(get_payment(&self.0, request).await?))
    }
}

impl Business for pb::RecordPaymentRequest {
    const PATH: &'static str = "taxchain.invoice.v1.PaymentService/RecordPayment";
    const KIND: PayloadKind = PayloadKind::RecordPayment;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let payment_ref = desk.reference(&external(self.payment_id, "payment_id")?);
        let payee = field::account(self.payee, "payee")?;
        desk.at_home(asked, Payload::RecordPayment { payment_ref, payee, amount: Fen(self.amount) }).await
    }
}

/// A payment is for its provider, its payee, and a bureau over the payee; to others it is not there.
async fn get_payment(
    desk: &Arc<Desk>,
    request: Request<pb::GetPaymentRequest>,
) -> Result<pb::GetPaymentResponse, Failure> {
    let (_, extensions, message) = request.into_parts();
    let (caller, stamp) = desk.read(&extensions, message.acting_account, message.read_options).await?;
    let slot = Slot(message.slot);
    let not_there = || Failure::not_found("payment", slot);
    let record = desk.node.output(slot).await?.ok_or_else(not_there)?;
    let payment = record.payment().ok_or_else(not_there)?;
    if ![payment.provider, payment.payee].contains(&caller.account) {
        let (asking, payee) = (desk.account(caller.account).await?, desk.account(payment.payee).await?);
        if !Desk::governs(&asking, payee.area) {
            return Err(not_there());
        }
    }
    Ok(pb::GetPaymentResponse { read_context: Some((&stamp).into()), output: Some((slot, &record).into()) })
}
