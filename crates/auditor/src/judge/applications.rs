//! Applications: apply, issue, withdraw.

use ledger_types::payload::InvoiceRequest;
use ledger_types::registry::OrderFate;
use ledger_types::timer::TimerTask;
use ledger_types::{
    AccountKind, Application, ApplicationId, Digest, RegistryKey, RegistryValue, RejectReason, TxOutcome,
};

use super::issuing::{NewInvoice, close_numbers, first_claim, numbers, put};
use super::orders::{check_free, order_key};
use super::{Case, due_after};
use crate::reasons::Reasons;
use crate::rules::{Judgement, counts, judge, standing};
use crate::world::{Draft, Entry};

pub(super) fn apply(
    case: &Case<'_>,
    request: &InvoiceRequest,
    expires_ms: u64,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let Some(invoice) = case.opened.first() else { return };
    draft.money = i128::from(invoice.facts.total.0);
    let seller = case.seller(found);
    let book = case.book(found);
    let Some(seller) = seller else { return };
    check_free(case, seller.id, request.order_ref, found);
    let Some(book) = book else { return };
    let used = case.world.tally().used(seller.id, case.now);
    let by = Judgement { book, profile: case.world.profile(seller.id), used, now: case.now, counts: false };
    judge(&by, invoice, found);
    found.add_if(!case.is_ahead(expires_ms, book.max_application_ms), RejectReason::TimeOutOfRange);

    let id = draft.next_application();
    let (month, net) = (case.now.month(), invoice.net());
    let application = Application {
        id,
        seller: seller.id,
        origin: case.origin(0),
        kind: invoice.facts.kind,
        title: invoice.buyer.kind,
        net,
        tax: invoice.facts.tax,
        owner: request.owner.to_owner(case.world.chain()),
        order_ref: request.order_ref.0,
        quota_month: month,
        rule_book: book.version,
        expires_ms,
    };
    draft.set(RegistryKey::Application(id), RegistryValue::Application(application));
    draft.book(Entry::Applied { seller: seller.id, application: id, month, net });
    if let Some(key) = order_key(seller.id, request.order_ref) {
        draft.set(key, RegistryValue::Order(OrderFate::Applied(id)));
    }
    draft.schedule(due_after(expires_ms), TimerTask::LapseApplication(id));
    draft.outcome = TxOutcome::Applied(id);
}

/// The application, if it is there and the signer's.
fn own<'a>(case: &'a Case<'_>, id: ApplicationId, found: &mut Reasons) -> Option<&'a Application> {
    let Some(application) = case.world.application(id) else {
        case.signers.acting(AccountKind::Enterprise, found);
        found.add(RejectReason::ApplicationGone);
        return None;
    };
    found.add_if(case.now.0 > application.expires_ms, RejectReason::ApplicationGone);
    let own = case.signers.actor.is_some_and(|account| account.id == application.seller);
    found.add_if(!own, RejectReason::NotApplicant);
    if case.signers.actor.is_none_or(|account| account.kind != AccountKind::Enterprise) {
        found.add(RejectReason::WrongRole);
    }
    Some(application)
}

pub(super) fn issue(case: &Case<'_>, id: ApplicationId, found: &mut Reasons, draft: &mut Draft) {
    let Some(application) = own(case, id, found) else { return };
    found.add_if(
        case.signers.actor.is_none_or(|account| account.area != case.tx.envelope.area),
        RejectReason::WrongArea,
    );
    case.book(found);
    let Some(total) = application.net.checked_add(application.tax) else { return };
    let profile = case.world.profile(application.seller);
    standing(profile, found);
    let used = case.world.tally().used(application.seller, case.now);
    if let Some(profile) = profile {
        counts(used, profile, found);
        // Quota reserved in an earlier month is not carried over: the invoice takes quota of the month it is issued in.
        let anew = application.quota_month != case.now.month();
        let month = used.month + i128::from(application.net.0);
        found.add_if(anew && month > i128::from(profile.monthly_quota.0), RejectReason::OverQuota);
    }
    let Some(mut numbers) = numbers(case, found) else { return };
    let Some(seller) = case.world.account(application.seller) else { return };
    settle(application, draft);
    let new = NewInvoice {
        kind: application.kind,
        title: application.title,
        origin: application.origin,
        total,
        tax: application.tax,
        net: application.net,
        owner: application.owner,
        claim: first_claim(application.owner),
        rule_book: application.rule_book,
    };
    let Some(issued) = put(case, seller, &new, &mut numbers, found, draft) else { return };
    if let Some(key) = order_key(seller.id, Digest(application.order_ref)) {
        draft.set(key, RegistryValue::Order(OrderFate::Issued(issued.slot)));
    }
    close_numbers(case, &numbers, draft);
    draft.outcome = TxOutcome::Issued(issued);
}

pub(super) fn withdraw(case: &Case<'_>, id: ApplicationId, found: &mut Reasons, draft: &mut Draft) {
    let Some(application) = own(case, id, found) else { return };
    settle(application, draft);
    free_order(application, draft);
}

/// Takes an application off the list; its quota goes back.
pub(crate) fn settle(application: &Application, draft: &mut Draft) {
    draft.remove(RegistryKey::Application(application.id));
    draft.book(Entry::Settled { seller: application.seller, application: application.id });
}

/// Its order may be invoiced again.
pub(crate) fn free_order(application: &Application, draft: &mut Draft) {
    if let Some(key) = order_key(application.seller, Digest(application.order_ref)) {
        draft.remove(key);
    }
}
