//! Claims an invoice (认领): the holder of the order token's key names the address that holds it from now on. The first
//! valid claim wins; a later one learns that, and nothing else.

use ledger_types::{Address, ClaimState, InvoiceRecord, InvoiceVerb, Owner, RejectReason, Spend, TxOutcome};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;
use crate::target::Target;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    spend: &Spend,
    to: Address,
) -> Result<TxOutcome, Stop> {
    let target = Target::of_spend(state, spend, None)?;
    let mut found = Findings::default();
    if target.invoice.claim == ClaimState::Unclaimed {
        target.must_be_current(&mut found);
        target.must_be_owned(call, spend, &mut found);
    } else {
        found.add(target.refusal(RejectReason::AlreadyClaimed));
    }
    target.must_be_blue(&mut found);
    found.finish()?;
    let invoice = InvoiceRecord { claim: ClaimState::Claimed, ..target.invoice };
    let after = target.stepped_to(Owner::Address(to), invoice);
    Ok(TxOutcome::Stepped(vec![target.write(state, after, InvoiceVerb::Claim)]))
}
