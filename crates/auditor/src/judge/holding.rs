//! Guards over the four machines of an invoice.

use ledger_types::{ClaimState, FaceState, ReimbursementState, RejectReason};

use super::spending::Invoice;
use crate::reasons::Reasons;

impl Invoice<'_> {
    /// Neither red nor reversed.
    pub(super) fn is_live(&self, found: &mut Reasons) {
        match self.record.face {
            FaceState::Blue => {}
            FaceState::Reversed { .. } => found.add(RejectReason::AlreadyReversed),
            FaceState::Red { .. } => found.add(RejectReason::IsRed),
        }
    }

    /// Claimed, and not on offer.
    pub(super) fn is_held(&self, found: &mut Reasons) {
        match self.record.claim {
            ClaimState::Claimed => {}
            ClaimState::Unclaimed => found.add(RejectReason::NotClaimed),
            ClaimState::Offered { .. } => found.add(RejectReason::OnOffer),
        }
    }

    /// Neither locked nor reimbursed.
    pub(super) fn is_open(&self, found: &mut Reasons) {
        match self.record.reimbursement {
            ReimbursementState::Open => {}
            ReimbursementState::Locked { .. } => found.add(RejectReason::Locked),
            ReimbursementState::Closed { .. } => found.add(RejectReason::AlreadyReimbursed),
        }
    }

    /// Whoever booked it, or else reimbursed it: the side that must agree to a red letter.
    pub(super) fn user(&self) -> Option<ledger_types::AccountId> {
        match self.record.reimbursement {
            ReimbursementState::Closed { by, .. } => Some(by),
            _ => self.record.booking.booked_by(),
        }
    }
}
