//! Payloads, for reading. From the wire a transaction comes as canonical bytes alone.

use ledger_types::payload::{InvoiceRequest, PaymentUse};
use ledger_types::{Canonical, Office, Payload, Spend};

use super::field::wire_ms;
use crate::types::v1 as wire;
use crate::types::v1::payload::Payload as Wire;

impl From<&Spend> for wire::Spend {
    fn from(s: &Spend) -> Self {
        Self { slot: s.slot.0, sequence: s.sequence, reveal: s.reveal.as_ref().map(Into::into) }
    }
}

impl From<&InvoiceRequest> for wire::InvoiceRequest {
    fn from(r: &InvoiceRequest) -> Self {
        let part = |p: &PaymentUse| wire::PaymentUse { spend: Some((&p.spend).into()), amount: p.amount.0 };
        Self {
            owner: Some((&r.owner).into()),
            order_ref: r.order_ref.0.to_vec(),
            payments: r.payments.iter().map(part).collect(),
        }
    }
}

fn spends(list: &[Spend]) -> Vec<wire::Spend> {
    list.iter().map(Into::into).collect()
}

impl From<&Payload> for wire::Payload {
    fn from(payload: &Payload) -> Self {
        // Groups only to keep functions short; a test holds every kind against this chain.
        let groups = [register, issue, flow, rules, super::register::payload];
        Self { payload: groups.iter().find_map(|group| group(payload)) }
    }
}

fn register(payload: &Payload) -> Option<Wire> {
    Some(match payload {
        Payload::OpenAccount { kind, area, tax_id, name, keys } => Wire::OpenAccount(wire::OpenAccountPayload {
            kind: wire::AccountKind::from(*kind).into(),
            area: area.0.into(),
            tax_id: tax_id.as_ref().map(|t| t.as_str().to_owned()),
            name: name.clone(),
            keys: keys.iter().map(Into::into).collect(),
        }),
        Payload::UpdateKeys { account, add, revoke } => Wire::UpdateKeys(wire::UpdateKeysPayload {
            account: account.0,
            add: add.iter().map(Into::into).collect(),
            revoke: revoke.iter().map(|k| k.0.into()).collect(),
        }),
        Payload::CloseAccount { account } => Wire::CloseAccount(account.0),
        Payload::ApproveTaxpayer { account, profile } => {
            Wire::ApproveTaxpayer(wire::ApproveTaxpayerPayload { account: account.0, profile: Some(profile.into()) })
        }
        Payload::PublishRuleBook(book) => Wire::PublishRuleBook((&**book).into()),
        Payload::SetTaxpayerStatus { account, status, reason } => {
            Wire::SetTaxpayerStatus(wire::SetTaxpayerStatusPayload {
                account: account.0,
                status: wire::TaxpayerStatus::from(*status).into(),
                reason: (*reason).into(),
            })
        }
        _ => return None,
    })
}

fn issue(payload: &Payload) -> Option<Wire> {
    Some(match payload {
        Payload::Apply { request, expires_ms } => {
            Wire::Apply(wire::ApplyPayload { request: Some(request.into()), expires_ms: wire_ms(*expires_ms) })
        }
        Payload::IssueApplied { application } => Wire::IssueApplied(application.0),
        Payload::WithdrawApplication { application } => Wire::WithdrawApplication(application.0),
        Payload::Issue(request) => Wire::Issue(request.into()),
        Payload::IssueBatch { count, root } => {
            Wire::IssueBatch(wire::IssueBatchPayload { count: (*count).into(), root: root.0.to_vec() })
        }
        Payload::RecordPayment { payment_ref, payee, amount } => Wire::RecordPayment(wire::RecordPaymentPayload {
            payment_ref: payment_ref.0.to_vec(),
            payee: payee.0,
            amount: amount.0,
        }),
        Payload::RequestRed { invoice, reason } => Wire::RequestRed(wire::RequestRedPayload {
            invoice: invoice.0,
            reason: wire::RedReason::from(*reason).into(),
        }),
        Payload::AnswerRed { form, answer } => {
            Wire::AnswerRed(wire::AnswerRedPayload { form: form.0, answer: wire::RedAnswer::from(*answer).into() })
        }
        Payload::IssueRed { invoice, sequence, reason, form } => Wire::IssueRed(wire::IssueRedPayload {
            invoice: invoice.0,
            sequence: *sequence,
            reason: wire::RedReason::from(*reason).into(),
            form: form.map(|f| f.0),
        }),
        _ => return None,
    })
}

fn flow(payload: &Payload) -> Option<Wire> {
    Some(match payload {
        Payload::Claim { spend, to } => {
            Wire::Claim(wire::ClaimPayload { spend: Some(spend.into()), to: to.0.to_vec() })
        }
        Payload::OfferTransfer { spend, to, until_ms } => Wire::OfferTransfer(wire::OfferTransferPayload {
            spend: Some(spend.into()),
            to: to.0.to_vec(),
            until_ms: wire_ms(*until_ms),
        }),
        Payload::AcceptTransfer { spend } => Wire::AcceptTransfer(spend.into()),
        Payload::RefuseTransfer { spend } => Wire::RefuseTransfer(spend.into()),
        Payload::WithdrawTransfer { spend } => Wire::WithdrawTransfer(spend.into()),
        Payload::Lock { spends: list, until_ms, reason } => Wire::Lock(wire::LockPayload {
            spends: spends(list),
            until_ms: wire_ms(*until_ms),
            reason: (*reason).into(),
        }),
        Payload::Unlock { spends: list } => Wire::Unlock(wire::UnlockPayload { spends: spends(list) }),
        Payload::Book { spend, deductible, voucher_ref } => Wire::Book(wire::BookPayload {
            spend: Some(spend.into()),
            deductible: *deductible,
            voucher_ref: voucher_ref.0.to_vec(),
        }),
        Payload::Unbook { spend } => Wire::Unbook(spend.into()),
        Payload::Reimburse { spend, paid_ref } => {
            Wire::Reimburse(wire::ReimbursePayload { spend: Some(spend.into()), paid_ref: paid_ref.0.to_vec() })
        }
        _ => return None,
    })
}

fn rules(payload: &Payload) -> Option<Wire> {
    Some(match payload {
        Payload::ProposeChange { change, effective } => Wire::ProposeChange(wire::ProposeChangePayload {
            change: Some(change.into()),
            effective_height: effective.0,
        }),
        Payload::ApproveChange { proposal } => Wire::ApproveChange(proposal.0),
        Payload::WithdrawChange { proposal } => Wire::WithdrawChange(proposal.0),
        Payload::ReportMisbehaviour(evidence) => Wire::ReportMisbehaviour(evidence.to_canonical()),
        Payload::SwitchConsensus(certificate) => Wire::SwitchConsensus(certificate.to_canonical()),
        Payload::CommitteeReady(ready) => Wire::CommitteeReady(ready.to_canonical()),
        Payload::AssignRole { account, key, role, holder, until_ms } => Wire::AssignRole(wire::AssignRolePayload {
            account: account.0,
            key: key.0.into(),
            office: Some((&Office { role: *role, holder: *holder, until_ms: *until_ms }).into()),
        }),
        Payload::EndRole { account, key } => {
            Wire::EndRole(wire::EndRolePayload { account: account.0, key: key.0.into() })
        }
        Payload::GrantAccess(asked) => Wire::GrantAccess(asked.into()),
        Payload::RevokeAccess { grant } => Wire::RevokeAccess((*grant).into()),
        Payload::OpenInspection(asked) => Wire::OpenInspection(asked.into()),
        Payload::RecordAccess(asked) => Wire::RecordAccess(asked.into()),
        Payload::RecordLinkAccess(asked) => Wire::RecordLinkAccess(asked.into()),
        Payload::OrderErasure(asked) => Wire::OrderErasure(asked.into()),
        Payload::AnchorLog { log, entries, head } => {
            Wire::AnchorLog(wire::AnchorLogPayload { log: log.0.to_vec(), entries: *entries, head: head.0.to_vec() })
        }
        _ => return None,
    })
}
