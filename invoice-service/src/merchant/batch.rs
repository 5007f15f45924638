//! Many invoices under one signature.

use std::sync::Arc;

use ledger_types::receipt::Issued;
use ledger_types::{InvoiceNumber, Slot, TxOutcome};
use proto::convert::BatchDraft;
use proto::invoice::v1 as pb;
use sdk::{InvoiceDraft, sign_batch};
use tonic::Request;

use super::issue::random;
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
        let (asked, message) = self.ask("IssueBatch", request).await?;
        let invoices = message.read_invoices()?;
        let done = self.change(asked, || self.make_batch(asked, invoices)).await?;
        let invoices = match done.outcome() {
            Some(TxOutcome::BatchIssued { first, count }) => self.batch_answer(asked, &done, *first, *count).await?,
            _ => Vec::new(),
        };
        Ok(pb::IssueBatchResponse { operation: Some(done.operation()), invoices })
    }

    async fn make_batch(&self, asked: Asked, invoices: Vec<BatchDraft>) -> Result<Made, Failure> {
        let seller = self.account(asked.account).await?;
        let (mut drafts, mut tokens) = (Vec::with_capacity(invoices.len()), Vec::new());
        let mut refusals = Vec::new();
        for (item, one) in (0u16..).zip(invoices) {
            let (owner, token) = self.first_owner(one.recipient).map_err(|f| at_item(f, item))?;
            tokens.extend(token.clone().map(|t| (item, t)));
            match self.draft(seller.area, one.invoice).await.map_err(|f| at_item(f, item)) {
                Ok(draft) => drafts.push((owner, InvoiceDraft { token, ..draft })),
                Err(Failure::Refused(more, _)) => refusals.extend(more),
                Err(other) => return Err(other),
            }
        }
        if !refusals.is_empty() {
            return Err(Failure::Refused(refusals, None));
        }
        let signer = self.signer(asked.account).await?;
        let signed = sign_batch(&self.frame(asked, seller.area), &drafts, &[&signer], &mut random)?;
        Ok(Made { signed, tokens })
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
