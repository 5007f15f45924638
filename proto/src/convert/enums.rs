//! Enums. On the wire 0 is "not set" and refused; numbers of national code lists are kept, others follow the order.

use ledger_types as domain;
use ledger_types::account::KeyAlgorithm;
use ledger_types::body::EntryMode;
use ledger_types::payload::RedAnswer;
use ledger_types::refusal::Level;

use super::error::ConvertError;
use crate::{invoice::v1 as invoice, types::v1 as wire};

macro_rules! enums {
    ($($domain:ty = $wire:path { $($name:ident = $wire_name:ident),* $(,)? } $unset:ident;)*) => {$(
        impl From<$domain> for $wire {
            fn from(value: $domain) -> Self {
                match value { $(<$domain>::$name => <$wire>::$wire_name),* }
            }
        }

        impl TryFrom<$wire> for $domain {
            type Error = ConvertError;

            fn try_from(value: $wire) -> Result<Self, ConvertError> {
                match value {
                    $(<$wire>::$wire_name => Ok(<$domain>::$name),)*
                    <$wire>::$unset => Err(ConvertError::missing("")),
                }
            }
        }
    )*};
    // Same names on both sides.
    (same $($domain:ty = $wire:path { $($name:ident),* $(,)? })*) => {
        enums! { $($domain = $wire { $($name = $name),* } Unspecified;)* }
    };
}

enums! { same
    domain::AccountKind = wire::AccountKind { Bureau, Enterprise, ServiceProvider, PaymentProvider, Person, Node }
    domain::KeyPurpose = wire::KeyPurpose { Admin, Operator, Vote, Encryption }
    super::KeyMode = wire::KeyMode { Hosted, PartHosted, Own }
    domain::Role = wire::Role {
        SystemAdministrator, SecurityAdministrator, Auditor, RuleMaker, Approver, BureauOperator,
        EnterpriseAdministrator, InvoicingOperator, FinanceClerk, Viewer,
    }
    domain::KeyStatus = wire::KeyStatus { Active, Revoked }
    KeyAlgorithm = wire::KeyAlgorithm { Sm2Sm3 }
    domain::ZeroKind = wire::ZeroKind { Export, Exempt, OutOfScope, Ordinary }
    domain::TaxpayerKind = wire::TaxpayerKind { General, SmallScale, NaturalPerson }
    domain::TaxpayerStatus = wire::TaxpayerStatus { Normal, Abnormal, Suspended, Fled, Cancelled }
    domain::CreditGrade = wire::CreditGrade { A, B, M, C, D }
    domain::RiskLevel = wire::RiskLevel { Low, Medium, High }
    domain::InvoiceKind = wire::InvoiceKind { BlockchainOrdinary, BlockchainSpecial }
    domain::TitleKind = wire::TitleKind { Individual, Organisation }
    EntryMode = wire::EntryMode { Net, Gross }
    domain::LineNature = wire::LineNature { Normal, Discounted, Discount }
    domain::RedReason = wire::RedReason { IssueError, SalesReturn, ServiceStopped, SalesAllowance }
    domain::RedInitiator = wire::RedInitiator { Seller, Buyer }
    domain::RedFormState = wire::RedFormState {
        AwaitingBuyer, AwaitingSeller, Confirmed, RefusedByBuyer, RefusedBySeller, Lapsed, Withdrawn, Used,
    }
    RedAnswer = wire::RedAnswer { Confirm, Refuse, Withdraw }
    Level = wire::RefusalLevel { Error, Warning }
    domain::ClockMode = wire::ClockMode { Wall, Driven }
    domain::ConsensusKind = wire::ConsensusKind { Solo, Bft, CrashFault, Adaptive }
    domain::ProposalState = wire::ProposalState { Open, Scheduled, Applied, Failed, Lapsed, Withdrawn }
    domain::SignerRole = wire::SignerRole { Owner, Sponsor, CoSigner }
    domain::CertificateUse = wire::CertificateUse { Client, Node, Service }
    domain::SectionKind = wire::SectionKind { Facts, Seller, Buyer, Lines, Contacts, Attachments, Access, Link }
    domain::PayloadKind = wire::PayloadKind {
        OpenAccount, UpdateKeys, CloseAccount, ApproveTaxpayer, PublishRuleBook, SetTaxpayerStatus, Apply, IssueApplied,
        WithdrawApplication, Issue, IssueBatch, RecordPayment, Claim, OfferTransfer, AcceptTransfer, RefuseTransfer,
        WithdrawTransfer, Lock, Unlock, Book, Unbook, Reimburse, RequestRed, AnswerRed, IssueRed,
        ProposeChange, ApproveChange, WithdrawChange, ReportMisbehaviour, SwitchConsensus,
        AssignRole, EndRole, Delegate, EndDelegation, SetRecovery, ProposeRecovery, ApproveRecovery, CancelRecovery,
        RegisterCertificate, RevokeCertificate, GrantAccess, RevokeAccess, OpenInspection, RecordAccess,
        CommitteeReady, RecordLinkAccess, AnchorLog, OrderErasure,
    }
    domain::InvoiceVerb = invoice::InvoiceVerb {
        Issue, Claim, Offer, Accept, Refuse, Withdraw, OfferLapse, Lock, Unlock, LockLapse, Book, Unbook, Reimburse, Red,
    }
}

enums! {
    domain::Policy = wire::Policy {
        None = None, SimplifiedLevy = SimplifiedLevy, RareEarth = RareEarth, Exempt = Exempt, OutOfScope = OutOfScope,
        LevyThenRefund = LevyThenRefund, LevyThenRefund100 = LevyThenRefund100, LevyThenRefund50 = LevyThenRefund50,
        Simplified3 = Simplified3, Simplified5 = Simplified5, Simplified5At1_5 = Simplified5At15,
        RefundOnLevy30 = RefundOnLevy30, RefundOnLevy50 = RefundOnLevy50, RefundOnLevy70 = RefundOnLevy70,
        RefundOnLevy100 = RefundOnLevy100, RefundAbove3 = RefundAbove3, RefundAbove8 = RefundAbove8,
        RefundAbove12 = RefundAbove12, RefundAbove6 = RefundAbove6,
    } Unspecified;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_code_lists_are_the_same_on_both_sides() {
        for kind in domain::PayloadKind::ALL {
            assert_eq!(wire::PayloadKind::from(*kind) as i32, *kind as i32);
        }
        for role in domain::Role::ALL {
            assert_eq!(wire::Role::from(*role) as i32, *role as i32);
        }
        for n in 1..=18 {
            let policy = domain::Policy::try_from(wire::Policy::try_from(n).unwrap()).unwrap();
            assert_eq!(policy as i32, n);
        }
        assert_eq!(wire::RedFormState::from(domain::RedFormState::Used) as i32, domain::RedFormState::Used as i32);
        assert_eq!(wire::RedReason::from(domain::RedReason::SalesAllowance) as i32, 4);
    }

    #[test]
    fn not_set_is_refused() {
        assert_eq!(domain::Policy::try_from(wire::Policy::Unspecified), Err(ConvertError::missing("")));
    }
}
