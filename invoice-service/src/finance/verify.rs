//! Checking invoices before they are reimbursed: one or many, a reason for each check that fails.

use std::sync::Arc;

use futures::stream::{StreamExt, TryStreamExt};
use ledger_types::limits::MAX_SPENDS;
use ledger_types::{Account, Address, FaceState, Fen, RedFormState, owner};
use proto::convert::InvoiceRef;
use proto::invoice::v1 as pb;
use proto::{EdgeReason, Reason};
use sdk::ClientError;
use tonic::Request;

use super::check::{self, Checker};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::target::invoice_ref;
use crate::view::Held;

/// Invoices checked side by side.
const SIDE_BY_SIDE: usize = 8;

pub(super) async fn verify(
    desk: &Arc<Desk>,
    request: Request<pb::VerifyRequest>,
) -> Result<pb::VerifyResponse, Failure> {
    let (_, extensions, message) = request.into_parts();
    let (caller, stamp) = desk.read(&extensions, message.acting_account, message.read_options).await?;
    let items = read(message.items)?;
    let company = desk.account(caller.account).await?;
    let address = owner::account_address(&desk.chain(), company.id);
    let company = &company;
    let one = |(invoice, total)| one(desk, company, address, invoice, total);
    let results = futures::stream::iter(items.into_iter().map(one)).buffered(SIDE_BY_SIDE).try_collect().await?;
    Ok(pb::VerifyResponse { read_context: Some((&stamp).into()), results })
}

fn read(items: Vec<pb::VerifyItem>) -> Result<Vec<(InvoiceRef, Option<Fen>)>, Failure> {
    if items.is_empty() {
        return Err(proto::ConvertError::missing("items").into());
    }
    proto::convert::field::at_most(items.len(), MAX_SPENDS, "items")?;
    items.into_iter().map(|item| Ok((invoice_ref(item.invoice)?, item.total.map(Fen)))).collect()
}

async fn one(
    desk: &Arc<Desk>,
    company: &Account,
    address: Address,
    invoice: InvoiceRef,
    paper_total: Option<Fen>,
) -> Result<pb::VerifyResult, Failure> {
    let checker = Checker { company, address, paper_total };
    let held = match desk.find(invoice.id).await {
        Ok(held) if checker.may_see(&held) => held,
        Ok(_) | Err(Failure::Refused(..)) => return Ok(result(check::unknown(), None)),
        Err(fault) => return Err(fault),
    };
    if invoice.sequence.is_some_and(|seen| seen != held.output.sequence) {
        return Ok(result(check::moved(), None));
    }
    let opened = desk.bodies.open(held.slot, &held.invoice).await?;
    let mut checks = checker.run(&without_settled_form(desk, held).await?, &opened.body.buyer);
    if let Some(proof) = proof(desk, &held).await? {
        checks.push(proof);
    }
    let view = if checker.is_holder(&held) { Some(desk.view(&held).await?) } else { None };
    Ok(result(checks, view))
}

fn result(checks: Vec<pb::Check>, invoice: Option<pb::InvoiceView>) -> pb::VerifyResult {
    pb::VerifyResult { passed: checks.iter().all(|c| c.passed), checks, invoice }
}

/// A form that was refused, withdrawn or lapsed no longer stands in the way.
async fn without_settled_form(desk: &Arc<Desk>, held: Held) -> Result<Held, Failure> {
    let (FaceState::Blue, Some(id)) = (held.invoice.face, held.invoice.red_form) else { return Ok(held) };
    let open = desk.node.red_form(id).await?.is_some_and(|form| {
        matches!(form.state, RedFormState::AwaitingBuyer | RedFormState::AwaitingSeller | RedFormState::Confirmed)
    });
    let red_form = held.invoice.red_form.filter(|_| open);
    Ok(Held { invoice: ledger_types::InvoiceRecord { red_form, ..held.invoice }, ..held })
}

/// Holds the node's proof against the genesis document; none while the next block is not there yet.
async fn proof(desk: &Arc<Desk>, held: &Held) -> Result<Option<pb::Check>, Failure> {
    let file = match desk.node.proof(held.slot, false).await {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(None),
        Err(ClientError::Report(report)) if report.reason == Some(Reason::Edge(EdgeReason::NotProvableYet)) => {
            return Ok(None);
        }
        Err(other) => return Err(other.into()),
    };
    let desk = Arc::clone(desk);
    // Signatures and hashes: not on a thread that answers calls.
    let checked = tokio::task::spawn_blocking(move || proofs::invoice_proof::verify(desk.node.genesis(), &file)).await;
    let checked = checked.map_err(|_| crate::error::ServiceError::Stopped)?;
    Ok(Some(match checked {
        Ok(proven) if proven.slot == held.slot => check::proof(None),
        Ok(_) => check::proof(Some("it is another invoice's")),
        Err(error) => check::proof(Some(&error.to_string())),
    }))
}
