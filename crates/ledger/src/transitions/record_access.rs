//! Puts on record that two auditors are going to read invoices (调阅记录), or to ask which claims are of the same wallets
//! (归户调阅记录): nodes show them nothing before this stands on the chain. That they are two auditors of one staffed bureau and two persons is checked with the signers' authority.

use std::collections::BTreeSet;

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    Access, AccessRequest, AccountId, AccountKind, BlockTime, Inspection, KeyId, LinkAccess, RegistryKey, RejectReason,
    SignerIdentity, SignerRole, Staff, TxOutcome,
};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::target::Target;

/// What they are going to see.
#[derive(Clone, Copy)]
pub(super) enum Seen {
    /// What the invoices say.
    Contents,
    /// Which claims are of the wallets that claimed them.
    Links,
}

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    asked: &AccessRequest,
    seen: Seen,
) -> Result<TxOutcome, Stop> {
    let mut found = Findings::default();
    let bureau = call.actor_of(AccountKind::Bureau, &mut found)?.id;
    let staffed = state.get::<Staff>(&RegistryKey::Staff(bureau))?.is_some();
    found.require(staffed, RejectReason::BureauNotStaffed, Field::Signers);
    let Some(inspection) = state.get::<Inspection>(&RegistryKey::Inspection(asked.inspection))? else {
        found.add(Refusal::new(RejectReason::InspectionUnknown, Field::Inspection));
        return Err(found.refuse());
    };
    let officers = officers(call, bureau);
    let is_theirs = inspection.bureau == bureau && officers.iter().all(|key| inspection.auditors.contains(key));
    found.require(is_theirs, RejectReason::OutsideInspection, Field::Signers);
    if call.now.0 > inspection.until_ms {
        let ended = Refusal::new(RejectReason::OutsideInspection, Field::Inspection);
        found.add(ended.with([Arg::Time(BlockTime(inspection.until_ms))]));
    }
    for (item, slot) in (0u16..).zip(&asked.slots) {
        let target = found.take(Target::of_item(state, *slot, item))?;
        if let Some(outside) = target.filter(|target| !inspection.concerns(&target.invoice)) {
            found.add(outside.refusal(RejectReason::OutsideInspection));
        }
    }
    found.finish()?;
    let access = Access { inspection: asked.inspection, at_ms: call.now.0 };
    for key in officers {
        for slot in &asked.slots {
            let (account, slot) = (bureau, *slot);
            match seen {
                Seen::Contents => state.put(RegistryKey::Access { account, key, slot }, access),
                Seen::Links => state.put(RegistryKey::LinkAccess { account, key, slot }, LinkAccess(access)),
            }
        }
    }
    Ok(TxOutcome::Done)
}

/// The keys of the bureau that signed for themselves.
fn officers(call: &Call<'_>, bureau: AccountId) -> BTreeSet<KeyId> {
    let signers = call.envelope.signers.iter().filter(|signer| signer.role != SignerRole::Sponsor);
    let keys = signers.filter_map(|signer| match signer.identity {
        SignerIdentity::Account { account, key } if account == bureau => Some(key),
        _ => None,
    });
    keys.collect()
}
