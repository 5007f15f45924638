//! Limits of the wire. Each bounds what one message can make a server or client allocate.
//!
//! A request is first cut off by gRPC at its message limit, so no list inside is longer than that; the counts below
//! and in `ledger_types::limits` are then checked before a list is converted. `docs/errors.md` names the refusals.

use ledger_types::limits::{MAX_BLOCK_BYTES, MAX_TX_BYTES};

/// Room for the fields around a payload of bytes.
const SLACK: usize = 4 * 1024;

/// Largest request of `Submit` and `SubmitStream`: one transaction.
pub const MAX_SUBMIT_BYTES: usize = MAX_TX_BYTES as usize + SLACK;
/// Largest request of any read.
pub const MAX_QUERY_BYTES: usize = 64 * 1024;
/// Largest request of the invoice service: a batch of 1,000 invoices.
pub const MAX_INVOICE_REQUEST_BYTES: usize = 4 * 1024 * 1024;
/// Largest request that hands a signed change in: the request, its transaction sealed, and the same in clear.
pub const MAX_SUBMITTED_BYTES: usize = MAX_INVOICE_REQUEST_BYTES + 2 * MAX_SUBMIT_BYTES;
/// Largest answer that carries a whole block (`GetBlock`, `Subscribe`): transactions, receipts and changes, the
/// changes also spelled out.
pub const MAX_BLOCK_RESPONSE_BYTES: usize = 8 * MAX_BLOCK_BYTES as usize;
/// Largest other answer.
pub const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

/// Page size when none is asked for.
pub const DEFAULT_PAGE_SIZE: usize = 50;
/// Largest page; larger wishes are cut down.
pub const MAX_PAGE_SIZE: usize = 500;
/// Longest page token, characters.
pub const MAX_PAGE_TOKEN_CHARS: usize = 512;

/// Most lines of one invoice.
pub const MAX_LINES: usize = u16::MAX as usize;
/// Most payments of one invoice.
pub const MAX_PAYMENTS: usize = u8::MAX as usize;
/// Longest text of a line or title, bytes. The rules have narrower limits, in characters, and name them.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Longest order, payment, voucher or receipt number, bytes.
pub const MAX_REFERENCE_BYTES: usize = 128;
/// Longest claim token, bytes.
pub const MAX_CLAIM_TOKEN_BYTES: usize = 128;

/// Largest status detail, bytes. It travels base64-coded in a trailer, and clients cut trailers off at 8 KiB.
pub const MAX_STATUS_DETAIL_BYTES: usize = 5 * 1024;

const _: () = assert!(MAX_STATUS_DETAIL_BYTES * 4 / 3 < 7 * 1024);
const _: () = assert!(MAX_PAGE_SIZE >= DEFAULT_PAGE_SIZE);
