//! Registering and revoking certificates.

use ledger_types::{
    Account, AccountId, CertificateClaim, CertificateRecord, Digest, RegistryKey, RegistryValue, RejectReason,
    Revocation,
};

use super::Case;
use crate::reasons::Reasons;
use crate::world::Draft;

pub(super) fn register(
    case: &Case<'_>,
    account: AccountId,
    claim: &CertificateClaim,
    found: &mut Reasons,
    draft: &mut Draft,
) {
    let Some(account) = case.world.account(account) else { return found.add(RejectReason::AccountUnknown) };
    may_register(case, account, found);
    found.add_if(!account.open, RejectReason::AccountClosed);
    found.add_if(claim.not_after_ms < case.now.0, RejectReason::CertificateOver);
    found.add_if(case.world.certificate(claim.fingerprint).is_some(), RejectReason::CertificateKnown);
    let record = CertificateRecord { account: account.id, claim: *claim, registered: case.height, revoked: None };
    write(claim.fingerprint, record, draft);
}

pub(super) fn revoke(case: &Case<'_>, fingerprint: Digest, reason: u8, found: &mut Reasons, draft: &mut Draft) {
    let Some(record) = case.world.certificate(fingerprint).map(|record| **record) else {
        return found.add(RejectReason::CertificateUnknown);
    };
    found.add_if(record.revoked.is_some(), RejectReason::CertificateUnknown);
    let Some(account) = case.world.account(record.account) else { return found.add(RejectReason::AccountUnknown) };
    may_register(case, account, found);
    let revoked = Some(Revocation { height: case.height, reason });
    write(fingerprint, CertificateRecord { revoked, ..record }, draft);
}

/// An administrator of the account itself, or a bureau with authority over it.
fn may_register(case: &Case<'_>, account: &Account, found: &mut Reasons) {
    if case.signers.actor.is_some_and(|actor| actor.id == account.id) {
        found.add_if(!case.acts_as_administrator(), RejectReason::KeyNotAllowed);
    } else {
        case.signers.bureau_over(account.area, found);
    }
}

fn write(fingerprint: Digest, record: CertificateRecord, draft: &mut Draft) {
    draft.set(RegistryKey::Certificate(fingerprint), RegistryValue::Certificate(Box::new(record)));
}
