//! What can be wrong with vaults and shares. No text holds a share or what is in a vault.

use thiserror::Error;

use crate::{KeyError, random::RandomError};

/// A file that is no vault or no share.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("not a {what}: {why}")]
pub struct VaultFileError {
    /// Vault or share.
    pub what: &'static str,
    /// What is wrong.
    pub why: String,
}

/// A vault was not made, or not opened. Says whose share is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Such holders cannot hold a vault.
    #[error("{0}")]
    Holders(String),
    /// The password is empty or too long.
    #[error("a password in a vault has 1 to 200 bytes")]
    PasswordLength,
    /// The share is sealed to another key than the one given.
    #[error("share {index} ({holder}) is not sealed to this key: it takes the key of whoever holds it")]
    OthersShare {
        /// Which.
        index: usize,
        /// Whose it is.
        holder: String,
    },
    /// The share does not open with its holder's key.
    #[error("share {index} ({holder}) is damaged, or was sealed for another place: take another copy of it")]
    DamagedShare {
        /// Which.
        index: usize,
        /// Whose it is.
        holder: String,
    },
    /// The share belongs to another vault; perhaps to the same content before it was split again.
    #[error("share {index} ({holder}) is of the vault {found}, not of {wanted}: was it split again since?")]
    ForeignShare {
        /// Which.
        index: usize,
        /// Whose it is.
        holder: String,
        /// The vault it is of.
        found: String,
        /// The vault that is to be opened.
        wanted: String,
    },
    /// The share was given before.
    #[error("share {index} ({holder}) was given already: another holder's is needed")]
    RepeatedShare {
        /// Which.
        index: usize,
        /// Whose it is.
        holder: String,
    },
    /// The vault has no such share, or it is another holder's.
    #[error("share {index} ({holder}) is none of this vault's: by its list that share is {listed}")]
    SwappedShare {
        /// Which it says it is.
        index: usize,
        /// Whose it says it is.
        holder: String,
        /// What the vault says of that number.
        listed: String,
    },
    /// The share does not fit the vault's commitments.
    #[error("share {index} ({holder}) is wrong: it does not fit the vault; its holder must find the right one")]
    WrongShare {
        /// Which.
        index: usize,
        /// Whose it is.
        holder: String,
    },
    /// More shares are needed.
    #[error("{have} shares are here, {need} are needed")]
    TooFew {
        /// How many are here.
        have: usize,
        /// How many open the vault.
        need: usize,
    },
    /// All shares fit, and the content does not open.
    #[error("the vault was changed: its shares fit, and its content does not open; take another copy of it")]
    ChangedVault,
    /// It holds a password where a key is wanted, or the other way round, or a key for something else.
    #[error("the vault holds {found}, not {wanted}")]
    OtherContent {
        /// What it holds.
        found: String,
        /// What was wanted.
        wanted: String,
    },
    /// A holder's public key is no point of the curve.
    #[error("the key of {holder} is no point of the curve")]
    NoPoint {
        /// Whose.
        holder: String,
    },
    /// A key could not be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No good random numbers.
    #[error(transparent)]
    Random(#[from] RandomError),
}
