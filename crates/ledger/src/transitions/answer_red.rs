//! Answers a red-letter form: the other side confirms or refuses within its time, the side that asked withdraws.

use ledger_types::payload::RedAnswer;
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    AccountId, BlockTime, FormId, RedForm, RedFormState, RedInitiator, RegistryKey, RejectReason, TxOutcome,
};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::overlay::TxOverlay;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    id: FormId,
    answer: RedAnswer,
) -> Result<TxOutcome, Stop> {
    let actor = call.actor_id()?;
    let key = RegistryKey::RedForm(id);
    let Some(form) = state.get::<RedForm>(&key)?.map(|form| *form) else {
        let unknown = Refusal::new(RejectReason::RedFormUnknown, Field::Form);
        return Err(unknown.with([Arg::Count(id.0)]).into());
    };
    let mut found = Findings::default();
    let waits = matches!(form.state, RedFormState::AwaitingBuyer | RedFormState::AwaitingSeller);
    if !waits || call.now.0 > form.expires_ms {
        let args = [Arg::Choice(form.state as u8), Arg::Time(BlockTime(form.expires_ms))];
        found.add(Refusal::new(RejectReason::RedFormState, Field::Form).with(args));
    }
    found.require(actor == must_sign(&form, answer), RejectReason::NotRedParty, Field::Signers);
    found.finish()?;
    state.put(key, RedForm { state: answered(&form, answer), ..form });
    Ok(TxOutcome::Done)
}

/// Whose answer this is.
fn must_sign(form: &RedForm, answer: RedAnswer) -> AccountId {
    let asked_by_seller = form.initiator == RedInitiator::Seller;
    let withdraws = answer == RedAnswer::Withdraw;
    if asked_by_seller == withdraws { form.seller } else { form.buyer }
}

fn answered(form: &RedForm, answer: RedAnswer) -> RedFormState {
    match (answer, form.initiator) {
        (RedAnswer::Confirm, _) => RedFormState::Confirmed,
        (RedAnswer::Refuse, RedInitiator::Seller) => RedFormState::RefusedByBuyer,
        (RedAnswer::Refuse, RedInitiator::Buyer) => RedFormState::RefusedBySeller,
        (RedAnswer::Withdraw, _) => RedFormState::Withdrawn,
    }
}
