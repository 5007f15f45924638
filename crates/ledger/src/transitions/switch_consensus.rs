//! Changes the kind of consensus under the adaptive policy, on a certificate that enough validators signed. By anyone. Form
//! and signatures were checked at admission; here the signers must be enough of the validators in force.

use ledger_types::limits::{MAX_LIVE_PROPOSALS, MIN_CHANGE_DELAY};
use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{
    Adaptive, AdaptivePolicy, GovernanceChange, Height, Proposal, RegistryKey, RejectReason, SwitchCertificate,
    SwitchRequest, SwitchWay, TxOutcome,
};

use super::propose_change::regime_of;
use super::report_misbehaviour::under_way;
use crate::call::Call;
use crate::findings::Stop;
use crate::governance::{self, Regime};
use crate::overlay::TxOverlay;

pub(super) fn run(
    state: &mut TxOverlay<'_, '_>,
    call: &Call<'_>,
    certificate: &SwitchCertificate,
) -> Result<TxOutcome, Stop> {
    let Some(first) = certificate.requests.first().map(|request| request.body) else {
        return Err(refuse(RejectReason::SwitchMixed, []).into());
    };
    let regime = regime_of(state, call)?;
    if first.epoch != regime.epoch.number {
        let args = [Arg::Count(first.epoch), Arg::Count(regime.epoch.number)];
        return Err(refuse(RejectReason::SwitchEpoch, args).into());
    }
    for (item, request) in (0..).zip(&certificate.requests) {
        check_request(&regime, call.origin.height, request).map_err(|refusal| refusal.at_item(item))?;
    }
    let (from, to) = first.way.kinds();
    let held = state.get::<Adaptive>(&RegistryKey::Adaptive)?;
    let allowed = held.filter(|_| regime.epoch.kind == from).and_then(|held| held.policy.map(|policy| (held, policy)));
    let Some((held, policy)) = allowed.filter(|(_, policy)| allows(policy, first.way)) else {
        return Err(refuse(RejectReason::SwitchNotAllowed, [Arg::Choice(regime.epoch.kind as u8)]).into());
    };
    check_enough(&regime, certificate, first.way)?;
    check_quiet(&held, &policy, call, certificate)?;
    let governance = governance::load(state)?;
    let change = GovernanceChange::Consensus(to);
    if under_way(state, &governance, &change)?.is_some() {
        return Err(refuse(RejectReason::SwitchUnderWay, []).into());
    }
    if governance.live.len() >= 2 * MAX_LIVE_PROPOSALS {
        let args = [Arg::Count(governance.live.len() as u64), Arg::Count(2 * MAX_LIVE_PROPOSALS as u64)];
        return Err(Refusal::new(RejectReason::TooManyProposals, Field::Proposal).with(args).into());
    }
    let effective = Height(call.origin.height.0.saturating_add(MIN_CHANGE_DELAY));
    governance::enter(state, governance, change, Proposal::CHAIN, effective, true);
    Ok(TxOutcome::Done)
}

fn refuse(reason: RejectReason, args: impl IntoIterator<Item = Arg>) -> Refusal {
    Refusal::new(reason, Field::Switch).with(args)
}

/// The signer is a validator, and speaks of no block that is still to come.
fn check_request(regime: &Regime, height: Height, request: &SwitchRequest) -> Result<(), Refusal> {
    if regime.validators.place_of(&request.vote_key).is_none() {
        return Err(refuse(RejectReason::SwitchUnknown, []));
    }
    let acknowledged = request.body.ack.map_or(Height(0), |ack| ack.height);
    if request.body.tip >= height || acknowledged > height {
        let told = request.body.tip.max(acknowledged);
        return Err(refuse(RejectReason::SwitchAhead, [Arg::Count(told.0), Arg::Count(height.0)]));
    }
    Ok(())
}

fn allows(policy: &AdaptivePolicy, way: SwitchWay) -> bool {
    match way {
        SwitchWay::Raise => true,
        SwitchWay::Lower { .. } => policy.lower_after_ms.is_some(),
    }
}

/// More than two thirds raise: most of them are honest. All must agree to lower.
fn check_enough(regime: &Regime, certificate: &SwitchCertificate, way: SwitchWay) -> Result<(), Refusal> {
    let needed = match way {
        SwitchWay::Raise => regime.validators.bft_quorum(),
        SwitchWay::Lower { .. } => regime.validators.validators.len(),
    };
    let asked = certificate.requests.len();
    if asked < needed {
        return Err(refuse(RejectReason::SwitchTooFew, [Arg::Count(asked as u64), Arg::Count(needed as u64)]));
    }
    Ok(())
}

/// Who lowers has seen all agree for long enough, and nothing on record says otherwise.
fn check_quiet(
    held: &Adaptive,
    policy: &AdaptivePolicy,
    call: &Call<'_>,
    certificate: &SwitchCertificate,
) -> Result<(), Refusal> {
    for (item, request) in (0..).zip(&certificate.requests) {
        let SwitchWay::Lower { since } = request.body.way else { continue };
        let needed = policy.lower_after_ms.unwrap_or(u64::MAX);
        let lasted = call.now.0.saturating_sub(since.0);
        if since < held.quiet_since || lasted < needed {
            let args = [Arg::Count(lasted), Arg::Count(needed)];
            return Err(refuse(RejectReason::SwitchTooEarly, args).at_item(item));
        }
    }
    Ok(())
}
