//! What enterprises and people use: the business calls of `taxchain.invoice.v1` over a chain node.
//!
//! The service stands on the client library alone. It keeps what the chain does not: hosted keys, the bytes it sent,
//! claim tokens, API tokens, tries at verification. Every answer about invoices is asked of the node, or rebuilt from
//! its change sets.
//!
//! How a change goes (`change.rs`): who asks and what (`desk.rs`, `content.rs`) — is the request id known? — make and
//! sign — store the bytes — send — learn the fate. One file for each group of calls; each call is a short function.
//! Start with [`serve`]; set up with [`ServiceAdmin`].

pub mod access;
mod admin;
mod api_token;
mod audit;
pub mod audit_log;
mod bodies;
mod bureau;
mod business;
mod certificates;
mod change;
mod config;
mod content;
mod desk;
mod erasures;
mod error;
mod face;
mod failure;
mod finance;
mod folder;
mod follow;
mod gate;
mod keys;
mod lists;
mod master_secret;
mod merchant;
mod offices;
mod operations;
mod payments;
mod public;
mod rate_limit;
mod readers;
mod red;
mod resend;
mod server;
mod store;
mod target;
#[cfg(test)]
mod test_invoice;
mod vault;
mod view;
mod wallet;

pub use admin::ServiceAdmin;
pub use api_token::{ApiToken, ApiTokenParseError, TokenRole};
pub use config::{ServiceConfig, ServiceLimits};
pub use error::ServiceError;
pub use folder::ServiceFolder;
pub use master_secret::{MasterSecret, MasterSecretError};
pub use rate_limit::Rate;
pub use server::{RunningService, serve};
pub use store::StoreError;
pub use store::at_rest::Resealed;
