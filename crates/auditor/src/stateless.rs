//! What makes a block invalid rather than a transaction refused: checked before the verdict.

use ledger_types::grant::MAX_GRANT_SLOTS;
use ledger_types::inspection::{MAX_ACCESS_SLOTS, MAX_INSPECTED, MAX_INSPECTORS};
use ledger_types::limits::{
    MAX_SIGNERS, MAX_SPENDS, MAX_TX_BYTES, MAX_VALID_AHEAD_MS, REQUEST_AGE_MS, REQUEST_AHEAD_MS,
};
use ledger_types::payload::Spend;
use ledger_types::{
    BlockTime, Canonical, Envelope, EvidenceError, GovernanceChange, GrantScope, Payload, ReadyError, RejectReason,
    SignerIdentity, SwitchError, TaxId, Transaction,
};

use crate::world::World;

/// Every reason why this transaction may not stand in a block of this time. Bodies and signatures are checked elsewhere.
pub(crate) fn check(world: &World, tx: &Transaction, now: BlockTime) -> Vec<RejectReason> {
    use RejectReason::*;
    let envelope = &tx.envelope;
    let mut found = Vec::new();
    let mut add_if = |broken: bool, reason| {
        if broken {
            found.push(reason);
        }
    };
    add_if(tx.to_canonical().len() > MAX_TX_BYTES as usize, TooLarge);
    add_if(envelope.version != Envelope::VERSION, UnknownVersion);
    add_if(envelope.chain_id != *world.chain(), WrongChain);
    let count = envelope.signers.len();
    add_if(!(1..=MAX_SIGNERS).contains(&count) || count != tx.signatures.len(), SignerCount);
    let repeated =
        |place: usize| envelope.signers[..place].iter().any(|s| s.identity == envelope.signers[place].identity);
    add_if((0..count).any(repeated), DuplicateSigner);
    add_if(now.0 > envelope.valid_until_ms, Expired);
    add_if(envelope.valid_until_ms > now.0.saturating_add(MAX_VALID_AHEAD_MS), ValidTooLong);
    add_if(envelope.signers.iter().any(|signer| !is_known(world, &signer.identity)), UnknownSigner);
    let id_time = envelope.request_id.time_ms();
    let in_window =
        id_time.saturating_add(REQUEST_AGE_MS) >= now.0 && id_time <= now.0.saturating_add(REQUEST_AHEAD_MS);
    add_if(!in_window, RequestIdOutOfWindow);
    let used = envelope.request_scope().and_then(|scope| world.request(scope, envelope.request_id));
    add_if(used.is_some(), RequestIdConflict);
    add_if(!has_good_fields(&envelope.payload), BadField);
    found.extend(evidence_fault(world, &envelope.payload));
    found.extend(switch_fault(world, &envelope.payload));
    found.extend(ready_fault(world, &envelope.payload));
    found
}

fn is_known(world: &World, identity: &SignerIdentity) -> bool {
    match identity {
        SignerIdentity::BareKey(_) => true,
        SignerIdentity::Account { account, key } => world.account(*account).is_some_and(|a| a.key(*key).is_some()),
    }
}

/// Lists that are neither empty nor too long, and conditions that can be met.
fn has_good_fields(payload: &Payload) -> bool {
    let well_formed = |spend: &Spend| spend.reveal.as_ref().is_none_or(|condition| condition.is_well_formed());
    match payload {
        // An application reserves quota, not money: it uses no payments.
        Payload::Apply { request, .. } => request.owner.is_well_formed() && request.payments.is_empty(),
        Payload::Issue(request) => {
            request.owner.is_well_formed() && request.payments.iter().all(|part| well_formed(&part.spend))
        }
        Payload::Lock { spends, .. } | Payload::Unlock { spends } => {
            (1..=MAX_SPENDS).contains(&spends.len()) && spends.iter().all(well_formed)
        }
        Payload::AssignRole { holder, .. } => holder.0 != [0; 32],
        Payload::GrantAccess(asked) => {
            let named = match &asked.scope {
                GrantScope::Slots(slots) => (1..=MAX_GRANT_SLOTS).contains(&slots.len()) && rising(slots),
                GrantScope::Period { issued, held, from_ms, to_ms, .. } => (*issued | *held) && to_ms >= from_ms,
            };
            named && asked.to.0 != [0; 32] && (1..64).contains(&asked.sections.0)
        }
        Payload::OpenInspection(asked) => {
            let lists = (1..=MAX_INSPECTED).contains(&asked.tax_ids.len())
                && (2..=MAX_INSPECTORS).contains(&asked.auditors.len())
                && rising(&asked.tax_ids.iter().map(TaxId::as_str).collect::<Vec<_>>())
                && rising(&asked.auditors);
            lists
                && asked.tax_ids.iter().all(|id| id.check().is_ok())
                && asked.to_ms >= asked.from_ms
                && asked.case.0 != [0; 32]
        }
        Payload::RecordAccess(asked) | Payload::RecordLinkAccess(asked) => {
            (1..=MAX_ACCESS_SLOTS).contains(&asked.slots.len()) && rising(&asked.slots) && asked.purpose.0 != [0; 32]
        }
        Payload::OrderErasure(asked) => {
            // Bits 1 to 5: everything but facts.
            let sections = asked.sections.0 != 0 && asked.sections.0 | 0b11_1110 == 0b11_1110;
            (1..=100).contains(&asked.slots.len()) && rising(&asked.slots) && sections && asked.ground.0 != [0; 32]
        }
        _ => has_good_register_fields(payload),
    }
}

/// The same of delegations, recovery and certificates.
fn has_good_register_fields(payload: &Payload) -> bool {
    match payload {
        Payload::Delegate { kinds, daily_amount, .. } => {
            // Bits 7 to 25 without 12: business, and not the payment provider's.
            let business = 0x03ff_ef80;
            *kinds != 0 && *kinds | business == business && daily_amount.0 >= 0 && daily_amount.in_range()
        }
        Payload::SetRecovery { policy: Some(policy) } => {
            rising(&policy.guardians)
                && (1..=7).contains(&policy.guardians.len())
                && policy.threshold >= 1
                && usize::from(policy.threshold) <= policy.guardians.len()
                && (3_600_000..=7_776_000_000).contains(&policy.delay_ms)
                && (1..=12).contains(&policy.per_year)
        }
        Payload::RegisterCertificate { certificate, .. } => {
            certificate.fingerprint.0 != [0; 32] && certificate.not_before_ms <= certificate.not_after_ms
        }
        Payload::RevokeCertificate { reason, .. } => matches!(reason, 0..=5 | 9 | 10),
        Payload::ProposeChange { change: GovernanceChange::TrustAnchors(list), .. } => list.is_well_formed(),
        Payload::ProposeChange { change: GovernanceChange::NextCommittee(change), .. } => change.is_well_formed(),
        _ => true,
    }
}

/// None twice, each above the one before.
pub(crate) fn rising<T: Ord>(list: &[T]) -> bool {
    list.windows(2).all(|pair| pair[0] < pair[1])
}

/// Why a switch certificate proves nothing, whoever signed it.
fn switch_fault(world: &World, payload: &Payload) -> Option<RejectReason> {
    let Payload::SwitchConsensus(certificate) = payload else { return None };
    match certificate.verify(world.chain()) {
        Ok(()) => None,
        Err(SwitchError::Version(_)) => Some(RejectReason::UnknownVersion),
        Err(SwitchError::Mixed) => Some(RejectReason::SwitchMixed),
        Err(SwitchError::Repeated(_)) => Some(RejectReason::SwitchRepeated),
        Err(SwitchError::Key(_)) => Some(RejectReason::BadKey),
        Err(SwitchError::Signature(_)) => Some(RejectReason::SwitchSignature),
    }
}

/// Why readiness for the committee's next key proves nothing, whoever claims it.
fn ready_fault(world: &World, payload: &Payload) -> Option<RejectReason> {
    let Payload::CommitteeReady(ready) = payload else { return None };
    match ready.verify(world.chain()) {
        Ok(()) => None,
        Err(ReadyError::Version(_)) => Some(RejectReason::UnknownVersion),
        Err(ReadyError::Key) => Some(RejectReason::BadKey),
        Err(ReadyError::Possession) => Some(RejectReason::KeyNotPossessed),
        Err(ReadyError::Signature) => Some(RejectReason::ReadinessSignature),
    }
}

/// Why evidence proves nothing, whoever is accused.
fn evidence_fault(world: &World, payload: &Payload) -> Option<RejectReason> {
    let Payload::ReportMisbehaviour(evidence) = payload else { return None };
    match evidence.verify(world.chain()) {
        Ok(()) => None,
        Err(EvidenceError::Version(_)) => Some(RejectReason::UnknownVersion),
        Err(EvidenceError::Place | EvidenceError::Order) => Some(RejectReason::EvidenceNoContradiction),
        Err(EvidenceError::Key) => Some(RejectReason::BadKey),
        Err(EvidenceError::Signature(_)) => Some(RejectReason::EvidenceSignature),
    }
}
