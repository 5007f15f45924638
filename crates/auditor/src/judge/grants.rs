//! Giving grants and taking them back.

use ledger_types::invoice_state::ClaimState;
use ledger_types::owner::{account_address, key_address};
use ledger_types::{
    Address, Asset, Grant, GrantId, GrantRef, GrantRequest, GrantScope, GrantsBy, GrantsTo, Owner, RegistryKey,
    RegistryValue, RejectReason, SignerIdentity, SignerRole, Slot,
};

use super::Case;
use crate::reasons::Reasons;
use crate::world::Draft;

/// A giver's grants that have not ended, at most.
const LIVE: usize = 256;
/// Five years of 366 days.
const LONGEST_MS: u64 = 5 * 366 * 24 * 3_600_000;

/// The address that acts: the account's, or the bare key's.
fn giver(case: &Case<'_>) -> Option<Address> {
    let chain = case.world.chain();
    if let Some(actor) = case.signers.actor {
        return Some(account_address(chain, actor.id));
    }
    let first = case.tx.envelope.signers.iter().find(|signer| signer.role == SignerRole::Owner)?;
    match first.identity {
        SignerIdentity::BareKey(key) => Some(key_address(chain, &key)),
        SignerIdentity::Account { .. } => None,
    }
}

pub(super) fn give(case: &Case<'_>, asked: &GrantRequest, found: &mut Reasons, draft: &mut Draft) {
    let Some(from) = giver(case) else { return };
    match &asked.scope {
        GrantScope::Period { .. } => found.add_if(case.signers.actor.is_none(), RejectReason::WrongRole),
        GrantScope::Slots(slots) => {
            for (item, slot) in (0u16..).zip(slots) {
                found.at_item(Some(item));
                judge_slot(case, from, *slot, found);
            }
            found.at_item(None);
        }
    }
    found.add_if(!case.is_ahead(asked.until_ms, LONGEST_MS), RejectReason::TimeOutOfRange);
    let before = case.world.grants_by(from).map_or_else(Vec::new, |by| by.grants.clone());
    let (ended, mut alive): (Vec<GrantRef>, Vec<GrantRef>) =
        before.into_iter().partition(|grant| case.now.0 > grant.until_ms);
    found.add_if(alive.len() >= LIVE, RejectReason::TooManyGrants);

    let id = GrantId { height: case.height, tx: case.index };
    let new = GrantRef { id, until_ms: asked.until_ms };
    for gone in &ended {
        let Some(grant) = case.world.grant(gone.id) else { continue };
        draft.remove(RegistryKey::Grant(gone.id));
        let left = pair_without(case, grant.to, from, &ended);
        set_pair(grant.to, from, left, draft);
    }
    let mut pair = pair_without(case, asked.to, from, &ended);
    pair.push(new);
    set_pair(asked.to, from, pair, draft);
    alive.push(new);
    draft.set(RegistryKey::GrantsBy(from), RegistryValue::GrantsBy(GrantsBy { grants: alive }));
    let GrantRequest { to, scope, sections, until_ms } = asked.clone();
    draft.set(RegistryKey::Grant(id), RegistryValue::Grant(Grant { from, to, scope, sections, until_ms }));
}

/// One invoice named: there, and issued or held by the giver.
fn judge_slot(case: &Case<'_>, from: Address, slot: Slot, found: &mut Reasons) {
    let Some(output) = case.world.output(slot) else { return found.add(RejectReason::OutputUnknown) };
    let Asset::Invoice(invoice) = &output.asset else { return found.add(RejectReason::WrongAsset) };
    let mut his = vec![account_address(case.world.chain(), invoice.seller)];
    match (&output.owner, &invoice.claim) {
        (Owner::Address(owner) | Owner::TokenKey(owner), _) => his.push(*owner),
        (Owner::Condition(_), ClaimState::Offered { from, .. }) => his.push(*from),
        (Owner::Condition(_), _) => {}
    }
    found.add_if(!his.contains(&from), RejectReason::NotIssuerOrHolder);
}

fn pair_without(case: &Case<'_>, to: Address, from: Address, gone: &[GrantRef]) -> Vec<GrantRef> {
    let before = case.world.grants_to(to, from).map_or_else(Vec::new, |pair| pair.grants.clone());
    before.into_iter().filter(|grant| gone.iter().all(|g| g.id != grant.id)).collect()
}

fn set_pair(to: Address, from: Address, grants: Vec<GrantRef>, draft: &mut Draft) {
    let key = RegistryKey::GrantsTo { to, from };
    if grants.is_empty() {
        draft.remove(key);
    } else {
        draft.set(key, RegistryValue::GrantsTo(GrantsTo { grants }));
    }
}

pub(super) fn revoke(case: &Case<'_>, id: GrantId, found: &mut Reasons, draft: &mut Draft) {
    let Some(grant) = case.world.grant(id) else { return found.add(RejectReason::GrantUnknown) };
    found.add_if(giver(case) != Some(grant.from), RejectReason::NotGiver);
    let gone = [GrantRef { id, until_ms: grant.until_ms }];
    draft.remove(RegistryKey::Grant(id));
    set_pair(grant.to, grant.from, pair_without(case, grant.to, grant.from, &gone), draft);
    let mut by = case.world.grants_by(grant.from).map_or_else(Vec::new, |by| by.grants.clone());
    by.retain(|entry| entry.id != id);
    let key = RegistryKey::GrantsBy(grant.from);
    if by.is_empty() {
        draft.remove(key);
    } else {
        draft.set(key, RegistryValue::GrantsBy(GrantsBy { grants: by }));
    }
}
