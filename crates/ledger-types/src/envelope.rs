//! The envelope: what ids and signatures cover.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::canonical::Canonical;
use crate::domain::{Purpose, domain_hash, framed};
use crate::ids::{AccountId, Area, ChainId, KeyId, RequestId, RequestScope, TxId};
use crate::payload::Payload;
use crate::section::SectionCommitment;

/// A transaction without its bodies and signatures.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Envelope {
    /// Format version, 1.
    pub version: u16,
    /// The chain this is for.
    pub chain_id: ChainId,
    /// The issuing area whose rules apply.
    pub area: Area,
    /// The client's id of this intent, unique for ever within the first signer's scope.
    pub request_id: RequestId,
    /// Who signs, 1 to 4, in the order of the signatures.
    pub signers: Vec<Signer>,
    /// Last block time (ms) at which this may enter a block; at most one hour ahead.
    pub valid_until_ms: u64,
    /// What is asked.
    pub payload: Payload,
    /// Commitments to the body sections, in order of kind, none twice.
    pub sections: Vec<SectionCommitment>,
}

impl Envelope {
    /// The version this code writes.
    pub const VERSION: u16 = 1;

    /// The transaction id.
    pub fn tx_id(&self) -> TxId {
        TxId::from_digest(domain_hash(Purpose::TxId, &self.chain_id, &self.to_canonical()))
    }

    /// The scope of the request id: the first signer. `None` if there is no signer.
    pub fn request_scope(&self) -> Option<RequestScope> {
        self.signers.first().map(|s| s.identity.request_scope())
    }
}

/// The message that each signer of a transaction signs.
pub fn transaction_message(chain: &ChainId, tx: &TxId) -> Vec<u8> {
    framed(Purpose::Transaction, chain, &tx.0)
}

/// One signer of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Signer {
    /// Whose key.
    pub identity: SignerIdentity,
    /// What the signature stands for.
    pub role: SignerRole,
    /// The account in whose name it acts, under a delegation on chain.
    pub acting_for: Option<AccountId>,
}

/// How the signing key is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SignerIdentity {
    /// A registered key of an account.
    Account {
        /// The account.
        account: AccountId,
        /// Which of its keys.
        key: KeyId,
    } = 0,
    /// A key that is nobody's account: an order token or a person's wallet. Compressed SEC1.
    BareKey(#[serde(with = "crate::hex_bytes")] [u8; 33]) = 1,
}

/// What a signature stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[borsh(use_discriminant = true)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SignerRole {
    /// Acts and is bound.
    Owner = 0,
    /// Pays or vouches, without rights over outputs.
    Sponsor = 1,
    /// Signs beside the owner where a condition wants several.
    CoSigner = 2,
}

impl SignerIdentity {
    /// Whose request ids these are.
    pub fn request_scope(&self) -> RequestScope {
        match self {
            Self::Account { account, .. } => RequestScope(u64::from(account.0)),
            Self::BareKey(key) => {
                let head: [u8; 8] = sm::sm3(key)[..8].try_into().expect("eight bytes of thirty-two");
                RequestScope(u64::from_be_bytes(head) | RequestScope::BARE_KEY_BIT)
            }
        }
    }
}
