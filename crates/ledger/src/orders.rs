//! Orders: one live invoice or application each.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::registry::OrderFate;
use ledger_types::{AccountId, Application, Digest, FaceState, OutputRecord, RegistryKey, RejectReason};

use crate::overlay::TxOverlay;
use crate::state_view::StateFault;

/// The entry of an order; none for the zero reference, which stands for "no order".
fn key(seller: AccountId, order_ref: Digest) -> Option<RegistryKey> {
    (order_ref != Digest::ZERO).then_some(RegistryKey::Order { seller, order_ref })
}

/// A refusal if the order has a live application or invoice. A reversed invoice frees its order: the entry stays until
/// the next invoice takes it over, because the invoice does not know its order.
pub(crate) fn check_free(
    state: &TxOverlay<'_, '_>,
    seller: AccountId,
    order_ref: Digest,
) -> Result<Option<Refusal>, StateFault> {
    let Some(key) = key(seller, order_ref) else { return Ok(None) };
    let Some(fate) = state.get::<OrderFate>(&key)? else { return Ok(None) };
    let live = match *fate {
        OrderFate::Applied(id) => {
            let waits = state.get::<Application>(&RegistryKey::Application(id))?.is_some();
            waits.then_some(Arg::Count(id.0))
        }
        OrderFate::Issued(slot) => {
            let reversed = state.output(slot)?.is_some_and(|output| is_reversed(&output));
            (!reversed).then_some(Arg::Slot(slot))
        }
    };
    Ok(live.map(|arg| Refusal::new(RejectReason::OrderInvoiced, Field::OrderRef).with([arg])))
}

fn is_reversed(output: &OutputRecord) -> bool {
    output.invoice().is_some_and(|invoice| matches!(invoice.face, FaceState::Reversed { .. }))
}

/// Notes what an order became.
pub(crate) fn register(state: &mut TxOverlay<'_, '_>, seller: AccountId, order_ref: Digest, fate: OrderFate) {
    if let Some(key) = key(seller, order_ref) {
        state.put(key, fate);
    }
}

/// Frees the order of an application that is withdrawn or lapses.
pub(crate) fn release(state: &mut TxOverlay<'_, '_>, seller: AccountId, order_ref: Digest) {
    if let Some(key) = key(seller, order_ref) {
        state.remove(key);
    }
}
