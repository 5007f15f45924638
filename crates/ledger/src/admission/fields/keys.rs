//! Key lists of accounts.

use ledger_types::limits::MAX_KEYS;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{Fen, KeyId, KeyRecord, KeyStatus, PayloadKind, RejectReason};
use sm::{PublicKey, PublicKeyBytes};

use super::{bad, ensure};

/// Keys of a new account.
pub(super) fn check(keys: &[KeyRecord]) -> Result<(), Refusal> {
    check_count(keys.len())?;
    for (i, key) in keys.iter().enumerate() {
        check_key(key).map_err(|refusal| refusal.at_item(i as u16))?;
    }
    Ok(())
}

/// Keys to add and to revoke: something must be asked, and nothing twice.
pub(super) fn check_update(add: &[KeyRecord], revoke: &[KeyId]) -> Result<(), Refusal> {
    ensure(!add.is_empty() || !revoke.is_empty(), || bad(Field::Keys))?;
    check_count(revoke.len())?;
    for (i, id) in revoke.iter().enumerate() {
        ensure(!revoke[..i].contains(id), || bad(Field::Keys).with([Arg::Key(*id)]))?;
    }
    check(add)
}

fn check_count(count: usize) -> Result<(), Refusal> {
    let args = [Arg::Count(count as u64), Arg::Count(MAX_KEYS as u64)];
    ensure(count <= MAX_KEYS, || bad(Field::Keys).with(args))
}

/// Bits of kinds that exist: a bit without a kind would grant whatever a later version puts there.
fn known_kinds() -> u64 {
    PayloadKind::ALL.iter().fold(0, |bits, kind| bits | kind.bit())
}

fn check_key(key: &KeyRecord) -> Result<(), Refusal> {
    let well_formed = key.status == KeyStatus::Active
        && key.valid_from_ms <= key.valid_to_ms
        && key.daily_amount >= Fen::ZERO
        && key.daily_amount.in_range()
        && key.kinds & !known_kinds() == 0;
    ensure(well_formed, || bad(Field::Keys).with([Arg::Key(key.id)]))?;
    let point = PublicKey::from_bytes(&PublicKeyBytes(key.public_key));
    ensure(point.is_ok(), || Refusal::new(RejectReason::BadKey, Field::Keys).with([Arg::Key(key.id)]))
}
