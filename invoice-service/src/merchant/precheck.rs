//! Judging an invoice without issuing it.

use ledger_types::refusal::{Arg, Level};
use ledger_types::{Account, Fen, Field, InvoiceFacts, Refusal, RejectReason, RuleBook, TaxpayerProfile, Usage};
use proto::convert::{DraftInvoice, DraftTotals, IssueTerms, ReadStamp, field};
use proto::invoice::v1 as pb;
use sdk::{InvoiceDraft, entry};
use tax_rules::{InvoiceInput, IssueContext, IssuePurpose};
use tonic::Request;

use crate::desk::Desk;
use crate::failure::Failure;

/// What an invoice would be judged by now.
struct Standing {
    seller: Account,
    book: Option<RuleBook>,
    profile: Option<TaxpayerProfile>,
    usage: Usage,
}

impl Desk {
    pub(crate) async fn pre_check(
        &self,
        request: Request<pb::PreCheckRequest>,
    ) -> Result<pb::PreCheckResponse, Failure> {
        let (_, extensions, message) = request.into_parts();
        let (caller, stamp) = self.read(&extensions, message.acting_account, message.read_options).await?;
        let invoice: DraftInvoice = field::message(message.invoice, "invoice")?;
        let terms: IssueTerms = field::optional(message.terms, "terms")?.unwrap_or_default();
        let seller = self.account(caller.account).await?;
        let standing = Standing {
            book: self.node.rule_book(seller.area, None).await?,
            profile: self.node.taxpayer(seller.id).await?,
            usage: self.node.usage(seller.id).await?,
            seller,
        };
        let (mut refusals, totals) = match entry::draft(invoice, standing.book.as_ref()) {
            Err(refusals) => (refusals, None),
            Ok(draft) => {
                let facts = draft.facts([0; 16]);
                let mut refusals = judge(&standing, &stamp, &draft, &facts);
                refusals.extend(self.check_payments(&standing, &terms, facts.total).await?);
                (refusals, Some(DraftTotals { net: facts.net, tax: facts.tax, total: facts.total }))
            }
        };
        refusals.sort_by_key(|r| (r.reason, r.line));
        Ok(pb::PreCheckResponse {
            read_context: Some((&stamp).into()),
            passes: refusals.iter().all(|r| r.level != Level::Error),
            refusals: refusals.iter().map(Into::into).collect(),
            totals: totals.map(Into::into),
            rule_book: standing.book.map_or(0, |b| b.version),
        })
    }

    /// What the chain will say of the payments: the payee, what is left, how many, and whether they cover the total.
    async fn check_payments(
        &self,
        standing: &Standing,
        terms: &IssueTerms,
        total: Fen,
    ) -> Result<Vec<Refusal>, Failure> {
        let mut refusals = Vec::new();
        let mut sum = 0i128;
        for (item, part) in (0u16..).zip(&terms.payments) {
            let refuse = |reason| Refusal::new(reason, Field::Payments).at_item(item);
            sum += i128::from(part.amount.0);
            let output = self.node.output(part.slot).await?;
            match output.as_ref().map(|o| (o, o.payment())) {
                None => refusals.push(refuse(RejectReason::OutputUnknown).with([Arg::Slot(part.slot)])),
                Some((_, None)) => refusals.push(refuse(RejectReason::WrongAsset).with([Arg::Slot(part.slot)])),
                Some((record, Some(payment))) => {
                    if payment.payee != standing.seller.id {
                        refusals.push(refuse(RejectReason::NotPayee).with([Arg::Account(payment.payee)]));
                    }
                    if record.amount < part.amount {
                        refusals.push(refuse(RejectReason::PaymentShort).with([Arg::Money(record.amount)]));
                    }
                }
            }
        }
        let most = standing.book.as_ref().map_or(usize::MAX, |b| usize::from(b.max_payment_links));
        if terms.payments.len() > most {
            let most = u64::try_from(most).unwrap_or(u64::MAX);
            refusals.push(Refusal::new(RejectReason::PaymentLinks, Field::Payments).with([Arg::Count(most)]));
        }
        if !terms.payments.is_empty() && sum != i128::from(total.0) {
            let paid = Fen::from_sum(sum).unwrap_or(Fen::MAX);
            let refusal = Refusal::new(RejectReason::PaymentBelowAmount, Field::Payments);
            refusals.push(refusal.with([Arg::Money(paid), Arg::Money(total)]));
        }
        Ok(refusals)
    }
}

fn judge(standing: &Standing, stamp: &ReadStamp, draft: &InvoiceDraft, facts: &InvoiceFacts) -> Vec<Refusal> {
    let Some(book) = &standing.book else {
        let area = Arg::Count(standing.seller.area.0.into());
        return vec![Refusal::new(RejectReason::NoRuleBook, Field::Area).with([area])];
    };
    let context = IssueContext {
        book,
        profile: standing.profile.as_ref(),
        usage: tax_rules::usage::roll(standing.usage, stamp.time),
        now: stamp.time,
        purpose: IssuePurpose::Issue,
    };
    let input = InvoiceInput { facts, seller: draft.seller.as_ref(), buyer: &draft.buyer, lines: &draft.lines };
    tax_rules::evaluate(&context, &input).refusals
}
