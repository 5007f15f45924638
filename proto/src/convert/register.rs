//! Delegations, recovery of accounts, certificates.

use ledger_types::limits::{MAX_ANCHOR_BYTES, MAX_ANCHOR_LABEL_BYTES, MAX_ANCHORS, MAX_DELEGATES, MAX_GUARDIANS};
use ledger_types::registry::KeyUsage;
use ledger_types::{
    AccountId, CertificateClaim, CertificateRecord, CertificateUse, Delegates, Delegation, Fen, Height, Payload,
    PendingRecovery, Recovery, RecoveryMark, RecoveryPolicy, Revocation, TrustAnchor, TrustAnchors,
};

use super::error::ConvertError;
use super::field::{
    Read, account, at_most, bytes, choice, digest, end_ms, list, list_with, message, ms, optional, text, u8_of,
    wire_end_ms, wire_ms,
};
use crate::types::v1 as wire;
use crate::types::v1::payload::Payload as Wire;

/// Marks of a year: of every guardian as many as a policy may allow.
const MAX_MARKS: usize = 7 * 12;

fn accounts(list: &[AccountId]) -> Vec<u32> {
    list.iter().map(|account| account.0).collect()
}

fn read_accounts(list: Vec<u32>, most: usize, field: &str) -> Read<Vec<AccountId>> {
    list_with(list, most, field, |id| account(id, ""))
}

impl From<&Delegation> for wire::Delegation {
    fn from(d: &Delegation) -> Self {
        Self {
            kinds: d.kinds,
            until_ms: wire_ms(d.until_ms),
            daily_count: d.daily_count,
            daily_amount: d.daily_amount.0,
            used_day: d.used.day,
            used_count: d.used.count,
            used_amount: d.used.amount.0,
        }
    }
}

impl TryFrom<wire::Delegation> for Delegation {
    type Error = ConvertError;

    fn try_from(w: wire::Delegation) -> Result<Self, ConvertError> {
        Ok(Self {
            kinds: w.kinds,
            until_ms: ms(w.until_ms, "until_ms")?,
            daily_count: w.daily_count,
            daily_amount: Fen(w.daily_amount),
            used: KeyUsage { day: w.used_day, count: w.used_count, amount: Fen(w.used_amount) },
        })
    }
}

impl From<&Delegates> for wire::Delegates {
    fn from(d: &Delegates) -> Self {
        Self { to: accounts(&d.to) }
    }
}

impl TryFrom<wire::Delegates> for Delegates {
    type Error = ConvertError;

    fn try_from(w: wire::Delegates) -> Result<Self, ConvertError> {
        Ok(Self { to: read_accounts(w.to, MAX_DELEGATES, "to")? })
    }
}

impl From<&RecoveryPolicy> for wire::RecoveryPolicy {
    fn from(p: &RecoveryPolicy) -> Self {
        Self {
            guardians: accounts(&p.guardians),
            threshold: p.threshold.into(),
            delay_ms: p.delay_ms,
            per_year: p.per_year.into(),
        }
    }
}

impl TryFrom<wire::RecoveryPolicy> for RecoveryPolicy {
    type Error = ConvertError;

    fn try_from(w: wire::RecoveryPolicy) -> Result<Self, ConvertError> {
        Ok(Self {
            guardians: read_accounts(w.guardians, MAX_GUARDIANS, "guardians")?,
            threshold: u8_of(w.threshold, "threshold")?,
            delay_ms: w.delay_ms,
            per_year: u8_of(w.per_year, "per_year")?,
        })
    }
}

impl From<&RecoveryMark> for wire::RecoveryMark {
    fn from(m: &RecoveryMark) -> Self {
        Self { guardian: m.guardian.0, at_ms: wire_ms(m.at_ms) }
    }
}

impl TryFrom<wire::RecoveryMark> for RecoveryMark {
    type Error = ConvertError;

    fn try_from(w: wire::RecoveryMark) -> Result<Self, ConvertError> {
        Ok(Self { guardian: account(w.guardian, "guardian")?, at_ms: ms(w.at_ms, "at_ms")? })
    }
}

impl From<&PendingRecovery> for wire::PendingRecovery {
    fn from(p: &PendingRecovery) -> Self {
        Self {
            number: p.number,
            new_key: p.new_key.to_vec(),
            evidence: p.evidence.0.to_vec(),
            approvals: accounts(&p.approvals),
            proposed_ms: wire_ms(p.proposed_ms),
            due_ms: p.due_ms.map(wire_ms),
        }
    }
}

impl TryFrom<wire::PendingRecovery> for PendingRecovery {
    type Error = ConvertError;

    fn try_from(w: wire::PendingRecovery) -> Result<Self, ConvertError> {
        Ok(Self {
            number: w.number,
            new_key: bytes(&w.new_key, "new_key")?,
            evidence: digest(&w.evidence, "evidence")?,
            approvals: read_accounts(w.approvals, MAX_GUARDIANS, "approvals")?,
            proposed_ms: ms(w.proposed_ms, "proposed_ms")?,
            due_ms: w.due_ms.map(|due| ms(due, "due_ms")).transpose()?,
        })
    }
}

impl From<&Recovery> for wire::Recovery {
    fn from(r: &Recovery) -> Self {
        Self {
            policy: r.policy.as_ref().map(Into::into),
            next: r.next,
            pending: r.pending.as_ref().map(Into::into),
            proposed: r.proposed.iter().map(Into::into).collect(),
            done: r.done.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<wire::Recovery> for Recovery {
    type Error = ConvertError;

    fn try_from(w: wire::Recovery) -> Result<Self, ConvertError> {
        Ok(Self {
            policy: optional(w.policy, "policy")?,
            next: w.next,
            pending: optional(w.pending, "pending")?,
            proposed: list(w.proposed, MAX_MARKS, "proposed")?,
            done: list(w.done, MAX_MARKS, "done")?,
        })
    }
}

impl From<&CertificateClaim> for wire::CertificateClaim {
    fn from(c: &CertificateClaim) -> Self {
        Self {
            fingerprint: c.fingerprint.0.to_vec(),
            public_key: c.public_key.to_vec(),
            not_before_ms: wire_ms(c.not_before_ms),
            not_after_ms: wire_end_ms(c.not_after_ms),
            usage: wire::CertificateUse::from(c.usage).into(),
        }
    }
}

impl TryFrom<wire::CertificateClaim> for CertificateClaim {
    type Error = ConvertError;

    fn try_from(w: wire::CertificateClaim) -> Result<Self, ConvertError> {
        Ok(Self {
            fingerprint: digest(&w.fingerprint, "fingerprint")?,
            public_key: bytes(&w.public_key, "public_key")?,
            not_before_ms: ms(w.not_before_ms, "not_before_ms")?,
            not_after_ms: end_ms(w.not_after_ms, "not_after_ms")?,
            usage: choice::<wire::CertificateUse, CertificateUse>(w.usage, "usage")?,
        })
    }
}

impl From<&CertificateRecord> for wire::CertificateRecord {
    fn from(c: &CertificateRecord) -> Self {
        let revoked = |r: &Revocation| wire::Revocation { height: r.height.0, reason: r.reason.into() };
        Self {
            account: c.account.0,
            claim: Some((&c.claim).into()),
            registered_height: c.registered.0,
            revoked: c.revoked.as_ref().map(revoked),
        }
    }
}

impl TryFrom<wire::CertificateRecord> for CertificateRecord {
    type Error = ConvertError;

    fn try_from(w: wire::CertificateRecord) -> Result<Self, ConvertError> {
        let revoked = |r: wire::Revocation| -> Read<Revocation> {
            Ok(Revocation { height: Height(r.height), reason: u8_of(r.reason, "revoked.reason")? })
        };
        Ok(Self {
            account: account(w.account, "account")?,
            claim: message(w.claim, "claim")?,
            registered: Height(w.registered_height),
            revoked: w.revoked.map(revoked).transpose()?,
        })
    }
}

impl From<&TrustAnchors> for wire::TrustAnchors {
    fn from(t: &TrustAnchors) -> Self {
        let one = |a: &TrustAnchor| wire::TrustAnchor {
            fingerprint: a.fingerprint.0.to_vec(),
            der: a.der.clone(),
            label: a.label.clone(),
        };
        Self { anchors: t.anchors.iter().map(one).collect() }
    }
}

impl TryFrom<wire::TrustAnchors> for TrustAnchors {
    type Error = ConvertError;

    fn try_from(w: wire::TrustAnchors) -> Result<Self, ConvertError> {
        let one = |a: wire::TrustAnchor| -> Read<TrustAnchor> {
            at_most(a.der.len(), MAX_ANCHOR_BYTES, "der")?;
            let label = text(a.label, MAX_ANCHOR_LABEL_BYTES, "label")?;
            Ok(TrustAnchor { fingerprint: digest(&a.fingerprint, "fingerprint")?, der: a.der, label })
        };
        Ok(Self { anchors: list_with(w.anchors, MAX_ANCHORS, "anchors", one)? })
    }
}

/// The payloads of these, for reading.
pub(super) fn payload(payload: &Payload) -> Option<Wire> {
    let recovery = |account: &AccountId, number: &u32| wire::RecoveryKey { account: account.0, number: *number };
    Some(match payload {
        Payload::Delegate { to, kinds, until_ms, daily_count, daily_amount } => Wire::Delegate(wire::DelegatePayload {
            to: to.0,
            kinds: *kinds,
            until_ms: wire_ms(*until_ms),
            daily_count: *daily_count,
            daily_amount: daily_amount.0,
        }),
        Payload::EndDelegation { from, to } => Wire::EndDelegation(wire::DelegationKey { from: from.0, to: to.0 }),
        Payload::SetRecovery { policy } => {
            Wire::SetRecovery(wire::SetRecoveryPayload { policy: policy.as_ref().map(Into::into) })
        }
        Payload::ProposeRecovery { account, new_key, evidence } => {
            Wire::ProposeRecovery(wire::ProposeRecoveryPayload {
                account: account.0,
                new_key: new_key.to_vec(),
                evidence: evidence.0.to_vec(),
            })
        }
        Payload::ApproveRecovery { account, number } => Wire::ApproveRecovery(recovery(account, number)),
        Payload::CancelRecovery { account, number } => Wire::CancelRecovery(recovery(account, number)),
        Payload::RegisterCertificate { account, certificate } => {
            let certificate = Some(certificate.into());
            Wire::RegisterCertificate(wire::RegisterCertificatePayload { account: account.0, certificate })
        }
        Payload::RevokeCertificate { fingerprint, reason } => Wire::RevokeCertificate(wire::RevokeCertificatePayload {
            fingerprint: fingerprint.0.to_vec(),
            reason: (*reason).into(),
        }),
        _ => return None,
    })
}
