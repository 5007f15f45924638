//! Encrypted key files: PKCS#8 with a password (EncryptedPrivateKeyInfo, PBES2).
//!
//! Written: PBKDF2 with HMAC-SM3, 65,536 rounds, and SM4-CBC, as other national stacks read it. Read: that, and
//! HMAC-SHA256 in place of HMAC-SM3, which is what OpenSSL can write. A key in clear is refused. The file names
//! the use of its key (as its friendlyName) and is not read for another use.

use std::{path::Path, sync::Arc};

use der::pem::{self, LineEnding};
use secrecy::{ExposeSecret, SecretString};

use crate::{KeyProvider, KeyUse, SecretScalar, SigningKey, random};

mod algorithm;
mod cipher;
mod envelope;
mod error;
mod file;
mod private_key;

pub use error::KeyFileError;

use envelope::{Envelope, Prf, ROUNDS};

const LABEL: &str = "ENCRYPTED PRIVATE KEY";
/// What other programs call a key in clear.
const CLEAR_LABELS: [&str; 3] = ["PRIVATE KEY", "EC PRIVATE KEY", "SM2 PRIVATE KEY"];

/// Writes a key to a new file that only its owner may read.
///
/// # Errors
/// [`KeyFileError::Exists`], [`KeyFileError::Io`], and those of [`to_pem`].
pub fn write(path: &Path, key: &SigningKey, password: &SecretString) -> Result<(), KeyFileError> {
    file::write(path, &to_pem(key, password)?)
}

/// Reads a key from a file and puts it into `provider`.
///
/// # Errors
/// [`KeyFileError::Io`], [`KeyFileError::OpenToOthers`], [`KeyFileError::NotAFile`], and those of [`from_pem`].
pub fn read(
    path: &Path,
    password: &SecretString,
    provider: &Arc<dyn KeyProvider>,
    key_use: KeyUse,
) -> Result<SigningKey, KeyFileError> {
    from_pem(&file::read(path)?, password, provider, key_use)
}

/// The text of a key file.
///
/// # Errors
/// [`KeyFileError::EmptyPassword`]; [`KeyFileError::Key`] if the provider lets no key out;
/// [`KeyFileError::Random`].
pub fn to_pem(key: &SigningKey, password: &SecretString) -> Result<String, KeyFileError> {
    if password.expose_secret().is_empty() {
        return Err(KeyFileError::EmptyPassword);
    }
    let (salt, iv) = (random::array::<16>()?, random::array::<16>()?);
    Ok(seal(&key.export()?, key.key_use(), password, Prf::HmacSm3, &salt, iv))
}

fn seal(
    secret: &SecretScalar,
    key_use: KeyUse,
    password: &SecretString,
    prf: Prf,
    salt: &[u8],
    iv: [u8; 16],
) -> String {
    let plaintext = private_key::encode(secret, key_use).expect("a key and its name fit into DER");
    let key = cipher::derive(prf, password.expose_secret().as_bytes(), salt, ROUNDS);
    let ciphertext = cipher::encrypt(&key, &iv, &plaintext);
    let der = Envelope { prf, salt, rounds: ROUNDS, iv, ciphertext: &ciphertext }
        .to_der()
        .expect("some hundred bytes fit into DER");
    pem::encode_string(LABEL, LineEnding::LF, &der).expect("some hundred bytes fit into PEM")
}

/// Reads a key from the text of a key file and puts it into `provider`.
///
/// # Errors
/// All of [`KeyFileError`] but those of files. [`KeyFileError::WrongPassword`] may also mean a changed file.
pub fn from_pem(
    text: &str,
    password: &SecretString,
    provider: &Arc<dyn KeyProvider>,
    key_use: KeyUse,
) -> Result<SigningKey, KeyFileError> {
    let secret = open(&decode_pem(text)?, password, key_use)?;
    Ok(SigningKey::import(provider, key_use, secret)?)
}

fn open(der: &[u8], password: &SecretString, key_use: KeyUse) -> Result<SecretScalar, KeyFileError> {
    let envelope = Envelope::from_der(der)?;
    let password = password.expose_secret().as_bytes();
    let key = cipher::derive(envelope.prf, password, envelope.salt, envelope.rounds);
    let plaintext = cipher::decrypt(&key, &envelope.iv, envelope.ciphertext);
    private_key::decode(&plaintext.ok_or(KeyFileError::WrongPassword)?, key_use)
}

/// One block, in the one form that PEM has; line ends may be those of either world.
fn decode_pem(text: &str) -> Result<Vec<u8>, KeyFileError> {
    let label = pem::decode_label(text.as_bytes()).map_err(|_| KeyFileError::NotPem("no such block is in it"))?;
    if CLEAR_LABELS.contains(&label) {
        return Err(KeyFileError::Unencrypted);
    }
    if label != LABEL {
        return Err(KeyFileError::NotPem("it has another label"));
    }
    let bad = |_: pem::Error| KeyFileError::NotPem("the block is damaged");
    let (_, der) = pem::decode_vec(text.as_bytes()).map_err(bad)?;
    let strict = pem::encode_string(LABEL, LineEnding::LF, &der).map_err(bad)?;
    if text.replace("\r\n", "\n").trim_end_matches('\n') != strict.trim_end_matches('\n') {
        return Err(KeyFileError::NotPem("there is more than the block, or its lines are not 64 characters"));
    }
    Ok(der)
}

#[cfg(test)]
#[path = "key_file/key_file_test.rs"]
mod key_file_test;
