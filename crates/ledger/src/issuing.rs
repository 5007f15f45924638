//! What issuing has in common, alone, in a batch or from an application: the seller, the verdict of the rules, and the
//! making of the invoice.

use ledger_types::output::Origin;
use ledger_types::receipt::Issued;
use ledger_types::refusal::{Field, Refusal};
use ledger_types::{
    Account, AccountId, AccountKind, Area, Asset, BlockTime, BookingState, ClaimState, FaceState, Fen, InvoiceKind,
    InvoiceRecord, InvoiceVerb, OutputRecord, Owner, ReimbursementState, RejectReason, RuleBook, TitleKind,
};
use tax_rules::{InvoiceInput, IssueContext, IssuePurpose, evaluate};

use crate::admission::OpenedInvoice;
use crate::call::Call;
use crate::findings::{Findings, Stop};
use crate::numbering;
use crate::overlay::TxOverlay;
use crate::quota::Quota;

/// The invoice in the body.
///
/// # Errors
/// Refused if there is none, which admission does not let through.
pub(crate) fn body<'a>(call: &Call<'a>) -> Result<&'a OpenedInvoice, Stop> {
    call.opened.invoice().ok_or_else(|| no_body().into())
}

/// A transaction of this kind without an invoice in its body.
pub(crate) fn no_body() -> Refusal {
    Refusal::new(RejectReason::BadSections, Field::Sections)
}

/// The seller that acts: an enterprise, in its own area.
pub(crate) fn seller<'a>(call: &'a Call<'_>, found: &mut Findings) -> Result<&'a Account, Stop> {
    let seller = call.actor_of(AccountKind::Enterprise, found)?;
    found.require(seller.area == call.envelope.area, RejectReason::WrongArea, Field::Area);
    Ok(seller)
}

/// Judges one invoice by the rules.
pub(crate) fn judge(
    call: &Call<'_>,
    book: &RuleBook,
    quota: &Quota,
    invoice: &OpenedInvoice,
    purpose: IssuePurpose,
) -> tax_rules::Verdict {
    let ctx = IssueContext { book, profile: quota.profile.as_deref(), usage: quota.usage, now: call.now, purpose };
    let input = InvoiceInput {
        facts: &invoice.facts,
        seller: invoice.seller.as_ref(),
        buyer: &invoice.buyer,
        lines: &invoice.lines,
    };
    evaluate(&ctx, &input)
}

/// An invoice about to be made.
pub(crate) struct Draft {
    pub(crate) kind: InvoiceKind,
    pub(crate) title: TitleKind,
    /// Whose body it has.
    pub(crate) origin: Origin,
    pub(crate) total: Fen,
    pub(crate) tax: Fen,
    pub(crate) owner: Owner,
    pub(crate) rule_book: u32,
}

/// Makes a blue invoice with the next number of the area. One that belongs to an address is held at once; any other
/// waits to be claimed.
pub(crate) fn make(
    state: &mut TxOverlay<'_, '_>,
    area: Area,
    now: BlockTime,
    seller: AccountId,
    draft: &Draft,
) -> Result<Issued, Stop> {
    let (code, number) = numbering::take(state, area, now)?;
    let claim = match draft.owner {
        Owner::Address(_) => ClaimState::Claimed,
        Owner::TokenKey(_) | Owner::Condition(_) => ClaimState::Unclaimed,
    };
    let invoice = InvoiceRecord {
        kind: draft.kind,
        title: draft.title,
        origin: draft.origin,
        seller,
        code,
        number,
        tax: draft.tax,
        issued_ms: now.0,
        rule_book: draft.rule_book,
        face: FaceState::Blue,
        claim,
        reimbursement: ReimbursementState::Open,
        booking: BookingState::NotBooked,
        red_form: None,
    };
    let record = OutputRecord {
        version: OutputRecord::VERSION,
        sequence: 0,
        amount: draft.total,
        owner: draft.owner,
        asset: Asset::Invoice(invoice),
    };
    let slot = state.make(record, Some(InvoiceVerb::Issue))?;
    Ok(Issued { slot, code, number })
}
