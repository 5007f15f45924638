//! What certificates, requests and lists have in common: contents, and a signature over their DER.

use der::asn1::{BitString, ObjectIdentifier};
use der::{Encode, Sequence};
use sm::PublicKey;
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::{X509Error, from_der, to_der};
use crate::{SignRequest, SigningKey, Signs};

/// SM2 with SM3.
const SM2_WITH_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");

#[derive(Sequence)]
struct Signed<'a> {
    contents: der::asn1::AnyRef<'a>,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// How it says that it is signed.
pub(super) fn algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: SM2_WITH_SM3, parameters: None }
}

/// Signs contents: the whole, DER.
pub(super) fn sign<T: Encode>(
    what: &'static str,
    contents: &T,
    key: &SigningKey,
    signs: Signs,
) -> Result<Vec<u8>, X509Error> {
    let form = || X509Error::form(what);
    let contents = contents.to_der().map_err(form())?;
    let signature = key.sign(&SignRequest::new(signs, contents.clone()))?;
    let signed = Signed {
        contents: der::asn1::AnyRef::try_from(contents.as_slice()).map_err(form())?,
        algorithm: algorithm(),
        signature: BitString::from_bytes(&to_der(&signature)).map_err(form())?,
    };
    signed.to_der().map_err(form())
}

/// Checks the signature over contents.
pub(super) fn check<T: Encode>(
    what: &'static str,
    contents: &T,
    algorithm: &AlgorithmIdentifierOwned,
    signature: &BitString,
    key: &PublicKey,
) -> Result<(), X509Error> {
    if algorithm.oid != SM2_WITH_SM3 {
        return Err(X509Error::Algorithm { what, oid: algorithm.oid });
    }
    let contents = contents.to_der().map_err(X509Error::form(what))?;
    let signature = signature.as_bytes().and_then(from_der).ok_or(X509Error::Signature { what })?;
    let fits = key.verify_digest(&key.digest(&contents), &signature);
    if fits { Ok(()) } else { Err(X509Error::Signature { what }) }
}
