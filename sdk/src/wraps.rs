//! Content keys on their way from holder to holder: found with what one has, covered for who comes next. No network: keys
//! and the bytes of blocks are enough.

use crypto::{CommitteeKeys, KeyError, OrderToken, SenderKey, Wallet};
use ledger_types::key_wrap::HOLDER_EPOCH;
use ledger_types::seal::ContentKey;
use ledger_types::{Canonical, Committee, KeyWrap, Seal, Section, SectionKind, Transaction, Unsealer};

use crate::client::Contents;
use crate::error::ClientError;

/// One invoice in the transaction that carried it.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    /// The transaction.
    pub tx: &'a Transaction,
    /// The place of the invoice in it.
    pub item: u16,
}

impl Body<'_> {
    /// The content key that its maker left for who holds the order token; none if he left none.
    #[must_use]
    pub fn key_of_token(&self, token: &OrderToken) -> Option<ContentKey> {
        let covered = self.tx.body.seal()?.covered(self.item)?;
        let (chain, id) = (&self.tx.envelope.chain_id, self.tx.envelope.tx_id());
        Some(ContentKey::uncovered(covered, &token.cover(chain, &id, self.item)))
    }

    /// The content key that a claim carries for this wallet; none if it carries none. Another's opens nothing.
    #[must_use]
    pub fn key_of_claim(&self, claim: &Transaction, wallet: &Wallet) -> Option<ContentKey> {
        let KeyWrap::Own { covered } = carried(claim)? else { return None };
        let (chain, id) = (&self.tx.envelope.chain_id, self.tx.envelope.tx_id());
        Some(ContentKey::uncovered(&covered, &wallet.cover(chain, &id, self.item)))
    }

    /// The content key that an offer carries for a registered encryption key, which `keys` holds at
    /// [`HOLDER_EPOCH`]; none if it carries none.
    #[must_use]
    pub fn key_of_offer(&self, offer: &Transaction, keys: &CommitteeKeys) -> Option<ContentKey> {
        let KeyWrap::ToKey { sender, covered } = carried(offer)? else { return None };
        let (chain, id) = (&self.tx.envelope.chain_id, self.tx.envelope.tx_id());
        let seal = Seal { epoch: HOLDER_EPOCH, sender, for_holders: Vec::new() };
        let agreed = keys.agreed(chain, &seal).ok()?;
        Some(ContentKey::uncovered(&covered, &agreed.cover(chain, &id, self.item)))
    }

    /// Covers a content key for the wallet that claims.
    #[must_use]
    pub fn wrap_own(&self, key: &ContentKey, wallet: &Wallet) -> KeyWrap {
        let (chain, id) = (&self.tx.envelope.chain_id, self.tx.envelope.tx_id());
        KeyWrap::Own { covered: key.covered(&wallet.cover(chain, &id, self.item)) }
    }

    /// Covers a content key for another's registered encryption key.
    ///
    /// # Errors
    /// [`KeyError::BadPeer`] if that is no point, and what the provider says.
    pub fn wrap_to(&self, key: &ContentKey, giver: &SenderKey, to: [u8; 33]) -> Result<KeyWrap, KeyError> {
        let (chain, id) = (&self.tx.envelope.chain_id, self.tx.envelope.tx_id());
        let agreed = giver.agreed(chain, &Committee { epoch: HOLDER_EPOCH, public_key: to })?;
        let covered = key.covered(&agreed.cover(chain, &id, self.item));
        Ok(KeyWrap::ToKey { sender: giver.public_key().0, covered })
    }

    /// What the invoice says, opened with its content key.
    ///
    /// # Errors
    /// [`ClientError::BadAnswer`] if it does not open with this key.
    pub fn opened(&self, key: &ContentKey) -> Result<Contents, ClientError> {
        Contents::opened(self.tx, self.tx.envelope.tx_id(), self.item, key)
    }
}

/// The content key that a claim or an offer carries, covered.
fn carried(tx: &Transaction) -> Option<KeyWrap> {
    tx.sections().iter().find_map(|section| match section {
        Section::Plain { kind: SectionKind::Access, bytes, .. } => KeyWrap::from_canonical(bytes).ok(),
        _ => None,
    })
}
