//! SM3 and HMAC-SM3 as rustls asks for them.

use hmac::{Hmac, KeyInit, Mac};
use rustls::crypto::{hash, hmac as tls_hmac};
use sm3::Sm3;
use sm3::digest::Digest;

use crate::code_points;

/// Bytes of a hash.
const LEN: usize = 32;

/// SM3 (GB/T 32905).
pub(crate) struct Sm3Hash;

impl hash::Hash for Sm3Hash {
    fn start(&self) -> Box<dyn hash::Context> {
        Box::new(Running(Sm3::new()))
    }

    fn hash(&self, data: &[u8]) -> hash::Output {
        hash::Output::new(&sm::sm3(data))
    }

    fn output_len(&self) -> usize {
        LEN
    }

    fn algorithm(&self) -> hash::HashAlgorithm {
        code_points::SM3
    }
}

struct Running(Sm3);

impl hash::Context for Running {
    fn fork_finish(&self) -> hash::Output {
        hash::Output::new(&self.0.clone().finalize())
    }

    fn fork(&self) -> Box<dyn hash::Context> {
        Box::new(Self(self.0.clone()))
    }

    fn finish(self: Box<Self>) -> hash::Output {
        hash::Output::new(&self.0.finalize())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

/// HMAC with SM3; HKDF is made of it.
pub(crate) struct Sm3Hmac;

impl tls_hmac::Hmac for Sm3Hmac {
    fn with_key(&self, key: &[u8]) -> Box<dyn tls_hmac::Key> {
        Box::new(Keyed(Hmac::new_from_slice(key).expect("HMAC takes a key of any length")))
    }

    fn hash_output_len(&self) -> usize {
        LEN
    }
}

struct Keyed(Hmac<Sm3>);

impl tls_hmac::Key for Keyed {
    fn sign_concat(&self, first: &[u8], middle: &[&[u8]], last: &[u8]) -> tls_hmac::Tag {
        let mut mac = self.0.clone();
        for part in [first].into_iter().chain(middle.iter().copied()).chain([last]) {
            mac.update(part);
        }
        tls_hmac::Tag::new(&mac.finalize().into_bytes())
    }

    fn tag_len(&self) -> usize {
        LEN
    }
}
