//! An invoice's life: four machines side by side, each an enum that carries only what its state has.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::body::TitleKind;
use crate::ids::{AccountId, Address, FormId, Slot};
use crate::invoice_number::{InvoiceCode, InvoiceNumber};
use crate::money::Fen;
use crate::output::Origin;
use crate::taxpayer::InvoiceKind;

/// The face: blue, reversed or red (发票状态).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum FaceState {
    /// 正常.
    Blue = 0,
    /// 已红冲 in full, by the red invoice in `by`.
    Reversed {
        /// Slot of the red invoice.
        by: Slot,
    } = 1,
    /// A red invoice (红字发票) that reverses `of`.
    Red {
        /// Slot of the blue invoice.
        of: Slot,
    } = 2,
}

/// Who holds it (认领状态).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ClaimState {
    /// 待认领: waits for the holder of the order token.
    Unclaimed = 0,
    /// 已认领: held by its owner.
    Claimed = 1,
    /// 流转中: offered; the giver may withdraw, the receiver accept or refuse.
    Offered {
        /// Who gives.
        from: Address,
        /// Who may accept.
        to: Address,
        /// Last block time (ms) to accept.
        until_ms: u64,
    } = 2,
}

/// Reimbursement (报销状态): open, locked, closed for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ReimbursementState {
    /// 未报销.
    Open = 0,
    /// 已锁定.
    Locked {
        /// Who locked it and alone may unlock, book and reimburse.
        by: AccountId,
        /// Last block time (ms) of the lock.
        until_ms: u64,
        /// Why, a code of the locker's own.
        reason: u16,
    } = 1,
    /// 已报销: irreversible.
    Closed {
        /// Who reimbursed it.
        by: AccountId,
        /// When (block time, ms).
        at_ms: u64,
    } = 2,
}

/// Booking (入账状态) 01, 02, 03, 06.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum BookingState {
    /// 01 未入账.
    NotBooked = 1,
    /// 02 已入账（企业所得税税前扣除）.
    BookedDeductible {
        /// Whose books.
        by: AccountId,
        /// When (block time, ms).
        at_ms: u64,
    } = 2,
    /// 03 已入账（不扣除）.
    BookedNotDeductible {
        /// Whose books.
        by: AccountId,
        /// When (block time, ms).
        at_ms: u64,
    } = 3,
    /// 06 入账撤销.
    Unbooked {
        /// Whose books.
        by: AccountId,
        /// When (block time, ms).
        at_ms: u64,
    } = 6,
}

impl BookingState {
    /// Whose books it stands in now.
    pub fn booked_by(&self) -> Option<AccountId> {
        match self {
            Self::BookedDeductible { by, .. } | Self::BookedNotDeductible { by, .. } => Some(*by),
            Self::NotBooked | Self::Unbooked { .. } => None,
        }
    }
}

/// All of an invoice that execution needs, as kept in its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct InvoiceRecord {
    /// Kind of invoice.
    pub kind: InvoiceKind,
    /// Personal or organisation title.
    pub title: TitleKind,
    /// The transaction that carried the body: its commitments and secret salt give the invoice hash.
    pub origin: Origin,
    /// Who issued it.
    pub seller: AccountId,
    /// Code.
    pub code: InvoiceCode,
    /// Number within the code.
    pub number: InvoiceNumber,
    /// Tax, fen; the amount with tax is the output's.
    pub tax: Fen,
    /// When it was issued (block time, ms): the invoice date in Asia/Shanghai.
    pub issued_ms: u64,
    /// The rule book it was judged by.
    pub rule_book: u32,
    /// The face.
    pub face: FaceState,
    /// Who holds it.
    pub claim: ClaimState,
    /// Reimbursement.
    pub reimbursement: ReimbursementState,
    /// Booking.
    pub booking: BookingState,
    /// The red-letter form that is pending or was used, if any.
    pub red_form: Option<FormId>,
}

/// What can be done to an invoice. The edges below say from where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum InvoiceVerb {
    Issue,
    Claim,
    Offer,
    Accept,
    Refuse,
    Withdraw,
    OfferLapse,
    Lock,
    Unlock,
    LockLapse,
    Book,
    Unbook,
    Reimburse,
    Red,
}

/// One machine's edge: (machine, from, verb, to).
pub type Edge = (&'static str, &'static str, InvoiceVerb, &'static str);

/// Every permitted step of the four machines. The docs' diagram is drawn from this table, and a test holds the
/// transitions against it.
pub const EDGES: &[Edge] = &[
    ("face", "-", InvoiceVerb::Issue, "blue"),
    ("face", "-", InvoiceVerb::Red, "red"),
    ("face", "blue", InvoiceVerb::Red, "reversed"),
    ("claim", "-", InvoiceVerb::Issue, "unclaimed"),
    ("claim", "-", InvoiceVerb::Issue, "claimed"),
    ("claim", "-", InvoiceVerb::Red, "claimed"),
    ("claim", "unclaimed", InvoiceVerb::Claim, "claimed"),
    ("claim", "claimed", InvoiceVerb::Offer, "offered"),
    ("claim", "offered", InvoiceVerb::Accept, "claimed"),
    ("claim", "offered", InvoiceVerb::Refuse, "claimed"),
    ("claim", "offered", InvoiceVerb::Withdraw, "claimed"),
    ("claim", "offered", InvoiceVerb::OfferLapse, "claimed"),
    ("reimbursement", "-", InvoiceVerb::Issue, "open"),
    ("reimbursement", "-", InvoiceVerb::Red, "open"),
    ("reimbursement", "open", InvoiceVerb::Lock, "locked"),
    ("reimbursement", "locked", InvoiceVerb::Unlock, "open"),
    ("reimbursement", "locked", InvoiceVerb::LockLapse, "open"),
    ("reimbursement", "locked", InvoiceVerb::Reimburse, "closed"),
    ("booking", "-", InvoiceVerb::Issue, "not_booked"),
    ("booking", "-", InvoiceVerb::Red, "not_booked"),
    ("booking", "not_booked", InvoiceVerb::Book, "booked_deductible"),
    ("booking", "not_booked", InvoiceVerb::Book, "booked_not_deductible"),
    ("booking", "unbooked", InvoiceVerb::Book, "booked_deductible"),
    ("booking", "unbooked", InvoiceVerb::Book, "booked_not_deductible"),
    ("booking", "booked_deductible", InvoiceVerb::Unbook, "unbooked"),
    ("booking", "booked_not_deductible", InvoiceVerb::Unbook, "unbooked"),
];

impl InvoiceRecord {
    /// The names of the four states, in the order face, claim, reimbursement, booking: as in [`EDGES`].
    pub fn state_names(&self) -> [&'static str; 4] {
        [
            match self.face {
                FaceState::Blue => "blue",
                FaceState::Reversed { .. } => "reversed",
                FaceState::Red { .. } => "red",
            },
            match self.claim {
                ClaimState::Unclaimed => "unclaimed",
                ClaimState::Claimed => "claimed",
                ClaimState::Offered { .. } => "offered",
            },
            match self.reimbursement {
                ReimbursementState::Open => "open",
                ReimbursementState::Locked { .. } => "locked",
                ReimbursementState::Closed { .. } => "closed",
            },
            match self.booking {
                BookingState::NotBooked => "not_booked",
                BookingState::BookedDeductible { .. } => "booked_deductible",
                BookingState::BookedNotDeductible { .. } => "booked_not_deductible",
                BookingState::Unbooked { .. } => "unbooked",
            },
        ]
    }
}

/// The four machines, in the order of [`InvoiceRecord::state_names`].
pub const MACHINES: [&str; 4] = ["face", "claim", "reimbursement", "booking"];

/// Whether a verb may take a machine from one state to another; staying put is always allowed.
pub fn is_edge(machine: &str, from: &str, verb: InvoiceVerb, to: &str) -> bool {
    from == to || EDGES.contains(&(MACHINES.into_iter().find(|m| *m == machine).unwrap_or(""), from, verb, to))
}
