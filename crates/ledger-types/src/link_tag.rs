//! Tags of claims to one-time addresses, for a bureau under two persons' control: sealed for the committee, the same wallet in
//! each, and nothing in common for anybody else. Opaque to execution, committed to like every section.

use borsh::{BorshDeserialize, BorshSerialize};
use sm::{PublicKey, PublicKeyBytes, sm4_gcm_open, sm4_gcm_seal};

use crate::canonical::Canonical;
use crate::domain::{Purpose, framed};
use crate::ids::{Address, ChainId, Slot};
use crate::seal::SealKey;

/// What a wallet says of a claim: that the address is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LinkStatement {
    /// The invoice.
    pub slot: Slot,
    /// The address that it is claimed for.
    pub to: Address,
}

impl LinkStatement {
    /// The message that the wallet's link key signs.
    pub fn message(&self, chain: &ChainId) -> Vec<u8> {
        framed(Purpose::LinkStatement, chain, &self.to_canonical())
    }
}

/// Whose a claim is: a wallet's link key, and its word. Nobody can name another's wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct WalletLink {
    /// The wallet's link key, compressed SEC1: the same for all its claims on a chain.
    pub wallet: [u8; 33],
    /// Raw r||s of that key over the statement's message.
    pub signature: [u8; 64],
}

impl WalletLink {
    /// Whether the wallet said this.
    pub fn says(&self, chain: &ChainId, statement: &LinkStatement) -> bool {
        let key = PublicKey::from_bytes(&PublicKeyBytes(self.wallet));
        key.is_ok_and(|key| key.verify(&statement.message(chain), &self.signature))
    }
}

/// A claim's tag (归户标记): a [`WalletLink`] under SM4-GCM, for whoever has the committee's key.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LinkTag {
    /// The epoch of the committee's key.
    pub epoch: u32,
    /// A public key of agreement that is used for this claim alone, compressed SEC1.
    pub sender: [u8; 33],
    /// The link, and the tag of GCM.
    pub ciphertext: Vec<u8>,
}

/// Each tag has a key of agreement of its own: one key, one message.
const NONCE: [u8; 12] = [0; 12];

impl LinkTag {
    /// Seals a link with what `sender` and the committee agreed on.
    pub fn seal(
        agreed: &SealKey,
        chain: &ChainId,
        statement: &LinkStatement,
        (epoch, sender): (u32, [u8; 33]),
        link: &WalletLink,
    ) -> Self {
        let key = agreed.derived(&key_info(chain, statement));
        let ciphertext = sm4_gcm_seal(&key, &NONCE, &sender, &link.to_canonical());
        Self { epoch, sender, ciphertext }
    }

    /// The link, if it is a wallet's word for this claim.
    pub fn open(&self, agreed: &SealKey, chain: &ChainId, statement: &LinkStatement) -> Option<WalletLink> {
        let key = agreed.derived(&key_info(chain, statement));
        let bytes = sm4_gcm_open(&key, &NONCE, &self.sender, &self.ciphertext).ok()?;
        WalletLink::from_canonical(&bytes).ok().filter(|link| link.says(chain, statement))
    }
}

impl std::fmt::Debug for LinkTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LinkTag(epoch {})", self.epoch)
    }
}

/// What the key of a tag is made of: HMAC-SM3 of this under what was agreed on.
fn key_info(chain: &ChainId, statement: &LinkStatement) -> Vec<u8> {
    framed(Purpose::LinkSeal, chain, &statement.to_canonical())
}

/// What a wallet's link key is made of: HMAC-SM3 of this under its secret.
pub fn wallet_link_info(chain: &ChainId, counter: u8) -> Vec<u8> {
    framed(Purpose::WalletLinkKey, chain, &[counter])
}
