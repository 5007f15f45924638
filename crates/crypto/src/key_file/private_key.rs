//! PrivateKeyInfo (RFC 5958) with ECPrivateKey (RFC 5915): the inside of a key file.

use der::{
    Decode, Encode, Sequence, ValueOrd,
    asn1::{Any, AnyRef, BitStringRef, BmpString, ObjectIdentifier, OctetStringRef, SetOfVec},
};
use zeroize::Zeroizing;

use super::{
    KeyFileError,
    algorithm::{Algorithm, EC_PUBLIC_KEY, FRIENDLY_NAME, SM2},
};
use crate::{KeyUse, SecretScalar};

/// In front of the use in the key's name, so that another program's name is not taken for a use.
const NAME_PREFIX: &str = "taxchain ";

#[derive(Sequence)]
struct PrivateKeyInfo<'a> {
    version: u8,
    algorithm: Algorithm<'a>,
    private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    attributes: Option<SetOfVec<Attribute>>,
}

#[derive(Clone, Sequence, ValueOrd)]
struct Attribute {
    oid: ObjectIdentifier,
    values: SetOfVec<Any>,
}

#[derive(Sequence)]
struct EcPrivateKey<'a> {
    version: u8,
    private_key: &'a OctetStringRef,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    curve: Option<ObjectIdentifier>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    public_key: Option<BitStringRef<'a>>,
}

/// Encodes a key with its public key and its use.
pub(super) fn encode(secret: &SecretScalar, key_use: KeyUse) -> der::Result<Zeroizing<Vec<u8>>> {
    encode_parts(&secret.to_bytes(), &uncompressed(&secret.public_key()), Some(key_use))
}

fn encode_parts(scalar: &[u8; 32], public_key: &[u8; 65], key_use: Option<KeyUse>) -> der::Result<Zeroizing<Vec<u8>>> {
    let key = EcPrivateKey {
        version: 1,
        private_key: OctetStringRef::new(scalar)?,
        curve: None,
        public_key: Some(BitStringRef::from_bytes(public_key)?),
    };
    let (key, curve) = (Zeroizing::new(key.to_der()?), SM2.to_der()?);
    let info = PrivateKeyInfo {
        version: 0,
        algorithm: Algorithm { oid: EC_PUBLIC_KEY, parameters: Some(AnyRef::try_from(curve.as_slice())?) },
        private_key: OctetStringRef::new(&key)?,
        attributes: key_use.map(name_attribute).transpose()?,
    };
    Ok(Zeroizing::new(info.to_der()?))
}

fn name_attribute(key_use: KeyUse) -> der::Result<SetOfVec<Attribute>> {
    let name = BmpString::from_utf8(&format!("{NAME_PREFIX}{key_use}"))?;
    let values = SetOfVec::from_iter([Any::encode_from(&name)?])?;
    SetOfVec::from_iter([Attribute { oid: FRIENDLY_NAME, values }])
}

/// Decodes what a password opened.
///
/// # Errors
/// [`KeyFileError::WrongPassword`] if it is no key at all: that is how a wrong password looks.
pub(super) fn decode(der: &[u8], wanted: KeyUse) -> Result<SecretScalar, KeyFileError> {
    let garbage = |_: der::Error| KeyFileError::WrongPassword;
    let info = PrivateKeyInfo::from_der(der).map_err(garbage)?;
    let curve = info.algorithm.parameters.map(|any| any.decode_as::<ObjectIdentifier>());
    if info.algorithm.oid != EC_PUBLIC_KEY || !matches!(curve, Some(Ok(SM2))) {
        return Err(KeyFileError::NotSm2("another algorithm or curve"));
    }
    let key = EcPrivateKey::from_der(info.private_key.as_bytes())
        .map_err(|_| KeyFileError::NotSm2("its private key is not in the form of RFC 5915"))?;
    if (info.version, key.version) != (0, 1) || key.curve.is_some_and(|curve| curve != SM2) {
        return Err(KeyFileError::NotSm2("another version or curve"));
    }
    check_use(info.attributes.as_ref(), wanted)?;
    let scalar: &[u8; 32] = (key.private_key.as_bytes().try_into())
        .map_err(|_| KeyFileError::NotSm2("its private key is not 32 bytes long"))?;
    let secret = SecretScalar::from_bytes(scalar).ok_or(KeyFileError::NotSm2("its private key is out of range"))?;
    let public_key = key.public_key.and_then(|bits| bits.as_bytes().map(<[u8]>::to_vec));
    let public_key = public_key.ok_or(KeyFileError::NotSm2("there is no public key to check it with"))?;
    match sm::PublicKey::from_sec1(&public_key) {
        Ok(stated) if stated.to_bytes() == secret.public_key().to_bytes() => Ok(secret),
        _ => Err(KeyFileError::Mismatch),
    }
}

/// A file of ours says what its key is for; one key must not get two uses. Other programs' files do not say.
fn check_use(attributes: Option<&SetOfVec<Attribute>>, wanted: KeyUse) -> Result<(), KeyFileError> {
    let names = attributes.into_iter().flat_map(SetOfVec::iter).filter(|a| a.oid == FRIENDLY_NAME);
    for value in names.flat_map(|attribute| attribute.values.iter()) {
        let name = value.decode_as::<BmpString>().map(|name| name.to_string()).unwrap_or_default();
        if let Some(found) = name.strip_prefix(NAME_PREFIX).filter(|found| *found != wanted.name()) {
            return Err(KeyFileError::WrongUse { found: found.to_owned(), wanted });
        }
    }
    Ok(())
}

/// Uncompressed SEC1, which every stack reads.
fn uncompressed(key: &sm::PublicKey) -> [u8; 65] {
    crate::agreement::decompressed(&key.to_bytes()).expect("a public key is a point")
}

#[cfg(test)]
#[path = "private_key_test.rs"]
mod private_key_test;
