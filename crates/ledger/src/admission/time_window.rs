//! Admission against a block time: validity and the age of the request id.

use ledger_types::limits::{MAX_VALID_AHEAD_MS, REQUEST_AGE_MS, REQUEST_AHEAD_MS};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{BlockTime, RejectReason};

use super::authenticated::AuthenticatedTx;

/// Whether a transaction may stand in a block of this time. A block with one that may not is invalid.
///
/// # Errors
/// `EXPIRED`, `VALID_TOO_LONG` or `REQUEST_ID_OUT_OF_WINDOW`.
pub fn check_time(tx: &AuthenticatedTx, block_time: BlockTime) -> Result<(), Refusal> {
    let valid_until = tx.envelope().valid_until_ms;
    let id_time = tx.envelope().request_id.time_ms();
    check_times(valid_until, id_time, block_time)
}

fn check_times(valid_until: u64, id_time: u64, now: BlockTime) -> Result<(), Refusal> {
    let valid_args = [Arg::Time(BlockTime(valid_until)), Arg::Time(now)];
    if now.0 > valid_until {
        return Err(Refusal::new(RejectReason::Expired, Field::ValidUntil).with(valid_args));
    }
    if valid_until > now.plus_ms(MAX_VALID_AHEAD_MS).0 {
        return Err(Refusal::new(RejectReason::ValidTooLong, Field::ValidUntil).with(valid_args));
    }
    let too_old = id_time.saturating_add(REQUEST_AGE_MS) < now.0;
    let too_young = id_time > now.plus_ms(REQUEST_AHEAD_MS).0;
    if too_old || too_young {
        let args = [Arg::Time(BlockTime(id_time)), Arg::Time(now)];
        return Err(Refusal::new(RejectReason::RequestIdOutOfWindow, Field::RequestId).with(args));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;
    const NOW: BlockTime = BlockTime(10 * DAY);

    fn reason(valid_until: u64, id_time: u64) -> Option<RejectReason> {
        check_times(valid_until, id_time, NOW).err().map(|r| r.reason)
    }

    #[test]
    fn every_bound_holds_to_the_millisecond() {
        let now = NOW.0;
        for (valid_until, id_time, expected) in [
            (now, now, None),
            (now - 1, now, Some(RejectReason::Expired)),
            (now + 3_600_000, now, None),
            (now + 3_600_001, now, Some(RejectReason::ValidTooLong)),
            (now, now - DAY, None),
            (now, now - DAY - 1, Some(RejectReason::RequestIdOutOfWindow)),
            (now, now + 300_000, None),
            (now, now + 300_001, Some(RejectReason::RequestIdOutOfWindow)),
        ] {
            assert_eq!(reason(valid_until, id_time), expected, "{valid_until} {id_time}");
        }
    }
}
