//! From the name of an invoice to its output, and from that to a spend.

use futures::stream::{StreamExt, TryStreamExt};
use ledger_types::payload::RedAnswer;
use ledger_types::refusal::Arg;
use ledger_types::{
    Address, ClaimState, Digest, Field, OwnerCondition, Purpose, Refusal, RejectReason, Slot, Spend, domain_hash, owner,
};
use proto::convert::{InvoiceId, InvoiceRef, Recipient, field};
use proto::invoice::v1 as pb;
use proto::types::v1 as types;

use crate::desk::Desk;
use crate::failure::Failure;
use crate::view::Held;

/// Invoices looked up side by side.
const SIDE_BY_SIDE: usize = 16;

impl Desk {
    /// The invoice that a reference names, as it stands now.
    pub(crate) async fn find(&self, id: InvoiceId) -> Result<Held, Failure> {
        let found = match id {
            InvoiceId::Slot(slot) => self.node.output(slot).await?.map(|output| (slot, output)),
            InvoiceId::Face(face) => self.node.invoice_by_number(face.code, face.number).await?,
        };
        let slot = match id {
            InvoiceId::Slot(slot) => vec![Arg::Slot(slot)],
            InvoiceId::Face(face) => vec![Arg::Code(face.code), Arg::Number(face.number)],
        };
        let Some(output) = found else {
            return Err(Failure::refusal(Refusal::new(RejectReason::OutputUnknown, Field::Invoice).with(slot)));
        };
        Held::of(output).ok_or_else(|| {
            let refusal = Refusal::new(RejectReason::WrongAsset, Field::Invoice);
            Failure::refusal(refusal.with([Arg::Slot(output.0)]))
        })
    }

    /// The invoice in a slot, which must be there: it was just stepped on.
    pub(crate) async fn held(&self, slot: Slot) -> Result<Held, Failure> {
        self.find(InvoiceId::Slot(slot)).await
    }

    /// The spend of a referenced invoice, with the sequence the caller saw or the one it has.
    pub(crate) async fn spend(&self, reference: InvoiceRef) -> Result<Spend, Failure> {
        Ok(spend_of(&self.find(reference.id).await?, reference.sequence))
    }

    /// Many referenced invoices, in order. A failure names the item.
    pub(crate) async fn find_all(&self, references: &[InvoiceRef]) -> Result<Vec<Held>, Failure> {
        let one = |(item, id)| async move { self.find(id).await.map_err(|failure| at_item(failure, item)) };
        let ids: Vec<(u16, InvoiceId)> = (0..).zip(references.iter().map(|r| r.id)).collect();
        futures::stream::iter(ids.into_iter().map(one)).buffered(SIDE_BY_SIDE).try_collect().await
    }

    /// The slot of a referenced invoice, if it is still where the caller saw it: for changes that name no sequence.
    pub(crate) async fn unmoved(&self, reference: InvoiceRef) -> Result<Held, Failure> {
        let held = self.find(reference.id).await?;
        match reference.sequence {
            Some(seen) if seen != held.output.sequence => {
                let refusal = Refusal::new(RejectReason::OutputSpent, Field::Invoice);
                let args = [Arg::Slot(held.slot), Arg::Sequence(seen), Arg::Sequence(held.output.sequence)];
                Err(Failure::refusal(refusal.with(args)))
            }
            _ => Ok(held),
        }
    }

    /// The address of a receiver that is no token.
    pub(crate) fn address_of(&self, recipient: &Recipient, name: &str) -> Result<Address, Failure> {
        match recipient {
            Recipient::Account(id) => Ok(owner::account_address(&self.chain(), *id)),
            Recipient::Address(address) => Ok(*address),
            Recipient::ClaimToken(_) | Recipient::TokenAddress(_) => {
                Err(Failure::field(name, "must be an account or an address"))
            }
        }
    }

    /// The hash under which something of the caller's own (an order, a voucher) goes on chain; zero for none.
    pub(crate) fn reference(&self, text: &str) -> Digest {
        if text.is_empty() { Digest::ZERO } else { domain_hash(Purpose::Reference, &self.chain(), text.as_bytes()) }
    }
}

/// The spend of an invoice, with the sequence the caller saw or the one it has.
pub(crate) fn spend_of(held: &Held, seen: Option<u32>) -> Spend {
    Spend { slot: held.slot, sequence: seen.unwrap_or(held.output.sequence), reveal: reveal(held) }
}

/// The spends of many, in order.
pub(crate) fn spends_of(held: &[Held], references: &[InvoiceRef]) -> Vec<Spend> {
    held.iter().zip(references).map(|(h, r)| spend_of(h, r.sequence)).collect()
}

/// What has to be revealed of the owner condition: an offer's two sides.
fn reveal(held: &Held) -> Option<OwnerCondition> {
    let ClaimState::Offered { from, to, .. } = held.invoice.claim else { return None };
    let mut members = vec![from, to];
    members.sort_unstable();
    Some(OwnerCondition::AnyOf(members))
}

/// The same refusals, for one item of a list.
pub(crate) fn at_item(failure: Failure, item: u16) -> Failure {
    match failure {
        Failure::Refused(refusals, tx) => Failure::Refused(refusals.into_iter().map(|r| r.at_item(item)).collect(), tx),
        other => other,
    }
}

/// A reference that must be there.
pub(crate) fn invoice_ref(value: Option<pb::InvoiceRef>) -> Result<InvoiceRef, Failure> {
    Ok(field::message(value, "invoice")?)
}

/// A list of references, 1 to `most`.
pub(crate) fn invoice_refs(values: Vec<pb::InvoiceRef>, most: usize) -> Result<Vec<InvoiceRef>, Failure> {
    if values.is_empty() {
        return Err(proto::ConvertError::missing("invoices").into());
    }
    Ok(field::list(values, most, "invoices")?)
}

/// An external number that must be there, at most 128 bytes.
pub(crate) fn external(value: String, name: &str) -> Result<String, Failure> {
    if value.is_empty() {
        return Err(proto::ConvertError::missing(name).into());
    }
    Ok(field::text(value, proto::limits::MAX_REFERENCE_BYTES, name)?)
}

/// What is said to a form.
pub(crate) fn red_answer(value: i32) -> Result<RedAnswer, Failure> {
    Ok(field::choice::<types::RedAnswer, RedAnswer>(value, "answer")?)
}
