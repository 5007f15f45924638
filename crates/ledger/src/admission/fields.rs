//! Limits of single fields, whatever the state: lengths, ranges, forms. What a rule book or the register may decide
//! otherwise is not checked here, so that its own reason stays reachable.

mod access;
mod certificate;
mod committee;
mod delegation;
mod evidence;
mod invoice;
mod keys;
mod recovery;
mod spends;
mod switch;

pub(super) use invoice::check_opened;

use ledger_types::limits::{MAX_BATCH_ITEMS, MAX_NAME_BYTES};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{BatchItem, ChainId, Digest, Fen, OwnerCondition, Payload, RejectReason, TaxId};

/// Checks the public fields of a payload.
pub(super) fn check_payload(chain: &ChainId, payload: &Payload) -> Result<(), Refusal> {
    match payload {
        Payload::OpenAccount { tax_id, name, keys, .. } => {
            check_tax_id(tax_id.as_ref())?;
            check_name(name)?;
            keys::check(keys)
        }
        Payload::UpdateKeys { add, revoke, .. } => keys::check_update(add, revoke),
        Payload::Apply { request, .. } => {
            // A payment is used up when the invoice is issued, and an application does not carry the link there.
            if !request.payments.is_empty() {
                return Err(bad(Field::Payments));
            }
            invoice::check_request(request)
        }
        Payload::Issue(request) => invoice::check_request(request),
        Payload::IssueBatch { count, .. } => {
            let limit = [Arg::Count(u64::from(*count)), Arg::Count(u64::from(MAX_BATCH_ITEMS))];
            ensure((1..=MAX_BATCH_ITEMS).contains(count), || bad(Field::Batch).with(limit))
        }
        Payload::RecordPayment { payment_ref, amount, .. } => {
            ensure(*payment_ref != Digest::ZERO, || bad(Field::PaymentRef))?;
            ensure(is_positive(*amount), || bad(Field::Amount).with([Arg::Money(*amount)]))
        }
        Payload::Claim { spend, .. }
        | Payload::OfferTransfer { spend, .. }
        | Payload::AcceptTransfer { spend }
        | Payload::RefuseTransfer { spend }
        | Payload::WithdrawTransfer { spend }
        | Payload::Book { spend, .. }
        | Payload::Unbook { spend }
        | Payload::Reimburse { spend, .. } => spends::check_one(spend),
        Payload::Lock { spends, .. } | Payload::Unlock { spends } => spends::check_many(spends),
        Payload::CloseAccount { .. }
        | Payload::ApproveTaxpayer { .. }
        | Payload::PublishRuleBook(_)
        | Payload::SetTaxpayerStatus { .. }
        | Payload::IssueApplied { .. }
        | Payload::WithdrawApplication { .. }
        | Payload::RequestRed { .. }
        | Payload::AnswerRed { .. }
        | Payload::IssueRed { .. }
        | Payload::EndDelegation { .. }
        | Payload::ApproveRecovery { .. }
        | Payload::CancelRecovery { .. }
        | Payload::ApproveChange { .. }
        | Payload::WithdrawChange { .. }
        | Payload::EndRole { .. }
        | Payload::AnchorLog { .. }
        | Payload::RevokeAccess { .. } => Ok(()),
        Payload::GrantAccess(_)
        | Payload::OpenInspection(_)
        | Payload::RecordAccess(_)
        | Payload::RecordLinkAccess(_)
        | Payload::OrderErasure(_) => access::check(payload),
        Payload::AssignRole { holder, .. } => ensure(*holder != Digest::ZERO, || bad(Field::Role)),
        Payload::ProposeChange { change, .. } => certificate::check_change(change),
        Payload::Delegate { kinds, daily_amount, .. } => delegation::check(*kinds, *daily_amount),
        Payload::SetRecovery { policy } => recovery::check_policy(policy.as_ref()),
        Payload::ProposeRecovery { new_key, .. } => recovery::check_key(new_key),
        Payload::RegisterCertificate { certificate, .. } => certificate::check(certificate),
        Payload::RevokeCertificate { reason, .. } => certificate::check_reason(*reason),
        Payload::ReportMisbehaviour(evidence) => evidence::check(chain, evidence),
        Payload::SwitchConsensus(certificate) => switch::check(chain, certificate),
        Payload::CommitteeReady(ready) => committee::check_ready(chain, ready),
    }
}

/// Checks the owners of a batch's invoices.
pub(super) fn check_items(items: &[BatchItem]) -> Result<(), Refusal> {
    for (i, item) in items.iter().enumerate() {
        check_owner(&item.owner).map_err(|refusal| refusal.at_item(i as u16))?;
    }
    Ok(())
}

fn bad(field: Field) -> Refusal {
    Refusal::new(RejectReason::BadField, field)
}

fn ensure(holds: bool, refusal: impl FnOnce() -> Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(refusal()) }
}

fn is_positive(amount: Fen) -> bool {
    amount > Fen::ZERO && amount.in_range()
}

fn check_tax_id(tax_id: Option<&TaxId>) -> Result<(), Refusal> {
    ensure(tax_id.is_none_or(|id| id.check().is_ok()), || bad(Field::TaxId))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let args = [Arg::Count(name.len() as u64), Arg::Count(MAX_NAME_BYTES as u64)];
    ensure(name.len() <= MAX_NAME_BYTES, || bad(Field::Name).with(args))?;
    ensure(!name.chars().any(char::is_control), || bad(Field::Name))
}

fn check_owner(owner: &OwnerCondition) -> Result<(), Refusal> {
    ensure(owner.is_well_formed(), || bad(Field::Owner))
}
