//! Issues many invoices under one signature, all or none, with numbers that follow each other. By the seller.

use ledger_types::TxOutcome;
use ledger_types::output::Origin;
use ledger_types::receipt::Issued;
use tax_rules::IssuePurpose;

use crate::admission::OpenedInvoice;
use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::issuing::{self, Draft};
use crate::overlay::TxOverlay;
use crate::quota::{self, Quota};
use crate::{numbering, rule_books};

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>) -> Result<TxOutcome, Stop> {
    let invoices = call.opened.batch();
    let (rule_book, quota) = check(state, call, invoices)?;
    quota.store(state);
    let seller = call.actor_id()?;
    let mut first: Option<Issued> = None;
    for (i, (invoice, item)) in invoices.iter().zip(call.items).enumerate() {
        let facts = &invoice.facts;
        let draft = Draft {
            kind: facts.kind,
            title: invoice.buyer.kind,
            origin: Origin { item: i as u16, ..call.origin },
            total: facts.total,
            tax: facts.tax,
            owner: item.owner.to_owner(call.chain),
            rule_book,
        };
        let issued = issuing::make(state, call.envelope.area, call.now, seller, &draft)?;
        first.get_or_insert(issued);
        state.count_money(facts.total);
    }
    let count = invoices.len() as u16;
    // Admission lets no empty batch through.
    first.map(|first| TxOutcome::BatchIssued { first, count }).ok_or_else(|| issuing::no_body().into())
}

/// Judges every invoice over the running use: the quota after those before it that pass.
fn check(state: &TxOverlay<'_, '_>, call: &Call<'_>, invoices: &[OpenedInvoice]) -> Result<(u32, Quota), Stop> {
    let mut found = Findings::default();
    let seller = issuing::seller(call, &mut found)?.id;
    let area = call.envelope.area;
    found.take(numbering::check_left(state, area, call.now, invoices.len() as u16))?;
    let mut quota = Quota::load(state, seller, call.now)?;
    let mut rule_book = 0;
    if let Some(book) = found.take(rule_books::in_force(state, area))? {
        rule_book = book.version;
        for (i, invoice) in invoices.iter().enumerate() {
            let verdict = issuing::judge(call, &book, &quota, invoice, IssuePurpose::Issue);
            if verdict.passes() {
                quota.consume(quota::counted(invoice.facts.total, invoice.facts.tax))?;
            }
            found.extend(verdict.refusals.into_iter().map(|refusal| refusal.at_item(i as u16)));
        }
    }
    found.finish()?;
    Ok((rule_book, quota))
}
