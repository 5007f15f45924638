//! Red-letter confirmation forms (红字发票信息确认单).

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Address, FormId, Slot};

/// Why an invoice is reversed (冲红原因), 01-04.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RedReason {
    /// 01 开票有误.
    IssueError = 1,
    /// 02 销货退回.
    SalesReturn = 2,
    /// 03 服务中止.
    ServiceStopped = 3,
    /// 04 销售折让: gives no quota back.
    SalesAllowance = 4,
}

/// Which side asked.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RedInitiator {
    /// The seller.
    Seller = 0,
    /// The buyer: who booked or reimbursed it.
    Buyer = 1,
}

/// State of a form. The numbers are the national list 01-13; 01 and 09-13 are reserved for the full procedure.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RedFormState {
    /// 02 销方录入待购方确认.
    AwaitingBuyer = 2,
    /// 03 购方录入待销方确认.
    AwaitingSeller = 3,
    /// 04 双方已确认: the seller may issue the red.
    Confirmed = 4,
    /// 05 购方否认.
    RefusedByBuyer = 5,
    /// 06 销方否认.
    RefusedBySeller = 6,
    /// 07 超72小时未确认.
    Lapsed = 7,
    /// 08 发起方撤销.
    Withdrawn = 8,
    /// 14: the red invoice was issued (our own number, above the national list).
    Used = 14,
}

/// A form: asked by one side, confirmed by the other within 72 hours of block time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RedForm {
    /// Its id.
    pub id: FormId,
    /// The blue invoice.
    pub invoice: Slot,
    /// Its seller.
    pub seller: AccountId,
    /// Who booked or reimbursed it: the counterparty.
    pub buyer: AccountId,
    /// The owner's address when asked.
    pub owner: Address,
    /// Which side asked.
    pub initiator: RedInitiator,
    /// Why.
    pub reason: RedReason,
    /// State.
    pub state: RedFormState,
    /// When asked (block time, ms).
    pub asked_ms: u64,
    /// Last block time (ms) for the counterparty: 72 hours after `asked_ms`.
    pub expires_ms: u64,
}

/// An answer to a red-letter form.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RedAnswer {
    /// The counterparty confirms.
    Confirm = 0,
    /// The counterparty refuses.
    Refuse = 1,
    /// The side that asked withdraws.
    Withdraw = 2,
}
