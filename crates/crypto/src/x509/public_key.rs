//! Public keys as certificates carry them.

use der::Encode;
use der::asn1::{Any, BitString, ObjectIdentifier};
use sm::{PublicKey, PublicKeyBytes};
use sm2::elliptic_curve::sec1::ToSec1Point;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::X509Error;

/// id-ecPublicKey.
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// The curve of SM2.
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// SubjectPublicKeyInfo, DER.
///
/// # Errors
/// [`X509Error::PublicKey`].
pub fn public_key_info(key: &PublicKeyBytes) -> Result<Vec<u8>, X509Error> {
    encode(key)?.to_der().map_err(X509Error::form("public key"))
}

pub(super) fn encode(key: &PublicKeyBytes) -> Result<SubjectPublicKeyInfoOwned, X509Error> {
    let what = "public key";
    let point = sm2::PublicKey::from_sec1_bytes(&key.0).map_err(|_| X509Error::PublicKey { what })?;
    let subject_public_key = BitString::from_bytes(point.as_affine().to_sec1_point(false).as_bytes());
    Ok(SubjectPublicKeyInfoOwned {
        algorithm: AlgorithmIdentifierOwned { oid: EC_PUBLIC_KEY, parameters: Some(Any::from(SM2_CURVE)) },
        subject_public_key: subject_public_key.map_err(X509Error::form(what))?,
    })
}

pub(super) fn decode(info: &SubjectPublicKeyInfoOwned, what: &'static str) -> Result<PublicKey, X509Error> {
    let AlgorithmIdentifierOwned { oid, parameters } = &info.algorithm;
    if *oid != EC_PUBLIC_KEY {
        return Err(X509Error::Algorithm { what, oid: *oid });
    }
    let curve: Option<ObjectIdentifier> = parameters.as_ref().and_then(|any| any.decode_as().ok());
    if curve != Some(SM2_CURVE) {
        return Err(X509Error::Algorithm { what, oid: curve.unwrap_or(*oid) });
    }
    let bytes = info.subject_public_key.as_bytes().ok_or(X509Error::PublicKey { what })?;
    PublicKey::from_sec1(bytes).map_err(|_| X509Error::PublicKey { what })
}

/// The id of a key: SM3 of its bits, cut to 20 bytes.
pub(super) fn key_id(info: &SubjectPublicKeyInfoOwned) -> [u8; 20] {
    let hash = sm::sm3(info.subject_public_key.raw_bytes());
    let mut id = [0; 20];
    id.copy_from_slice(&hash[..20]);
    id
}
