//! Signatures as certificates and handshakes carry them: SEQUENCE { r INTEGER, s INTEGER } (GM/T 0009).

use der::{Decode, Encode, Sequence, asn1::UintRef};
use sm::Signature;

#[derive(Sequence)]
struct Parts<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// From r || s.
///
/// # Panics
/// Never: 64 bytes fit into DER.
#[must_use]
pub fn to_der(signature: &Signature) -> Vec<u8> {
    let (r, s) = signature.split_at(32);
    let parts = UintRef::new(r).and_then(|r| UintRef::new(s).and_then(|s| Parts { r, s }.to_der()));
    parts.expect("64 bytes fit into DER")
}

/// To r || s; none for anything but the one form of two numbers of at most 32 bytes.
#[must_use]
pub fn from_der(bytes: &[u8]) -> Option<Signature> {
    let parts = Parts::from_der(bytes).ok()?;
    let mut signature = [0; 64];
    for (number, place) in [parts.r, parts.s].into_iter().zip(signature.chunks_exact_mut(32)) {
        let bytes = number.as_bytes();
        place.get_mut(32_usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    }
    Some(signature)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn there_is_one_form_for_each_signature(mut signature in proptest::collection::vec(any::<u8>(), 64), cut in 0_usize..64, at: prop::sample::Index) {
            // Small numbers are shorter.
            signature[..cut % 32].fill(0);
            let signature: Signature = signature.try_into().unwrap();
            let der = to_der(&signature);
            prop_assert_eq!(from_der(&der), Some(signature));
            let mut longer = der.clone();
            longer.push(0);
            prop_assert_eq!(from_der(&longer), None);
            let at = at.index(der.len());
            prop_assert_eq!(from_der(&der[..at]), None);
            let mut changed = der.clone();
            changed[at] ^= 0x80;
            prop_assert_ne!(from_der(&changed), Some(signature));
        }
    }

    #[test]
    fn numbers_of_more_than_32_bytes_are_refused() {
        let r = [&[0x02, 0x21, 0x01][..], &[0; 32]].concat();
        let s = [0x02, 0x01, 0x01];
        let der = [&[0x30, (r.len() + s.len()) as u8][..], &r, &s].concat();
        assert_eq!(from_der(&der), None);
    }
}
