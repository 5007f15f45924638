//! Applies and issues in one step (开票). By the seller.

use ledger_types::TxOutcome;
use ledger_types::payload::InvoiceRequest;
use ledger_types::registry::OrderFate;
use tax_rules::IssuePurpose;

use crate::admission::OpenedInvoice;
use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::issuing::{self, Draft};
use crate::overlay::TxOverlay;
use crate::payments::{self, Use};
use crate::quota::{self, Quota};
use crate::{numbering, orders, rule_books};

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, request: &InvoiceRequest) -> Result<TxOutcome, Stop> {
    let invoice = issuing::body(call)?;
    let Checked { rule_book, mut quota, payments } = check(state, call, request, invoice)?;
    let facts = &invoice.facts;
    quota.consume(quota::counted(facts.total, facts.tax))?;
    quota.store(state);
    payments::take(state, payments);
    let seller = &call.actor()?.account;
    let draft = Draft {
        kind: facts.kind,
        title: invoice.buyer.kind,
        origin: call.origin,
        total: facts.total,
        tax: facts.tax,
        owner: request.owner.to_owner(call.chain),
        rule_book,
    };
    let issued = issuing::make(state, call.envelope.area, call.now, seller.id, &draft)?;
    orders::register(state, seller.id, request.order_ref, OrderFate::Issued(issued.slot));
    state.count_money(facts.total);
    Ok(TxOutcome::Issued(issued))
}

struct Checked {
    rule_book: u32,
    quota: Quota,
    payments: Vec<Use>,
}

fn check(
    state: &TxOverlay<'_, '_>,
    call: &Call<'_>,
    request: &InvoiceRequest,
    invoice: &OpenedInvoice,
) -> Result<Checked, Stop> {
    let mut found = Findings::default();
    let seller = issuing::seller(call, &mut found)?.id;
    let area = call.envelope.area;
    found.take(numbering::check_left(state, area, call.now, 1))?;
    let quota = Quota::load(state, seller, call.now)?;
    let mut payments = Vec::new();
    let mut rule_book = 0;
    if let Some(book) = found.take(rule_books::in_force(state, area))? {
        rule_book = book.version;
        found.extend(issuing::judge(call, &book, &quota, invoice, IssuePurpose::Issue).refusals);
        let total = invoice.facts.total;
        payments = payments::plan(state, seller, &request.payments, total, book.max_payment_links, &mut found)?;
    }
    found.extend(orders::check_free(state, seller, request.order_ref)?);
    found.finish()?;
    Ok(Checked { rule_book, quota, payments })
}
