//! What is asked for with an invoice.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::Spend;
use crate::ids::Digest;
use crate::money::Fen;
use crate::owner::OwnerCondition;

/// Part of a payment that an invoice uses up.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PaymentUse {
    /// The payment record.
    pub spend: Spend,
    /// How much of it, fen.
    pub amount: Fen,
}

/// The public fields of an invoice to be issued or applied for; the rest is in the body's sections.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct InvoiceRequest {
    /// Who may claim it: usually the order token's key.
    pub owner: OwnerCondition,
    /// SM3 of the order, all zero for none; an order is invoiced once.
    pub order_ref: Digest,
    /// Payments it uses up (支付即开票), at most 5.
    pub payments: Vec<PaymentUse>,
}
