//! Orders: one live invoice or application each.

use ledger_types::registry::OrderFate;
use ledger_types::{AccountId, Digest, FaceState, RegistryKey, RejectReason};

use super::Case;
use crate::reasons::Reasons;

/// The register entry of an order, none for an invoice without one.
pub(super) fn order_key(seller: AccountId, order_ref: Digest) -> Option<RegistryKey> {
    (order_ref != Digest::ZERO).then_some(RegistryKey::Order { seller, order_ref })
}

/// Refuses an order that has an application, or an invoice that is not reversed.
pub(super) fn check_free(case: &Case<'_>, seller: AccountId, order_ref: Digest, found: &mut Reasons) {
    if order_ref == Digest::ZERO {
        return;
    }
    let live = match case.world.order(seller, order_ref) {
        None => false,
        Some(OrderFate::Applied(application)) => case.world.application(*application).is_some(),
        Some(OrderFate::Issued(slot)) => {
            let invoice = case.world.output(*slot).and_then(|record| record.invoice());
            invoice.is_some_and(|invoice| !matches!(invoice.face, FaceState::Reversed { .. }))
        }
    };
    found.add_if(live, RejectReason::OrderInvoiced);
}
