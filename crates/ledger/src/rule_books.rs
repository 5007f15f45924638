//! Rule books in force.

use ledger_types::refusal::{Field, Refusal};
use ledger_types::registry::RuleBookHead;
use ledger_types::{Area, RegistryKey, RegistryValue, RejectReason, RuleBook};

use crate::findings::Stop;
use crate::overlay::TxOverlay;
use crate::register::Held;
use crate::state_view::{StateFault, StateView};

/// The rule books in force in these areas, in their order; areas without one are left out.
///
/// # Errors
/// [`StateFault`] if the state cannot be read, or names a rule book that it does not hold.
pub fn active_rule_books(state: &dyn StateView, areas: &[Area]) -> Result<Vec<RuleBook>, StateFault> {
    let mut books = Vec::new();
    for area in areas {
        let head = match state.registry(&RegistryKey::RuleBookHead(*area))? {
            Some(RegistryValue::RuleBookHead(head)) if head.active > 0 => head,
            _ => continue,
        };
        match state.registry(&RegistryKey::RuleBook { area: *area, version: head.active })? {
            Some(RegistryValue::RuleBook(book)) => books.push(*book),
            _ => return Err(missing(*area, head.active)),
        }
    }
    Ok(books)
}

fn missing(area: Area, version: u32) -> StateFault {
    StateFault(format!("rule book {version} of area {area} is missing"))
}

/// The rule book in force in an area.
///
/// # Errors
/// Refused with `NO_RULE_BOOK` if there is none.
pub(crate) fn in_force(state: &TxOverlay<'_, '_>, area: Area) -> Result<Held<RuleBook>, Stop> {
    let head = state.get::<RuleBookHead>(&RegistryKey::RuleBookHead(area))?;
    let version = head.map_or(0, |head| head.active);
    if version == 0 {
        return Err(Refusal::new(RejectReason::NoRuleBook, Field::RuleBook).into());
    }
    let book = state.get(&RegistryKey::RuleBook { area, version })?;
    Ok(book.ok_or_else(|| missing(area, version))?)
}
