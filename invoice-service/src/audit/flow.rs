//! An invoice's whole life.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::stream::{StreamExt, TryStreamExt};
use ledger_types::{
    AccountId, ClaimState, InvoiceRecord, InvoiceVerb, Owner, PayloadKind, ReimbursementState, SignerIdentity,
    Transaction, owner,
};
use proto::convert::field::wire_ms;
use proto::invoice::v1 as pb;
use proto::types::v1 as types;
use sdk::HistoryStep;
use tonic::Request;

use crate::bodies::readable;
use crate::desk::{Caller, Desk};
use crate::failure::Failure;
use crate::target::invoice_ref;
use crate::view::Held;

/// Transactions fetched side by side.
const SIDE_BY_SIDE: usize = 8;

pub(super) async fn invoice_flow(
    desk: &Arc<Desk>,
    request: Request<pb::GetInvoiceFlowRequest>,
) -> Result<pb::GetInvoiceFlowResponse, Failure> {
    let (_, extensions, message) = request.into_parts();
    let (caller, stamp) = desk.read(&extensions, message.acting_account, message.read_options).await?;
    let held = desk.unmoved(invoice_ref(message.invoice)?).await?;
    may_follow(desk, caller, &held).await?;
    let history = desk.node.history(held.slot).await?;
    let red_form = match held.invoice.red_form {
        Some(id) => desk.red_form(id).await?,
        None => None,
    };
    Ok(pb::GetInvoiceFlowResponse {
        read_context: Some((&stamp).into()),
        invoice: readable(desk.view(&held).await)?,
        steps: steps(desk, history).await?,
        red_form,
    })
}

/// For its seller, its holder, whoever books or reimburses it, and a bureau over the area it was issued in.
async fn may_follow(desk: &Arc<Desk>, caller: Caller, held: &Held) -> Result<(), Failure> {
    let address = owner::account_address(&desk.chain(), caller.account);
    let invoice = &held.invoice;
    let locker = match invoice.reimbursement {
        ReimbursementState::Open => None,
        ReimbursementState::Locked { by, .. } | ReimbursementState::Closed { by, .. } => Some(by),
    };
    let party = invoice.seller == caller.account
        || held.output.owner == Owner::Address(address)
        || matches!(invoice.claim, ClaimState::Offered { from, to, .. } if from == address || to == address)
        || [locker, invoice.booking.booked_by()].contains(&Some(caller.account));
    if party || Desk::governs(&desk.account(caller.account).await?, invoice.code.area()) {
        return Ok(());
    }
    Err(Failure::forbidden("the invoice is not yours and not in your area"))
}

/// Who acted, for whom, and where in its block.
struct Act {
    index: u16,
    actor: Option<AccountId>,
    acting_for: Option<AccountId>,
}

impl Act {
    fn of(index: u16, tx: &Transaction) -> Self {
        let signer = tx.envelope.signers.first();
        let actor = signer.and_then(|signer| match signer.identity {
            SignerIdentity::Account { account, .. } => Some(account),
            SignerIdentity::BareKey(_) => None,
        });
        Self { index, actor, acting_for: signer.and_then(|signer| signer.acting_for) }
    }
}

async fn steps(desk: &Arc<Desk>, history: Vec<HistoryStep>) -> Result<Vec<pb::FlowStep>, Failure> {
    let act = |tx: Option<ledger_types::TxId>| async move {
        let Some(id) = tx else { return Ok::<_, Failure>(None) };
        let found = desk.node.transaction(&id).await?.ok_or_else(|| Failure::not_found("transaction", id))?;
        Ok(Some(Act::of(found.entry.index, &found.tx)))
    };
    let txs: Vec<_> = history.iter().map(|s| s.tx).collect();
    let acts: Vec<Option<Act>> =
        futures::stream::iter(txs.into_iter().map(act)).buffered(SIDE_BY_SIDE).try_collect().await?;
    let mut named: Vec<AccountId> = Vec::new();
    for act in acts.iter().flatten() {
        named.extend(act.actor.iter().chain(&act.acting_for));
    }
    let names = desk.names(named.into_iter()).await?;
    let mut before: Option<InvoiceRecord> = None;
    let mut out = Vec::with_capacity(history.len());
    for (step, act) in history.iter().zip(&acts) {
        let Some(now) = step.record.invoice() else { continue };
        out.push(message(step, act.as_ref(), now, before.as_ref(), &names));
        before = Some(*now);
    }
    Ok(out)
}

fn message(
    step: &HistoryStep,
    act: Option<&Act>,
    now: &InvoiceRecord,
    before: Option<&InvoiceRecord>,
    names: &BTreeMap<AccountId, String>,
) -> pb::FlowStep {
    let name = |account: Option<AccountId>| account.and_then(|a| names.get(&a).cloned()).unwrap_or_default();
    let (actor, acting_for) = (act.and_then(|a| a.actor), act.and_then(|a| a.acting_for));
    let verb = verb(step.kind, now, before).map_or(pb::InvoiceVerb::Unspecified, Into::into);
    let kind = step.kind.map_or(types::PayloadKind::Unspecified, Into::into);
    pb::FlowStep {
        sequence: step.record.sequence,
        verb: verb.into(),
        kind: kind.into(),
        height: step.height.0,
        index: act.map(|a| a.index.into()),
        tx_id: step.tx.map(|id| id.0.to_vec()).unwrap_or_default(),
        time_ms: wire_ms(step.time.0),
        time: step.time.to_string(),
        actor: actor.map(|a| a.0),
        actor_name: name(actor),
        owner: Some((&step.record.owner).into()),
        state: Some(now.into()),
        acting_for: acting_for.map(|a| a.0),
        acting_for_name: name(acting_for),
    }
}

/// What was done. A task that fell due is known by what it changed.
fn verb(kind: Option<PayloadKind>, now: &InvoiceRecord, before: Option<&InvoiceRecord>) -> Option<InvoiceVerb> {
    use PayloadKind as K;
    Some(match kind {
        Some(K::Issue | K::IssueApplied | K::IssueBatch) => InvoiceVerb::Issue,
        Some(K::Claim) => InvoiceVerb::Claim,
        Some(K::OfferTransfer) => InvoiceVerb::Offer,
        Some(K::AcceptTransfer) => InvoiceVerb::Accept,
        Some(K::RefuseTransfer) => InvoiceVerb::Refuse,
        Some(K::WithdrawTransfer) => InvoiceVerb::Withdraw,
        Some(K::Lock) => InvoiceVerb::Lock,
        Some(K::Unlock) => InvoiceVerb::Unlock,
        Some(K::Book) => InvoiceVerb::Book,
        Some(K::Unbook) => InvoiceVerb::Unbook,
        Some(K::Reimburse) => InvoiceVerb::Reimburse,
        Some(K::RequestRed | K::AnswerRed | K::IssueRed) => InvoiceVerb::Red,
        Some(_) => return None,
        None => match (before?.claim, before?.reimbursement) {
            (ClaimState::Offered { .. }, _) if now.claim == ClaimState::Claimed => InvoiceVerb::OfferLapse,
            (_, ReimbursementState::Locked { .. }) if now.reimbursement == ReimbursementState::Open => {
                InvoiceVerb::LockLapse
            }
            _ => return None,
        },
    })
}

#[cfg(test)]
#[path = "flow_test.rs"]
mod flow_test;
