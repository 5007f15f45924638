//! Publishes a rule book of an area (开票规则). By a bureau over the area. It takes force at its time, at once if that is
//! now; nothing takes force in the past, and none before the one published last.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::registry::RuleBookHead;
use ledger_types::{BlockTime, RegistryKey, RejectReason, RuleBook, TimerTask, TxOutcome};
use tax_rules::check_book;

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, book: &RuleBook) -> Result<TxOutcome, Stop> {
    let head = check(state, call, book)?;
    let (area, version) = (book.area, book.version);
    state.put(RegistryKey::RuleBook { area, version }, book.clone());
    let now = book.effective_ms <= call.now.0;
    let active = if now { version } else { head.active };
    state.put(RegistryKey::RuleBookHead(area), RuleBookHead { active, published: version });
    if !now {
        state.add_timer_at(book.effective_ms, TimerTask::ActivateRuleBook { area, version })?;
    }
    Ok(TxOutcome::Done)
}

fn check(state: &TxOverlay<'_, '_>, call: &Call<'_>, book: &RuleBook) -> Result<RuleBookHead, Stop> {
    let mut found = Findings::default();
    call.bureau_over(book.area, &mut found)?;
    found.extend(check_book(book));
    let Some(head) = state.get::<RuleBookHead>(&RegistryKey::RuleBookHead(book.area))?.map(|h| *h) else {
        found.add(Refusal::new(RejectReason::AreaUnknown, Field::Area));
        return Err(found.refuse());
    };
    let next = head.published.saturating_add(1);
    if book.version != next {
        let args = [Arg::Count(u64::from(next)), Arg::Count(u64::from(book.version))];
        found.add(Refusal::new(RejectReason::RuleBookVersion, Field::RuleBook).with(args));
    }
    let last = RegistryKey::RuleBook { area: book.area, version: head.published };
    let last_ms = state.get::<RuleBook>(&last)?.map_or(0, |last| last.effective_ms);
    let earliest = last_ms.max(call.now.0);
    if book.effective_ms < earliest {
        let args = [Arg::Time(BlockTime(book.effective_ms)), Arg::Time(BlockTime(earliest))];
        found.add(Refusal::new(RejectReason::RuleBookBackdated, Field::RuleBook).with(args));
    }
    found.finish()?;
    Ok(head)
}
