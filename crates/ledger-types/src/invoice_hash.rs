//! The invoice hash of faces and QR codes, and the check code (校验码).

use std::fmt;
use std::str::FromStr;

use crate::domain::{Purpose, domain_hash_parts};
use crate::ids::{ChainId, IdParseError, TxId, versioned};

/// 33 bytes, 66 hex digits: version byte + SM3(domain, tx id, index in the batch, secret salt from the facts).
/// Only a holder of the face knows it: neither a tx id nor a block reveals it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InvoiceHash(pub [u8; 33]);

impl InvoiceHash {
    /// Computes the hash of invoice `index` of the transaction `tx` that carried its body.
    pub fn compute(chain: &ChainId, tx: &TxId, index: u16, secret_salt: &[u8; 16]) -> Self {
        let digest = domain_hash_parts(Purpose::InvoiceHash, chain, &[&tx.0, &index.to_le_bytes(), secret_salt]);
        Self(versioned(digest))
    }

    /// The last five hex digits.
    pub fn check_code(&self) -> CheckCode {
        let tail = &self.0[30..];
        CheckCode((u32::from(tail[0] & 0x0f) << 16) | (u32::from(tail[1]) << 8) | u32::from(tail[2]))
    }
}

/// Five hex digits: only 20 bits, so every path that accepts it is rate limited.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckCode(u32);

impl fmt::Display for InvoiceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for InvoiceHash {
    /// The hash is what a holder proves possession with: it stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvoiceHash(…)")
    }
}

impl fmt::Display for CheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05x}", self.0)
    }
}

impl fmt::Debug for CheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckCode(…)")
    }
}

impl FromStr for InvoiceHash {
    type Err = IdParseError;

    fn from_str(s: &str) -> Result<Self, IdParseError> {
        let mut out = [0u8; 33];
        hex::decode_to_slice(s, &mut out).map_err(|_| IdParseError { kind: "InvoiceHash", hex_digits: 66 })?;
        Ok(Self(out))
    }
}

impl FromStr for CheckCode {
    type Err = IdParseError;

    fn from_str(s: &str) -> Result<Self, IdParseError> {
        let ok = s.len() == 5 && s.bytes().all(|b| b.is_ascii_hexdigit());
        let value = u32::from_str_radix(s, 16).ok().filter(|_| ok);
        value.map(Self).ok_or(IdParseError { kind: "CheckCode", hex_digits: 5 })
    }
}

as_text!(InvoiceHash);
as_text!(CheckCode);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_check_code_is_the_tail_of_the_hash() {
        let hash = InvoiceHash::compute(&ChainId([7; 32]), &TxId([1; 33]), 3, &[9; 16]);
        let text = hash.to_string();
        assert_eq!(text.len(), 66);
        assert_eq!(hash.check_code().to_string(), text[61..]);
        assert_eq!(text[61..].parse::<CheckCode>().unwrap(), hash.check_code());
        assert!("+1234".parse::<CheckCode>().is_err());
    }

    #[test]
    fn each_invoice_of_a_batch_has_its_own() {
        let hash = |i| InvoiceHash::compute(&ChainId([7; 32]), &TxId([1; 33]), i, &[9; 16]);
        assert_ne!(hash(0), hash(1));
    }
}
