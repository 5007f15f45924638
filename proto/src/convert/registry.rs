//! Keys of the register.

use ledger_types::{ApplicationId, FormId, ProposalId, RegistryKey, Slot};

use super::error::ConvertError;
use super::field::{Read, account, address, area, digest, key_id, message, ms, parse, required, wire_ms};
use super::grant;
use crate::types::v1 as wire;
use crate::types::v1::registry_key::Key;

const ONE: wire::Singleton = wire::Singleton {};

impl From<&RegistryKey> for wire::RegistryKey {
    fn from(key: &RegistryKey) -> Self {
        let reference = |account: &ledger_types::AccountId, reference: &ledger_types::Digest| wire::AccountRef {
            account: account.0,
            reference: reference.0.to_vec(),
        };
        let key = match key {
            RegistryKey::Counters => Key::Counters(ONE),
            RegistryKey::Params => Key::Params(ONE),
            RegistryKey::Validators => Key::Validators(ONE),
            RegistryKey::Timer { due_ms, number } => {
                Key::Timer(wire::TimerKey { due_ms: wire_ms(*due_ms), number: *number })
            }
            RegistryKey::Account(a) => Key::Account(a.0),
            RegistryKey::AccountOfTaxId(id) => Key::AccountOfTaxId(id.as_str().to_owned()),
            RegistryKey::Taxpayer(a) => Key::Taxpayer(a.0),
            RegistryKey::Usage(a) => Key::Usage(a.0),
            RegistryKey::RuleBook { area, version } => {
                Key::RuleBook(wire::RuleBookKey { area: area.0.into(), version: *version })
            }
            RegistryKey::RuleBookHead(area) => Key::RuleBookHead(area.0.into()),
            RegistryKey::Numbering(area) => Key::Numbering(area.0.into()),
            RegistryKey::Application(id) => Key::Application(id.0),
            RegistryKey::Order { seller, order_ref } => Key::Order(reference(seller, order_ref)),
            RegistryKey::Payment { provider, payment_ref } => Key::Payment(reference(provider, payment_ref)),
            RegistryKey::RedForm(id) => Key::RedForm(id.0),
            RegistryKey::KeyUsage { account, key } => {
                Key::KeyUsage(wire::AccountKey { account: account.0, key: key.0.into() })
            }
            RegistryKey::Epoch => Key::Epoch(ONE),
            RegistryKey::PastEpoch(number) => Key::PastEpoch(*number),
            RegistryKey::Governance => Key::Governance(ONE),
            RegistryKey::Proposal(id) => Key::Proposal(id.0),
            RegistryKey::Offence(digest) => Key::Offence(digest.0.to_vec()),
            RegistryKey::Adaptive => Key::Adaptive(ONE),
            RegistryKey::Committee => Key::Committee(ONE),
            RegistryKey::Office { account, key } => {
                Key::Office(wire::AccountKey { account: account.0, key: key.0.into() })
            }
            RegistryKey::Staff(a) => Key::Staff(a.0),
            RegistryKey::Separated { account, holder } => Key::Separated(reference(account, holder)),
            RegistryKey::Hands(id) => Key::Hands(id.0),
            RegistryKey::Delegates(a) => Key::Delegates(a.0),
            RegistryKey::Delegation { from, to } => Key::Delegation(wire::DelegationKey { from: from.0, to: to.0 }),
            RegistryKey::Recovery(a) => Key::Recovery(a.0),
            RegistryKey::Certificate(digest) => Key::Certificate(digest.0.to_vec()),
            RegistryKey::TrustAnchors => Key::TrustAnchors(ONE),
            RegistryKey::Grant(id) => Key::Grant((*id).into()),
            RegistryKey::GrantsTo { to, from } => Key::GrantsTo(grant::wire_pair(to, from)),
            RegistryKey::GrantsBy(from) => Key::GrantsBy(from.0.to_vec()),
            RegistryKey::Inspection(id) => Key::Inspection((*id).into()),
            RegistryKey::Access { account, key, slot } => {
                Key::Access(wire::AccessKey { account: account.0, key: key.0.into(), slot: slot.0 })
            }
            RegistryKey::NextCommittee => Key::NextCommittee(ONE),
            RegistryKey::LinkAccess { account, key, slot } => {
                Key::LinkAccess(wire::AccessKey { account: account.0, key: key.0.into(), slot: slot.0 })
            }
            RegistryKey::AnchoredLog { account, log } => Key::AnchoredLog(reference(account, log)),
            RegistryKey::PastCommittee(epoch) => Key::PastCommittee(*epoch),
            RegistryKey::AcceptedEpochs => Key::AcceptedEpochs(ONE),
            RegistryKey::Erasure(id) => Key::Erasure((*id).into()),
            RegistryKey::Erased(slot) => Key::Erased(slot.0),
        };
        Self { key: Some(key) }
    }
}

impl TryFrom<wire::RegistryKey> for RegistryKey {
    type Error = ConvertError;

    fn try_from(w: wire::RegistryKey) -> Result<Self, ConvertError> {
        Ok(match required(w.key, "key")? {
            Key::Counters(wire::Singleton {}) => Self::Counters,
            Key::Params(wire::Singleton {}) => Self::Params,
            Key::Validators(wire::Singleton {}) => Self::Validators,
            Key::Timer(t) => Self::Timer { due_ms: ms(t.due_ms, "timer.due_ms")?, number: t.number },
            Key::Account(a) => Self::Account(account(a, "account")?),
            Key::AccountOfTaxId(id) => Self::AccountOfTaxId(parse(&id, "account_of_tax_id")?),
            Key::Taxpayer(a) => Self::Taxpayer(account(a, "taxpayer")?),
            Key::Usage(a) => Self::Usage(account(a, "usage")?),
            Key::RuleBook(b) => Self::RuleBook { area: area(b.area, "rule_book.area")?, version: b.version },
            Key::RuleBookHead(a) => Self::RuleBookHead(area(a, "rule_book_head")?),
            Key::Numbering(a) => Self::Numbering(area(a, "numbering")?),
            Key::Application(id) => Self::Application(ApplicationId(id)),
            Key::Order(r) => {
                let (seller, order_ref) = reference(&r).map_err(|e| e.within("order"))?;
                Self::Order { seller, order_ref }
            }
            Key::Payment(r) => {
                let (provider, payment_ref) = reference(&r).map_err(|e| e.within("payment"))?;
                Self::Payment { provider, payment_ref }
            }
            Key::RedForm(id) => Self::RedForm(FormId(id)),
            Key::KeyUsage(k) => Self::KeyUsage {
                account: account(k.account, "key_usage.account")?,
                key: key_id(k.key, "key_usage.key")?,
            },
            Key::Epoch(wire::Singleton {}) => Self::Epoch,
            Key::PastEpoch(number) => Self::PastEpoch(number),
            Key::Governance(wire::Singleton {}) => Self::Governance,
            Key::Proposal(id) => Self::Proposal(ProposalId(id)),
            Key::Offence(d) => Self::Offence(digest(&d, "offence")?),
            Key::Adaptive(wire::Singleton {}) => Self::Adaptive,
            Key::Committee(wire::Singleton {}) => Self::Committee,
            Key::Office(k) => {
                Self::Office { account: account(k.account, "office.account")?, key: key_id(k.key, "office.key")? }
            }
            Key::Staff(a) => Self::Staff(account(a, "staff")?),
            Key::Separated(r) => {
                let (account, holder) = reference(&r).map_err(|e| e.within("separated"))?;
                Self::Separated { account, holder }
            }
            Key::Hands(id) => Self::Hands(ProposalId(id)),
            Key::Delegates(a) => Self::Delegates(account(a, "delegates")?),
            Key::Delegation(k) => {
                Self::Delegation { from: account(k.from, "delegation.from")?, to: account(k.to, "delegation.to")? }
            }
            Key::Recovery(a) => Self::Recovery(account(a, "recovery")?),
            Key::Certificate(d) => Self::Certificate(digest(&d, "certificate")?),
            Key::TrustAnchors(wire::Singleton {}) => Self::TrustAnchors,
            Key::Grant(id) => Self::Grant(message(Some(id), "grant")?),
            Key::GrantsTo(p) => grant::pair(&p).map_err(|e| e.within("grants_to"))?,
            Key::GrantsBy(from) => Self::GrantsBy(address(&from, "grants_by")?),
            Key::Inspection(id) => Self::Inspection(message(Some(id), "inspection")?),
            Key::Access(key) => grant::access(&key).map_err(|e| e.within("access"))?,
            Key::LinkAccess(key) => grant::link_access(&key).map_err(|e| e.within("link_access"))?,
            Key::NextCommittee(wire::Singleton {}) => Self::NextCommittee,
            Key::PastCommittee(epoch) => Self::PastCommittee(epoch),
            Key::AcceptedEpochs(wire::Singleton {}) => Self::AcceptedEpochs,
            Key::Erasure(id) => Self::Erasure(message(Some(id), "erasure")?),
            Key::Erased(slot) => Self::Erased(Slot(slot)),
            Key::AnchoredLog(r) => {
                let (account, log) = reference(&r).map_err(|e| e.within("anchored_log"))?;
                Self::AnchoredLog { account, log }
            }
        })
    }
}

fn reference(w: &wire::AccountRef) -> Read<(ledger_types::AccountId, ledger_types::Digest)> {
    Ok((account(w.account, "account")?, digest(&w.reference, "reference")?))
}
