//! Accounts and their keys: who may do what, as chain state.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, Area, KeyId};
use crate::money::Fen;
use crate::payload::PayloadKind;
use crate::tax_id::TaxId;

/// What kind of party an account is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum AccountKind {
    /// A tax bureau (税务局).
    Bureau = 0,
    /// An enterprise: issues and receives.
    Enterprise = 1,
    /// A service provider (服务商).
    ServiceProvider = 2,
    /// A payment provider: records payments.
    PaymentProvider = 3,
    /// A person with an account.
    Person = 4,
    /// A node's operator.
    Node = 5,
}

/// An account in the register.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What kind of party.
    pub kind: AccountKind,
    /// Home area; a bureau's authority is this area and those below it.
    pub area: Area,
    /// Tax id, for enterprises; public register data. None for persons.
    pub tax_id: Option<TaxId>,
    /// Registered name (title); empty for persons.
    pub name: String,
    /// False once closed: for ever.
    pub open: bool,
    /// Every key it ever had, by rising id; ids are never reused.
    pub keys: Vec<KeyRecord>,
}

impl Account {
    /// The key with this id, whatever its status.
    pub fn key(&self, id: KeyId) -> Option<&KeyRecord> {
        self.keys.iter().find(|k| k.id == id)
    }
}

/// What a key is for. One key, one purpose.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum KeyPurpose {
    /// Everything the account may do, its keys included.
    Admin = 0,
    /// Business transactions within `kinds` and the limits.
    Operator = 1,
    /// A validator's votes.
    Vote = 2,
    /// Decryption (from stage 3).
    Encryption = 3,
}

/// Whether a key may still sign.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum KeyStatus {
    /// May sign.
    Active = 0,
    /// Revoked, effective in the block that says so.
    Revoked = 1,
}

/// The signature algorithm of a key; open for later ones.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum KeyAlgorithm {
    /// SM2 with SM3, user id 1234567812345678 (GB/T 32918.2).
    Sm2Sm3 = 1,
}

/// A registered key.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Its id within the account.
    pub id: KeyId,
    /// Algorithm.
    pub algorithm: KeyAlgorithm,
    /// Purpose.
    pub purpose: KeyPurpose,
    /// Compressed SEC1 point.
    #[serde(with = "crate::hex_bytes")]
    pub public_key: [u8; 33],
    /// For operators: bit `n` allows payload kind `n`.
    pub kinds: u64,
    /// Most transactions a day (Asia/Shanghai), 0 for no limit.
    pub daily_count: u32,
    /// Most money a day in fen, 0 for no limit.
    pub daily_amount: Fen,
    /// First block time (ms) it may sign at.
    pub valid_from_ms: u64,
    /// Last block time (ms) it may sign at; `u64::MAX` for no end.
    pub valid_to_ms: u64,
    /// Whether it may still sign.
    pub status: KeyStatus,
}

impl KeyRecord {
    /// An administrator's key without limits.
    pub fn admin(id: KeyId, public_key: [u8; 33]) -> Self {
        Self {
            id,
            algorithm: KeyAlgorithm::Sm2Sm3,
            purpose: KeyPurpose::Admin,
            public_key,
            kinds: 0,
            daily_count: 0,
            daily_amount: Fen::ZERO,
            valid_from_ms: 0,
            valid_to_ms: u64::MAX,
            status: KeyStatus::Active,
        }
    }

    /// Whether the key's purpose covers a kind of transaction.
    pub fn allows(&self, kind: PayloadKind) -> bool {
        match self.purpose {
            KeyPurpose::Admin => true,
            KeyPurpose::Operator => self.kinds & kind.bit() != 0,
            KeyPurpose::Vote | KeyPurpose::Encryption => false,
        }
    }
}
