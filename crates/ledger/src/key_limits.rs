//! Daily limits of keys: counted when a transaction is accepted, refused when it would go over.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::registry::KeyUsage;
use ledger_types::{Account, AccountId, BlockTime, Fen, KeyId, RegistryKey, RejectReason};

use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;

/// Counts one transaction and the money it moved against every limited key that signed.
///
/// # Errors
/// `KEY_LIMIT_REACHED` for each key whose day's count or amount does not hold it.
pub(crate) fn charge(
    state: &mut TxOverlay<'_, '_>,
    now: BlockTime,
    limited: &[(AccountId, KeyId)],
) -> Result<(), Stop> {
    let mut found = Findings::default();
    for (account_id, key) in limited {
        let Some(account) = state.get::<Account>(&RegistryKey::Account(*account_id))? else { continue };
        let Some(record) = account.key(*key) else { continue };
        let usage_key = RegistryKey::KeyUsage { account: *account_id, key: *key };
        let stored = state.get::<KeyUsage>(&usage_key)?.map(|u| *u);
        let used = of_today(stored, now);
        let count = used.count.saturating_add(1);
        let amount = i128::from(used.amount.0) + state.writes().money;
        let refusal = |limit| {
            let args = [Arg::Account(*account_id), Arg::Key(*key), limit];
            Refusal::new(RejectReason::KeyLimitReached, Field::Signers).with(args)
        };
        if record.daily_count > 0 && count > record.daily_count {
            found.add(refusal(Arg::Count(u64::from(record.daily_count))));
        }
        if record.daily_amount > Fen::ZERO && amount > i128::from(record.daily_amount.0) {
            found.add(refusal(Arg::Money(record.daily_amount)));
        }
        let amount = Fen::from_sum(amount).unwrap_or(Fen::MAX);
        state.put(usage_key, KeyUsage { day: now.day_number(), count, amount });
    }
    found.finish()
}

/// What was used, if that was on the day of `now`.
pub(crate) fn of_today(stored: Option<KeyUsage>, now: BlockTime) -> KeyUsage {
    let day = now.day_number();
    stored.filter(|used| used.day == day).unwrap_or(KeyUsage { day, count: 0, amount: Fen::ZERO })
}
