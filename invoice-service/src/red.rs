//! Red letters: asking, answering, issuing. The same for sellers and buyers; the chain knows which side asks.

use std::sync::Arc;

use ledger_types::{FormId, Payload, PayloadKind, RedReason, TxOutcome};
use proto::convert::{InvoiceRef, field};
use proto::invoice::v1 as pb;
use proto::types::v1 as types;
use tonic::Request;

use crate::bodies::readable;
use crate::business::Business;
use crate::change::Made;
use crate::content::Asked;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::target::{invoice_ref, red_answer};

type WithForm = Result<(pb::Operation, Option<types::RedForm>), Failure>;

impl Desk {
    /// Opens a form.
    pub(crate) async fn opened_form<M: Business>(self: &Arc<Self>, request: Request<M>) -> WithForm {
        let (_, done) = self.act(request).await?;
        let form = match done.outcome() {
            Some(TxOutcome::FormOpened(id)) => self.red_form(*id).await?,
            _ => None,
        };
        Ok((done.operation(), form))
    }

    /// Answers a form, or withdraws it.
    pub(crate) async fn answered_form<M: Business>(self: &Arc<Self>, form: u64, request: Request<M>) -> WithForm {
        let (_, done) = self.act(request).await?;
        let form = if done.outcome().is_some() { self.red_form(FormId(form)).await? } else { None };
        Ok((done.operation(), form))
    }

    /// Issues the red invoice.
    pub(crate) async fn issue_red(
        self: &Arc<Self>,
        request: Request<pb::IssueRedRequest>,
    ) -> Result<pb::IssueRedResponse, Failure> {
        let (asked, done) = self.act(request).await?;
        let (mut red_answer, mut blue_face) = (None, None);
        if let (Some(TxOutcome::RedIssued { red, blue }), Some(time)) = (done.outcome(), done.time()) {
            let held = self.held(red.slot).await?;
            if let Some(opened) = readable(self.bodies.open(held.slot, &held.invoice).await)? {
                let seller = self.account(asked.account).await?;
                red_answer = Some(self.issued(*red, &opened, &seller, time, String::new()));
            }
            blue_face = self.face_of(*blue).await?.map(Into::into);
        }
        Ok(pb::IssueRedResponse { operation: Some(done.operation()), red: red_answer, blue: blue_face })
    }

    async fn draft_form(&self, asked: Asked, invoice: Option<pb::InvoiceRef>, reason: i32) -> Result<Made, Failure> {
        let (invoice, reason) = (invoice_ref(invoice)?, red_reason(reason)?);
        let held = self.unmoved(invoice).await?;
        let payload = Payload::RequestRed { invoice: held.slot, reason };
        Ok(self.plain(asked, held.invoice.code.area(), payload))
    }

    async fn draft_answer(&self, asked: Asked, form: u64, answer: i32) -> Result<Made, Failure> {
        self.at_home(asked, Payload::AnswerRed { form: FormId(form), answer: red_answer(answer)? }).await
    }

    /// A form for an answer.
    pub(crate) async fn red_form(&self, id: FormId) -> Result<Option<types::RedForm>, Failure> {
        Ok(self.node.red_form(id).await?.as_ref().map(Into::into))
    }
}

impl Business for pb::IssueRedRequest {
    const PATH: &'static str = "taxchain.invoice.v1.MerchantService/IssueRed";
    const KIND: PayloadKind = PayloadKind::IssueRed;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        let (invoice, reason): (InvoiceRef, _) = (invoice_ref(self.invoice)?, red_reason(self.reason)?);
        let held = desk.find(invoice.id).await?;
        let sequence = invoice.sequence.unwrap_or(held.output.sequence);
        let payload = Payload::IssueRed { invoice: held.slot, sequence, reason, form: self.form.map(FormId) };
        Ok(desk.plain(asked, held.invoice.code.area(), payload))
    }
}

impl Business for pb::RequestRedRequest {
    const PATH: &'static str = "taxchain.invoice.v1.MerchantService/RequestRed";
    const KIND: PayloadKind = PayloadKind::RequestRed;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.draft_form(asked, self.invoice, self.reason).await
    }
}

impl Business for pb::RequestRedAsBuyerRequest {
    const PATH: &'static str = "taxchain.invoice.v1.FinanceService/RequestRedAsBuyer";
    const KIND: PayloadKind = PayloadKind::RequestRed;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.draft_form(asked, self.invoice, self.reason).await
    }
}

impl Business for pb::AnswerRedRequest {
    const PATH: &'static str = "taxchain.invoice.v1.MerchantService/AnswerRed";
    const KIND: PayloadKind = PayloadKind::AnswerRed;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.draft_answer(asked, self.form, self.answer).await
    }
}

impl Business for pb::AnswerRedAsBuyerRequest {
    const PATH: &'static str = "taxchain.invoice.v1.FinanceService/AnswerRedAsBuyer";
    const KIND: PayloadKind = PayloadKind::AnswerRed;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.draft_answer(asked, self.form, self.answer).await
    }
}

fn red_reason(value: i32) -> Result<RedReason, Failure> {
    Ok(field::choice::<types::RedReason, RedReason>(value, "reason")?)
}
