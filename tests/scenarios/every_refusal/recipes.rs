//! How each reason is produced. A new reason does not compile until it has a recipe here.

use std::pin::Pin;

use anyhow::Result;
use ledger_types::RejectReason;

use super::attempt::Attempt;
use super::world::World;
use super::{
    access, authority, flow, governance, late, offices, payments, profiles, red, register, request, rules, stateless,
    switches, used_up,
};

/// Brings the chain to where the reason applies, and makes the transaction that runs into it.
pub(super) type Make = for<'a> fn(&'a World) -> Pin<Box<dyn Future<Output = Result<Attempt>> + 'a>>;

/// How a reason is produced.
pub(super) enum Recipe {
    /// So.
    Produce(Make),
    /// Not at all through the public API, for this reason.
    Unreachable(&'static str),
}

macro_rules! recipes {
    (produce { $($reason:ident => $make:path),* $(,)? } unreachable { $($never:ident => $why:expr),* $(,)? }) => {
        /// The recipe for a reason.
        pub(super) fn recipe(reason: RejectReason) -> Recipe {
            match reason {
                $(RejectReason::$reason => Recipe::Produce(|world| Box::pin($make(world))),)*
                $(RejectReason::$never => Recipe::Unreachable($why),)*
            }
        }
    };
}

recipes! {
    produce {
        Malformed => stateless::malformed,
        TooLarge => stateless::too_large,
        UnknownVersion => stateless::unknown_version,
        WrongChain => stateless::wrong_chain,
        SignerCount => stateless::signer_count,
        DuplicateSigner => stateless::duplicate_signer,
        Expired => stateless::expired,
        ValidTooLong => stateless::valid_too_long,
        UnknownSigner => stateless::unknown_signer,
        BadKey => stateless::bad_key,
        BadSignature => stateless::bad_signature,
        BadSections => stateless::bad_sections,
        CommitmentMismatch => stateless::commitment_mismatch,
        CannotOpen => stateless::cannot_open,
        MustBeSealed => stateless::must_be_sealed,
        WrongSealEpoch => stateless::wrong_seal_epoch,
        BadField => stateless::bad_field,
        RequestIdOutOfWindow => request::out_of_window,
        RequestIdConflict => request::conflict,
        Overloaded => request::overloaded,
        KeyRevoked => authority::key_revoked,
        KeyNotInForce => authority::key_not_in_force,
        KeyNotAllowed => authority::key_not_allowed,
        KeyLimitReached => authority::key_limit_reached,
        AccountClosed => authority::account_closed,
        WrongRole => authority::wrong_role,
        WrongArea => authority::wrong_area,
        NoDelegation => authority::no_delegation,
        OwnerMissing => authority::owner_missing,
        RoleNotAllowed => offices::role_not_allowed,
        ApproverMissing => offices::approver_missing,
        OwnProposal => offices::own_proposal,
        OwnOffice => offices::own_office,
        RoleConflict => offices::role_conflict,
        OfficeInvalid => offices::office_invalid,
        OfficeUnknown => offices::office_unknown,
        NotIssuerOrHolder => access::not_issuer_or_holder,
        NotGiver => access::not_giver,
        SecondAuditorMissing => access::second_auditor_missing,
        OutsideInspection => access::outside_inspection,
        BureauNotStaffed => access::bureau_not_staffed,
        GrantUnknown => access::grant_unknown,
        TooManyGrants => access::too_many_grants,
        InspectionUnknown => access::inspection_unknown,
        AccountUnknown => register::account_unknown,
        TaxIdTaken => register::tax_id_taken,
        IdentityMismatch => register::identity_mismatch,
        KeyListInvalid => register::key_list_invalid,
        AreaUnknown => register::area_unknown,
        RuleBookVersion => register::rule_book_version,
        RuleBookBackdated => register::rule_book_backdated,
        RuleBookInvalid => register::rule_book_invalid,
        ProfileInvalid => register::profile_invalid,
        StatusFinal => register::status_final,
        NumbersExhausted => used_up::numbers,
        NoRuleBook => profiles::no_rule_book,
        TaxpayerNotApproved => profiles::not_approved,
        TaxpayerBlocked => profiles::blocked,
        TaxpayerRisk => profiles::risk,
        KindNotApproved => profiles::kind,
        OverInvoiceLimit => profiles::invoice_limit,
        OverQuota => profiles::quota,
        OverDailyCount => profiles::daily_count,
        OverBurst => profiles::burst,
        LineCount => rules::line_count,
        LineName => rules::line_name,
        TaxCodeInvalid => rules::tax_code,
        CategoryNotApproved => profiles::category,
        RateUnknown => rules::rate_unknown,
        RateNotGranted => rules::rate_not_granted,
        PolicyRate => rules::policy_rate,
        ZeroPolicy => rules::zero_policy,
        PrepaidNotOutOfScope => rules::prepaid,
        OutOfScopeMixed => rules::out_of_scope_mixed,
        SimplifiedMixed => profiles::simplified_mixed,
        LineSign => rules::line_sign,
        QuantityPrice => rules::quantity_price,
        LineProduct => rules::line_product,
        LineTax => rules::line_tax,
        InvoiceTax => rules::invoice_tax,
        Totals => rules::totals,
        DiscountPair => rules::discount_pair,
        DiscountMismatch => rules::discount_mismatch,
        RemarkTooLong => rules::remark,
        BuyerTitle => rules::buyer_title,
        Reserved => rules::reserved,
        AmountRange => rules::amount_range,
        TextCharacters => rules::text_characters,
        OutputUnknown => flow::output_unknown,
        OutputSpent => flow::output_spent,
        WrongAsset => payments::wrong_asset,
        NotOwner => flow::not_owner,
        ConditionMismatch => flow::condition_mismatch,
        AlreadyClaimed => flow::already_claimed,
        NotClaimed => flow::not_claimed,
        OnOffer => flow::on_offer,
        NotOffered => flow::not_offered,
        OfferLapsed => late::offer_lapsed,
        Locked => flow::locked,
        NotLocked => flow::not_locked,
        NotLocker => flow::not_locker,
        AlreadyReimbursed => flow::already_reimbursed,
        AlreadyBooked => flow::already_booked,
        NotBooked => flow::not_booked,
        NotBooker => flow::not_booker,
        AlreadyReversed => red::already_reversed,
        IsRed => red::is_red,
        TimeOutOfRange => flow::time_out_of_range,
        ApplicationGone => flow::application_gone,
        NotApplicant => flow::not_applicant,
        NotSeller => red::not_seller,
        RedNeedsConfirmation => red::needs_confirmation,
        RedConfirmationNotNeeded => red::confirmation_not_needed,
        RedFormPending => red::form_pending,
        RedFormUnknown => red::form_unknown,
        RedFormState => red::form_state,
        NotRedParty => red::not_party,
        RedFormMismatch => red::form_mismatch,
        PaymentKnown => payments::known,
        NotPayee => payments::not_payee,
        PaymentShort => payments::short,
        PaymentLinks => payments::links,
        OrderInvoiced => payments::order_invoiced,
        PaymentBelowAmount => payments::below_amount,
        NotApprover => governance::not_approver,
        ProposalUnknown => governance::proposal_unknown,
        ProposalClosed => governance::proposal_closed,
        AlreadyApproved => governance::already_approved,
        NotProposer => governance::not_proposer,
        TooManyProposals => governance::too_many_proposals,
        EffectiveHeight => governance::effective_height,
        ValidatorSetInvalid => governance::validator_set,
        ParamsInvalid => governance::params,
        ConsensusKindInvalid => governance::consensus_kind,
        ProtocolVersion => governance::protocol_version,
        PolicyInvalid => governance::policy,
        ValidatorUnknown => governance::validator_unknown,
        QuorumLost => governance::quorum_lost,
        EvidenceNoContradiction => governance::no_contradiction,
        EvidenceSignature => governance::evidence_signature,
        EvidenceForeign => governance::evidence_foreign,
        EvidenceKnown => governance::evidence_known,
        AdaptivePolicyInvalid => switches::policy,
        SwitchMixed => switches::mixed,
        SwitchRepeated => switches::repeated,
        SwitchSignature => switches::signature,
        SwitchEpoch => switches::epoch,
        SwitchNotAllowed => switches::not_allowed,
        SwitchUnknown => switches::unknown,
        SwitchAhead => switches::ahead,
        SwitchTooEarly => switches::too_early,
    }
    unreachable {
        SwitchTooFew => "one request is enough where there is one validator",
        SwitchUnderWay => "only the second of two certificates in one block; the next block begins with the switch",
        AlreadyKnown => "a repeated transaction is no error: it is answered with its first fate",
    }
}
