//! EncryptedPrivateKeyInfo (RFC 5958) with PBES2 (RFC 8018): the outside of a key file.

use der::{
    Decode, Encode, Sequence,
    asn1::{AnyRef, OctetStringRef},
};

use super::{
    KeyFileError,
    algorithm::{Algorithm, HMAC_SHA256, HMAC_SM3, PBES2, PBKDF2, SM4_CBC},
};

/// Rounds that are written.
pub(super) const ROUNDS: u32 = 65_536;
/// Rounds that are read. Below the limit of RFC 8018 a password is guessed, above a start hangs for seconds.
const ROUNDS_READ: std::ops::RangeInclusive<u32> = 1_000..=5_000_000;
/// Length of an SM4 key.
const KEY_LEN: u16 = 16;

/// The pseudorandom function of PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prf {
    /// Written, and read by other national stacks.
    HmacSm3,
    /// What OpenSSL can write.
    HmacSha256,
}

/// An encrypted key with what is needed to decrypt it, the password apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Envelope<'a> {
    pub(super) prf: Prf,
    pub(super) salt: &'a [u8],
    pub(super) rounds: u32,
    pub(super) iv: [u8; 16],
    pub(super) ciphertext: &'a [u8],
}

#[derive(Sequence)]
struct EncryptedPrivateKeyInfo<'a> {
    algorithm: Algorithm<'a>,
    data: &'a OctetStringRef,
}

#[derive(Sequence)]
struct Pbes2Params<'a> {
    derivation: Algorithm<'a>,
    cipher: Algorithm<'a>,
}

#[derive(Sequence)]
struct Pbkdf2Params<'a> {
    salt: &'a OctetStringRef,
    rounds: u32,
    key_len: Option<u16>,
    prf: Option<Algorithm<'a>>,
}

impl<'a> Envelope<'a> {
    pub(super) fn from_der(der: &'a [u8]) -> Result<Self, KeyFileError> {
        let damaged = |_: der::Error| KeyFileError::Malformed("it is not an EncryptedPrivateKeyInfo");
        let info = EncryptedPrivateKeyInfo::from_der(der).map_err(damaged)?;
        let scheme = info.algorithm.expect(PBES2, "the encryption scheme")?;
        let scheme: Pbes2Params<'a> = scheme.decode_as().map_err(damaged)?;
        let params = scheme.derivation.expect(PBKDF2, "the key derivation")?;
        let params: Pbkdf2Params<'a> = params.decode_as().map_err(damaged)?;
        let iv = scheme.cipher.expect(SM4_CBC, "the cipher")?;
        let iv: &OctetStringRef = iv.decode_as().map_err(damaged)?;

        if !ROUNDS_READ.contains(&params.rounds) {
            return Err(KeyFileError::Rounds(params.rounds));
        }
        if params.key_len.is_some_and(|len| len != KEY_LEN) {
            return Err(KeyFileError::Malformed("the key length is not that of SM4"));
        }
        if !(8..=64).contains(&params.salt.as_bytes().len()) {
            return Err(KeyFileError::Malformed("the salt is not 8 to 64 bytes long"));
        }
        Ok(Self {
            prf: prf(params.prf)?,
            salt: params.salt.as_bytes(),
            rounds: params.rounds,
            iv: iv.as_bytes().try_into().map_err(|_| KeyFileError::Malformed("the IV is not 16 bytes long"))?,
            ciphertext: info.data.as_bytes(),
        })
    }

    /// The form that other national stacks write and read: no key length, NULL beside the function.
    pub(super) fn to_der(&self) -> der::Result<Vec<u8>> {
        self.encode(None)
    }

    fn encode(&self, key_len: Option<u16>) -> der::Result<Vec<u8>> {
        let oid = match self.prf {
            Prf::HmacSm3 => HMAC_SM3,
            Prf::HmacSha256 => HMAC_SHA256,
        };
        let params = Pbkdf2Params {
            salt: OctetStringRef::new(self.salt)?,
            rounds: self.rounds,
            key_len,
            prf: Some(Algorithm { oid, parameters: Some(AnyRef::NULL) }),
        };
        let (params, iv) = (params.to_der()?, OctetStringRef::new(&self.iv)?.to_der()?);
        let scheme = Pbes2Params {
            derivation: Algorithm { oid: PBKDF2, parameters: Some(AnyRef::try_from(params.as_slice())?) },
            cipher: Algorithm { oid: SM4_CBC, parameters: Some(AnyRef::try_from(iv.as_slice())?) },
        };
        let scheme = scheme.to_der()?;
        EncryptedPrivateKeyInfo {
            algorithm: Algorithm { oid: PBES2, parameters: Some(AnyRef::try_from(scheme.as_slice())?) },
            data: OctetStringRef::new(self.ciphertext)?,
        }
        .to_der()
    }
}

/// The function named; parameters are absent or NULL.
fn prf(algorithm: Option<Algorithm<'_>>) -> Result<Prf, KeyFileError> {
    let algorithm =
        algorithm.ok_or(KeyFileError::Malformed("HMAC-SHA1, which it leaves to be assumed, is not supported"))?;
    if algorithm.parameters.is_some_and(|parameters| parameters != AnyRef::NULL) {
        return Err(KeyFileError::Malformed("the function of PBKDF2 has parameters"));
    }
    match algorithm.oid {
        HMAC_SM3 => Ok(Prf::HmacSm3),
        HMAC_SHA256 => Ok(Prf::HmacSha256),
        oid => Err(KeyFileError::Unsupported { what: "the function of PBKDF2", oid }),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_length_may_be_given_if_it_is_that_of_sm4() {
        let envelope =
            Envelope { prf: Prf::HmacSm3, salt: &[1; 16], rounds: ROUNDS, iv: [2; 16], ciphertext: &[3; 32] };
        let der = envelope.encode(Some(16)).unwrap();
        assert_eq!(Envelope::from_der(&der).unwrap(), envelope);
        for other in [0, 15, 32] {
            let der = envelope.encode(Some(other)).unwrap();
            let refused = Envelope::from_der(&der);
            assert!(matches!(refused, Err(KeyFileError::Malformed(why)) if why.contains("key length")), "{other}");
        }
    }
}
