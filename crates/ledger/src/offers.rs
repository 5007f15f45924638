//! Offers: what accepting, refusing and withdrawing one have in common.

use ledger_types::refusal::Arg;
use ledger_types::{Address, BlockTime, ClaimState, InvoiceRecord, InvoiceVerb, Owner, RejectReason, Spend, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::target::Target;

/// Both sides of an offer.
#[derive(Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) from: Address,
    pub(crate) to: Address,
}

/// Answers an offer: `by` says whose signature is needed, `holder` who holds the invoice afterwards.
pub(crate) fn answer(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    spend: &Spend,
    verb: InvoiceVerb,
    by: fn(&Offer) -> Address,
    holder: fn(&Offer) -> Address,
) -> Result<TxOutcome, Stop> {
    let target = Target::of_spend(state, spend, None)?;
    let mut found = Findings::default();
    target.must_be_current(&mut found);
    target.must_be_blue(&mut found);
    let ClaimState::Offered { from, to, until_ms } = target.invoice.claim else {
        found.add(target.refusal(RejectReason::NotOffered));
        return Err(found.refuse());
    };
    let offer = Offer { from, to };
    target.must_be_owned(call, spend, &mut found);
    // Either side meets the condition in state; which of them must sign depends on the answer.
    if target.is_current() && !call.present.contains(&by(&offer)) {
        found.add(target.refusal(RejectReason::NotOwner));
    }
    if verb == InvoiceVerb::Accept && call.now.0 > until_ms {
        found.add(target.refusal(RejectReason::OfferLapsed).with([Arg::Time(BlockTime(until_ms))]));
    }
    found.finish()?;
    let invoice = InvoiceRecord { claim: ClaimState::Claimed, ..target.invoice };
    let after = target.stepped_to(Owner::Address(holder(&offer)), invoice);
    Ok(TxOutcome::Stepped(vec![target.write(state, after, verb)]))
}
