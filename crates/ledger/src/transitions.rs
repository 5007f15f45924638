//! Transitions: one file a verb, and here the only match over kinds of transaction.
//!
//! Each one checks first and changes afterwards: every reason that can be known comes back at once, and what it wrote
//! before a late refusal is thrown away with its layer. Fields were checked at admission, authority before this, and
//! the invariants are held against the writes after it.

mod accept_transfer;
mod anchor_log;
mod answer_red;
mod apply;
mod approve_change;
mod approve_recovery;
mod approve_taxpayer;
mod assign_role;
mod book;
mod cancel_recovery;
mod claim;
mod close_account;
mod committee_ready;
mod delegate;
mod end_delegation;
mod end_role;
mod grant_access;
mod issue;
mod issue_applied;
mod issue_batch;
mod issue_red;
mod lock;
mod offer_transfer;
mod open_account;
mod open_inspection;
mod order_erasure;
mod propose_change;
mod propose_recovery;
mod publish_rule_book;
mod record_access;
mod record_payment;
mod refuse_transfer;
mod register_certificate;
mod reimburse;
mod report_misbehaviour;
mod request_red;
mod revoke_access;
mod revoke_certificate;
mod set_recovery;
mod set_taxpayer_status;
mod switch_consensus;
mod unbook;
mod unlock;
mod update_keys;
mod withdraw_application;
mod withdraw_change;
mod withdraw_transfer;

use ledger_types::registry::KeyUsage;
use ledger_types::{Delegation, Fen, Office, Payload, TxOutcome};

use crate::call::Call;
use crate::findings::Stop;
use crate::overlay::TxOverlay;

/// Does what a transaction asks, on its own layer.
pub(crate) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>) -> Result<TxOutcome, Stop> {
    match &call.envelope.payload {
        Payload::OpenAccount { kind, area, tax_id, name, keys } => {
            open_account::run(state, call, &open_account::Opening { kind: *kind, area: *area, tax_id, name, keys })
        }
        Payload::UpdateKeys { account, add, revoke } => update_keys::run(state, call, *account, add, revoke),
        Payload::CloseAccount { account } => close_account::run(state, call, *account),
        Payload::ApproveTaxpayer { account, profile } => approve_taxpayer::run(state, call, *account, profile),
        Payload::PublishRuleBook(book) => publish_rule_book::run(state, call, book),
        Payload::SetTaxpayerStatus { account, status, .. } => set_taxpayer_status::run(state, call, *account, *status),
        Payload::Apply { request, expires_ms } => apply::run(state, call, request, *expires_ms),
        Payload::IssueApplied { application } => issue_applied::run(state, call, *application),
        Payload::WithdrawApplication { application } => withdraw_application::run(state, call, *application),
        Payload::Issue(request) => issue::run(state, call, request),
        Payload::IssueBatch { .. } => issue_batch::run(state, call),
        Payload::RecordPayment { payment_ref, payee, amount } => {
            record_payment::run(state, call, *payment_ref, *payee, *amount)
        }
        Payload::Claim { spend, to } => claim::run(state, call, spend, *to),
        Payload::OfferTransfer { spend, to, until_ms } => offer_transfer::run(state, call, spend, *to, *until_ms),
        Payload::AcceptTransfer { spend } => accept_transfer::run(state, call, spend),
        Payload::RefuseTransfer { spend } => refuse_transfer::run(state, call, spend),
        Payload::WithdrawTransfer { spend } => withdraw_transfer::run(state, call, spend),
        Payload::Lock { spends, until_ms, reason } => lock::run(state, call, spends, *until_ms, *reason),
        Payload::Unlock { spends } => unlock::run(state, call, spends),
        Payload::Book { spend, deductible, .. } => book::run(state, call, spend, *deductible),
        Payload::Unbook { spend } => unbook::run(state, call, spend),
        Payload::Reimburse { spend, .. } => reimburse::run(state, call, spend),
        Payload::RequestRed { invoice, reason } => request_red::run(state, call, *invoice, *reason),
        Payload::AnswerRed { form, answer } => answer_red::run(state, call, *form, *answer),
        Payload::IssueRed { invoice, sequence, reason, form } => issue_red::run(
            state,
            call,
            &issue_red::Asked { slot: *invoice, sequence: *sequence, reason: *reason, form: *form },
        ),
        Payload::ProposeChange { change, effective } => propose_change::run(state, call, change, *effective),
        Payload::ApproveChange { proposal } => approve_change::run(state, call, *proposal),
        Payload::WithdrawChange { proposal } => withdraw_change::run(state, call, *proposal),
        Payload::ReportMisbehaviour(evidence) => report_misbehaviour::run(state, call, evidence),
        Payload::SwitchConsensus(certificate) => switch_consensus::run(state, call, certificate),
        Payload::CommitteeReady(ready) => committee_ready::run(state, ready),
        Payload::AssignRole { account, key, role, holder, until_ms } => {
            let office = Office { role: *role, holder: *holder, until_ms: *until_ms };
            assign_role::run(state, call, *account, *key, office)
        }
        Payload::EndRole { account, key } => end_role::run(state, call, *account, *key),
        Payload::AnchorLog { log, entries, head } => anchor_log::run(state, call, *log, *entries, *head),
        Payload::GrantAccess(asked) => grant_access::run(state, call, asked),
        Payload::RevokeAccess { grant } => revoke_access::run(state, call, *grant),
        Payload::OpenInspection(asked) => open_inspection::run(state, call, asked),
        Payload::RecordAccess(asked) => record_access::run(state, call, asked, record_access::Seen::Contents),
        Payload::RecordLinkAccess(asked) => record_access::run(state, call, asked, record_access::Seen::Links),
        Payload::OrderErasure(asked) => order_erasure::run(state, call, asked),
        Payload::Delegate { .. }
        | Payload::EndDelegation { .. }
        | Payload::SetRecovery { .. }
        | Payload::ProposeRecovery { .. }
        | Payload::ApproveRecovery { .. }
        | Payload::CancelRecovery { .. }
        | Payload::RegisterCertificate { .. }
        | Payload::RevokeCertificate { .. } => run_register(state, call),
    }
}

/// Delegations, recovery and certificates: the rest of the match, kept apart for its length.
fn run_register(state: &mut TxOverlay<'_, '_>, call: &Call<'_>) -> Result<TxOutcome, Stop> {
    match &call.envelope.payload {
        Payload::Delegate { to, kinds, until_ms, daily_count, daily_amount } => {
            let terms = Delegation {
                kinds: *kinds,
                until_ms: *until_ms,
                daily_count: *daily_count,
                daily_amount: *daily_amount,
                used: KeyUsage { day: 0, count: 0, amount: Fen::ZERO },
            };
            delegate::run(state, call, *to, terms)
        }
        Payload::EndDelegation { from, to } => end_delegation::run(state, call, *from, *to),
        Payload::SetRecovery { policy } => set_recovery::run(state, call, policy.as_ref()),
        Payload::ProposeRecovery { account, new_key, evidence } => {
            propose_recovery::run(state, call, *account, *new_key, *evidence)
        }
        Payload::ApproveRecovery { account, number } => approve_recovery::run(state, call, *account, *number),
        Payload::CancelRecovery { account, number } => cancel_recovery::run(state, call, *account, *number),
        Payload::RegisterCertificate { account, certificate } => {
            register_certificate::run(state, call, *account, certificate)
        }
        Payload::RevokeCertificate { fingerprint, reason } => {
            revoke_certificate::run(state, call, *fingerprint, *reason)
        }
        _ => unreachable!("run hands on these kinds only"),
    }
}
