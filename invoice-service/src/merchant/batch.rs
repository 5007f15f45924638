//! Many invoices under one signature.

use std::sync::Arc;

use ledger_types::receipt::Issued;
use ledger_types::{InvoiceNumber, PayloadKind, Slot, TxOutcome};
use proto::convert::BatchDraft;
use proto::invoice::v1 as pb;
use sdk::{Draft, InvoiceDraft};
use tonic::Request;

use super::issue::random;
use crate::business::Business;
use crate::change::{Done, Made};
use crate::content::Asked;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::target::at_item;

impl Desk {
    pub(crate) async fn issue_batch(
        self: &Arc<Self>,
        request: Request<pb::IssueBatchRequest>,
    ) -> Result<pb::IssueBatchResponse, Failure> {
        let (asked, done) = self.act(request).await?;
        let invoices = match done.outcome() {
            Some(TxOutcome::BatchIssued { first, count }) => self.batch_answer(asked, &done, *first, *count).await?,
            _ => Vec::new(),
        };
        Ok(pb::IssueBatchResponse { operation: Some(done.operation()), invoices })
    }

    async fn make_batch(&self, asked: Asked, invoices: Vec<BatchDraft>) -> Result<Made, Failure> {
        let seller = self.account(asked.account).await?;
        let mut drafts = Vec::with_capacity(invoices.len());
        let mut refusals = Vec::new();
        for (item, one) in (0u16..).zip(invoices) {
            let (owner, token) = self.first_owner(one.recipient).map_err(|f| at_item(f, item))?;
            match self.draft(seller.area, one.invoice).await.map_err(|f| at_item(f, item)) {
                Ok(draft) => drafts.push((owner, InvoiceDraft { token, ..draft })),
                Err(Failure::Refused(more, _)) => refusals.extend(more),
                Err(other) => return Err(other),
            }
        }
        if !refusals.is_empty() {
            return Err(Failure::Refused(refusals, None));
        }
        Ok(Draft::batch(self.frame(asked, seller.area), &drafts, &mut random)?.into())
    }

    async fn batch_answer(
        &self,
        asked: Asked,
        done: &Done,
        first: Issued,
        count: u16,
    ) -> Result<Vec<pb::IssuedInvoice>, Failure> {
        let (seller, tx) = (self.account(asked.account).await?, done.transaction()?);
        let time = done.time().unwrap_or_default();
        let mut tokens = self.tokens_of(asked.account, asked.request).await?.into_iter().peekable();
        let mut answer = Vec::with_capacity(usize::from(count));
        for item in 0..count {
            let opened = self.own_body(seller.id, &tx, item).await?;
            let token = tokens.next_if(|t| t.0 == item).map(|t| t.1).unwrap_or_default();
            answer.push(self.issued(self.nth(first, item).await?, &opened, &seller, time, token));
        }
        Ok(answer)
    }

    /// Slots and numbers follow the first; where a code ended within the batch, the chain is asked.
    async fn nth(&self, first: Issued, item: u16) -> Result<Issued, Failure> {
        let slot = Slot(first.slot.0 + u64::from(item));
        match InvoiceNumber::new(first.number.value().saturating_add(item.into())) {
            Ok(number) => Ok(Issued { slot, code: first.code, number }),
            Err(_) => {
                let invoice = self.held(slot).await?.invoice;
                Ok(Issued { slot, code: invoice.code, number: invoice.number })
            }
        }
    }
}

impl Business for pb::IssueBatchRequest {
    const PATH: &'static str = "taxchain.invoice.v1.MerchantService/IssueBatch";
    const KIND: PayloadKind = PayloadKind::IssueBatch;

    async fn draft(self, desk: &Desk, asked: Asked) -> Result<Made, Failure> {
        desk.make_batch(asked, self.read_invoices()?).await
    }
}
