//! Red letters: asking, answering, issuing. The same for sellers and buyers; the chain knows which side asks.

use std::sync::Arc;

use ledger_types::{FormId, Payload, RedReason, TxOutcome};
use proto::convert::{InvoiceRef, field};
use proto::invoice::v1 as pb;
use proto::types::v1 as types;
use tonic::Request;

use crate::content::Asked;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::target::{invoice_ref, red_answer};

type WithForm = Result<(pb::Operation, Option<types::RedForm>), Failure>;

impl Desk {
    /// Opens a form.
    pub(crate) async fn request_red(
        self: &Arc<Self>,
        asked: Asked,
        invoice: Option<pb::InvoiceRef>,
        reason: i32,
    ) -> WithForm {
        let (invoice, reason) = (invoice_ref(invoice)?, red_reason(reason)?);
        let make = || async {
            let held = self.unmoved(invoice).await?;
            let payload = Payload::RequestRed { invoice: held.slot, reason };
            self.sign(asked, held.invoice.code.area(), payload).await
        };
        let done = self.change(asked, make).await?;
        let form = match done.outcome() {
            Some(TxOutcome::FormOpened(id)) => self.red_form(*id).await?,
            _ => None,
        };
        Ok((done.operation(), form))
    }

    /// Answers a form, or withdraws it.
    pub(crate) async fn answer_red(self: &Arc<Self>, asked: Asked, form: u64, answer: i32) -> WithForm {
        let form = FormId(form);
        let payload = Payload::AnswerRed { form, answer: red_answer(answer)? };
        let done = self.change(asked, || self.sign_at_home(asked, payload)).await?;
        let form = if done.outcome().is_some() { self.red_form(form).await? } else { None };
        Ok((done.operation(), form))
    }

    /// Issues the red invoice.
    pub(crate) async fn issue_red(
        self: &Arc<Self>,
        request: Request<pb::IssueRedRequest>,
    ) -> Result<pb::IssueRedResponse, Failure> {
        let (asked, message) = self.ask("IssueRed", request).await?;
        let (invoice, reason) = (invoice_ref(message.invoice)?, red_reason(message.reason)?);
        let form = message.form.map(FormId);
        let done = self.change(asked, || self.make_red(asked, invoice, reason, form)).await?;
        let (mut red_answer, mut blue_face) = (None, None);
        if let (Some(TxOutcome::RedIssued { red, blue }), Some(time)) = (done.outcome(), done.time()) {
            let held = self.held(red.slot).await?;
            let opened = self.bodies.open(held.slot, &held.invoice).await?;
            let seller = self.account(asked.account).await?;
            red_answer = Some(self.issued(*red, &opened, &seller, time, String::new()));
            blue_face = self.face_of(*blue).await?.map(Into::into);
        }
        Ok(pb::IssueRedResponse { operation: Some(done.operation()), red: red_answer, blue: blue_face })
    }

    async fn make_red(
        &self,
        asked: Asked,
        invoice: InvoiceRef,
        reason: RedReason,
        form: Option<FormId>,
    ) -> Result<crate::change::Made, Failure> {
        let held = self.find(invoice.id).await?;
        let sequence = invoice.sequence.unwrap_or(held.output.sequence);
        let payload = Payload::IssueRed { invoice: held.slot, sequence, reason, form };
        self.sign(asked, held.invoice.code.area(), payload).await
    }

    /// A form for an answer.
    pub(crate) async fn red_form(&self, id: FormId) -> Result<Option<types::RedForm>, Failure> {
        Ok(self.node.red_form(id).await?.as_ref().map(Into::into))
    }
}

fn red_reason(value: i32) -> Result<RedReason, Failure> {
    Ok(field::choice::<types::RedReason, RedReason>(value, "reason")?)
}
