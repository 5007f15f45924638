//! Vector back ends of the national algorithms: arrays in, arrays out, chosen at run time by what the processor can do.
//!
//! Nothing here reads a table at a place that depends on a secret, or branches on one: all back ends take the same time
//! for every key and every plaintext. This crate depends on nothing.
#![no_std]

#[cfg(feature = "std")]
extern crate std;

pub mod sm4;
