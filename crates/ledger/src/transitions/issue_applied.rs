//! Issues an application (开票): number, slot, counts, and the quota held for it. By the applicant, before it lapses.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::registry::OrderFate;
use ledger_types::{Application, ApplicationId, Digest, Fen, RegistryKey, RejectReason, TxOutcome};
use tax_rules::{IssueContext, IssuePurpose, check_applied};

use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::issuing::{self, Draft};
use crate::overlay::TxOverlay;
use crate::quota::{self, Quota};
use crate::register::Held;
use crate::{numbering, orders, rule_books};

pub(super) fn run(state: &mut TxOverlay<'_, '_>, call: &Call<'_>, id: ApplicationId) -> Result<TxOutcome, Stop> {
    let application = waiting(state, call, id)?;
    let mut quota = check(state, call, &application)?;
    quota.commit(quota::reserved_by(&application), application.quota_month)?;
    quota.store(state);
    let draft = Draft {
        kind: application.kind,
        title: application.title,
        origin: application.origin,
        total: Fen(application.net.0.saturating_add(application.tax.0)),
        tax: application.tax,
        owner: application.owner,
        rule_book: application.rule_book,
    };
    let issued = issuing::make(state, call.envelope.area, call.now, application.seller, &draft)?;
    state.remove(RegistryKey::Application(id));
    let order_ref = Digest(application.order_ref);
    orders::register(state, application.seller, order_ref, OrderFate::Issued(issued.slot));
    Ok(TxOutcome::Issued(issued))
}

/// The application, if it still waits.
///
/// # Errors
/// Refused with `APPLICATION_GONE`, also in the time between its end and the task that removes it.
pub(super) fn waiting(
    state: &TxOverlay<'_, '_>,
    call: &Call<'_>,
    id: ApplicationId,
) -> Result<Held<Application>, Stop> {
    let application = state.get::<Application>(&RegistryKey::Application(id))?;
    let waiting = application.filter(|a| call.now.0 <= a.expires_ms);
    let gone = || Refusal::new(RejectReason::ApplicationGone, Field::Application).with([Arg::Count(id.0)]);
    waiting.ok_or_else(|| gone().into())
}

fn check(state: &TxOverlay<'_, '_>, call: &Call<'_>, application: &Application) -> Result<Quota, Stop> {
    let mut found = Findings::default();
    let seller = issuing::seller(call, &mut found)?.id;
    found.require(seller == application.seller, RejectReason::NotApplicant, Field::Application);
    let area = call.envelope.area;
    found.take(numbering::check_left(state, area, call.now, 1))?;
    let quota = Quota::load(state, application.seller, call.now)?;
    if let Some(book) = found.take(rule_books::in_force(state, area))?
        && seller == application.seller
    {
        let profile = quota.profile.as_deref();
        let purpose = IssuePurpose::Issue;
        let ctx = IssueContext { book: &book, profile, usage: quota.usage, now: call.now, purpose };
        found.extend(check_applied(&ctx, application).refusals);
    }
    found.finish()?;
    Ok(quota)
}
