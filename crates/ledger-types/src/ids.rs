//! Identifiers. One list, one file: an id is never a bare integer or byte array elsewhere.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A text that is not an id: names the kind and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdParseError {
    /// The kind of id, e.g. `TxId`.
    pub kind: &'static str,
    /// The number of hexadecimal digits expected.
    pub hex_digits: usize,
}

impl fmt::Display for IdParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {} hexadecimal digits", self.kind, self.hex_digits)
    }
}

impl std::error::Error for IdParseError {}

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;
            /// All bytes zero: stands for "none" where a format needs a fixed width.
            pub const ZERO: Self = Self([0; $len]);
            /// The bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = IdParseError;
            fn from_str(s: &str) -> Result<Self, IdParseError> {
                let mut out = [0u8; $len];
                hex::decode_to_slice(s, &mut out)
                    .map_err(|_| IdParseError { kind: stringify!($name), hex_digits: 2 * $len })?;
                Ok(Self(out))
            }
        }

        as_text!($name);
    };
}

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $int:ty) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize,
            Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

byte_id!(
    /// An SM3 digest.
    Digest, 32
);
byte_id!(
    /// A chain: SM3 of its genesis document.
    ChainId, 32
);
byte_id!(
    /// A transaction: version byte + SM3 of the envelope without signatures.
    TxId, 33
);
byte_id!(
    /// A block: version byte + SM3 of the header.
    BlockId, 33
);
byte_id!(
    /// A client's own id of one business intent: 48-bit millisecond time + 80 random bits (UUIDv7 order).
    RequestId, 16
);
byte_id!(
    /// Who may spend an output: 32 opaque bytes, never a tax id.
    Address, 32
);

/// The version byte in front of transaction, block and invoice hashes.
pub const HASH_VERSION: u8 = 1;

impl TxId {
    /// Puts the version byte in front.
    pub fn from_digest(digest: Digest) -> Self {
        Self(versioned(digest))
    }
}

impl BlockId {
    /// Puts the version byte in front.
    pub fn from_digest(digest: Digest) -> Self {
        Self(versioned(digest))
    }
}

pub(crate) fn versioned(digest: Digest) -> [u8; 33] {
    let mut out = [HASH_VERSION; 33];
    out[1..].copy_from_slice(&digest.0);
    out
}

impl RequestId {
    /// The millisecond time in the first 48 bits.
    pub fn time_ms(&self) -> u64 {
        self.0[..6].iter().fold(0, |acc, b| (acc << 8) | u64::from(*b))
    }

    /// Builds an id from a time (ms since 1970, 48 bits are kept) and ten random bytes.
    pub fn new(time_ms: u64, random: [u8; 10]) -> Self {
        let mut out = [0u8; 16];
        out[..6].copy_from_slice(&time_ms.to_be_bytes()[2..]);
        out[6..].copy_from_slice(&random);
        Self(out)
    }
}

number_id!(
    /// A block's place in the chain; genesis state is height 0, the first block is 1.
    Height, u64
);
number_id!(
    /// An account, given in order of opening.
    AccountId, u32
);
number_id!(
    /// A key of an account; never reused within it.
    KeyId, u16
);
number_id!(
    /// A place in the slot tree: the address of an output through its whole life.
    Slot, u64
);
number_id!(
    /// An issuing area (地区): digits 2-5 of the invoice code, e.g. 4403 Shenzhen.
    Area, u16
);
number_id!(
    /// An application for an invoice (开票申请), given in order.
    ApplicationId, u64
);
number_id!(
    /// A red-letter confirmation form (红字发票信息确认单), given in order.
    FormId, u64
);

number_id!(
    /// A proposal to change the chain's own rules, given in order from 1.
    ProposalId, u64
);

number_id!(
    /// Whose request ids: an account, or (top bit set) 63 bits of SM3 of a bare key, so that nobody can use up
    /// another's ids.
    RequestScope, u64
);

impl RequestScope {
    /// Set for bare keys.
    pub const BARE_KEY_BIT: u64 = 1 << 63;
}

impl Height {
    /// The next height.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_sort_by_time() {
        let early = RequestId::new(1_700_000_000_000, [0xff; 10]);
        let late = RequestId::new(1_700_000_000_001, [0; 10]);
        assert!(early < late);
        assert_eq!(early.time_ms(), 1_700_000_000_000);
    }

    #[test]
    fn text_form_round_trips_and_names_its_kind() {
        let id = Digest([0xab; 32]);
        assert_eq!(id.to_string().parse::<Digest>().unwrap(), id);
        let err = "zz".parse::<TxId>().unwrap_err();
        assert_eq!(err.to_string(), "TxId must be 66 hexadecimal digits");
    }
}
