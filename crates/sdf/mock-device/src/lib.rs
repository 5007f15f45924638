//! A cipher device in software with the C interface of GM/T 0018, which can be told to misbehave: for tests only.
//!
//! Keys 1 to 400 exist but for number 13; each is made from its index, so it is the same in every process. The PIN is [`PIN`]; three wrong
//! ones lock the device. Every copy of the library file that a process loads is a device of its own.
#![allow(unsafe_code)]

mod card;
pub mod interface;

pub use card::{PIN, Trouble};
