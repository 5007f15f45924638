//! Values of the register.

use ledger_types::registry::{Counters, KeyUsage, Numbering, OrderFate};
use ledger_types::{ApplicationId, Fen, FormId, LinkAccess, RegistryValue, Slot};

use super::error::ConvertError;
use super::field::{Read, account, key_id, message, parse, parse_optional, required};
use super::office::staff;
use crate::types::v1 as wire;
use crate::types::v1::order_fate::Fate;
use crate::types::v1::registry_value::Value;

impl From<&RegistryValue> for wire::RegistryValue {
    fn from(value: &RegistryValue) -> Self {
        let value = match value {
            RegistryValue::Counters(c) => Value::Counters(c.into()),
            RegistryValue::Params(p) => Value::Params(p.into()),
            RegistryValue::Validators(v) => Value::Validators(v.into()),
            RegistryValue::Timer(t) => Value::Timer(t.into()),
            RegistryValue::Account(a) => Value::Account(a.into()),
            RegistryValue::AccountOfTaxId(a) => Value::AccountOfTaxId(a.0),
            RegistryValue::Taxpayer(p) => Value::Taxpayer(p.into()),
            RegistryValue::Usage(u) => Value::Usage(u.into()),
            RegistryValue::RuleBook(b) => Value::RuleBook((&**b).into()),
            RegistryValue::RuleBookHead(h) => Value::RuleBookHead(h.into()),
            RegistryValue::Numbering(n) => {
                Value::Numbering(wire::Numbering { code: n.code.to_string(), next: n.next.map(|n| n.to_string()) })
            }
            RegistryValue::Application(a) => Value::Application(a.into()),
            RegistryValue::Order(fate) => Value::Order(wire::OrderFate {
                fate: Some(match fate {
                    OrderFate::Applied(id) => Fate::Applied(id.0),
                    OrderFate::Issued(slot) => Fate::Issued(slot.0),
                }),
            }),
            RegistryValue::Payment(slot) => Value::Payment(slot.0),
            RegistryValue::RedForm(f) => Value::RedForm(f.into()),
            RegistryValue::KeyUsage(u) => {
                Value::KeyUsage(wire::KeyUsage { day: u.day, count: u.count, amount: u.amount.0 })
            }
            RegistryValue::Epoch(e) => Value::Epoch(e.into()),
            RegistryValue::PastEpoch(p) => Value::PastEpoch(p.into()),
            RegistryValue::Governance(g) => Value::Governance(g.into()),
            RegistryValue::Proposal(p) => Value::Proposal((&**p).into()),
            RegistryValue::Offence(o) => Value::Offence(o.into()),
            RegistryValue::Adaptive(a) => Value::Adaptive(a.into()),
            RegistryValue::Committee(c) => Value::Committee(c.into()),
            RegistryValue::Office(o) => Value::Office(o.into()),
            RegistryValue::Staff(s) => Value::Staff(s.offices.into()),
            RegistryValue::Separated(k) => Value::Separated(k.0.into()),
            RegistryValue::Hands(h) => Value::Hands(h.into()),
            RegistryValue::Delegates(d) => Value::Delegates(d.into()),
            RegistryValue::Delegation(d) => Value::Delegation(d.into()),
            RegistryValue::Recovery(r) => Value::Recovery((&**r).into()),
            RegistryValue::Certificate(c) => Value::Certificate((&**c).into()),
            RegistryValue::TrustAnchors(t) => Value::TrustAnchors(t.into()),
            RegistryValue::Grant(g) => Value::Grant(g.into()),
            RegistryValue::GrantsTo(list) => Value::GrantsTo(list.into()),
            RegistryValue::GrantsBy(list) => Value::GrantsBy(list.into()),
            RegistryValue::Inspection(i) => Value::Inspection(i.into()),
            RegistryValue::Access(a) => Value::Access(a.into()),
            RegistryValue::NextCommittee(n) => Value::NextCommittee(n.into()),
            RegistryValue::LinkAccess(a) => Value::LinkAccess((&a.0).into()),
            RegistryValue::AnchoredLog(a) => Value::AnchoredLog(a.into()),
            RegistryValue::PastCommittee(p) => Value::PastCommittee(p.into()),
            RegistryValue::AcceptedEpochs(a) => Value::AcceptedEpochs(a.into()),
            RegistryValue::Erasure(e) => Value::Erasure(e.into()),
            RegistryValue::Erased(e) => Value::Erased(e.into()),
        };
        Self { value: Some(value) }
    }
}

impl TryFrom<wire::RegistryValue> for RegistryValue {
    type Error = ConvertError;

    fn try_from(w: wire::RegistryValue) -> Result<Self, ConvertError> {
        Ok(match required(w.value, "value")? {
            Value::Counters(c) => Self::Counters(message(Some(c), "counters")?),
            Value::Params(p) => Self::Params(message(Some(p), "params")?),
            Value::Validators(v) => Self::Validators(message(Some(v), "validators")?),
            Value::Timer(t) => Self::Timer(message(Some(t), "timer")?),
            Value::Account(a) => Self::Account(message(Some(a), "account")?),
            Value::AccountOfTaxId(a) => Self::AccountOfTaxId(account(a, "account_of_tax_id")?),
            Value::Taxpayer(p) => Self::Taxpayer(message(Some(p), "taxpayer")?),
            Value::Usage(u) => Self::Usage(message(Some(u), "usage")?),
            Value::RuleBook(b) => Self::RuleBook(Box::new(message(Some(b), "rule_book")?)),
            Value::RuleBookHead(h) => Self::RuleBookHead(message(Some(h), "rule_book_head")?),
            Value::Numbering(n) => Self::Numbering(numbering(&n).map_err(|e| e.within("numbering"))?),
            Value::Application(a) => Self::Application(message(Some(a), "application")?),
            Value::Order(o) => Self::Order(match required(o.fate, "order.fate")? {
                Fate::Applied(id) => OrderFate::Applied(ApplicationId(id)),
                Fate::Issued(slot) => OrderFate::Issued(Slot(slot)),
            }),
            Value::Payment(slot) => Self::Payment(Slot(slot)),
            Value::RedForm(f) => Self::RedForm(message(Some(f), "red_form")?),
            Value::KeyUsage(u) => Self::KeyUsage(KeyUsage { day: u.day, count: u.count, amount: Fen(u.amount) }),
            Value::Epoch(e) => Self::Epoch(message(Some(e), "epoch")?),
            Value::PastEpoch(p) => Self::PastEpoch(message(Some(p), "past_epoch")?),
            Value::Governance(g) => Self::Governance(message(Some(g), "governance")?),
            Value::Proposal(p) => Self::Proposal(Box::new(message(Some(p), "proposal")?)),
            Value::Offence(o) => Self::Offence(message(Some(o), "offence")?),
            Value::Adaptive(a) => Self::Adaptive(message(Some(a), "adaptive")?),
            Value::Committee(c) => Self::Committee(message(Some(c), "committee")?),
            Value::Office(o) => Self::Office(message(Some(o), "office")?),
            Value::Staff(offices) => Self::Staff(staff(offices)?),
            Value::Separated(k) => Self::Separated(key_id(k, "separated")?),
            Value::Hands(h) => Self::Hands(message(Some(h), "hands")?),
            Value::Delegates(d) => Self::Delegates(message(Some(d), "delegates")?),
            Value::Delegation(d) => Self::Delegation(message(Some(d), "delegation")?),
            Value::Recovery(r) => Self::Recovery(Box::new(message(Some(r), "recovery")?)),
            Value::Certificate(c) => Self::Certificate(Box::new(message(Some(c), "certificate")?)),
            Value::TrustAnchors(t) => Self::TrustAnchors(message(Some(t), "trust_anchors")?),
            Value::Grant(g) => Self::Grant(message(Some(g), "grant")?),
            Value::GrantsTo(list) => Self::GrantsTo(message(Some(list), "grants_to")?),
            Value::GrantsBy(list) => Self::GrantsBy(message(Some(list), "grants_by")?),
            Value::Inspection(i) => Self::Inspection(message(Some(i), "inspection")?),
            Value::Access(a) => Self::Access(message(Some(a), "access")?),
            Value::NextCommittee(n) => Self::NextCommittee(message(Some(n), "next_committee")?),
            Value::PastCommittee(p) => Self::PastCommittee(message(Some(p), "past_committee")?),
            Value::AcceptedEpochs(a) => Self::AcceptedEpochs(message(Some(a), "accepted_epochs")?),
            Value::LinkAccess(a) => Self::LinkAccess(LinkAccess(message(Some(a), "link_access")?)),
            Value::Erasure(e) => Self::Erasure(message(Some(e), "erasure")?),
            Value::Erased(e) => Self::Erased(message(Some(e), "erased")?),
            Value::AnchoredLog(a) => Self::AnchoredLog(message(Some(a), "anchored_log")?),
        })
    }
}

fn numbering(w: &wire::Numbering) -> Read<Numbering> {
    Ok(Numbering { code: parse(&w.code, "code")?, next: parse_optional(w.next.as_deref(), "next")? })
}

impl From<&Counters> for wire::Counters {
    fn from(c: &Counters) -> Self {
        Self { account: c.account.0, slot: c.slot.0, application: c.application.0, form: c.form.0, timer: c.timer }
    }
}

impl TryFrom<wire::Counters> for Counters {
    type Error = ConvertError;

    fn try_from(w: wire::Counters) -> Result<Self, ConvertError> {
        Ok(Self {
            account: account(w.account, "account")?,
            slot: Slot(w.slot),
            application: ApplicationId(w.application),
            form: FormId(w.form),
            timer: w.timer,
        })
    }
}
