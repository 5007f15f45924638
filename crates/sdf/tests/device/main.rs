//! The provider on a device that behaves, and on one that does not.
#![allow(clippy::unwrap_used, unsafe_code)]

mod card;
mod provider;
mod trouble;
