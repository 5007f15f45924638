//! Lets a service provider's operators act for an enterprise (委托), or changes what they may. By an administrator's key of
//! the enterprise. What was used of a limit today stays used.

use ledger_types::limits::{MAX_DELEGATES, MAX_DELEGATION_MS};
use ledger_types::refusal::Field;
use ledger_types::{Account, AccountId, AccountKind, Delegates, Delegation, RegistryKey, RejectReason, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    to: AccountId,
    terms: Delegation,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let actor = call.actor()?;
    let from = actor.account.id;
    actor.require_administrator(&mut found);
    found.require(actor.account.kind == AccountKind::Enterprise, RejectReason::WrongRole, Field::Signers);
    let receiver = state.get::<Account>(&RegistryKey::Account(to))?;
    let fits = receiver.is_some_and(|account| account.open && account.kind == AccountKind::ServiceProvider);
    found.require(fits, RejectReason::DelegationInvalid, Field::To);
    let ahead = terms.until_ms > call.now.0 && terms.until_ms - call.now.0 <= MAX_DELEGATION_MS;
    found.require(ahead, RejectReason::DelegationInvalid, Field::Until);
    let entry = RegistryKey::Delegation { from, to };
    let before = state.get::<Delegation>(&entry)?.map(|held| *held);
    let held = state.get::<Delegates>(&RegistryKey::Delegates(from))?;
    let mut delegates = held.map(|held| Delegates::clone(&held)).unwrap_or_default();
    if let Err(place) = delegates.to.binary_search(&to) {
        delegates.to.insert(place, to);
    }
    found.require(delegates.to.len() <= MAX_DELEGATES, RejectReason::DelegationInvalid, Field::Delegation);
    found.finish()?;
    if before.is_none() {
        state.put(RegistryKey::Delegates(from), delegates);
    }
    state.put(entry, Delegation { used: before.map_or(terms.used, |before| before.used), ..terms });
    Ok(TxOutcome::Done)
}
