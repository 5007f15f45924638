//! HMAC with SM3 (RFC 2104, GM/T 0091): keys from keys.

use ::hmac::{Hmac, KeyInit, Mac};
use ::sm3::Sm3;
use zeroize::Zeroizing;

/// HMAC-SM3 of the concatenation of `parts`. The parts carry no lengths: the caller frames them.
#[must_use]
pub fn hmac_sm3(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    finished(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"), parts)
}

/// A key that was taken in once, for many messages: half of the work for a short one. Wiped when dropped.
#[derive(Clone)]
pub struct HmacKey(Hmac<Sm3>);

impl HmacKey {
    /// Takes in a key of any length.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    /// As [`hmac_sm3`] under this key.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        finished(self.0.clone(), parts)
    }
}

impl Drop for HmacKey {
    fn drop(&mut self) {
        self.0 = Hmac::new_from_slice(&[]).expect("HMAC takes a key of any length");
        zeroize::optimization_barrier(self);
    }
}

impl core::fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("HmacKey(hidden)")
    }
}

fn finished(mut mac: Hmac<Sm3>, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_definition_over_sm3() {
        for (key, message) in [(&b"key"[..], &b""[..]), (&[7; 64], b"sixty-four bytes of key"), (&[9; 100], b"longer")]
        {
            let mut block = [0u8; 64];
            let short = if key.len() > 64 { crate::sm3(key).to_vec() } else { key.to_vec() };
            block[..short.len()].copy_from_slice(&short);
            let (inner, outer) = (block.map(|b| b ^ 0x36), block.map(|b| b ^ 0x5c));
            let expected = crate::sm3_parts(&[&outer, &crate::sm3_parts(&[&inner, message])]);
            assert_eq!(*hmac_sm3(key, &[message]), expected);
            let (a, b) = message.split_at(message.len() / 2);
            assert_eq!(*hmac_sm3(key, &[a, b]), expected);
            let kept = HmacKey::new(key);
            assert_eq!([*kept.mac(&[message]), *kept.clone().mac(&[a, b])], [expected; 2]);
        }
    }
}
