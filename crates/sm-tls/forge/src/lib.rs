//! Certificates as nobody of ours makes them, each wrong in one way: what servers and callers are shown in tests and in
//! `taxchain simulate abuse`. Its keys are constants, and its root is believed by nobody who was not told to.

mod fixtures;
mod forged;

pub use fixtures::{Fixture, Shown, fixtures};
pub use forged::{AnyId, CLIENT, Forged, SERVER, shows};
