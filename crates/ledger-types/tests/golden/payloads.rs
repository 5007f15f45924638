//! Every kind of payload.

use ledger_types::{
    AccessRequest, AccountId, AdaptivePolicy, Address, ApplicationId, Area, BlockId, ChainParams, ConsensusKind,
    ErasureRequest, Evidence, Fen, FormId, GovernanceChange, GovernancePolicy, GrantId, GrantRequest, GrantScope,
    Height, InspectionId, InspectionRequest, InvoiceKind, KeyId, KeyRecord, OwnerCondition, Payload, PayloadKind,
    ProposalBody, ProposalId, RedReason, Role, RuleBook, SectionKind, SectionSet, Slot, Spend, SwitchCertificate,
    TaxpayerStatus,
    account::AccountKind,
    payload::{InvoiceRequest, PaymentUse, RedAnswer},
};
use serde_json::{Value, json};

use crate::{
    golden,
    samples::{
        CHAIN, NOW_MS, address, certificate_claim, committee_change, committee_ready, digest, evidence, operator_key,
        profile, public_key, recovery_policy, switch_requests, tax_id, trust_anchors, validators,
    },
    vector,
};

fn spend() -> Spend {
    Spend::new(Slot(5), 2)
}

fn revealing() -> Spend {
    Spend { reveal: Some(OwnerCondition::AnyOf(vec![address(1), address(2)])), ..spend() }
}

fn request() -> InvoiceRequest {
    InvoiceRequest {
        owner: OwnerCondition::TokenKey(address(1)),
        order_ref: digest(9),
        payments: vec![PaymentUse { spend: spend(), amount: Fen(19_800) }],
    }
}

fn payloads() -> Vec<Payload> {
    [
        register_payloads(),
        invoice_payloads(),
        flow_payloads(),
        governance_payloads(),
        office_payloads(),
        delegation_payloads(),
        access_payloads(),
        log_payloads(),
    ]
    .concat()
}

fn register_payloads() -> Vec<Payload> {
    vec![
        Payload::OpenAccount {
            kind: AccountKind::Enterprise,
            area: Area(4403),
            tax_id: Some(tax_id()),
            name: "深圳某某餐饮有限公司".to_owned(),
            keys: vec![KeyRecord::admin(KeyId(0), public_key()), operator_key()],
        },
        Payload::UpdateKeys { account: AccountId(7), add: vec![operator_key()], revoke: vec![KeyId(0)] },
        Payload::CloseAccount { account: AccountId(7) },
        Payload::ApproveTaxpayer { account: AccountId(7), profile: profile() },
        Payload::PublishRuleBook(Box::new(RuleBook::standard(Area(4403), 2, NOW_MS))),
        Payload::SetTaxpayerStatus { account: AccountId(7), status: TaxpayerStatus::Suspended, reason: 3 },
    ]
}

fn invoice_payloads() -> Vec<Payload> {
    vec![
        Payload::Apply { request: request(), expires_ms: NOW_MS },
        Payload::IssueApplied { application: ApplicationId(4) },
        Payload::WithdrawApplication { application: ApplicationId(4) },
        Payload::Issue(request()),
        Payload::IssueBatch { count: 1_000, root: digest(8) },
        Payload::RecordPayment { payment_ref: digest(7), payee: AccountId(7), amount: Fen(19_800) },
    ]
}

fn flow_payloads() -> Vec<Payload> {
    vec![
        Payload::Claim { spend: spend(), to: address(2) },
        Payload::OfferTransfer { spend: revealing(), to: address(2), until_ms: NOW_MS },
        Payload::AcceptTransfer { spend: spend() },
        Payload::RefuseTransfer { spend: spend() },
        Payload::WithdrawTransfer { spend: spend() },
        Payload::Lock { spends: vec![spend(), revealing()], until_ms: NOW_MS, reason: 1 },
        Payload::Unlock { spends: vec![spend()] },
        Payload::Book { spend: spend(), deductible: true, voucher_ref: digest(6) },
        Payload::Unbook { spend: spend() },
        Payload::Reimburse { spend: spend(), paid_ref: digest(5) },
        Payload::RequestRed { invoice: Slot(5), reason: RedReason::SalesReturn },
        Payload::AnswerRed { form: FormId(2), answer: RedAnswer::Confirm },
        Payload::IssueRed { invoice: Slot(5), sequence: 4, reason: RedReason::IssueError, form: Some(FormId(2)) },
    ]
}

fn governance_payloads() -> Vec<Payload> {
    vec![
        Payload::ProposeChange {
            change: GovernanceChange::Consensus(ConsensusKind::CrashFault),
            effective: Height(90),
        },
        Payload::ApproveChange { proposal: ProposalId(3) },
        Payload::WithdrawChange { proposal: ProposalId(3) },
        Payload::ReportMisbehaviour(Box::new(evidence())),
        Payload::SwitchConsensus(SwitchCertificate::new(switch_requests()[..1].to_vec())),
    ]
}

fn office_payloads() -> Vec<Payload> {
    let (account, key) = (AccountId(7), KeyId(1));
    vec![
        Payload::AssignRole { account, key, role: Role::RuleMaker, holder: digest(4), until_ms: NOW_MS },
        Payload::EndRole { account, key },
    ]
}

fn log_payloads() -> Vec<Payload> {
    let sections = SectionSet::of(&[SectionKind::Buyer, SectionKind::Contacts]);
    let (area, slots, ground) = (Area(4403), vec![Slot(5), Slot(900)], digest(7));
    let place = InspectionId { height: Height(1_204), tx: 3 };
    vec![
        Payload::CommitteeReady(Box::new(committee_ready())),
        Payload::RecordLinkAccess(AccessRequest { inspection: place, slots: vec![Slot(5)], purpose: digest(7) }),
        Payload::AnchorLog { log: digest(3), entries: 1_000, head: digest(2) },
        Payload::OrderErasure(ErasureRequest { area, slots, sections, ground }),
    ]
}

fn delegation_payloads() -> Vec<Payload> {
    let (account, kinds) = (AccountId(7), PayloadKind::delegable_bits());
    vec![
        Payload::Delegate { to: AccountId(9), kinds, until_ms: NOW_MS, daily_count: 50, daily_amount: Fen(1_000_000) },
        Payload::EndDelegation { from: account, to: AccountId(9) },
        Payload::SetRecovery { policy: Some(recovery_policy()) },
        Payload::ProposeRecovery { account, new_key: public_key(), evidence: digest(3) },
        Payload::ApproveRecovery { account, number: 2 },
        Payload::CancelRecovery { account, number: 2 },
        Payload::RegisterCertificate { account, certificate: certificate_claim() },
        Payload::RevokeCertificate { fingerprint: digest(2), reason: 4 },
    ]
}

fn access_payloads() -> Vec<Payload> {
    let to = Address([3; 32]);
    let sections = SectionSet::of(&[SectionKind::Buyer, SectionKind::Lines]);
    let slots = GrantScope::Slots(vec![Slot(5), Slot(900)]);
    let period = GrantScope::Period {
        issued: false,
        held: true,
        kind: Some(InvoiceKind::BlockchainOrdinary),
        from_ms: NOW_MS,
        to_ms: u64::MAX,
    };
    let inspection = InspectionRequest {
        area: Area(4403),
        tax_ids: vec!["9144030071526726XG".parse().unwrap()],
        from_ms: 0,
        to_ms: NOW_MS,
        case: digest(5),
        until_ms: NOW_MS + 1,
        auditors: vec![KeyId(3), KeyId(4)],
    };
    let place = InspectionId { height: Height(1_204), tx: 3 };
    vec![
        Payload::GrantAccess(GrantRequest { to, scope: slots, sections, until_ms: NOW_MS }),
        Payload::GrantAccess(GrantRequest { to, scope: period, sections: SectionSet::ALL, until_ms: NOW_MS }),
        Payload::RevokeAccess { grant: GrantId { height: Height(1_204), tx: 3 } },
        Payload::OpenInspection(inspection),
        Payload::RecordAccess(AccessRequest { inspection: place, slots: vec![Slot(5)], purpose: digest(6) }),
    ]
}

#[test]
fn every_change_and_both_kinds_of_evidence() {
    let suspended = validators().validators[0].vote_key;
    let policy = GovernancePolicy { approvers: vec![AccountId(1), AccountId(2)], threshold: 2 };
    let changes: Vec<Value> = [
        GovernanceChange::Validators(validators()),
        GovernanceChange::Params(ChainParams::default()),
        GovernanceChange::Consensus(ConsensusKind::Bft),
        GovernanceChange::Protocol(2),
        GovernanceChange::Suspend { vote_key: suspended },
        GovernanceChange::Policy(policy),
        GovernanceChange::Adaptive(None),
        GovernanceChange::TrustAnchors(trust_anchors()),
        GovernanceChange::Adaptive(Some(AdaptivePolicy { raise_at: 1, lower_after_ms: Some(600_000) })),
        GovernanceChange::NextCommittee(committee_change()),
        GovernanceChange::WithdrawCommittee { epoch: 3 },
    ]
    .iter()
    .map(vector)
    .collect();
    let proposal = |locked_round| ProposalBody {
        epoch: 3,
        kind: ConsensusKind::Bft,
        height: Height(7),
        round: 1,
        locked_round,
        block_id: BlockId([1; 33]),
    };
    let key = sm::PublicKeyBytes(suspended);
    let proposals = Evidence::of_proposals(key, (proposal(None), [1; 64]), (proposal(Some(0)), [2; 64]));
    let place = evidence().place();
    let digest = place.digest(&CHAIN);
    golden(
        "governance.json",
        &json!({
            "changes": changes,
            "evidence": [vector(&evidence()), vector(&proposals)],
            "offence_place": vector(&place),
            "offence_digest": digest,
            "switch_requests": switch_requests().iter().map(vector).collect::<Vec<_>>(),
            "switch_messages": switch_requests().map(|r| hex::encode(r.body.message(&CHAIN))),
        }),
    );
}

#[test]
fn every_kind_of_payload() {
    let payloads = payloads();
    let mut kinds: Vec<PayloadKind> = payloads.iter().map(Payload::kind).collect();
    kinds.dedup();
    assert_eq!(kinds, PayloadKind::ALL);
    let vectors: Vec<Value> = payloads
        .iter()
        .map(|payload| json!({ "kind": payload.kind(), "number": payload.kind() as u8, "payload": vector(payload) }))
        .collect();
    golden("payload.json", &json!(vectors));
}
