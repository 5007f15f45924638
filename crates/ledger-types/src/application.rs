//! Applications for an invoice (开票申请): accepted, quota reserved, not yet issued.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::body::TitleKind;
use crate::ids::{AccountId, ApplicationId};
use crate::money::Fen;
use crate::output::Origin;
use crate::owner::Owner;
use crate::taxpayer::InvoiceKind;
use crate::time::Month;

/// An application waiting to be issued. Removed when issued, withdrawn or expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// Who applied.
    pub seller: AccountId,
    /// The transaction that carries the body; the invoice's commitments and hash come from it.
    pub origin: Origin,
    /// Kind of invoice.
    pub kind: InvoiceKind,
    /// Personal or organisation title.
    pub title: TitleKind,
    /// Amount without tax, reserved in `quota_month`.
    pub net: Fen,
    /// Tax.
    pub tax: Fen,
    /// Who may claim it once issued.
    pub owner: Owner,
    /// SM3 of the order, all zero for none.
    pub order_ref: [u8; 32],
    /// The month in which the quota is reserved.
    pub quota_month: Month,
    /// The rule book it was judged by.
    pub rule_book: u32,
    /// Last block time (ms) at which it can be issued; then the quota goes back.
    pub expires_ms: u64,
}
