//! A wallet: one secret, a new key for each claim. Nothing public of two of its keys tells that they belong together, and
//! who has the secret makes all of them again.

use std::fmt;
use std::sync::Arc;

use ledger_types::key_wrap::{own_info, wallet_key_info};
use ledger_types::link_tag::wallet_link_info;
use ledger_types::{Address, ChainId, Committee, LinkStatement, LinkTag, TxId, WalletLink, owner};
use sm::PublicKeyBytes;
use zeroize::Zeroizing;

use crate::{KeyError, KeyProvider, KeyUse, SecretScalar, SenderKey, SigningKey, wipe::wiping};

/// Keeps a wallet's secret apart from the key that it is kept as. Frozen.
const LABEL: &[u8] = b"taxchain wallet secret 1";

/// The secret of a person who claims (钱包). `Debug` hides it.
///
/// It is HMAC-SM3 of a label under a private key of use [`KeyUse::Encryption`], so that it lies in an encrypted key file
/// like any other and can be put into a vault.
#[derive(Clone)]
pub struct Wallet(Zeroizing<[u8; 32]>);

impl Wallet {
    /// The wallet that is kept as this key.
    ///
    /// # Errors
    /// [`KeyError::NotForAgreement`] for a key of another use, and what a provider says that lets no key out.
    pub fn of_key(key: &SigningKey) -> Result<Self, KeyError> {
        if key.key_use() != KeyUse::Encryption {
            return Err(KeyError::NotForAgreement(key.key_use()));
        }
        let secret = key.export()?;
        Ok(Self(wiping(|| sm::hmac_sm3(secret.to_bytes().as_slice(), &[LABEL]))))
    }

    /// The key of one claim: d is the first of HMAC-SM3(secret, frame 90 of {u32 index, counter}) for counter = 0, 1, … that
    /// lies in [1, n-2].
    ///
    /// # Errors
    /// [`KeyError::NotImportable`] if the provider takes no keys in.
    pub fn key(&self, chain: &ChainId, index: u32, provider: &Arc<dyn KeyProvider>) -> Result<SigningKey, KeyError> {
        SigningKey::import(provider, KeyUse::Transaction, self.scalar(chain, index))
    }

    /// The address of that key.
    #[must_use]
    pub fn address(&self, chain: &ChainId, index: u32) -> Address {
        owner::key_address(chain, &self.scalar(chain, index).public_key().to_bytes().0)
    }

    /// What covers the content key of an invoice for this wallet: HMAC-SM3 of [`own_info`] under its secret.
    #[must_use]
    pub fn cover(&self, chain: &ChainId, tx: &TxId, item: u16) -> Zeroizing<[u8; 32]> {
        wiping(|| sm::hmac_sm3(self.0.as_slice(), &[&own_info(chain, tx, item)]))
    }

    /// The key that is the same in the tags of all its claims on a chain, as its public point.
    #[must_use]
    pub fn link_key(&self, chain: &ChainId) -> PublicKeyBytes {
        self.link_scalar(chain).public_key().to_bytes()
    }

    /// Says, sealed for the committee under a key of agreement that is made for it, that a claim is this wallet's.
    ///
    /// # Errors
    /// [`KeyError::BadPeer`] if the committee's key is no point, and what the provider says.
    pub fn link_tag(
        &self,
        chain: &ChainId,
        committee: &Committee,
        statement: &LinkStatement,
        provider: &Arc<dyn KeyProvider>,
    ) -> Result<LinkTag, KeyError> {
        let key = SigningKey::import(provider, KeyUse::Transaction, self.link_scalar(chain))?;
        let link = WalletLink { wallet: key.public_key().0, signature: key.sign_link(chain, statement)? };
        let sender = SenderKey::new(SigningKey::generate(provider, KeyUse::Encryption)?)?;
        let agreed = sender.agreed(chain, committee)?;
        Ok(LinkTag::seal(&agreed, chain, statement, (committee.epoch, sender.public_key().0), &link))
    }

    fn scalar(&self, chain: &ChainId, index: u32) -> SecretScalar {
        self.derived(|counter| wallet_key_info(chain, index, counter))
    }

    fn link_scalar(&self, chain: &ChainId) -> SecretScalar {
        self.derived(|counter| wallet_link_info(chain, counter))
    }

    /// The first of HMAC-SM3(secret, info of counter 0, 1, …) that is a private key.
    fn derived(&self, info: impl Fn(u8) -> Vec<u8>) -> SecretScalar {
        let candidate = |counter| wiping(|| sm::hmac_sm3(self.0.as_slice(), &[&info(counter)]));
        (0..=u8::MAX)
            .find_map(|counter| SecretScalar::from_bytes(&candidate(counter)))
            .expect("a candidate is out of range once in 2^32; 256 in a row are not")
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wallet(hidden)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::SoftwareProvider;

    fn wallet() -> (Wallet, SigningKey) {
        let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Encryption).unwrap();
        (Wallet::of_key(&key).unwrap(), key)
    }

    #[test]
    fn one_secret_makes_the_same_keys_again_and_no_two_alike() {
        let (one, kept_as) = wallet();
        let again = Wallet::of_key(&kept_as).unwrap();
        let (other, _) = wallet();
        let (chain, elsewhere) = (ChainId([1; 32]), ChainId([2; 32]));
        let mut seen = BTreeSet::new();
        for index in 0..50 {
            let key = one.key(&chain, index, &SoftwareProvider::shared()).unwrap();
            assert_eq!(key.address(&chain), one.address(&chain, index));
            assert_eq!(again.address(&chain, index), one.address(&chain, index));
            seen.extend([one.address(&chain, index), one.address(&elsewhere, index), other.address(&chain, index)]);
        }
        assert_eq!(seen.len(), 150);
        assert!(!seen.contains(&kept_as.address(&chain)), "the key that it is kept as is nobody's address");
        assert_eq!(format!("{one:?}"), "Wallet(hidden)");
        let (tx, next) = (TxId([3; 33]), TxId([4; 33]));
        let covers = [
            one.cover(&chain, &tx, 0),
            one.cover(&chain, &tx, 1),
            one.cover(&chain, &next, 0),
            one.cover(&elsewhere, &tx, 0),
            other.cover(&chain, &tx, 0),
        ];
        assert_eq!(covers.iter().map(|cover| **cover).collect::<BTreeSet<_>>().len(), covers.len());
        assert_eq!(*again.cover(&chain, &tx, 0), *covers[0]);
    }

    #[test]
    fn a_key_that_signs_is_no_wallet() {
        let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Transaction).unwrap();
        assert!(matches!(Wallet::of_key(&key), Err(KeyError::NotForAgreement(KeyUse::Transaction))));
    }

    #[test]
    fn a_tag_names_its_wallet_to_the_committee_alone_and_for_its_claim_alone() {
        use std::collections::BTreeMap;

        use ledger_types::{Seal, Slot, Unsealer};

        use crate::CommitteeKeys;

        let provider: Arc<dyn KeyProvider> = SoftwareProvider::shared();
        let committee_key = || SigningKey::generate(&provider, KeyUse::Encryption).unwrap();
        let (key, other) = (committee_key(), CommitteeKeys::new(BTreeMap::from([(1, committee_key())])).unwrap());
        let committee = Committee { epoch: 1, public_key: key.public_key().0 };
        let keys = CommitteeKeys::new(BTreeMap::from([(1, key)])).unwrap();
        let chain = ChainId([1; 32]);
        let ((one, _), (two, _)) = (wallet(), wallet());
        let statement =
            |slot, wallet: &Wallet| LinkStatement { slot: Slot(slot), to: wallet.address(&chain, slot as u32) };
        let tag =
            |slot, wallet: &Wallet| wallet.link_tag(&chain, &committee, &statement(slot, wallet), &provider).unwrap();
        let opened = |keys: &CommitteeKeys, tag: &LinkTag, statement: &LinkStatement| {
            let seal = Seal { epoch: tag.epoch, sender: tag.sender, for_holders: Vec::new() };
            let agreed = keys.agreed_once(&chain, &seal).unwrap();
            tag.open(&agreed, &chain, statement).map(|link| link.wallet)
        };
        let (first, second, foreign) = (tag(1, &one), tag(2, &one), tag(3, &two));
        assert_eq!(opened(&keys, &first, &statement(1, &one)), Some(one.link_key(&chain).0));
        assert_eq!(opened(&keys, &second, &statement(2, &one)), Some(one.link_key(&chain).0));
        assert_eq!(opened(&keys, &foreign, &statement(3, &two)), Some(two.link_key(&chain).0));
        assert_eq!(opened(&other, &first, &statement(1, &one)), None, "another committee");
        assert_eq!(opened(&keys, &first, &statement(2, &one)), None, "another claim");
        assert_eq!(opened(&keys, &LinkTag { sender: second.sender, ..first.clone() }, &statement(1, &one)), None);
        // Who knows a wallet's link key and the committee's public key still cannot speak for it.
        let stranger = SenderKey::new(committee_key()).unwrap();
        let agreed = stranger.agreed(&chain, &committee).unwrap();
        let forged = WalletLink { wallet: one.link_key(&chain).0, signature: [7; 64] };
        let framed = LinkTag::seal(&agreed, &chain, &statement(9, &two), (1, stranger.public_key().0), &forged);
        assert_eq!(opened(&keys, &framed, &statement(9, &two)), None);
        // Nothing in common but the epoch and the length.
        assert_eq!(first.ciphertext.len(), second.ciphertext.len());
        assert!(first.ciphertext.windows(8).all(|part| !second.ciphertext.windows(8).any(|other| other == part)));
    }
}
