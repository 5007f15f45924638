//! Room 2: from bytes to a transaction whose signatures were checked, and nothing else in between.
//!
//! Three steps: [`decode`] needs only the bytes and the chain id, [`authenticate`] looks the signers' keys up, checks every
//! signature of a batch in one call and opens what is sealed, [`check_time`] holds the result against a block time. A
//! transaction that any of them refuses never enters a block, and is not remembered.

mod authenticate;
mod authenticated;
mod decode;
mod fields;
mod opened;
mod sections;
mod time_window;
mod unseal;

pub use authenticate::{Answer, Signed, authenticate, check_signatures};
pub use authenticated::AuthenticatedTx;
pub use decode::{DecodedTx, RawTx, decode, decode_stored};
pub use opened::{OpenedBody, OpenedInvoice};
pub use time_window::check_time;
pub use unseal::{AdmissionFault, committee};
