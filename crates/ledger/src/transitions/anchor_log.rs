//! Says how far a log of the account's has come (日志锚定). It only moves ahead, so a log that was cut off shows.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{AnchoredLog, Digest, RegistryKey, RejectReason, TxOutcome};

use crate::call::Call;
use crate::findings::Stop;
use crate::overlay::TxOverlay;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    log: Digest,
    entries: u64,
    head: Digest,
) -> Result<TxOutcome, Stop> {
    let key = RegistryKey::AnchoredLog { account: call.actor_id()?, log };
    let before = state.get::<AnchoredLog>(&key)?.map_or(0, |anchored| anchored.entries);
    if entries <= before {
        let refusal = Refusal::new(RejectReason::LogNotAhead, Field::Log);
        return Err(refusal.with([Arg::Count(before), Arg::Count(entries)]).into());
    }
    state.put(key, AnchoredLog { entries, head, height: call.origin.height, time: call.now });
    Ok(TxOutcome::Done)
}
