#![allow(clippy::unwrap_used)]

use super::*;

const SCALAR: [u8; 32] = [7; 32];

fn secret() -> SecretScalar {
    SecretScalar::from_bytes(&SCALAR).unwrap()
}

fn point() -> [u8; 65] {
    uncompressed(&secret().public_key())
}

fn refusal(der: &[u8], wanted: KeyUse) -> String {
    decode(der, wanted).unwrap_err().to_string()
}

#[test]
fn what_is_encoded_is_decoded_for_its_use_only() {
    for key_use in KeyUse::ALL {
        let der = encode(&secret(), key_use).unwrap();
        assert_eq!(*decode(&der, key_use).unwrap().to_bytes(), SCALAR);
        let other = if key_use == KeyUse::Vote { KeyUse::Peer } else { KeyUse::Vote };
        let refused = decode(&der, other).unwrap_err();
        assert!(matches!(refused, KeyFileError::WrongUse { ref found, .. } if found == key_use.name()), "{refused}");
    }
}

#[test]
fn a_file_that_names_no_use_is_good_for_any() {
    let der = encode_parts(&SCALAR, &point(), None).unwrap();
    for key_use in KeyUse::ALL {
        assert!(decode(&der, key_use).is_ok());
    }
}

#[test]
fn scalars_out_of_range_are_refused() {
    for bad in [[0; 32], [0xff; 32]] {
        let der = encode_parts(&bad, &point(), None).unwrap();
        assert_eq!(refusal(&der, KeyUse::Vote), "the file holds no SM2 key: its private key is out of range");
    }
}

#[test]
fn another_public_key_is_noticed() {
    let other = uncompressed(&SecretScalar::from_bytes(&[8; 32]).unwrap().public_key());
    let der = encode_parts(&SCALAR, &other, None).unwrap();
    assert!(matches!(decode(&der, KeyUse::Vote), Err(KeyFileError::Mismatch)));
    let mut off_curve = point();
    off_curve[64] ^= 1;
    let der = encode_parts(&SCALAR, &off_curve, None).unwrap();
    assert!(matches!(decode(&der, KeyUse::Vote), Err(KeyFileError::Mismatch)));
}

/// Each byte of the structure matters: no changed byte gives another key.
#[test]
fn no_changed_byte_gives_another_key() {
    let der = encode(&secret(), KeyUse::Vote).unwrap();
    for at in 0..der.len() {
        for flip in [1, 0x80] {
            let mut changed = der.to_vec();
            changed[at] ^= flip;
            match decode(&changed, KeyUse::Vote) {
                Ok(secret) => assert_eq!(*secret.to_bytes(), SCALAR, "byte {at}: only the name may change unseen"),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
    for cut in 0..der.len() {
        assert!(decode(&der[..cut], KeyUse::Vote).is_err(), "cut at {cut}");
    }
    let mut longer = der.to_vec();
    longer.push(0);
    assert!(decode(&longer, KeyUse::Vote).is_err());
}

/// A key as other programs may write it.
fn foreign(curve: Option<ObjectIdentifier>, public_key: Option<&[u8]>) -> Vec<u8> {
    let key = EcPrivateKey {
        version: 1,
        private_key: OctetStringRef::new(&SCALAR).unwrap(),
        curve,
        public_key: public_key.map(|bytes| BitStringRef::from_bytes(bytes).unwrap()),
    };
    let (key, curve) = (key.to_der().unwrap(), SM2.to_der().unwrap());
    let info = PrivateKeyInfo {
        version: 0,
        algorithm: Algorithm { oid: EC_PUBLIC_KEY, parameters: Some(AnyRef::try_from(curve.as_slice()).unwrap()) },
        private_key: OctetStringRef::new(&key).unwrap(),
        attributes: None,
    };
    info.to_der().unwrap()
}

#[test]
fn a_key_without_its_public_key_is_refused() {
    let found = refusal(&foreign(Some(SM2), None), KeyUse::Vote);
    assert_eq!(found, "the file holds no SM2 key: there is no public key to check it with");
}

#[test]
fn the_curve_may_be_named_again_beside_the_key() {
    let p256 = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
    assert!(decode(&foreign(Some(SM2), Some(&point())), KeyUse::Vote).is_ok());
    let found = refusal(&foreign(Some(p256), Some(&point())), KeyUse::Vote);
    assert_eq!(found, "the file holds no SM2 key: another version or curve");
}
