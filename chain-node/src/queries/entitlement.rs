//! As what a reader may see an invoice, and how much of it: asked at each read, of one state.

use ledger_types::grant::Giver;
use ledger_types::owner::account_address;
use ledger_types::{
    Access, Account, AccountId, AccountKind, Address, ChainId, ClaimState, Inspection, InspectionId, InvoiceRecord,
    KeyId, LinkAccess, OutputRecord, Owner, RegistryKey, RegistryValue, Role, SectionSet, Slot,
};
use storage::{Reading, StoreError};

/// As what a reader may see an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entitlement {
    /// Issued it.
    Seller,
    /// Holds it, may claim it, or is offered it.
    Holder,
    /// Has authority over its area, and no offices that would split it.
    Bureau,
    /// An auditor whose access under an inspection is on record.
    Auditor(InspectionId),
    /// Has a grant of who issued or holds it.
    Grant,
}

/// What a reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// As what.
    pub entitlement: Entitlement,
    /// What of it.
    pub sections: SectionSet,
}

/// A reader whose signature was checked.
pub(super) enum Asker {
    /// A key of an account.
    Account(Box<Account>, KeyId, Address),
    /// A key that is nobody's account.
    Key(Address),
}

impl Asker {
    pub(super) fn id(&self) -> Option<AccountId> {
        match self {
            Self::Account(account, ..) => Some(account.id),
            Self::Key(_) => None,
        }
    }

    fn address(&self) -> Address {
        match self {
            Self::Account(_, _, address) | Self::Key(address) => *address,
        }
    }
}

/// What a reader may see of an invoice now; none if nothing.
pub(super) fn sight(
    state: &Reading,
    chain: &ChainId,
    asker: &Asker,
    slot: Slot,
    record: &OutputRecord,
    invoice: &InvoiceRecord,
) -> Result<Option<Sight>, StoreError> {
    let whole = |entitlement| Some(Sight { entitlement, sections: SectionSet::ALL });
    if asker.id() == Some(invoice.seller) {
        return Ok(whole(Entitlement::Seller));
    }
    if holders(record, invoice).contains(&asker.address()) {
        return Ok(whole(Entitlement::Holder));
    }
    if let Asker::Account(account, key, _) = asker
        && account.kind == AccountKind::Bureau
        && let Some(entitlement) = bureau(state, account, *key, slot, invoice)?
    {
        return Ok(whole(entitlement));
    }
    let sections = granted(state, chain, asker.address(), slot, record, invoice)?;
    Ok((sections.0 != 0).then_some(Sight { entitlement: Entitlement::Grant, sections }))
}

/// The addresses on its own side: who holds it or may claim it, and both sides of an offer.
fn holders(record: &OutputRecord, invoice: &InvoiceRecord) -> Vec<Address> {
    match (record.owner, invoice.claim) {
        (Owner::Address(owner) | Owner::TokenKey(owner), _) => vec![owner],
        (Owner::Condition(_), ClaimState::Offered { from, to, .. }) => vec![from, to],
        (Owner::Condition(_), _) => Vec::new(),
    }
}

/// A bureau without offices sees what lies in its area. In one that has them an auditor does, once two of them put it on
/// record; the office, the inspection and the time are asked again.
fn bureau(
    state: &Reading,
    account: &Account,
    key: KeyId,
    slot: Slot,
    invoice: &InvoiceRecord,
) -> Result<Option<Entitlement>, StoreError> {
    let bureau = account.id;
    if state.registry(&RegistryKey::Staff(bureau))?.is_none() {
        return Ok(ledger::covers(account.area, invoice.code.area()).then_some(Entitlement::Bureau));
    }
    let access = match state.registry(&RegistryKey::Access { account: bureau, key, slot })? {
        Some(RegistryValue::Access(access)) => access,
        _ => return Ok(None),
    };
    let inspection = inspected(state, (bureau, key), access, invoice)?;
    Ok(inspection.map(|_| Entitlement::Auditor(access.inspection)))
}

/// The inspection under which an auditor asks, on record, for the claims of the wallet that claimed an invoice; none if he may
/// not. A bureau without offices has no two persons, so none of it may.
pub(super) fn link_access(
    state: &Reading,
    asker: &Asker,
    slot: Slot,
    invoice: &InvoiceRecord,
) -> Result<Option<Inspection>, StoreError> {
    let Asker::Account(account, key, _) = asker else { return Ok(None) };
    match state.registry(&RegistryKey::LinkAccess { account: account.id, key: *key, slot })? {
        Some(RegistryValue::LinkAccess(LinkAccess(access))) => inspected(state, (account.id, *key), access, invoice),
        _ => Ok(None),
    }
}

/// The inspection of an access record that is fresh, if its officer is still an auditor and it is about the invoice.
fn inspected(
    state: &Reading,
    (account, key): (AccountId, KeyId),
    access: Access,
    invoice: &InvoiceRecord,
) -> Result<Option<Inspection>, StoreError> {
    let now = state.tip().time.0;
    let audits = match state.registry(&RegistryKey::Office { account, key })? {
        Some(RegistryValue::Office(office)) => office.role == Role::Auditor && office.is_in_force(now),
        _ => false,
    };
    if !audits || !access.is_fresh(now) {
        return Ok(None);
    }
    let inspects = |inspection: &Inspection| now <= inspection.until_ms && inspection.concerns(invoice);
    match state.registry(&RegistryKey::Inspection(access.inspection))? {
        Some(RegistryValue::Inspection(found)) if inspects(&found) => Ok(Some(found)),
        _ => Ok(None),
    }
}

/// The sections that grants of its issuer and its holder let an address see. Only their lists are read, so that nobody
/// else's grants cost anything.
fn granted(
    state: &Reading,
    chain: &ChainId,
    to: Address,
    slot: Slot,
    record: &OutputRecord,
    invoice: &InvoiceRecord,
) -> Result<SectionSet, StoreError> {
    let (seller, now) = (account_address(chain, invoice.seller), state.tip().time.0);
    let mut givers = holders(record, invoice);
    givers.push(seller);
    givers.sort_unstable();
    givers.dedup();
    let mut sections = SectionSet(0);
    for from in givers {
        let giver = Giver::of(from, seller, record, invoice);
        let Some(RegistryValue::GrantsTo(list)) = state.registry(&RegistryKey::GrantsTo { to, from })? else {
            continue;
        };
        for entry in list.grants.iter().filter(|entry| now <= entry.until_ms) {
            if let Some(RegistryValue::Grant(grant)) = state.registry(&RegistryKey::Grant(entry.id))?
                && grant.covers(slot, invoice, giver, now)
            {
                sections = sections.with(grant.sections);
            }
        }
    }
    Ok(sections)
}
