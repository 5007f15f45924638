//! Refusals of public keys and of sealed bytes.

use core::fmt;

/// Why bytes are not an SM2 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sm2Error {
    /// Neither 33 bytes (compressed) nor 65 (uncompressed); carries the length found.
    Length(usize),
    /// The first byte is not 02 or 03 for 33 bytes, or 04 for 65; carries the byte found.
    Form(u8),
    /// A coordinate is the field prime or more: the same point would have two encodings.
    Coordinate,
    /// No point of the curve has these coordinates.
    OffCurve,
}

impl fmt::Display for Sm2Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(found) => write!(f, "an SM2 public key has 33 or 65 bytes, not {found}"),
            Self::Form(found) => write!(f, "an SM2 public key does not start with {found:02x} at this length"),
            Self::Coordinate => f.write_str("a coordinate of the SM2 public key is not below the field prime"),
            Self::OffCurve => f.write_str("the SM2 public key is not a point of the curve"),
        }
    }
}

impl core::error::Error for Sm2Error {}

/// Sealed bytes that do not open: wrong key, nonce or associated data, changed or cut bytes. It does not say which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenError;

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sealed bytes do not open with this key, nonce and associated data")
    }
}

impl core::error::Error for OpenError {}
