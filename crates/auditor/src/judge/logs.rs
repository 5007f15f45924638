//! Anchors of logs.

use ledger_types::{AnchoredLog, Digest, RegistryKey, RegistryValue, RejectReason};

use super::Case;
use crate::reasons::Reasons;
use crate::world::Draft;

pub(super) fn anchor(case: &Case<'_>, log: Digest, entries: u64, head: Digest, found: &mut Reasons, draft: &mut Draft) {
    let Some(account) = case.signers.actor else { return found.add(RejectReason::WrongRole) };
    let last = case.world.anchored_log(account.id, log).map(|anchored| anchored.entries);
    found.add_if(last.is_some_and(|last| last >= entries) || entries == 0, RejectReason::LogNotAhead);
    let anchored = AnchoredLog { entries, head, height: case.height, time: case.now };
    draft.set(RegistryKey::AnchoredLog { account: account.id, log }, RegistryValue::AnchoredLog(anchored));
}
