//! Ids of things that a transaction makes and that have no counter: the transaction's place in the chain.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::ids::Height;
use crate::output::Origin;

/// A text that is no such id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceParseError {
    /// The kind of id, e.g. `GrantId`.
    pub kind: &'static str,
}

impl fmt::Display for PlaceParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be a height, a dash and a place in its block, e.g. 1204-3", self.kind)
    }
}

impl std::error::Error for PlaceParseError {}

macro_rules! place_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
        pub struct $name {
            /// The block.
            pub height: Height,
            /// The transaction's place in it.
            pub tx: u16,
        }

        impl $name {
            /// Of the transaction at this place.
            pub fn at(origin: Origin) -> Self {
                Self { height: origin.height, tx: origin.tx }
            }

            /// Bytes that sort as the ids do.
            pub fn sorted_bytes(&self) -> [u8; 10] {
                let mut out = [0; 10];
                out[..8].copy_from_slice(&self.height.0.to_be_bytes());
                out[8..].copy_from_slice(&self.tx.to_be_bytes());
                out
            }

            /// The id of these.
            pub fn from_sorted_bytes(bytes: &[u8]) -> Option<Self> {
                let bytes: [u8; 10] = bytes.try_into().ok()?;
                let (height, tx) = bytes.split_first_chunk()?;
                Some(Self { height: Height(u64::from_be_bytes(*height)), tx: u16::from_be_bytes(tx.try_into().ok()?) })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}-{}", self.height, self.tx)
            }
        }

        impl FromStr for $name {
            type Err = PlaceParseError;
            fn from_str(text: &str) -> Result<Self, PlaceParseError> {
                let found = parse(text).map(|(height, tx)| Self { height, tx });
                found.filter(|id| id.to_string() == text).ok_or(PlaceParseError { kind: stringify!($name) })
            }
        }

        as_text!($name);
    };
}

fn parse(text: &str) -> Option<(Height, u16)> {
    let (height, tx) = text.split_once('-')?;
    Some((Height(height.parse().ok()?), tx.parse().ok()?))
}

place_id!(
    /// A grant (授权): the place of the transaction that gave it.
    GrantId
);
place_id!(
    /// An inspection (检查): the place of the transaction that opened it.
    InspectionId
);

place_id!(
    /// An order of erasure (删除令): the place of the transaction that gave it.
    ErasureId
);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text_and_sorts_by_place() {
        let id: GrantId = "1204-3".parse().unwrap();
        assert_eq!((id.height, id.tx, id.to_string().as_str()), (Height(1204), 3, "1204-3"));
        for wrong in ["", "1204", "-3", "+1204-3", "1204-03", "1204-70000", "1204-3-1", "1204- 3"] {
            assert!(wrong.parse::<GrantId>().is_err(), "{wrong:?}");
        }
        let places = [(1, 9), (2, 0), (2, 256), (300, 1)].map(|(height, tx)| GrantId { height: Height(height), tx });
        assert!(places.iter().all(|id| GrantId::from_sorted_bytes(&id.sorted_bytes()) == Some(*id)));
        assert_eq!(GrantId::from_sorted_bytes(&[0; 11]), None);
        assert!(places.is_sorted() && places.map(|id| id.sorted_bytes()).is_sorted());
    }
}
