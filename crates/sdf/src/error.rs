//! Why a device could not be used.

use std::path::PathBuf;

use crypto::{KeyError, KeyUse};
use thiserror::Error;

use crate::Code;

/// A device that was not opened, or a key that it did not sign with. No text holds a PIN or a key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SdfError {
    /// The vendor's library cannot be loaded.
    #[error("cannot load the device's library {path}: {why}", path = path.display())]
    Library {
        /// Where it should be.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The library lacks a call of the standard.
    #[error("the device's library {path} lacks {call} of GM/T 0018: is it an SDF library?", path = path.display())]
    NoSuchCall {
        /// The library.
        path: PathBuf,
        /// The call.
        call: &'static str,
    },
    /// The device refused.
    #[error("{call} answered {code}: {advice}", advice = code.advice())]
    Device {
        /// Which call.
        call: &'static str,
        /// What it answered.
        code: Code,
    },
    /// The device refused the PIN. It is not tried again before the process is started again: devices lock a key after some tries.
    #[error("key {index}: {call} answered {code}: {advice}; not tried again", call = "SDF_GetPrivateKeyAccessRight", advice = code.advice())]
    PinRefused {
        /// For which key.
        index: u32,
        /// What it answered.
        code: Code,
    },
    /// The device did not answer in time.
    #[error("the device did not answer within {ms} ms")]
    TimedOut {
        /// How long was waited.
        ms: u64,
    },
    /// Too many calls wait for a session.
    #[error("{waiting} calls wait for the device already: it is too slow for this load, or hangs")]
    Overloaded {
        /// How many.
        waiting: usize,
    },
    /// The device signed something else, or with another key.
    #[error("the device's signature with key {index} does not verify: stop using the device and run its self-test")]
    WrongSignature {
        /// With which key.
        index: u32,
    },
    /// What the device gives as a public key is none.
    #[error("the device's key {index} is no SM2 key: {why}")]
    NotSm2 {
        /// Which key.
        index: u32,
        /// Why.
        why: String,
    },
    /// One key, one use.
    #[error("the device's key {index} is for {has} already and cannot be for {wanted} too: give each use its own key")]
    OtherUse {
        /// Which key.
        index: u32,
        /// What it is for.
        has: KeyUse,
        /// What it was to be for.
        wanted: KeyUse,
    },
    /// The name of a key is not known.
    #[error("the device has no key named {name:?}: give its index (1 or more), or one of the labels: {known}")]
    UnknownName {
        /// What was asked for.
        name: String,
        /// The labels of the configuration.
        known: String,
    },
    /// All spare keys are taken.
    #[error("no spare key is left in the device: make more with the vendor's tool, and widen `spare`")]
    NoSpareKey,
    /// The PIN cannot be read.
    #[error("the device's PIN: {0}")]
    Pin(String),
    /// A setting that makes no sense.
    #[error("[sdf]: {0}")]
    Settings(String),
    /// The provider was closed while the call waited.
    #[error("the device was closed")]
    Closed,
}

impl From<SdfError> for KeyError {
    fn from(error: SdfError) -> Self {
        Self::Device(error.to_string())
    }
}
