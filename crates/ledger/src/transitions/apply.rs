//! Applies for an invoice (申请开票): judged by the rules, quota and order held until it is issued. By the seller.

use ledger_types::payload::InvoiceRequest;
use ledger_types::registry::OrderFate;
use ledger_types::{AccountId, Application, ApplicationId, Fen, RegistryKey, TimerTask, TxOutcome};
use tax_rules::IssuePurpose;

use crate::admission::OpenedInvoice;
use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::guards::check_ahead;
use crate::issuing;
use crate::orders;
use crate::overlay::TxOverlay;
use crate::quota::{self, Quota};
use crate::rule_books;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    request: &InvoiceRequest,
    expires_ms: u64,
) -> Result<TxOutcome, Stop> {
    let invoice = issuing::body(call)?;
    let Checked { seller, rule_book, mut quota } = check(state, call, request, invoice, expires_ms)?;
    let id = state.next_id(|counters| {
        let id = counters.application;
        counters.application = ApplicationId(id.0 + 1);
        id
    })?;
    let facts = &invoice.facts;
    let application = Application {
        id,
        seller,
        origin: call.origin,
        kind: facts.kind,
        title: invoice.buyer.kind,
        // Total less tax, so that the two add up to the total again when it is issued.
        net: Fen(facts.total.0.saturating_sub(facts.tax.0)),
        tax: facts.tax,
        owner: request.owner.to_owner(call.chain),
        order_ref: request.order_ref.0,
        quota_month: quota.usage.month,
        rule_book,
        expires_ms,
    };
    quota.reserve(quota::reserved_by(&application))?;
    quota.store(state);
    state.put(RegistryKey::Application(id), application);
    orders::register(state, seller, request.order_ref, OrderFate::Applied(id));
    state.add_timer_after(expires_ms, TimerTask::LapseApplication(id))?;
    state.count_money(facts.total);
    Ok(TxOutcome::Applied(id))
}

struct Checked {
    seller: AccountId,
    rule_book: u32,
    quota: Quota,
}

fn check(
    state: &TxOverlay<'_, '_>,
    call: &Call<'_>,
    request: &InvoiceRequest,
    invoice: &OpenedInvoice,
    expires_ms: u64,
) -> Result<Checked, Stop> {
    let mut found = Findings::default();
    let seller = issuing::seller(call, &mut found)?.id;
    let quota = Quota::load(state, seller, call.now)?;
    let mut rule_book = 0;
    if let Some(book) = found.take(rule_books::in_force(state, call.envelope.area))? {
        rule_book = book.version;
        found.extend(issuing::judge(call, &book, &quota, invoice, IssuePurpose::Apply).refusals);
        found.extend(check_ahead(call.now, expires_ms, book.max_application_ms));
    }
    found.extend(orders::check_free(state, seller, request.order_ref)?);
    found.finish()?;
    Ok(Checked { seller, rule_book, quota })
}
