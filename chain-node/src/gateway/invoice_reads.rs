//! GetInvoice, GetOutput, ListOutputs, ListInvoices, GetHistory.

use ledger_types::{AccountId, Canonical, Height, Owner, Slot};
use proto::convert::field;
use proto::node::v1::*;
use proto::types::v1 as pb;
use storage::Reader;
use tonic::Status;

use super::page::Page;
use super::{NodeGateway, errors};

impl NodeGateway {
    pub(super) async fn invoice(&self, request: GetInvoiceRequest) -> Result<GetInvoiceResponse, Status> {
        use get_invoice_request::Invoice;
        self.at_height(request.read_options.as_ref()).await?;
        let which = request.invoice.ok_or_else(|| errors::invalid("invoice", "name a slot, or code and number"))?;
        let which = match which {
            Invoice::Slot(slot) => Ok(Slot(slot)),
            Invoice::Face(face) => Err((
                field::parse(&face.code, "face.code").map_err(errors::convert)?,
                field::parse(&face.number, "face.number").map_err(errors::convert)?,
            )),
        };
        let height = request.height.map(Height);
        let (output, origin_tx_id) = self
            .read(move |reader| {
                let slot = match which {
                    Ok(slot) => slot,
                    Err((code, number)) => reader
                        .invoice_by_number(code, number)
                        .map_err(errors::store)?
                        .ok_or_else(|| errors::not_found("invoice"))?,
                };
                let record = record_at(reader, slot, height)?.ok_or_else(|| errors::not_found("invoice"))?;
                let invoice = record.invoice().ok_or_else(|| errors::not_found("invoice"))?;
                let origin = invoice.origin;
                let frame = reader.frame(origin.height).map_err(errors::store)?;
                let body = frame.and_then(|f| f.block.txs.get(usize::from(origin.tx)).map(|t| t.envelope.tx_id()));
                let body = body.ok_or_else(|| errors::internal("the block of the invoice's body is missing"))?;
                Ok((pb::Output::from((slot, &record)), body.0.to_vec()))
            })
            .await?;
        Ok(GetInvoiceResponse { read_context: Some(self.context()), output: Some(output), origin_tx_id })
    }

    pub(super) async fn output(&self, request: GetOutputRequest) -> Result<GetOutputResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let (slot, height) = (Slot(request.slot), request.height.map(Height));
        let output = self
            .read(move |reader| {
                let record = record_at(reader, slot, height)?.ok_or_else(|| errors::not_found("output"))?;
                Ok(pb::Output::from((slot, &record)))
            })
            .await?;
        Ok(GetOutputResponse { read_context: Some(self.context()), output: Some(output) })
    }

    pub(super) async fn outputs(&self, request: ListOutputsRequest) -> Result<ListOutputsResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let owner: Owner = field::message(request.owner, "owner").map_err(errors::convert)?;
        let page = Page::read(request.page_size, &request.page_token, &owner.to_canonical())?;
        let (outputs, next_page_token) = self
            .read(move |reader| {
                let found = reader.outputs_of(&owner, page.after, page.limit).map_err(errors::store)?;
                Ok(listed(&page, &found))
            })
            .await?;
        Ok(ListOutputsResponse { read_context: Some(self.context()), outputs, next_page_token })
    }

    pub(super) async fn invoices(&self, request: ListInvoicesRequest) -> Result<ListInvoicesResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let page = Page::read(request.page_size, &request.page_token, &request.seller.to_le_bytes())?;
        let seller = AccountId(request.seller);
        let (invoices, next_page_token) = self
            .read(move |reader| {
                let found = reader.invoices_of_seller(seller, page.after, page.limit).map_err(errors::store)?;
                Ok(listed(&page, &found))
            })
            .await?;
        Ok(ListInvoicesResponse { read_context: Some(self.context()), invoices, next_page_token })
    }

    pub(super) async fn history(&self, request: GetHistoryRequest) -> Result<GetHistoryResponse, Status> {
        self.at_height(request.read_options.as_ref()).await?;
        let page = Page::read(request.page_size, &request.page_token, &request.slot.to_le_bytes())?;
        let slot = Slot(request.slot);
        let (steps, next_page_token) = self
            .read(move |reader| {
                // The token's place is the sequence of the last step sent.
                let after = page.after.map(|s| s.0);
                let all = reader.history(slot).map_err(errors::store)?;
                let wanted = all.iter().filter(|s| after.is_none_or(|a| u64::from(s.record.sequence) > a));
                let steps: Vec<_> = wanted.take(page.limit).collect();
                let last = steps.last().map(|s| Slot(u64::from(s.record.sequence)));
                let messages = steps.iter().map(|s| step_message(reader, s)).collect::<Result<Vec<_>, Status>>()?;
                Ok((messages, page.next(steps.len(), last)))
            })
            .await?;
        Ok(GetHistoryResponse { read_context: Some(self.context()), steps, next_page_token })
    }
}

fn record_at(
    reader: &Reader,
    slot: Slot,
    height: Option<Height>,
) -> Result<Option<ledger_types::OutputRecord>, Status> {
    match height {
        None => reader.output(slot),
        // What is there now may have changed by then.
        Some(height) if height > reader.tip().height => return Err(errors::height_not_reached(height)),
        Some(height) => reader.output_at(slot, height),
    }
    .map_err(errors::store)
}

/// A page of outputs and the token of the next.
fn listed(page: &Page, found: &[(Slot, ledger_types::OutputRecord)]) -> (Vec<pb::Output>, String) {
    let outputs = found.iter().map(|(slot, record)| pb::Output::from((*slot, record))).collect();
    (outputs, page.next(found.len(), found.last().map(|(slot, _)| *slot)))
}

fn step_message(reader: &Reader, step: &storage::Step) -> Result<HistoryStep, Status> {
    let frame = reader.frame(step.height).map_err(errors::store)?;
    let frame = frame.ok_or_else(|| errors::internal("a block of the history is missing"))?;
    let tx = (step.cause != ledger_types::change_set::SYSTEM_CAUSE)
        .then(|| frame.block.txs.get(usize::from(step.cause)))
        .flatten();
    let mut out = HistoryStep {
        height: step.height.0,
        time_ms: errors::wire_time(frame.block.header.time),
        cause: tx.map(|_| u32::from(step.cause)),
        tx_id: tx.map(|t| t.envelope.tx_id().0.to_vec()).unwrap_or_default(),
        record: Some((&step.record).into()),
        ..Default::default()
    };
    if let Some(tx) = tx {
        out.set_kind(tx.envelope.payload.kind().into());
    }
    Ok(out)
}
