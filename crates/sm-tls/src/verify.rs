//! SM2 signatures of certificates and of handshakes, under the user id of each (RFC 8998, 3.2.1).

use rustls::SignatureScheme;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};
use sm::{PublicKey, TLS_USER_ID, USER_ID};

use crate::SM2SIG_SM3;

/// id-ecPublicKey on 1.2.156.10197.1.301, without the head of the sequence.
const PUBLIC_KEY: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[
    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, // 1.2.840.10045.2.1
    0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, // 1.2.156.10197.1.301
]);

/// 1.2.156.10197.1.501, as the standard writes it.
const SIGNATURE: AlgorithmIdentifier =
    AlgorithmIdentifier::from_slice(&[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75]);

/// The same with parameters NULL, as some write it.
const SIGNATURE_NULL: AlgorithmIdentifier =
    AlgorithmIdentifier::from_slice(&[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75, 0x05, 0x00]);

/// SM2 with SM3 under one user id.
#[derive(Debug)]
struct Sm2WithSm3 {
    user_id: &'static str,
    id: AlgorithmIdentifier,
}

static CERTIFICATE: Sm2WithSm3 = Sm2WithSm3 { user_id: USER_ID, id: SIGNATURE };
static CERTIFICATE_NULL: Sm2WithSm3 = Sm2WithSm3 { user_id: USER_ID, id: SIGNATURE_NULL };
static HANDSHAKE: Sm2WithSm3 = Sm2WithSm3 { user_id: TLS_USER_ID, id: SIGNATURE };

static FOR_CERTIFICATES: [&dyn SignatureVerificationAlgorithm; 2] = [&CERTIFICATE, &CERTIFICATE_NULL];
static FOR_HANDSHAKES: [&dyn SignatureVerificationAlgorithm; 1] = [&HANDSHAKE];
static BY_SCHEME: [(SignatureScheme, &[&dyn SignatureVerificationAlgorithm]); 1] = [(SM2SIG_SM3, &FOR_HANDSHAKES)];

/// What certificates and handshakes may be signed with.
pub(crate) static ALGORITHMS: WebPkiSupportedAlgorithms =
    WebPkiSupportedAlgorithms { all: &FOR_CERTIFICATES, mapping: &BY_SCHEME };

impl SignatureVerificationAlgorithm for Sm2WithSm3 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = PublicKey::from_sec1(public_key).map_err(|_| InvalidSignature)?;
        let signature = crypto::x509::from_der(signature).ok_or(InvalidSignature)?;
        let fits = key.verify_digest(&key.digest_as(self.user_id, message), &signature);
        if fits { Ok(()) } else { Err(InvalidSignature) }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        PUBLIC_KEY
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.id
    }
}
