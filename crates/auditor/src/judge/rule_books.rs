//! Publishing a rule book.

use ledger_types::registry::RuleBookHead;
use ledger_types::timer::TimerTask;
use ledger_types::{RegistryKey, RegistryValue, RejectReason, RuleBook};

use super::Case;
use crate::reasons::Reasons;
use crate::world::Draft;

pub(super) fn publish(case: &Case<'_>, book: &RuleBook, found: &mut Reasons, draft: &mut Draft) {
    let (area, version) = (book.area, book.version);
    case.signers.bureau_over(area, found);
    found.add_if(case.world.numbering(area).is_none(), RejectReason::AreaUnknown);
    let head = case.world.head(area).copied().unwrap_or(RuleBookHead { active: 0, published: 0 });
    found.add_if(head.published.checked_add(1) != Some(version), RejectReason::RuleBookVersion);
    let before = case.world.rule_book(area, head.published).map_or(0, |last| last.effective_ms);
    let backdated = book.effective_ms < case.now.0 || book.effective_ms < before;
    found.add_if(backdated, RejectReason::RuleBookBackdated);
    found.add_if(!is_consistent(book), RejectReason::RuleBookInvalid);

    draft.set(RegistryKey::RuleBook { area, version }, RegistryValue::RuleBook(Box::new(book.clone())));
    let at_once = book.effective_ms <= case.now.0;
    let active = if at_once { version } else { head.active };
    draft
        .set(RegistryKey::RuleBookHead(area), RegistryValue::RuleBookHead(RuleBookHead { active, published: version }));
    if !at_once {
        draft.schedule(book.effective_ms, TimerTask::ActivateRuleBook { area, version });
    }
}

/// Parameters that can be met at all.
fn is_consistent(book: &RuleBook) -> bool {
    let tolerances = [
        book.line_tax_tolerance,
        book.discount_tax_tolerance,
        book.product_tolerance,
        book.invoice_tax_tolerance,
        book.sum_tolerance,
    ];
    let distinct = book.rates.iter().enumerate().all(|(place, rate)| !book.rates[..place].contains(rate));
    book.version > 0
        && !book.rates.is_empty()
        && distinct
        && book.rates.iter().all(|rate| rate.is_well_formed())
        && tolerances.iter().all(|tolerance| tolerance.0 >= 0 && tolerance.in_range())
        && [book.max_lines, book.max_line_name, book.max_buyer_name].iter().all(|limit| *limit > 0)
        && book.max_invoice_amount.0 > 0
        && book.max_invoice_amount.in_range()
        && book.max_payment_links > 0
        && [book.red_confirm_ms, book.max_application_ms, book.max_lock_ms, book.max_offer_ms].iter().all(|ms| *ms > 0)
}
