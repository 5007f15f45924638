//! The fixtures were made by OpenSSL (tests/fixtures/make.sh), not by this code.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::{KeyError, SoftwareProvider};

const SM3: &str = include_str!("../../tests/fixtures/sm3.pem");
const SM3_VOTE: &str = include_str!("../../tests/fixtures/sm3_vote.pem");
const SHA256: &str = include_str!("../../tests/fixtures/sha256.pem");
const SHA256_2048: &str = include_str!("../../tests/fixtures/sha256_2048.pem");
const PUBLIC: &str = "0309f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";

fn password() -> SecretString {
    SecretString::from("correct-horse")
}

fn read_pem(text: &str, key_use: KeyUse) -> Result<SigningKey, KeyFileError> {
    from_pem(text, &password(), &SoftwareProvider::shared(), key_use)
}

fn refusal(text: &str) -> String {
    read_pem(text, KeyUse::Vote).unwrap_err().to_string()
}

/// Puts `der` into PEM again.
fn wrap(der: &[u8]) -> String {
    pem::encode_string(LABEL, LineEnding::LF, der).unwrap()
}

#[test]
fn files_of_other_programs_are_read() {
    for text in [SM3, SM3_VOTE, SHA256, SHA256_2048] {
        let key = read_pem(text, KeyUse::Vote).unwrap();
        assert_eq!(format!("{:?}", key.public_key()), PUBLIC);
    }
    let windows = SM3.replace('\n', "\r\n");
    assert!(read_pem(&windows, KeyUse::Vote).is_ok());
}

/// With the same salt and IV we write, byte for byte, what was put together with OpenSSL.
#[test]
fn what_is_written_is_what_other_programs_write() {
    let envelope = decode_pem(SM3_VOTE).unwrap();
    let envelope = Envelope::from_der(&envelope).unwrap();
    assert_eq!((envelope.prf, envelope.rounds), (Prf::HmacSm3, ROUNDS));
    let secret = read_pem(SM3_VOTE, KeyUse::Vote).unwrap().export().unwrap();
    let ours = seal(&secret, KeyUse::Vote, &password(), Prf::HmacSm3, envelope.salt, envelope.iv);
    assert_eq!(ours, SM3_VOTE);
}

#[test]
fn a_key_written_to_a_file_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vote.pem");
    let provider = SoftwareProvider::shared();
    let key = SigningKey::generate(&provider, KeyUse::Vote).unwrap();
    write(&path, &key, &password()).unwrap();
    let back = read(&path, &password(), &provider, KeyUse::Vote).unwrap();
    assert_eq!(back.public_key(), key.public_key());
    let refused = read(&path, &password(), &provider, KeyUse::Transaction).unwrap_err();
    assert_eq!(refused.to_string(), "the file holds a key for vote, not for transaction");

    let before = std::fs::read(&path).unwrap();
    assert!(matches!(write(&path, &key, &password()), Err(KeyFileError::Exists { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before, "a key is never overwritten");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_have_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let provider = SoftwareProvider::shared();
    write(&path, &SigningKey::generate(&provider, KeyUse::Vote).unwrap(), &password()).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    for (mode, good) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false), (0o601, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        match read(&path, &password(), &provider, KeyUse::Vote) {
            Ok(_) => assert!(good, "{mode:o} was read"),
            Err(KeyFileError::OpenToOthers { mode: found, .. }) => assert!(!good && found == mode, "{mode:o}"),
            Err(other) => panic!("{mode:o}: {other}"),
        }
    }
}

#[test]
fn what_is_no_key_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let provider = SoftwareProvider::shared();
    let read = |path: &Path| read(path, &password(), &provider, KeyUse::Vote).unwrap_err();
    assert!(matches!(read(&folder.path().join("none")), KeyFileError::Io { action: "open", .. }));
    assert!(matches!(read(folder.path()), KeyFileError::NotAFile { .. }));
    let key = SigningKey::generate(&provider, KeyUse::Vote).unwrap();
    let nowhere = folder.path().join("none").join("key.pem");
    assert!(matches!(write(&nowhere, &key, &password()), Err(KeyFileError::Io { action: "create", .. })));
    for bytes in [vec![b'a'; 17 * 1024], vec![0xff, 0xfe]] {
        let path = folder.path().join(bytes.len().to_string());
        std::fs::write(&path, bytes).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert!(matches!(read(&path), KeyFileError::NotAFile { .. }));
    }
}

#[test]
fn a_wrong_password_is_a_sentence() {
    for text in [SM3, SHA256_2048] {
        for wrong in ["", "correct-horsf", "Correct-horse", "correct-horse "] {
            let refused = from_pem(text, &SecretString::from(wrong), &SoftwareProvider::shared(), KeyUse::Vote);
            assert_eq!(refused.unwrap_err().to_string(), "the password is wrong, or the file was changed");
        }
    }
    let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Vote).unwrap();
    let refused = to_pem(&key, &SecretString::from("")).unwrap_err();
    assert_eq!(refused.to_string(), "a key file needs a password");
}

#[test]
fn other_kinds_of_keys_are_refused_by_name() {
    let clear = include_str!("../../tests/fixtures/clear.pem");
    assert!(refusal(clear).starts_with("the key is not encrypted; encrypt it with: openssl pkcs8"));
    let p256 = include_str!("../../tests/fixtures/p256.pem");
    assert_eq!(refusal(p256), "the file holds no SM2 key: another algorithm or curve");
    let aes = include_str!("../../tests/fixtures/aes.pem");
    assert_eq!(refusal(aes), "the cipher 2.16.840.1.101.3.4.1.2 is not supported");
    let sha1 = include_str!("../../tests/fixtures/sha1.pem");
    assert!(refusal(sha1).contains("HMAC-SHA1"), "{}", refusal(sha1));
    let certificate = SM3.replace(LABEL, "CERTIFICATE");
    assert!(refusal(&certificate).contains("another label"));
}

#[test]
fn rounds_outside_the_limits_are_refused_before_any_is_made() {
    let der = decode_pem(SM3).unwrap();
    let envelope = Envelope::from_der(&der).unwrap();
    for rounds in [0, 1, 999, 5_000_001, u32::MAX] {
        let text = wrap(&Envelope { rounds, ..Envelope::from_der(&der).unwrap() }.to_der().unwrap());
        assert!(matches!(read_pem(&text, KeyUse::Vote), Err(KeyFileError::Rounds(found)) if found == rounds));
    }
    for salt in [&[1; 7][..], &[1; 65]] {
        let text = wrap(&Envelope { salt, ..Envelope::from_der(&der).unwrap() }.to_der().unwrap());
        assert!(refusal(&text).contains("salt"));
    }
    assert_eq!(wrap(&envelope.to_der().unwrap()), SM3);
}

#[test]
fn there_is_one_text_for_one_file() {
    let lines: Vec<&str> = SM3.lines().collect();
    let (first, last) = (lines[0], lines[lines.len() - 1]);
    let body = lines[1..lines.len() - 1].concat();
    let bad = [
        String::new(),
        "not a key".into(),
        format!("a note\n{SM3}"),
        format!("{SM3}a note\n"),
        format!("{SM3}{SM3}"),
        format!("{first}\n{body}\n{last}\n"),
        SM3.replace("=", ""),
        SM3.replacen('\n', "\n ", 2),
        format!("{first}\n{last}\n"),
        SM3[..SM3.len() / 2].into(),
    ];
    for text in bad {
        let refused = read_pem(&text, KeyUse::Vote).unwrap_err();
        assert!(matches!(refused, KeyFileError::NotPem(_) | KeyFileError::Malformed(_)), "{text}: {refused}");
    }
}

#[test]
fn cut_and_extended_files_are_refused() {
    let der = decode_pem(SHA256_2048).unwrap();
    for cut in 0..der.len() {
        assert!(read_pem(&wrap(&der[..cut]), KeyUse::Vote).is_err(), "cut at {cut}");
    }
    let longer = [der.as_slice(), &[0]].concat();
    assert!(refusal(&wrap(&longer)).starts_with("the file is damaged"));
}

/// The file with 2048 rounds, to try every byte in little time. What still opens holds the same key.
#[test]
fn no_changed_byte_gives_another_key() {
    let der = decode_pem(SHA256_2048).unwrap();
    for at in 0..der.len() {
        let mut changed = der.clone();
        changed[at] ^= 1 << (at % 8);
        match read_pem(&wrap(&changed), KeyUse::Vote) {
            Ok(_) => panic!("byte {at} may change"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

#[test]
fn a_provider_that_keeps_its_keys_writes_no_file() {
    #[derive(Debug)]
    struct Closed(SoftwareProvider);
    impl KeyProvider for Closed {
        fn generate(&self, key_use: KeyUse) -> Result<crate::KeyHandle, KeyError> {
            self.0.generate(key_use)
        }
        fn public_key(&self, key: &crate::KeyHandle) -> Result<sm::PublicKeyBytes, KeyError> {
            self.0.public_key(key)
        }
        fn key_use(&self, key: &crate::KeyHandle) -> Result<KeyUse, KeyError> {
            self.0.key_use(key)
        }
        fn sign(&self, key: &crate::KeyHandle, asked: &crate::SignRequest) -> Result<sm::Signature, KeyError> {
            self.0.sign(key, asked)
        }
    }
    let provider: Arc<dyn KeyProvider> = Arc::new(Closed(SoftwareProvider::new()));
    let key = SigningKey::generate(&provider, KeyUse::Vote).unwrap();
    assert!(matches!(to_pem(&key, &password()), Err(KeyFileError::Key(KeyError::NotExportable))));
    let refused = from_pem(SM3, &password(), &provider, KeyUse::Vote).unwrap_err();
    assert!(matches!(refused, KeyFileError::Key(KeyError::NotImportable)));
}

proptest! {
    #[test]
    fn any_text_and_any_der_is_refused_without_a_panic(text: String, der: Vec<u8>) {
        prop_assert!(read_pem(&text, KeyUse::Vote).is_err());
        prop_assert!(read_pem(&wrap(&der), KeyUse::Vote).is_err());
    }
}
