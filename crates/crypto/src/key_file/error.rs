//! Why a key file was not written or not read.

use std::{io, path::PathBuf};

use der::asn1::ObjectIdentifier;
use thiserror::Error;

use crate::{KeyError, KeyUse, random::RandomError};

/// A key file that was not written or not read. Every text is a sentence for the operator and holds no secret.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file system refused.
    #[error("cannot {action} the key file {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What came of it.
        source: io::Error,
    },
    /// There is a file already; a key is never overwritten.
    #[error("{path} exists already and is not overwritten", path = path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Others than the owner may read or write the file.
    #[error("{path} is open to others (mode {mode:04o}): run chmod 600 on it", path = path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A folder, a device, or far too long.
    #[error("{path} is not a key file: {why}", path = path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is instead.
        why: &'static str,
    },
    /// The key is in clear.
    #[error(
        "the key is not encrypted; encrypt it with: openssl pkcs8 -topk8 -v2 sm4-cbc -v2prf hmacWithSHA256 -iter 65536"
    )]
    Unencrypted,
    /// Not one PEM block `ENCRYPTED PRIVATE KEY` in its one form.
    #[error("the text is not a PEM block ENCRYPTED PRIVATE KEY: {0}")]
    NotPem(&'static str),
    /// Not the DER of an encrypted key.
    #[error("the file is damaged: {0}")]
    Malformed(&'static str),
    /// Another algorithm than PBES2 with PBKDF2, HMAC-SM3 or HMAC-SHA256, and SM4-CBC.
    #[error("{what} {oid} is not supported")]
    Unsupported {
        /// Which part.
        what: &'static str,
        /// The algorithm found.
        oid: ObjectIdentifier,
    },
    /// Too few rounds protect nothing, too many hang the program.
    #[error("{0} rounds of PBKDF2 are outside 1,000 to 5,000,000")]
    Rounds(u32),
    /// Decryption gave nothing sensible.
    #[error("the password is wrong, or the file was changed")]
    WrongPassword,
    /// The password opened the file, but the key is of another kind.
    #[error("the file holds no SM2 key: {0}")]
    NotSm2(&'static str),
    /// The private key and the public key beside it do not belong together.
    #[error("the private and the public key in the file do not fit: the file was changed")]
    Mismatch,
    /// The file says that its key is for something else.
    #[error("the file holds a key for {found}, not for {wanted}")]
    WrongUse {
        /// What the file says.
        found: String,
        /// What was asked for.
        wanted: KeyUse,
    },
    /// An empty password protects nothing.
    #[error("a key file needs a password")]
    EmptyPassword,
    /// The provider refused.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No good random numbers.
    #[error(transparent)]
    Random(#[from] RandomError),
}
