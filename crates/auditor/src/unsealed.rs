//! Sealed bodies, opened as the register wants them sealed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ledger_types::seal::unseal_body;
use ledger_types::{Payload, RejectReason, Transaction, TxId, Unsealer};

use crate::world::World;

/// The transaction with its body in clear. `sealed_for` are the epochs that the state before the block accepts.
///
/// # Errors
/// Why it may not stand in a block: `MUST_BE_SEALED`, `WRONG_SEAL_EPOCH`, `BAD_SECTIONS`, `CANNOT_OPEN`. The last also
/// where the auditor's own keys are not those of the committee.
pub(crate) fn unseal<'a>(
    (world, sealed_for): (&World, &BTreeSet<u32>),
    keys: &dyn Unsealer,
    tx: &'a Transaction,
    id: &TxId,
) -> Result<Cow<'a, Transaction>, RejectReason> {
    let Some(seal) = tx.body.seal() else {
        let invoices =
            matches!(tx.envelope.payload, Payload::Apply { .. } | Payload::Issue(_) | Payload::IssueBatch { .. });
        let private = invoices && tx.body.invoices() > 0 && !sealed_for.is_empty();
        return if private { Err(RejectReason::MustBeSealed) } else { Ok(Cow::Borrowed(tx)) };
    };
    if !sealed_for.contains(&seal.epoch) {
        return Err(RejectReason::WrongSealEpoch);
    }
    if seal.for_holders.len() != tx.body.invoices() {
        return Err(RejectReason::BadSections);
    }
    let key = keys.agreed(world.chain(), seal).map_err(|_| RejectReason::CannotOpen)?;
    let body = unseal_body(tx, id, &key).map_err(|_| RejectReason::CannotOpen)?;
    Ok(Cow::Owned(Transaction { body, ..tx.clone() }))
}
