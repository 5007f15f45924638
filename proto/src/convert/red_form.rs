//! Red-letter forms.

use ledger_types::{FormId, RedForm, RedFormState, RedInitiator, RedReason, Slot};

use super::error::ConvertError;
use super::field::{account, address, choice, ms, wire_ms};
use crate::types::v1 as wire;

impl From<&RedForm> for wire::RedForm {
    fn from(f: &RedForm) -> Self {
        Self {
            id: f.id.0,
            invoice: f.invoice.0,
            seller: f.seller.0,
            buyer: f.buyer.0,
            owner: f.owner.0.to_vec(),
            initiator: wire::RedInitiator::from(f.initiator).into(),
            reason: wire::RedReason::from(f.reason).into(),
            state: wire::RedFormState::from(f.state).into(),
            asked_ms: wire_ms(f.asked_ms),
            expires_ms: wire_ms(f.expires_ms),
        }
    }
}

impl TryFrom<wire::RedForm> for RedForm {
    type Error = ConvertError;

    fn try_from(w: wire::RedForm) -> Result<Self, ConvertError> {
        Ok(Self {
            id: FormId(w.id),
            invoice: Slot(w.invoice),
            seller: account(w.seller, "seller")?,
            buyer: account(w.buyer, "buyer")?,
            owner: address(&w.owner, "owner")?,
            initiator: choice::<wire::RedInitiator, RedInitiator>(w.initiator, "initiator")?,
            reason: choice::<wire::RedReason, RedReason>(w.reason, "reason")?,
            state: choice::<wire::RedFormState, RedFormState>(w.state, "state")?,
            asked_ms: ms(w.asked_ms, "asked_ms")?,
            expires_ms: ms(w.expires_ms, "expires_ms")?,
        })
    }
}
