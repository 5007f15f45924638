//! Kinds of payload as bits, and groups of them.

use super::PayloadKind;

impl PayloadKind {
    /// The kind as one bit of a key's `kinds`.
    pub fn bit(self) -> u64 {
        1 << (self as u8)
    }

    /// The kinds of invoice business a merchant's or clerk's operator key usually gets.
    pub fn business_bits() -> u64 {
        Self::ALL.iter().filter(|k| (Self::Apply..=Self::IssueRed).contains(*k)).fold(0, |bits, k| bits | k.bit())
    }

    /// The kinds that are left to an administrator's key once its account is staffed: keys, offices, delegations,
    /// recovery and certificates.
    pub fn administration_bits() -> u64 {
        let keys = [Self::UpdateKeys, Self::CloseAccount, Self::AssignRole, Self::EndRole];
        let later = Self::ALL.iter().filter(|k| (Self::Delegate..=Self::RevokeCertificate).contains(*k));
        keys.iter().chain(later).fold(0, |bits, k| bits | k.bit())
    }

    /// The kinds that an enterprise can have another do: business, and nothing about keys, offices, delegations, recovery.
    pub fn delegable_bits() -> u64 {
        Self::business_bits() & !Self::RecordPayment.bit()
    }
}
