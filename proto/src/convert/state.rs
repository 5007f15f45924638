//! The four machines of an invoice's life. On the wire each is a status and the details of that status alone.

use ledger_types::{AccountId, BookingState, ClaimState, FaceState, InvoiceRecord, ReimbursementState, Slot};

use super::error::{ConvertError, Problem};
use super::field::{Read, account, address, ms, required, u16_of, wire_ms};
use crate::types::v1 as wire;
use wire::{BookingStatus, ClaimStatus, FaceStatus, ReimbursementStatus};

/// The four states of an invoice record.
pub(super) type Machines = (FaceState, ClaimState, ReimbursementState, BookingState);

fn done(by: AccountId, at_ms: u64) -> Option<wire::DoneBy> {
    Some(wire::DoneBy { by: by.0, at_ms: wire_ms(at_ms) })
}

impl From<&InvoiceRecord> for wire::InvoiceState {
    fn from(r: &InvoiceRecord) -> Self {
        let mut out = Self::default();
        let face = match r.face {
            FaceState::Blue => FaceStatus::Blue,
            FaceState::Reversed { by } => {
                out.reversed_by = Some(by.0);
                FaceStatus::Reversed
            }
            FaceState::Red { of } => {
                out.reverses = Some(of.0);
                FaceStatus::Red
            }
        };
        let claim = match r.claim {
            ClaimState::Unclaimed => ClaimStatus::Unclaimed,
            ClaimState::Claimed => ClaimStatus::Claimed,
            ClaimState::Offered { from, to, until_ms } => {
                let until_ms = wire_ms(until_ms);
                out.offer = Some(wire::Offer { from: from.0.to_vec(), to: to.0.to_vec(), until_ms });
                ClaimStatus::Offered
            }
        };
        let reimbursement = match r.reimbursement {
            ReimbursementState::Open => ReimbursementStatus::Open,
            ReimbursementState::Locked { by, until_ms, reason } => {
                out.lock = Some(wire::Lock { by: by.0, until_ms: wire_ms(until_ms), reason: reason.into() });
                ReimbursementStatus::Locked
            }
            ReimbursementState::Closed { by, at_ms } => {
                out.closed = done(by, at_ms);
                ReimbursementStatus::Closed
            }
        };
        let booking = match r.booking {
            BookingState::NotBooked => BookingStatus::NotBooked,
            BookingState::BookedDeductible { by, at_ms } => {
                out.booked = done(by, at_ms);
                BookingStatus::BookedDeductible
            }
            BookingState::BookedNotDeductible { by, at_ms } => {
                out.booked = done(by, at_ms);
                BookingStatus::BookedNotDeductible
            }
            BookingState::Unbooked { by, at_ms } => {
                out.booked = done(by, at_ms);
                BookingStatus::Unbooked
            }
        };
        out.set_face(face);
        out.set_claim(claim);
        out.set_reimbursement(reimbursement);
        out.set_booking(booking);
        out
    }
}

/// Refuses a detail that belongs to another status.
fn absent<T>(detail: &Option<T>, field: &str) -> Read<()> {
    let problem = Problem::Contradiction("belongs to another status");
    if detail.is_some() { Err(ConvertError::new(field, problem)) } else { Ok(()) }
}

pub(super) fn machines(w: wire::InvoiceState) -> Read<Machines> {
    Ok((face(&w)?, claim(&w)?, reimbursement(&w)?, booking(&w)?))
}

macro_rules! status {
    ($wire:ty, $value:expr, $field:literal) => {
        match <$wire>::try_from($value) {
            Ok(<$wire>::Unspecified) => return Err(ConvertError::missing($field)),
            Ok(known) => known,
            Err(_) => return Err(ConvertError::new($field, Problem::UnknownEnum($value))),
        }
    };
}

fn face(w: &wire::InvoiceState) -> Read<FaceState> {
    let status = status!(FaceStatus, w.face, "face");
    if status != FaceStatus::Reversed {
        absent(&w.reversed_by, "reversed_by")?;
    }
    if status != FaceStatus::Red {
        absent(&w.reverses, "reverses")?;
    }
    Ok(match status {
        FaceStatus::Reversed => FaceState::Reversed { by: Slot(required(w.reversed_by, "reversed_by")?) },
        FaceStatus::Red => FaceState::Red { of: Slot(required(w.reverses, "reverses")?) },
        _ => FaceState::Blue,
    })
}

fn claim(w: &wire::InvoiceState) -> Read<ClaimState> {
    let status = status!(ClaimStatus, w.claim, "claim");
    if status != ClaimStatus::Offered {
        absent(&w.offer, "offer")?;
    }
    Ok(match status {
        ClaimStatus::Offered => {
            let offer = required(w.offer.as_ref(), "offer")?;
            ClaimState::Offered {
                from: address(&offer.from, "offer.from")?,
                to: address(&offer.to, "offer.to")?,
                until_ms: ms(offer.until_ms, "offer.until_ms")?,
            }
        }
        ClaimStatus::Claimed => ClaimState::Claimed,
        _ => ClaimState::Unclaimed,
    })
}

fn reimbursement(w: &wire::InvoiceState) -> Read<ReimbursementState> {
    let status = status!(ReimbursementStatus, w.reimbursement, "reimbursement");
    if status != ReimbursementStatus::Locked {
        absent(&w.lock, "lock")?;
    }
    if status != ReimbursementStatus::Closed {
        absent(&w.closed, "closed")?;
    }
    Ok(match status {
        ReimbursementStatus::Locked => {
            let lock = required(w.lock.as_ref(), "lock")?;
            ReimbursementState::Locked {
                by: account(lock.by, "lock.by")?,
                until_ms: ms(lock.until_ms, "lock.until_ms")?,
                reason: u16_of(lock.reason, "lock.reason")?,
            }
        }
        ReimbursementStatus::Closed => {
            let (by, at_ms) = done_by(w.closed.as_ref(), "closed")?;
            ReimbursementState::Closed { by, at_ms }
        }
        _ => ReimbursementState::Open,
    })
}

fn booking(w: &wire::InvoiceState) -> Read<BookingState> {
    let status = status!(BookingStatus, w.booking, "booking");
    if status == BookingStatus::NotBooked {
        absent(&w.booked, "booked")?;
        return Ok(BookingState::NotBooked);
    }
    let (by, at_ms) = done_by(w.booked.as_ref(), "booked")?;
    Ok(match status {
        BookingStatus::BookedDeductible => BookingState::BookedDeductible { by, at_ms },
        BookingStatus::BookedNotDeductible => BookingState::BookedNotDeductible { by, at_ms },
        _ => BookingState::Unbooked { by, at_ms },
    })
}

fn done_by(w: Option<&wire::DoneBy>, field: &str) -> Read<(AccountId, u64)> {
    let w = required(w, field)?;
    let read = || Ok((account(w.by, "by")?, ms(w.at_ms, "at_ms")?));
    read().map_err(|e: ConvertError| e.within(field))
}

/// Names of statuses for filters and lists; each refuses "not set" and unknown numbers.
macro_rules! filter {
    ($($wire:ident),*) => {$(
        impl $wire {
            /// Reads a filter: every value set and known, at most 32.
            pub fn filter(values: Vec<i32>, field: &str) -> Read<Vec<Self>> {
                super::field::list_with(values, 32, field, |v| Ok(status!($wire, v, "")))
            }
        }
    )*};
}

filter!(FaceStatus, ClaimStatus, ReimbursementStatus, BookingStatus);

#[cfg(test)]
mod tests {
    use super::*;

    type Change = (&'static str, fn(&mut wire::InvoiceState));

    fn open() -> wire::InvoiceState {
        wire::InvoiceState { face: 1, claim: 1, reimbursement: 1, booking: 1, ..Default::default() }
    }

    #[test]
    fn a_detail_without_its_status_is_refused() {
        assert!(machines(open()).is_ok());
        let cases: [Change; 8] = [
            ("reversed_by", |s| s.reversed_by = Some(1)),
            ("reverses", |s| s.reverses = Some(1)),
            ("offer", |s| s.offer = Some(wire::Offer::default())),
            ("lock", |s| s.lock = Some(wire::Lock::default())),
            ("closed", |s| s.closed = done(AccountId(1), 1)),
            ("booked", |s| s.booked = done(AccountId(1), 1)),
            ("face", |s| s.face = 0),
            ("booking", |s| s.booking = 4),
        ];
        for (field, change) in cases {
            let mut state = open();
            change(&mut state);
            assert_eq!(machines(state).map_err(|e| e.field), Err(field.to_owned()));
        }
    }

    #[test]
    fn a_status_without_its_detail_is_refused() {
        let cases: [Change; 6] = [
            ("reversed_by", |s| s.face = 2),
            ("reverses", |s| s.face = 3),
            ("offer", |s| s.claim = 3),
            ("lock", |s| s.reimbursement = 2),
            ("closed", |s| s.reimbursement = 3),
            ("booked", |s| s.booking = 6),
        ];
        for (field, change) in cases {
            let mut state = open();
            change(&mut state);
            assert_eq!(machines(state), Err(ConvertError::missing(field)));
        }
    }
}
