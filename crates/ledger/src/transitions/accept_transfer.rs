//! Accepts an offer: the receiver holds the invoice. By the receiver, while the offer stands.

use ledger_types::{InvoiceVerb, Spend, TxOutcome};

use crate::call::Call;
use crate::findings::Stop;
use crate::offers::answer;
use crate::overlay::TxOverlay;

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, spend: &Spend) -> Result<TxOutcome, Stop> {
    answer(state, call, spend, InvoiceVerb::Accept, |offer| offer.to, |offer| offer.to)
}
