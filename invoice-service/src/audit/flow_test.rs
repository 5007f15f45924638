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
