//! The fields that each reason of the ledger is usually about, for the list of errors. A refusal names its own.

use ledger_types::{Field as F, RejectReason as R};

pub(super) fn fields(reason: R) -> &'static [F] {
    match reason {
        R::NotApprover | R::RoleNotAllowed | R::ApproverMissing => &[F::Signers],
        R::OwnProposal => &[F::Signers, F::Proposal],
        R::OwnOffice | R::RoleConflict | R::OfficeInvalid => &[F::Role],
        R::OfficeUnknown => &[F::Role, F::Inspection],
        R::NotIssuerOrHolder => &[F::Invoice],
        R::NotGiver | R::GrantUnknown | R::TooManyGrants => &[F::Grant],
        R::SecondAuditorMissing | R::BureauNotStaffed => &[F::Signers],
        R::OutsideInspection => &[F::Invoice, F::Signers, F::Inspection],
        R::InspectionUnknown => &[F::Inspection],
        R::ProposalUnknown | R::ProposalClosed | R::AlreadyApproved | R::NotProposer | R::TooManyProposals => {
            &[F::Proposal]
        }
        R::EffectiveHeight => &[F::EffectiveHeight],
        R::ValidatorSetInvalid | R::ParamsInvalid | R::ConsensusKindInvalid | R::ProtocolVersion => &[F::Change],
        R::PolicyInvalid | R::ValidatorUnknown | R::QuorumLost | R::AdaptivePolicyInvalid => &[F::Change],
        R::SwitchMixed | R::SwitchRepeated | R::SwitchSignature | R::SwitchEpoch | R::SwitchNotAllowed => &[F::Switch],
        R::SwitchUnknown | R::SwitchAhead | R::SwitchTooFew | R::SwitchTooEarly | R::SwitchUnderWay => &[F::Switch],
        R::EvidenceNoContradiction | R::EvidenceSignature | R::EvidenceForeign | R::EvidenceKnown => &[F::Evidence],
        R::Malformed => &[F::Transaction, F::Sections],
        R::TooLarge | R::UnknownVersion | R::Overloaded | R::AlreadyKnown => &[F::Transaction],
        R::WrongChain => &[F::ChainId],
        R::SignerCount => &[F::Signers, F::Signatures],
        R::BadSignature => &[F::Signatures],
        R::BadKey => &[F::Signers, F::Keys],
        R::DuplicateSigner | R::UnknownSigner | R::OwnerMissing | R::NoDelegation => &[F::Signers],
        R::Expired | R::ValidTooLong => &[F::ValidUntil],
        R::BadSections | R::CannotOpen | R::MustBeSealed | R::WrongSealEpoch => &[F::Sections],
        R::CommitmentMismatch => &[F::Sections, F::Batch],
        R::BadField => &[F::Name, F::Keys, F::Amount, F::Owner, F::Payments, F::Spend, F::Batch, F::LineRate],
        R::RequestIdOutOfWindow | R::RequestIdConflict => &[F::RequestId],
        R::KeyRevoked | R::KeyNotInForce | R::KeyNotAllowed | R::KeyLimitReached => &[F::Signers],
        R::AccountClosed => &[F::Signers, F::Account, F::Payee],
        R::WrongRole => &[F::Signers, F::Account, F::Payee],
        R::WrongArea | R::AreaUnknown | R::NumbersExhausted => &[F::Area],
        R::AccountUnknown => &[F::Account, F::Payee],
        R::TaxIdTaken => &[F::TaxId],
        R::IdentityMismatch => &[F::Account],
        R::KeyListInvalid => &[F::Keys],
        R::RuleBookVersion | R::RuleBookBackdated | R::RuleBookInvalid | R::NoRuleBook => &[F::RuleBook],
        R::ProfileInvalid => &[F::Profile],
        R::StatusFinal | R::TaxpayerBlocked => &[F::Status],
        R::TaxpayerNotApproved => &[F::Seller, F::Account],
        R::TaxpayerRisk | R::OverDailyCount | R::OverBurst => &[F::Seller],
        R::KindNotApproved => &[F::Kind],
        R::OverInvoiceLimit | R::OverQuota => &[F::Net],
        _ => invoice_fields(reason),
    }
}

fn invoice_fields(reason: R) -> &'static [F] {
    match reason {
        R::LineCount => &[F::Lines],
        R::LineName => &[F::LineName],
        R::TaxCodeInvalid | R::CategoryNotApproved => &[F::LineTaxCode],
        R::RateUnknown | R::RateNotGranted | R::PolicyRate | R::PrepaidNotOutOfScope => &[F::LineRate],
        R::OutOfScopeMixed => &[F::LineRate],
        R::ZeroPolicy | R::SimplifiedMixed => &[F::LinePolicy],
        R::LineSign | R::LineProduct => &[F::LineNet],
        R::QuantityPrice => &[F::LineQuantity],
        R::LineTax => &[F::LineTax],
        R::InvoiceTax => &[F::Tax],
        R::Totals => &[F::Net, F::Tax, F::Total],
        R::DiscountPair => &[F::LineNature],
        R::DiscountMismatch => &[F::LineName, F::LineTaxCode, F::LineRate, F::LinePolicy, F::LineNet, F::LineQuantity],
        R::RemarkTooLong => &[F::Remark],
        R::BuyerTitle => &[F::BuyerName, F::BuyerTaxId],
        R::Reserved => &[F::Kind, F::SpecialElement, F::Deduction],
        R::AmountRange => &[F::Net, F::Tax, F::Total, F::LineNet, F::LineTax],
        R::TextCharacters => &[F::Remark, F::Drawer, F::BuyerName, F::SellerFace, F::LineName, F::LineText],
        R::AlreadyClaimed => &[F::Spend, F::To],
        R::TimeOutOfRange => &[F::Until],
        R::ApplicationGone | R::NotApplicant => &[F::Application],
        R::NotSeller | R::NotRedParty => &[F::Signers],
        R::RedNeedsConfirmation | R::RedConfirmationNotNeeded => &[F::Form, F::Invoice],
        R::RedFormPending | R::RedFormUnknown | R::RedFormState => &[F::Form],
        R::RedFormMismatch => &[F::Form, F::RedReason],
        R::PaymentKnown => &[F::PaymentRef],
        R::NotPayee | R::PaymentShort | R::PaymentLinks | R::PaymentBelowAmount => &[F::Payments],
        R::OrderInvoiced => &[F::OrderRef],
        R::OutputUnknown | R::OutputSpent | R::WrongAsset => &[F::Spend, F::Invoice, F::Payments],
        R::NotOwner | R::ConditionMismatch => &[F::Spend, F::Payments],
        R::NotClaimed | R::OnOffer | R::NotOffered | R::OfferLapsed | R::Locked | R::NotLocked => {
            &[F::Spend, F::Invoice]
        }
        R::NotLocker | R::AlreadyReimbursed | R::AlreadyBooked | R::NotBooked | R::NotBooker => &[F::Spend, F::Invoice],
        R::AlreadyReversed | R::IsRed => &[F::Spend, F::Invoice],
        _ => &[],
    }
}
