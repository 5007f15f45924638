//! Canonical bytes: Borsh, made strict.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};

/// Why bytes are not the canonical form of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CanonicalError {
    /// The bytes end early, carry an unknown tag, or a length or text that does not fit.
    Malformed(String),
    /// The value decoded, but bytes are left over.
    TrailingBytes(usize),
    /// The value decoded, but encodes to other bytes.
    NotCanonical,
}

impl std::fmt::Display for CanonicalError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "malformed bytes: {why}"),
            Self::TrailingBytes(n) => write!(f, "{n} bytes are left over after the value"),
            Self::NotCanonical => write!(f, "the value does not encode to the same bytes"),
        }
    }
}

impl std::error::Error for CanonicalError {}

/// A value with exactly one byte form.
pub trait Canonical: BorshSerialize + BorshDeserialize {
    /// The canonical bytes.
    fn to_canonical(&self) -> Vec<u8> {
        borsh::to_vec(self).expect("writing to a vector cannot fail")
    }

    /// Decodes strictly: all input is consumed and the value encodes to the same bytes again.
    fn from_canonical(bytes: &[u8]) -> Result<Self, CanonicalError> {
        let mut rest = bytes;
        let value = Self::deserialize(&mut rest).map_err(|e| CanonicalError::Malformed(e.to_string()))?;
        if !rest.is_empty() {
            return Err(CanonicalError::TrailingBytes(rest.len()));
        }
        let mut check = Matcher { expected: bytes };
        match value.serialize(&mut check) {
            Ok(()) if check.expected.is_empty() => Ok(value),
            _ => Err(CanonicalError::NotCanonical),
        }
    }
}

impl<T: BorshSerialize + BorshDeserialize> Canonical for T {}

/// Compares what is written with what is expected, without a second buffer.
struct Matcher<'a> {
    expected: &'a [u8],
}

impl io::Write for Matcher<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self.expected.strip_prefix(buf) {
            Some(rest) => {
                self.expected = rest;
                Ok(buf.len())
            }
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn trailing_and_missing_bytes_are_refused() {
        let bytes = (7u32, vec![1u8, 2]).to_canonical();
        assert_eq!(<(u32, Vec<u8>)>::from_canonical(&bytes).unwrap(), (7, vec![1, 2]));
        let mut longer = bytes.clone();
        longer.push(0);
        assert_eq!(<(u32, Vec<u8>)>::from_canonical(&longer), Err(CanonicalError::TrailingBytes(1)));
        for cut in 0..bytes.len() {
            assert!(matches!(<(u32, Vec<u8>)>::from_canonical(&bytes[..cut]), Err(CanonicalError::Malformed(_))));
        }
    }

    /// A type that forgets a byte: the strict door must notice.
    #[derive(Debug, PartialEq)]
    struct Sloppy;

    impl BorshSerialize for Sloppy {
        fn serialize<W: io::Write>(&self, w: &mut W) -> io::Result<()> {
            w.write_all(&[0])
        }
    }

    impl BorshDeserialize for Sloppy {
        fn deserialize_reader<R: io::Read>(r: &mut R) -> io::Result<Self> {
            let mut byte = [0];
            r.read_exact(&mut byte)?;
            Ok(Self)
        }
    }

    #[test]
    fn a_second_form_of_the_same_value_is_refused() {
        assert_eq!(Sloppy::from_canonical(&[0]), Ok(Sloppy));
        assert_eq!(Sloppy::from_canonical(&[1]), Err(CanonicalError::NotCanonical));
    }
}
