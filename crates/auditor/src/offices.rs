//! Offices: whether a key's role covers what it signed, written from the decision, not from the node.

use ledger_types::{
    Account, AccountKind, BlockTime, Digest, KeyPurpose, KeyRecord, Office, PayloadKind, RejectReason, Role, SignerRole,
};

use crate::reasons::Reasons;
use crate::world::World;

/// A registered key that signed, and what it stood for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signing<'w> {
    pub(crate) account: &'w Account,
    pub(crate) key: &'w KeyRecord,
    pub(crate) stands_for: SignerRole,
}

impl Signing<'_> {
    /// Its office, unless that has run out.
    pub(crate) fn office(&self, world: &World, now: BlockTime) -> Option<Office> {
        world.office(self.account.id, self.key.id).copied().filter(|office| now.0 <= office.until_ms)
    }
}

/// Kinds of payload that an administrator's key of a staffed account still signs.
const ADMINISTRATION: [PayloadKind; 4] =
    [PayloadKind::UpdateKeys, PayloadKind::CloseAccount, PayloadKind::AssignRole, PayloadKind::EndRole];

/// In a staffed account everything that is not allowed is refused.
pub(crate) fn check_key(world: &World, signing: &Signing<'_>, kind: PayloadKind, now: BlockTime, found: &mut Reasons) {
    if world.staff(signing.account.id).is_none() {
        return;
    }
    let allowed = if signing.key.purpose == KeyPurpose::Admin {
        ADMINISTRATION.contains(&kind)
    } else {
        signing.office(world, now).is_some_and(|office| office.role.kinds() >> (kind as u8) & 1 == 1)
    };
    found.add_if(!allowed, RejectReason::RoleNotAllowed);
}

/// A staffed bureau makes rule books and proposals with a rule maker's signature and an approver's, opens inspections
/// and orders erasures with a security administrator's and an approver's, and records access with two auditors': of two persons each.
pub(crate) fn check_pair(
    world: &World,
    acting: &Signing<'_>,
    all: &[Signing<'_>],
    kind: PayloadKind,
    now: BlockTime,
    found: &mut Reasons,
) {
    let bureau = acting.account;
    let (makes, confirms) = match kind {
        PayloadKind::PublishRuleBook | PayloadKind::ProposeChange => (Role::RuleMaker, Role::Approver),
        PayloadKind::OpenInspection | PayloadKind::OrderErasure => (Role::SecurityAdministrator, Role::Approver),
        PayloadKind::RecordAccess | PayloadKind::RecordLinkAccess => (Role::Auditor, Role::Auditor),
        _ => return,
    };
    if bureau.kind != AccountKind::Bureau || world.staff(bureau.id).is_none() {
        return;
    }
    let maker = acting.office(world, now);
    found.add_if(maker.is_none_or(|office| office.role != makes), RejectReason::RoleNotAllowed);
    let others: Vec<Digest> = all
        .iter()
        .filter(|signing| signing.stands_for == SignerRole::CoSigner && signing.account.id == bureau.id)
        .filter_map(|signing| signing.office(world, now))
        .filter(|office| office.role == confirms)
        .map(|office| office.holder)
        .collect();
    let other_person = others.iter().any(|other| maker.is_none_or(|maker| maker.holder != *other));
    if makes == Role::Auditor {
        found.add_if(!other_person, RejectReason::SecondAuditorMissing);
    } else if others.is_empty() {
        found.add(RejectReason::ApproverMissing);
    } else {
        found.add_if(!other_person, RejectReason::OwnProposal);
    }
}

/// The persons who signed for an account in an office, rising.
pub(crate) fn persons(world: &World, of: &Account, all: &[Signing<'_>], now: BlockTime) -> Vec<Digest> {
    let bound = all.iter().filter(|signing| signing.account.id == of.id && signing.stands_for != SignerRole::Sponsor);
    let persons = bound.filter_map(|signing| signing.office(world, now)).map(|office| office.holder);
    persons.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}
