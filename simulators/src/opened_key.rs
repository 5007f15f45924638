//! Private keys of a development chain in the clear: what a search for leaks has to look for. Of nobody's use but that one.

use cbc::Decryptor;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use pbkdf2::pbkdf2_hmac;
use sm3::Sm3;
use sm4::Sm4;

const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const CONSTRUCTED: u8 = 0x20;

/// The scalar in a key file of ours, big-endian; none if it is another kind of file or of another password.
#[must_use]
pub fn scalar(pem: &str, password: &str) -> Option<[u8; 32]> {
    let (_, der) = der::pem::decode_vec(pem.as_bytes()).ok()?;
    let mut parts = Vec::new();
    walk(&der, &mut parts)?;
    let rounds = parts.iter().find(|(tag, _)| *tag == INTEGER)?.1;
    let rounds = rounds.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    let mut octets = parts.iter().filter(|(tag, _)| *tag == OCTETS).map(|(_, bytes)| *bytes);
    let (salt, iv, sealed) = (octets.next()?, octets.next()?, octets.next()?);
    let mut key = [0; 16];
    pbkdf2_hmac::<Sm3>(password.as_bytes(), salt, rounds, &mut key);
    let mut clear = vec![0; sealed.len()];
    let iv: [u8; 16] = iv.try_into().ok()?;
    let opened = Decryptor::<Sm4>::new(&key.into(), &iv.into());
    let clear = opened.decrypt_padded_b2b::<Pkcs7>(sealed, &mut clear).ok()?;
    // In PKCS#8 and in SEC 1 within it: 32 octets.
    let at = clear.windows(2).position(|pair| pair == [OCTETS, 32])?;
    clear.get(at + 2..at + 34)?.try_into().ok()
}

/// All that is not made of other parts, in order.
fn walk<'a>(mut der: &'a [u8], parts: &mut Vec<(u8, &'a [u8])>) -> Option<()> {
    while let [tag, first, rest @ ..] = der {
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
            0x82 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), rest.get(2..)?),
            _ => return None,
        };
        let (value, after) = rest.split_at_checked(length)?;
        if tag & CONSTRUCTED == 0 {
            parts.push((*tag, value))
        } else {
            walk(value, parts)?
        }
        der = after;
    }
    der.is_empty().then_some(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crypto::{KeyProvider, KeyUse, SecretString, SigningKey, SoftwareProvider, key_file};
    use sm2::elliptic_curve::sec1::ToSec1Point;

    use super::*;

    #[test]
    fn what_is_found_is_the_key() {
        let provider: std::sync::Arc<dyn KeyProvider> = SoftwareProvider::shared();
        let key = SigningKey::generate(&provider, KeyUse::Transaction).unwrap();
        let pem = key_file::to_pem(&key, &SecretString::from("correct horse".to_owned())).unwrap();
        let found = scalar(&pem, "correct horse").unwrap();
        let opened = sm2::dsa::SigningKey::from_slice(sm::USER_ID, &found).unwrap();
        let public = opened.verifying_key().as_affine().to_sec1_point(true);
        assert_eq!(public.as_bytes(), key.public_key().0);
        assert_eq!(scalar(&pem, "wrong horse"), None);
    }
}
