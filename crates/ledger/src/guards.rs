//! Guards between an invoice's machines: what one state forbids in another. Each says what stands in the way, whether
//! or not the output has moved on, so that a late caller learns who was first.

use ledger_types::refusal::{Arg, Field, Refusal};
use ledger_types::{AccountId, BlockTime, ClaimState, FaceState, InvoiceRecord, ReimbursementState, RejectReason};

use crate::findings::Findings;
use crate::target::Target;

impl Target {
    /// Blue: neither red nor reversed.
    pub(crate) fn must_be_blue(&self, found: &mut Findings) {
        match self.invoice.face {
            FaceState::Blue => {}
            FaceState::Red { .. } => found.add(self.refusal(RejectReason::IsRed)),
            FaceState::Reversed { by } => {
                found.add(self.refusal(RejectReason::AlreadyReversed).with([Arg::Slot(by)]));
            }
        }
    }

    /// Claimed and not on offer: held by one address.
    pub(crate) fn must_be_held(&self, found: &mut Findings) {
        match self.invoice.claim {
            ClaimState::Claimed => {}
            ClaimState::Unclaimed => found.add(self.refusal(RejectReason::NotClaimed)),
            ClaimState::Offered { until_ms, .. } => {
                found.add(self.refusal(RejectReason::OnOffer).with([Arg::Time(BlockTime(until_ms))]));
            }
        }
    }

    /// Neither locked nor reimbursed.
    pub(crate) fn must_be_open(&self, found: &mut Findings) {
        match self.invoice.reimbursement {
            ReimbursementState::Open => {}
            ReimbursementState::Locked { .. } => self.must_not_be_locked(found),
            ReimbursementState::Closed { .. } => self.must_not_be_closed(found),
        }
    }

    /// Not locked; says by whom and until when.
    pub(crate) fn must_not_be_locked(&self, found: &mut Findings) {
        if let ReimbursementState::Locked { by, until_ms, .. } = self.invoice.reimbursement {
            let args = [Arg::Account(by), Arg::Time(BlockTime(until_ms))];
            found.add(self.refusal(RejectReason::Locked).with(args));
        }
    }

    /// Not reimbursed; says by whom and when.
    pub(crate) fn must_not_be_closed(&self, found: &mut Findings) {
        if let ReimbursementState::Closed { by, at_ms } = self.invoice.reimbursement {
            let args = [Arg::Account(by), Arg::Time(BlockTime(at_ms))];
            found.add(self.refusal(RejectReason::AlreadyReimbursed).with(args));
        }
    }

    /// Locked by this account.
    pub(crate) fn must_be_locked_by(&self, account: AccountId, found: &mut Findings) {
        match self.invoice.reimbursement {
            ReimbursementState::Locked { by, .. } if by == account => {}
            ReimbursementState::Locked { by, .. } => {
                found.add(self.refusal(RejectReason::NotLocker).with([Arg::Account(by)]));
            }
            ReimbursementState::Open => found.add(self.refusal(RejectReason::NotLocked)),
            ReimbursementState::Closed { .. } => self.must_not_be_closed(found),
        }
    }

    /// Booked by this account.
    pub(crate) fn must_be_booked_by(&self, account: AccountId, found: &mut Findings) {
        match self.invoice.booking.booked_by() {
            None => found.add(self.refusal(RejectReason::NotBooked)),
            Some(by) if by == account => {}
            Some(by) => found.add(self.refusal(RejectReason::NotBooker).with([Arg::Account(by)])),
        }
    }

    /// In nobody's books.
    pub(crate) fn must_not_be_booked(&self, found: &mut Findings) {
        if let Some(by) = self.invoice.booking.booked_by() {
            found.add(self.refusal(RejectReason::AlreadyBooked).with([Arg::Account(by)]));
        }
    }
}

/// Who used the invoice, if somebody did: whose books it stands in, or who reimbursed it.
pub(crate) fn used_by(invoice: &InvoiceRecord) -> Option<AccountId> {
    let closed_by = match invoice.reimbursement {
        ReimbursementState::Closed { by, .. } => Some(by),
        ReimbursementState::Open | ReimbursementState::Locked { .. } => None,
    };
    invoice.booking.booked_by().or(closed_by)
}

/// A refusal unless `until_ms` lies after `now` and at most `span_ms` ahead.
pub(crate) fn check_ahead(now: BlockTime, until_ms: u64, span_ms: u64) -> Option<Refusal> {
    let last = now.plus_ms(span_ms);
    if now.0 < until_ms && until_ms <= last.0 {
        return None;
    }
    let args = [Arg::Time(BlockTime(until_ms)), Arg::Time(now), Arg::Time(last)];
    Some(Refusal::new(RejectReason::TimeOutOfRange, Field::Until).with(args))
}
