//! Keys by handle, providers, encrypted key files and verified values.
//!
//! A private key lives inside a [`KeyProvider`] and is named by a [`KeyHandle`]. Nothing outside this crate
//! sees its bytes: a key leaves a provider only into an encrypted file ([`key_file`]). [`SigningKey`] has one
//! method for each thing that is signed, and a key signs only what its [`KeyUse`] allows, so a voting key can
//! never sign a transaction. What was checked is told apart from what was not by [`Verified`].

pub mod agreement;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod error;
mod handle;
pub mod key_file;
mod key_use;
mod message;
mod nonce;
mod provider;
pub mod random;
mod request;
pub mod sealing;
mod secret;
mod signing_key;
mod signs;
mod software;
pub mod token;
pub mod vault;
mod verified;
pub mod wallet;
mod wipe;
pub mod x509;

pub use error::{BadSignature, KeyError};
pub use handle::KeyHandle;
pub use key_use::KeyUse;
pub use provider::KeyProvider;
pub use request::SignRequest;
pub use sealing::{CommitteeKeys, SenderKey};
pub use secrecy::SecretString;
pub use secret::SecretScalar;
pub use signing_key::SigningKey;
pub use signs::Signs;
pub use software::SoftwareProvider;
pub use token::OrderToken;
pub use verified::{
    Verified, verify_checkpoint, verify_complaint, verify_governance, verify_link_question, verify_peer_hello,
    verify_proposal, verify_question, verify_release, verify_statement, verify_transaction, verify_vote,
    verify_webhook,
};
pub use wallet::Wallet;

#[cfg(test)]
mod no_secret_test;
