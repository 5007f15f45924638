//! What an invoice is judged against, and the invoice.

use ledger_types::{BlockTime, BuyerTitle, InvoiceFacts, InvoiceLine, RuleBook, SellerFace, TaxpayerProfile, Usage};

/// What the verdict is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuePurpose {
    /// An application (申请开票): reserves quota. It is no invoice yet, so the counts per day and minute do not apply.
    Apply,
    /// An invoice in one step (开票), alone or in a batch, and the dry run before it: every rule applies.
    Issue,
}

/// The state an invoice is judged against.
#[derive(Clone, Copy, Debug)]
pub struct IssueContext<'a> {
    /// The rule book of the seller's area. One that is not in force yet at `now` counts as none.
    pub book: &'a RuleBook,
    /// What the bureau approved for the seller; `None` if nothing.
    pub profile: Option<&'a TaxpayerProfile>,
    /// The seller's use so far, already rolled to `now` with [`crate::usage::roll`].
    pub usage: Usage,
    /// Block time.
    pub now: BlockTime,
    /// Apply or issue.
    pub purpose: IssuePurpose,
}

/// The opened sections of one blue invoice.
#[derive(Clone, Copy, Debug)]
pub struct InvoiceInput<'a> {
    /// Kind, totals, remark.
    pub facts: &'a InvoiceFacts,
    /// The seller's printed face, if it differs from the register.
    pub seller: Option<&'a SellerFace>,
    /// The buyer.
    pub buyer: &'a BuyerTitle,
    /// The lines.
    pub lines: &'a [InvoiceLine],
}

impl<'a> InvoiceInput<'a> {
    /// The lines with their printed numbers, from 1. The transaction size limit keeps real invoices below 65,535 lines;
    /// beyond that the number stays at 65,535.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u16, &'a InvoiceLine)> + use<'a> {
        self.lines.iter().enumerate().map(|(index, line)| (line_number(index), line))
    }
}

/// The printed number of the line at `index`.
pub(crate) fn line_number(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX).saturating_add(1)
}
