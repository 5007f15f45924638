//! Lets somebody see what invoices say (授权查看). By who issued or holds them. An account may give all of its own at
//! once, also later ones; a key that is nobody's account gives those that it holds one by one, so that nobody fills the
//! register with grants of nothing.

use ledger_types::grant::{Giver, MAX_GRANT_MS, MAX_LIVE_GRANTS};
use ledger_types::owner::{account_address, key_address};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    Address, Grant, GrantId, GrantRef, GrantRequest, GrantScope, GrantsBy, GrantsTo, RegistryKey, RejectReason,
    SignerIdentity, SignerRole, Slot, TxOutcome,
};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::guards::check_ahead;
use crate::overlay::TxOverlay;
use crate::target::Target;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, asked: &GrantRequest) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let from = giver(call);
    check_scope(state, call, from, &asked.scope, &mut found)?;
    found.extend(check_ahead(call.now, asked.until_ms, MAX_GRANT_MS));
    clear_ended(state, from, call.now.0)?;
    let mut by =
        state.get::<GrantsBy>(&RegistryKey::GrantsBy(from))?.map(|held| GrantsBy::clone(&held)).unwrap_or_default();
    if by.grants.len() >= MAX_LIVE_GRANTS {
        let args = [Arg::Count(by.grants.len() as u64), Arg::Count(MAX_LIVE_GRANTS as u64)];
        found.add(Refusal::new(RejectReason::TooManyGrants, Field::Grant).with(args));
    }
    found.finish()?;
    let (id, to) = (GrantId::at(call.origin), asked.to);
    let entry = GrantRef { id, until_ms: asked.until_ms };
    let mut between = grants_to(state, to, from)?;
    by.grants.push(entry);
    between.grants.push(entry);
    state.put(RegistryKey::GrantsBy(from), by);
    state.put(RegistryKey::GrantsTo { to, from }, between);
    let GrantRequest { scope, sections, until_ms, .. } = asked.clone();
    state.put(RegistryKey::Grant(id), Grant { from, to, scope, sections, until_ms });
    Ok(TxOutcome::Done)
}

/// The address of who acts: of the account, or of the bare key.
pub(super) fn giver(call: &Call<'_>) -> Address {
    if let Some(actor) = &call.actor {
        return account_address(call.chain, actor.account.id);
    }
    let acting = call.envelope.signers.iter().find(|signer| signer.role == SignerRole::Owner);
    match acting.map(|signer| signer.identity) {
        Some(SignerIdentity::BareKey(key)) => key_address(call.chain, &key),
        // Authority was checked: somebody acts, and an account was seen above.
        Some(SignerIdentity::Account { .. }) | None => Address::ZERO,
    }
}

fn check_scope(
    state: &TxOverlay<'_, '_>,
    call: &Call<'_>,
    from: Address,
    scope: &GrantScope,
    found: &mut Findings,
) -> Result<(), Stop> {
    match scope {
        GrantScope::Period { .. } => {
            call.actor()?;
        }
        GrantScope::Slots(slots) => {
            for (item, slot) in (0u16..).zip(slots) {
                check_slot(state, call, from, *slot, item, found)?;
            }
        }
    }
    Ok(())
}

fn check_slot(
    state: &TxOverlay<'_, '_>,
    call: &Call<'_>,
    from: Address,
    slot: Slot,
    item: u16,
    found: &mut Findings,
) -> Result<(), Stop> {
    let target = found.take(Target::of_item(state, slot, item))?;
    let Some(target) = target else { return Ok(()) };
    let seller = account_address(call.chain, target.invoice.seller);
    let giver = Giver::of(from, seller, &target.record, &target.invoice);
    if !giver.issued && !giver.holds {
        found.add(target.refusal(RejectReason::NotIssuerOrHolder));
    }
    Ok(())
}

fn grants_to(state: &TxOverlay<'_, '_>, to: Address, from: Address) -> Result<GrantsTo, Stop> {
    let held = state.get::<GrantsTo>(&RegistryKey::GrantsTo { to, from })?;
    Ok(held.map(|held| GrantsTo::clone(&held)).unwrap_or_default())
}

/// Clears the giver's grants away that have ended.
fn clear_ended(state: &mut TxOverlay<'_, '_>, from: Address, now_ms: u64) -> Result<(), Stop> {
    let Some(by) = state.get::<GrantsBy>(&RegistryKey::GrantsBy(from))? else { return Ok(()) };
    for ended in by.grants.iter().filter(|grant| grant.until_ms < now_ms) {
        clear(state, ended.id)?;
    }
    Ok(())
}

/// Takes a grant out of the register and out of both lists.
pub(super) fn clear(state: &mut TxOverlay<'_, '_>, id: GrantId) -> Result<(), Stop> {
    let Some(grant) = state.get::<Grant>(&RegistryKey::Grant(id))? else { return Ok(()) };
    let (from, to) = (grant.from, grant.to);
    state.remove(RegistryKey::Grant(id));
    let mut between = grants_to(state, to, from)?;
    between.grants.retain(|entry| entry.id != id);
    match between.grants.is_empty() {
        true => state.remove(RegistryKey::GrantsTo { to, from }),
        false => state.put(RegistryKey::GrantsTo { to, from }, between),
    }
    let by = state.get::<GrantsBy>(&RegistryKey::GrantsBy(from))?;
    let mut by = by.map(|held| GrantsBy::clone(&held)).unwrap_or_default();
    by.grants.retain(|entry| entry.id != id);
    match by.grants.is_empty() {
        true => state.remove(RegistryKey::GrantsBy(from)),
        false => state.put(RegistryKey::GrantsBy(from), by),
    }
    Ok(())
}
