//! A reason is kept by its number, and shown by its name.

use borsh::{BorshDeserialize, BorshSerialize};

use super::RejectReason;

impl RejectReason {
    /// The stable number.
    pub fn number(self) -> u16 {
        self as u16
    }
}

impl BorshSerialize for RejectReason {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        BorshSerialize::serialize(&self.number(), writer)
    }
}

impl BorshDeserialize for RejectReason {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let number = <u16 as BorshDeserialize>::deserialize_reader(reader)?;
        Self::from_number(number).ok_or_else(|| std::io::ErrorKind::InvalidData.into())
    }
}

impl std::fmt::Display for RejectReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
