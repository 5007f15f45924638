//! All of it together.

use std::sync::Arc;

use crypto::random;
use rustls::crypto::tls13::HkdfUsingHmac;
use rustls::crypto::{CipherSuiteCommon, CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;
use rustls::{Error, SupportedCipherSuite, Tls13CipherSuite};

use crate::TLS_SM4_GCM_SM3;
use crate::agreement::CurveSm2;
use crate::hash::{Sm3Hash, Sm3Hmac};
use crate::record::Sm4GcmRecords;
use crate::verify;

static SUITE: Tls13CipherSuite = Tls13CipherSuite {
    common: CipherSuiteCommon {
        suite: TLS_SM4_GCM_SM3,
        hash_provider: &Sm3Hash,
        // As for AES-GCM: after so many records rustls makes new keys.
        confidentiality_limit: 1 << 24,
    },
    hkdf_provider: &HkdfUsingHmac(&Sm3Hmac),
    aead_alg: &Sm4GcmRecords,
    quic: None,
};

/// What rustls needs to speak RFC 8998 and nothing else.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: vec![SupportedCipherSuite::Tls13(&SUITE)],
        kx_groups: vec![&CurveSm2],
        signature_verification_algorithms: verify::ALGORITHMS,
        secure_random: &Random,
        key_provider: &NoKeysInClear,
    })
}

/// The random numbers of keys, which watch themselves.
#[derive(Debug)]
struct Random;

impl SecureRandom for Random {
    fn fill(&self, buf: &mut [u8]) -> Result<(), GetRandomFailed> {
        random::fill(buf).map_err(|_| GetRandomFailed)
    }
}

/// Keys come by handle, never as bytes.
#[derive(Debug)]
struct NoKeysInClear;

impl KeyProvider for NoKeysInClear {
    fn load_private_key(&self, _key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General("private keys are not read in clear: use an encrypted key file".to_owned()))
    }
}
