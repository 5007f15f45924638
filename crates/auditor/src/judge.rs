//! The auditor's own verdict on a transaction: one file for each family of transitions, one `match` over the kinds.
//!
//! A transition names every reason that is true, not only the first, and drafts what it would do. The draft counts only
//! if nothing refuses.

mod accounts;
mod applications;
mod certificates;
mod delegations;
pub(crate) mod erasures;
mod governance;
mod grants;
mod holding;
pub(crate) mod inspections;
mod issuing;
mod logs;
mod offices;
mod orders;
mod payments;
mod profiles;
mod recoveries;
mod red;
mod red_forms;
mod reimbursing;
mod rule_books;
mod spending;
mod transfers;

use ledger_types::output::Origin;
use ledger_types::{
    Account, AccountKind, Area, BlockTime, Digest, Height, KeyPurpose, Office, Payload, RegistryValue, RejectReason,
    RuleBook, Transaction,
};

pub(crate) use applications::{free_order, settle};
pub(crate) use recoveries::fall_due;
pub(crate) use red_forms::end as red_forms_end;

use crate::authority::{Present, key_usages, present};
use crate::committee;
use crate::delegations::usages;
use crate::offices::persons;
use crate::opened::OpenedInvoice;
use crate::reasons::Reasons;
use crate::world::{Draft, World};

/// A transaction at its place in the chain.
pub(crate) struct Case<'a> {
    /// The state before it.
    pub(crate) world: &'a World,
    /// Its block.
    pub(crate) height: Height,
    /// Its block's time.
    pub(crate) now: BlockTime,
    /// Its place in the block.
    pub(crate) index: u16,
    /// It.
    pub(crate) tx: &'a Transaction,
    /// Its invoices in clear.
    pub(crate) opened: &'a [OpenedInvoice],
    /// Its signers.
    pub(crate) signers: Present<'a>,
}

impl Case<'_> {
    /// The origin of item `item` of this transaction.
    fn origin(&self, item: u16) -> Origin {
        Origin { height: self.height, tx: self.index, item }
    }

    /// The persons who signed for the acting account in an office, rising.
    fn persons(&self) -> Vec<Digest> {
        let of = |account| persons(self.world, account, &self.signers.keys, self.now);
        self.signers.actor.map_or_else(Vec::new, of)
    }

    /// True if the acting account acts by a key of its own, an administrator's.
    fn acts_as_administrator(&self) -> bool {
        self.signers.actor_key.is_some_and(|key| key.purpose == KeyPurpose::Admin)
    }

    /// True if a time limit lies after block time and not further ahead than `max_ms`.
    fn is_ahead(&self, limit_ms: u64, max_ms: u64) -> bool {
        limit_ms > self.now.0 && limit_ms - self.now.0 <= max_ms
    }
}

/// When a task is due whose subject is good up to and including `last_ms`.
pub(crate) fn due_after(last_ms: u64) -> u64 {
    last_ms.saturating_add(1)
}

/// Judges a transaction: every true reason, and what it does if there is none.
pub(crate) fn judge(
    world: &World,
    height: Height,
    now: BlockTime,
    index: u16,
    tx: &Transaction,
    opened: &[OpenedInvoice],
) -> (Reasons, Draft) {
    let mut found = Reasons::default();
    let signers = present(world, &tx.envelope, now, &mut found);
    let case = Case { world, height, now, index, tx, opened, signers };
    let mut draft = Draft::new(world, now);
    transition(&case, &mut found, &mut draft);
    found.at_item(None);
    for (key, usage) in key_usages(world, &case.signers, now, draft.money, &mut found) {
        draft.set(key, RegistryValue::KeyUsage(usage));
    }
    for (key, value) in usages(world, &case.signers.delegated, now, draft.money, &mut found) {
        draft.set(key, value);
    }
    (found, draft)
}

/// The one `match` over kinds.
fn transition(case: &Case<'_>, found: &mut Reasons, draft: &mut Draft) {
    match &case.tx.envelope.payload {
        Payload::OpenAccount { kind, area, tax_id, name, keys } => {
            accounts::open(case, *kind, *area, tax_id.as_ref(), name, keys, found, draft);
        }
        Payload::UpdateKeys { account, add, revoke } => {
            accounts::update_keys(case, *account, add, revoke, found, draft)
        }
        Payload::CloseAccount { account } => accounts::close(case, *account, found, draft),
        Payload::ApproveTaxpayer { account, profile } => profiles::approve(case, *account, profile, found, draft),
        Payload::PublishRuleBook(book) => rule_books::publish(case, book, found, draft),
        Payload::SetTaxpayerStatus { account, status, .. } => {
            profiles::set_status(case, *account, *status, found, draft);
        }
        Payload::Apply { request, expires_ms } => applications::apply(case, request, *expires_ms, found, draft),
        Payload::IssueApplied { application } => applications::issue(case, *application, found, draft),
        Payload::WithdrawApplication { application } => applications::withdraw(case, *application, found, draft),
        Payload::Issue(request) => issuing::issue(case, request, found, draft),
        Payload::IssueBatch { .. } => issuing::issue_batch(case, found, draft),
        Payload::RecordPayment { payment_ref, payee, amount } => {
            payments::record(case, *payment_ref, *payee, *amount, found, draft);
        }
        Payload::Claim { spend, to } => transfers::claim(case, spend, *to, found, draft),
        Payload::OfferTransfer { spend, to, until_ms } => transfers::offer(case, spend, *to, *until_ms, found, draft),
        Payload::AcceptTransfer { spend } => transfers::accept(case, spend, found, draft),
        Payload::RefuseTransfer { spend } => transfers::refuse(case, spend, found, draft),
        Payload::WithdrawTransfer { spend } => transfers::withdraw(case, spend, found, draft),
        Payload::Lock { spends, until_ms, reason } => {
            reimbursing::lock(case, spends, *until_ms, *reason, found, draft);
        }
        Payload::Unlock { spends } => reimbursing::unlock(case, spends, found, draft),
        Payload::Book { spend, deductible, .. } => reimbursing::book(case, spend, *deductible, found, draft),
        Payload::Unbook { spend } => reimbursing::unbook(case, spend, found, draft),
        Payload::Reimburse { spend, .. } => reimbursing::reimburse(case, spend, found, draft),
        Payload::RequestRed { invoice, reason } => red_forms::request(case, *invoice, *reason, found, draft),
        Payload::AnswerRed { form, answer } => red_forms::answer(case, *form, *answer, found, draft),
        Payload::IssueRed { invoice, sequence, reason, form } => {
            red::issue(case, *invoice, *sequence, *reason, *form, found, draft);
        }
        Payload::ProposeChange { change, effective } => governance::propose(case, change, *effective, found, draft),
        Payload::ApproveChange { proposal } => governance::approve(case, *proposal, found, draft),
        Payload::WithdrawChange { proposal } => governance::withdraw(case, *proposal, found, draft),
        Payload::ReportMisbehaviour(evidence) => governance::report(case, evidence, found, draft),
        Payload::SwitchConsensus(certificate) => governance::switch(case, certificate, found, draft),
        Payload::AssignRole { account, key, role, holder, until_ms } => {
            let office = Office { role: *role, holder: *holder, until_ms: *until_ms };
            offices::assign(case, *account, *key, office, found, draft);
        }
        Payload::EndRole { account, key } => offices::end(case, *account, *key, found, draft),
        Payload::CommitteeReady(ready) => {
            let fault = committee::note_ready(case.world, ready, draft);
            fault.into_iter().for_each(|reason| found.add(reason));
        }
        Payload::AnchorLog { log, entries, head } => logs::anchor(case, *log, *entries, *head, found, draft),
        Payload::GrantAccess(asked) => grants::give(case, asked, found, draft),
        Payload::RevokeAccess { grant } => grants::revoke(case, *grant, found, draft),
        Payload::OpenInspection(asked) => inspections::open(case, asked, found, draft),
        Payload::RecordAccess(asked) => inspections::record(case, asked, false, found, draft),
        Payload::RecordLinkAccess(asked) => inspections::record(case, asked, true, found, draft),
        Payload::OrderErasure(asked) => erasures::order(case, asked, found, draft),
        _ => register(case, found, draft),
    }
}

/// The other half of the match: delegations, recovery, certificates.
fn register(case: &Case<'_>, found: &mut Reasons, draft: &mut Draft) {
    match &case.tx.envelope.payload {
        Payload::Delegate { to, kinds, until_ms, daily_count, daily_amount } => {
            let (kinds, until_ms) = (*kinds, *until_ms);
            let terms = delegations::Terms { kinds, until_ms, daily_count: *daily_count, daily_amount: *daily_amount };
            delegations::give(case, *to, &terms, found, draft);
        }
        Payload::EndDelegation { from, to } => delegations::end(case, *from, *to, found, draft),
        Payload::SetRecovery { policy } => recoveries::set(case, policy.as_ref(), found, draft),
        Payload::ProposeRecovery { account, new_key, evidence } => {
            recoveries::propose(case, *account, *new_key, *evidence, found, draft);
        }
        Payload::ApproveRecovery { account, number } => recoveries::approve(case, *account, *number, found, draft),
        Payload::CancelRecovery { account, number } => recoveries::cancel(case, *account, *number, found, draft),
        Payload::RegisterCertificate { account, certificate } => {
            certificates::register(case, *account, certificate, found, draft);
        }
        Payload::RevokeCertificate { fingerprint, reason } => {
            certificates::revoke(case, *fingerprint, *reason, found, draft);
        }
        // A kind that this software does not judge is never right.
        _ => found.add(RejectReason::Malformed),
    }
}

impl<'a> Case<'a> {
    /// The enterprise that issues, in its own area.
    fn seller(&self, found: &mut Reasons) -> Option<&'a Account> {
        let seller = self.signers.acting(AccountKind::Enterprise, found)?;
        found.add_if(seller.area != self.tx.envelope.area, RejectReason::WrongArea);
        Some(seller)
    }

    /// The rule book in force in the transaction's area; without one nothing can be judged there.
    fn book(&self, found: &mut Reasons) -> Option<&'a RuleBook> {
        self.book_of(self.tx.envelope.area, found)
    }

    /// The rule book in force in an area.
    fn book_of(&self, area: Area, found: &mut Reasons) -> Option<&'a RuleBook> {
        let book = self.world.active_book(area);
        if book.is_none() {
            found.add(RejectReason::NoRuleBook);
            if self.world.numbering(area).is_none() {
                found.attend(RejectReason::AreaUnknown);
            }
        }
        book
    }
}

#[cfg(test)]
#[path = "judge/judge_test.rs"]
mod judge_test;
