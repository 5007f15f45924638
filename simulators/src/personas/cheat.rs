//! The cheats: what they try, and the reason by which the chain must refuse it.

use ledger_types::RejectReason;
use serde::Serialize;

/// One way to cheat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cheat {
    /// Tax that is not the rate's.
    AlteredTax,
    /// Quantity times price is another amount.
    AlteredProduct,
    /// An amount changed after signing.
    AlteredAfterSigning,
    /// More than the month's quota in one invoice.
    OverQuota,
    /// A rate that the merchant was not granted.
    WrongRate,
    /// Handed in after its own limit.
    Expired,
    /// Other content under a request id that was used.
    ReplayedId,
    /// Claims with a token of his own.
    UnknownToken,
    /// Claims what was claimed.
    DoubleClaim,
    /// A company locks what another holds.
    ForeignLock,
    /// Reimburses twice.
    ReimburseTwice,
    /// Reimburses again from an old copy of the invoice.
    StaleReimburse,
    /// Reverses a reimbursed invoice without the company's word.
    UnconfirmedRed,
}

/// At which point of an invoice's life a cheat acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Instead of an honest issue: there is no invoice afterwards.
    Issue,
    /// After issuing, before the rightful claim.
    BeforeClaim,
    /// After the claim.
    AfterClaim,
    /// When the company holds it.
    Held,
    /// After reimbursement.
    Closed,
}

impl Cheat {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::AlteredTax,
        Self::AlteredProduct,
        Self::AlteredAfterSigning,
        Self::OverQuota,
        Self::WrongRate,
        Self::Expired,
        Self::ReplayedId,
        Self::UnknownToken,
        Self::DoubleClaim,
        Self::ForeignLock,
        Self::ReimburseTwice,
        Self::StaleReimburse,
        Self::UnconfirmedRed,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::AlteredTax => "altered_tax",
            Self::AlteredProduct => "altered_product",
            Self::AlteredAfterSigning => "altered_after_signing",
            Self::OverQuota => "over_quota",
            Self::WrongRate => "wrong_rate",
            Self::Expired => "expired",
            Self::ReplayedId => "replayed_id",
            Self::UnknownToken => "unknown_token",
            Self::DoubleClaim => "double_claim",
            Self::ForeignLock => "foreign_lock",
            Self::ReimburseTwice => "reimburse_twice",
            Self::StaleReimburse => "stale_reimburse",
            Self::UnconfirmedRed => "unconfirmed_red",
        }
    }

    /// The reason that must be among the refusals; what was altered after sealing does not even open.
    pub fn expected(self, sealed: bool) -> RejectReason {
        match self {
            Self::AlteredTax => RejectReason::LineTax,
            Self::AlteredProduct => RejectReason::LineProduct,
            Self::AlteredAfterSigning if sealed => RejectReason::CannotOpen,
            Self::AlteredAfterSigning => RejectReason::CommitmentMismatch,
            Self::OverQuota => RejectReason::OverQuota,
            Self::WrongRate => RejectReason::RateNotGranted,
            Self::Expired => RejectReason::Expired,
            Self::ReplayedId => RejectReason::RequestIdConflict,
            Self::UnknownToken | Self::ForeignLock => RejectReason::NotOwner,
            Self::DoubleClaim => RejectReason::AlreadyClaimed,
            Self::ReimburseTwice => RejectReason::AlreadyReimbursed,
            Self::StaleReimburse => RejectReason::OutputSpent,
            Self::UnconfirmedRed => RejectReason::RedNeedsConfirmation,
        }
    }

    /// When it acts.
    pub fn moment(self) -> Moment {
        match self {
            Self::AlteredTax
            | Self::AlteredProduct
            | Self::AlteredAfterSigning
            | Self::OverQuota
            | Self::WrongRate
            | Self::Expired => Moment::Issue,
            Self::ReplayedId | Self::UnknownToken => Moment::BeforeClaim,
            Self::DoubleClaim => Moment::AfterClaim,
            Self::ForeignLock => Moment::Held,
            Self::ReimburseTwice | Self::StaleReimburse | Self::UnconfirmedRed => Moment::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cheat_has_a_name_a_moment_and_the_reason_of_its_kind() {
        let mut names: Vec<_> = Cheat::ALL.iter().map(|c| c.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Cheat::ALL.len());
        for cheat in Cheat::ALL {
            assert_eq!(serde_json::to_string(&cheat).ok(), Some(format!("\"{}\"", cheat.name())));
            let hundred = cheat.expected(false).number() / 100;
            let fits = match cheat.moment() {
                // Wrong invoices fail a rule or at the door; wrong steps fail on state.
                Moment::Issue => matches!(hundred, 1 | 5),
                Moment::BeforeClaim => matches!(hundred, 2 | 6),
                Moment::AfterClaim | Moment::Held => hundred == 6,
                Moment::Closed => matches!(hundred, 6 | 7),
            };
            assert!(fits, "{cheat:?} expects {}", cheat.expected(false));
        }
        assert_eq!(Cheat::ReimburseTwice.expected(true), RejectReason::AlreadyReimbursed);
        assert_eq!(Cheat::AlteredAfterSigning.expected(true), RejectReason::CannotOpen);
        assert_eq!(Cheat::DoubleClaim.expected(false), RejectReason::AlreadyClaimed);
    }
}
