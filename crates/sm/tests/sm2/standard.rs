//! GB/T 32918.5, appendix A: the signature example on the recommended curve with id 1234567812345678.

use sm::{PublicKey, PublicKeyBytes, Signature};

use crate::agree::{Signer, agreed};

const X: &str = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";
const Y: &str = "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
const Z: &str = "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3";
const E: &str = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640";
const R: &str = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
const S: &str = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
const MESSAGE: &[u8] = b"message digest";

fn key() -> PublicKey {
    PublicKey::from_sec1(&hex::decode(format!("04{X}{Y}")).unwrap()).unwrap()
}

fn signature() -> Signature {
    hex::decode(format!("{R}{S}")).unwrap().try_into().unwrap()
}

#[test]
fn z_and_e_are_those_of_the_standard() {
    assert_eq!(hex::encode(key().z()), Z);
    assert_eq!(hex::encode(key().digest(MESSAGE)), E);
}

#[test]
fn the_signature_verifies_every_way() {
    assert!(key().verify(MESSAGE, &signature()));
    assert!(agreed(&Signer::new(key()), &key().digest(MESSAGE), &signature()));
}

#[test]
fn another_message_does_not_verify() {
    assert!(!key().verify(b"message digesu", &signature()));
    assert!(!agreed(&Signer::new(key()), &key().digest(b""), &signature()));
}

#[test]
fn the_compressed_key_is_the_same_key() {
    let compressed = key().to_bytes();
    assert_eq!(hex::encode(compressed), format!("03{X}"));
    let again = PublicKey::from_bytes(&compressed).unwrap();
    assert_eq!(again.z(), key().z());
    let mirrored = PublicKeyBytes(hex::decode(format!("02{X}")).unwrap().try_into().unwrap());
    assert_ne!(PublicKey::from_bytes(&mirrored).unwrap().z(), key().z());
}
