//! The national algorithms as functions over bytes: SM2 verification (GB/T 32918.2), SM3 (GB/T 32905) and
//! SM4-GCM (GB/T 32907 with RFC 8998).
//!
//! The arithmetic is RustCrypto's, the blocks of SM4 are `sm-accel`'s; there is no field code here. Signing, decryption and random numbers are
//! elsewhere: everything about SM2 in this crate works on public data and may take variable time.
//!
//! `no_std` with `alloc`. The `std` feature (on by default) shares the generator's table in a process and lets SM4 use what
//! the processor has.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod batch;
mod cache;
mod claim;
mod error;
mod hmac;
mod key;
mod known;
#[cfg(feature = "std")]
pub mod light;
#[cfg(not(feature = "std"))]
#[path = "never_light.rs"]
mod light;
mod multiples;
pub mod sm3;
mod sm4_gcm;
mod wnaf;

pub use batch::{VerifyItem, VerifyKey, verify_batch};
pub use cache::{CachedSigner, SignerCache};
pub use error::{OpenError, Sm2Error};
pub use hmac::{HmacKey, hmac_sm3};
pub use key::{PUBLIC_KEY_LEN, PublicKey, PublicKeyBytes, Signature, TLS_USER_ID, USER_ID};
pub use known::KnownSigner;
pub use sm3::{Sm3, sm3, sm3_node, sm3_nodes, sm3_parts};
pub use sm4_gcm::{Message, Sm4Gcm, TAG_LEN, sm4_gcm_open, sm4_gcm_open_each, sm4_gcm_seal, sm4_gcm_seal_each};
