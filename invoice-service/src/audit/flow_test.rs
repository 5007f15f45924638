//! Steps are named by what was done, tasks that fell due by what they changed.

use ledger_types::{Address, FaceState, Slot};

use super::*;
use crate::test_invoice::invoice;

#[test]
fn transactions_are_named_by_their_kind() {
    let now = invoice().invoice;
    let cases = [
        (PayloadKind::IssueApplied, Some(InvoiceVerb::Issue)),
        (PayloadKind::IssueBatch, Some(InvoiceVerb::Issue)),
        (PayloadKind::Claim, Some(InvoiceVerb::Claim)),
        (PayloadKind::Unbook, Some(InvoiceVerb::Unbook)),
        (PayloadKind::RequestRed, Some(InvoiceVerb::Red)),
        (PayloadKind::OpenAccount, None),
    ];
    for (kind, verb_of_it) in cases {
        assert_eq!(verb(Some(kind), &now, None), verb_of_it, "{kind:?}");
    }
}

#[test]
fn every_kind_that_touches_an_invoice_has_a_verb() {
    let now = invoice().invoice;
    let without: Vec<_> = PayloadKind::ALL.iter().filter(|k| verb(Some(**k), &now, None).is_none()).collect();
    use PayloadKind as K;
    let others = [
        K::OpenAccount,
        K::UpdateKeys,
        K::CloseAccount,
        K::ApproveTaxpayer,
        K::PublishRuleBook,
        K::SetTaxpayerStatus,
        K::Apply,
        K::WithdrawApplication,
        K::RecordPayment,
        K::ProposeChange,
        K::ApproveChange,
        K::WithdrawChange,
        K::ReportMisbehaviour,
        K::SwitchConsensus,
        K::AssignRole,
        K::EndRole,
        K::Delegate,
        K::EndDelegation,
        K::SetRecovery,
        K::ProposeRecovery,
        K::ApproveRecovery,
        K::CancelRecovery,
        K::RegisterCertificate,
        K::RevokeCertificate,
        K::GrantAccess,
        K::RevokeAccess,
        K::OpenInspection,
        K::RecordAccess,
        K::CommitteeReady,
        K::RecordLinkAccess,
        K::AnchorLog,
        K::OrderErasure,
    ];
    assert_eq!(without, others.iter().collect::<Vec<_>>());
}

#[test]
fn what_fell_due_is_told_from_the_state_before() {
    let now = invoice().invoice;
    let to = Address([1; 32]);
    let offered = InvoiceRecord { claim: ClaimState::Offered { from: to, to, until_ms: 1 }, ..now };
    let lock = ReimbursementState::Locked { by: AccountId(1), until_ms: 1, reason: 0 };
    let locked = InvoiceRecord { reimbursement: lock, ..now };
    assert_eq!(verb(None, &now, Some(&offered)), Some(InvoiceVerb::OfferLapse));
    assert_eq!(verb(None, &now, Some(&locked)), Some(InvoiceVerb::LockLapse));
    assert_eq!(verb(None, &now, Some(&now)), None);
    assert_eq!(verb(None, &now, None), None);
    let reversed = InvoiceRecord { face: FaceState::Reversed { by: Slot(1) }, ..offered };
    assert_eq!(verb(None, &reversed, Some(&offered)), None, "still on offer");
}

#[test]
fn a_step_names_for_whom_its_signer_acted() {
    use ledger_types::{Area, ChainId, Envelope, KeyId, Payload, RequestId, Signer, SignerRole};
    let identity = SignerIdentity::Account { account: AccountId(5), key: KeyId(1) };
    let tx = |acting_for| Transaction {
        envelope: Envelope {
            version: Envelope::VERSION,
            chain_id: ChainId::ZERO,
            area: Area(4403),
            request_id: RequestId::ZERO,
            signers: vec![Signer { identity, role: SignerRole::Owner, acting_for }],
            valid_until_ms: 1,
            payload: Payload::CloseAccount { account: AccountId(9) },
            sections: Vec::new(),
        },
        body: ledger_types::transaction::TxBody::Sections(Vec::new()),
        signatures: Vec::new(),
    };
    let held = invoice();
    let step = HistoryStep {
        height: ledger_types::Height(3),
        time: ledger_types::BlockTime(1),
        tx: None,
        kind: Some(PayloadKind::Issue),
        record: held.output,
    };
    let names = [(AccountId(5), "provider".to_owned()), (AccountId(7), "merchant".to_owned())].into();
    let told = |acting_for| message(&step, Some(&Act::of(2, &tx(acting_for))), &held.invoice, None, &names);
    let delegated = told(Some(AccountId(7)));
    assert_eq!((delegated.actor, delegated.actor_name.as_str()), (Some(5), "provider"));
    assert_eq!((delegated.acting_for, delegated.acting_for_name.as_str()), (Some(7), "merchant"));
    let own = told(None);
    assert_eq!((own.actor, own.acting_for, own.acting_for_name.as_str()), (Some(5), None, ""));
}
