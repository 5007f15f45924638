//! What an accepted transaction adds to the sums, read from the transaction itself and not from the draft that carries it
//! out: the second way in which quotas are added up.

use ledger_types::{
    AccountId, BlockTime, Canonical, InvoiceFacts, Month, Payload, RedReason, Section, SectionKind, SignerIdentity,
    SignerRole, Transaction,
};

use crate::world::World;

/// One entry of a taxpayer's month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Booked {
    /// An invoice.
    Issued { seller: AccountId, net: i128 },
    /// A red letter of the invoice's own month.
    GivenBack { seller: AccountId, month: Month, net: i128 },
}

/// How many blue and red invoices an accepted transaction issues.
pub(crate) fn counts(tx: &Transaction) -> (u64, u64) {
    match &tx.envelope.payload {
        Payload::Issue(_) | Payload::IssueApplied { .. } => (1, 0),
        Payload::IssueBatch { count, .. } => (u64::from(*count), 0),
        Payload::IssueRed { .. } => (0, 1),
        _ => (0, 0),
    }
}

/// What an accepted transaction adds, given the state before it.
pub(crate) fn booked(world: &World, tx: &Transaction, now: BlockTime) -> Vec<Booked> {
    match &tx.envelope.payload {
        Payload::Issue(_) => nets(tx, std::iter::once(tx.sections())),
        Payload::IssueBatch { .. } => nets(tx, tx.batch_items().iter().map(|item| item.sections.as_slice())),
        Payload::IssueApplied { application } => {
            let application = world.application(*application);
            let fact = application.map(|a| Booked::Issued { seller: a.seller, net: i128::from(a.net.0) });
            fact.into_iter().collect()
        }
        Payload::IssueRed { invoice, reason, .. } => {
            let blue = world.output(*invoice);
            let record = blue.and_then(|output| Some((output.amount, output.invoice()?)));
            let Some((amount, record)) = record else { return Vec::new() };
            let month = BlockTime(record.issued_ms).month();
            if month != now.month() || *reason == RedReason::SalesAllowance {
                return Vec::new();
            }
            let net = i128::from(amount.0) - i128::from(record.tax.0);
            vec![Booked::GivenBack { seller: record.seller, month, net }]
        }
        _ => Vec::new(),
    }
}

fn nets<'a>(tx: &Transaction, bodies: impl Iterator<Item = &'a [Section]>) -> Vec<Booked> {
    let owner = tx.envelope.signers.iter().find(|signer| signer.role == SignerRole::Owner);
    let Some(SignerIdentity::Account { account: seller, .. }) = owner.map(|signer| signer.identity) else {
        return Vec::new();
    };
    let facts = bodies.filter_map(|sections| {
        sections.iter().find_map(|section| match section {
            Section::Plain { kind: SectionKind::Facts, bytes, .. } => InvoiceFacts::from_canonical(bytes).ok(),
            _ => None,
        })
    });
    facts.map(|facts| Booked::Issued { seller, net: i128::from(facts.total.0) - i128::from(facts.tax.0) }).collect()
}
