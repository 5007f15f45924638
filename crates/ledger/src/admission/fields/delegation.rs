//! What is delegated.

use ledger_types::refusal::{Field, Refusal};
use ledger_types::{Fen, PayloadKind};

use super::{bad, ensure};

/// Some kind, and none that cannot be delegated: a bit without a kind would grant whatever a later version puts there.
pub(super) fn check(kinds: u64, daily_amount: Fen) -> Result<(), Refusal> {
    ensure(kinds != 0 && kinds & !PayloadKind::delegable_bits() == 0, || bad(Field::Delegation))?;
    ensure(daily_amount >= Fen::ZERO && daily_amount.in_range(), || bad(Field::Amount))
}
