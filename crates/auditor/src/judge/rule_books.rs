//! Publishing a rule book.

use ledger_types::registry::RuleBookHead;
use ledger_types::timer::TimerTask;
use ledger_types::{Fen, RegistryKey, RegistryValue, RejectReason, RuleBook};

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

/// Largest tolerance, fen: more is no rounding any longer.
const MAX_TOLERANCE: i64 = 10_000;
/// Shortest period, ms: a minute.
const MIN_PERIOD_MS: u64 = 60_000;
/// Longest period, ms: ten years of 366 days.
const MAX_PERIOD_MS: u64 = 3_660 * 86_400_000;
const MAX_RATES: usize = 256;
const MAX_LINES: u16 = 10_000;
const MAX_PAYMENT_LINKS: u8 = 100;
/// The shortest line name there is: `*a*b`.
const MIN_LINE_NAME: u16 = 4;

/// Parameters that do not contradict each other and are of a size that makes sense.
fn is_consistent(book: &RuleBook) -> bool {
    let rising = [Fen(0), book.discount_tax_tolerance, book.line_tax_tolerance, book.invoice_tax_tolerance];
    let bounded = [book.invoice_tax_tolerance, book.product_tolerance, book.sum_tolerance];
    let periods = [book.red_confirm_ms, book.max_application_ms, book.max_lock_ms, book.max_offer_ms];
    let distinct = book.rates.iter().enumerate().all(|(place, rate)| !book.rates[..place].contains(rate));
    book.version > 0
        && (1..=MAX_RATES).contains(&book.rates.len())
        && distinct
        && book.rates.iter().all(|rate| rate.is_well_formed())
        && rising.is_sorted()
        && bounded.iter().all(|tolerance| (0..=MAX_TOLERANCE).contains(&tolerance.0))
        && (1..=MAX_LINES).contains(&book.max_lines)
        && book.max_line_name >= MIN_LINE_NAME
        && book.max_buyer_name > 0
        && (1..=Fen::MAX.0).contains(&book.max_invoice_amount.0)
        && (1..=MAX_PAYMENT_LINKS).contains(&book.max_payment_links)
        && periods.iter().all(|period| (MIN_PERIOD_MS..=MAX_PERIOD_MS).contains(period))
}
