//! The only conversions between wire messages and the domain.
//!
//! From the wire they are strict: a missing message, an enum value that is unset or unknown, a wrong length, a
//! number out of range or a list that is too long is a [`ConvertError`] that names the field. Lists are measured
//! before anything is built from them. To the wire they cannot fail.

pub mod field;

mod account;
mod adaptive;
mod anchored_log;
mod application;
mod block;
mod body;
mod change_set;
mod committee;
mod draft;
mod enums;
mod erasure;
mod error;
mod fate;
mod genesis;
mod governance;
mod grant;
mod header;
mod invoice_ref;
mod key_mode;
mod office;
mod output;
mod owner;
mod payload;
mod rate;
mod reads;
mod receipt;
mod red_form;
mod refusal;
mod register;
mod registry;
mod registry_value;
mod rule_book;
mod state;
mod subject;
mod taxpayer;
mod transaction;
mod verification;

pub use draft::{BatchDraft, DraftInvoice, DraftLine, DraftTotals, IssueTerms, PaymentPart, Recipient};
pub use error::{ConvertError, Problem};
pub use fate::{Fate, FateState, InBlock};
pub use header::ChangeHeader;
pub use invoice_ref::{FaceNumber, InvoiceId, InvoiceRef};
pub use key_mode::KeyMode;
pub use office::{offices, wire_offices};
pub use reads::{ReadOptions, ReadStamp};
pub use refusal::refusal_list;
pub use subject::{AccountQuery, Subject};
pub use transaction::read_transaction;
pub use verification::{CheckCodeQuery, QrText, QrUrl};
