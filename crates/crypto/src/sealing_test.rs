#![allow(clippy::unwrap_used)]

use ledger_types::TxId;
use zeroize::Zeroizing;

use super::*;
use crate::{OrderToken, SoftwareProvider};

const CHAIN: ChainId = ChainId([0x11; 32]);

fn key(key_use: KeyUse) -> SigningKey {
    SigningKey::generate(&SoftwareProvider::shared(), key_use).unwrap()
}

fn committee(epoch: u32, key: &SigningKey) -> Committee {
    Committee { epoch, public_key: key.public_key().0 }
}

fn seal(epoch: u32, sender: &SenderKey) -> Seal {
    Seal { epoch, sender: sender.public_key().0, for_holders: Vec::new() }
}

/// Looks through a key's cover, for comparison.
fn content(key: &SealKey) -> [u8; 16] {
    key.content_key(&CHAIN, &TxId([1; 33]), 0).covered(&Zeroizing::new([0; 32]))
}

#[test]
fn sender_and_committee_agree_and_no_other_epoch_chain_or_sender() {
    let (first, second) = (key(KeyUse::Encryption), key(KeyUse::Encryption));
    let keys = CommitteeKeys::new([(1, first.clone()), (2, second.clone())].into()).unwrap();
    let (sender, other) =
        (SenderKey::new(key(KeyUse::Encryption)).unwrap(), SenderKey::new(key(KeyUse::Encryption)).unwrap());
    let agreed = sender.agreed(&CHAIN, &committee(1, &first)).unwrap();
    assert_eq!(content(&agreed), content(&keys.agreed(&CHAIN, &seal(1, &sender)).unwrap()));
    let others = [
        keys.agreed(&CHAIN, &seal(2, &sender)).unwrap(),
        keys.agreed(&CHAIN, &seal(1, &other)).unwrap(),
        sender.agreed(&CHAIN, &committee(2, &first)).unwrap(),
        sender.agreed(&ChainId([2; 32]), &committee(1, &first)).unwrap(),
    ];
    others.iter().for_each(|other| assert_ne!(content(other), content(&agreed)));
}

#[test]
fn agreeing_again_multiplies_no_point() {
    let private = key(KeyUse::Encryption);
    let keys = CommitteeKeys::new([(1, private.clone())].into()).unwrap();
    let sender = SenderKey::new(key(KeyUse::Encryption)).unwrap();
    let once = sender.agreed(&CHAIN, &committee(1, &private)).unwrap();
    assert!(Arc::ptr_eq(&once, &sender.clone().agreed(&CHAIN, &committee(1, &private)).unwrap()));
    let once = keys.agreed(&CHAIN, &seal(1, &sender)).unwrap();
    assert!(Arc::ptr_eq(&once, &keys.agreed(&CHAIN, &seal(1, &sender)).unwrap()));
}

#[test]
fn a_missing_key_is_told_from_a_wrong_point() {
    let keys = CommitteeKeys::new([(1, key(KeyUse::Encryption))].into()).unwrap();
    let sender = SenderKey::new(key(KeyUse::Encryption)).unwrap();
    assert_eq!(keys.agreed(&CHAIN, &seal(7, &sender)).unwrap_err(), CannotAgree::MissingKey { epoch: 7 });
    let nowhere = Seal { sender: [0xff; 33], ..seal(1, &sender) };
    assert_eq!(keys.agreed(&CHAIN, &nowhere).unwrap_err(), CannotAgree::NotAPoint);
    assert_eq!(SenderKey::new(key(KeyUse::Transaction)).unwrap_err(), KeyError::NotForAgreement(KeyUse::Transaction));
    let mistaken = CommitteeKeys::new([(1, key(KeyUse::Vote))].into());
    assert_eq!(mistaken.unwrap_err(), KeyError::NotForAgreement(KeyUse::Vote));
}

#[test]
fn the_longest_unheard_sender_makes_room() {
    let mut agreed = Agreed::default();
    let made = || Arc::new(SealKey::new(Zeroizing::new([1; 32])));
    for n in 0..4u8 {
        agreed.keep((1, [n; 33]), made(), 3);
        assert!(agreed.find(&(1, [0; 33])).is_some(), "heard of each time");
    }
    assert!(agreed.find(&(1, [1; 33])).is_none());
    assert_eq!((agreed.by_sender.len(), agreed.by_use.len()), (3, 3));
}

#[test]
fn the_cover_hangs_on_token_chain_transaction_and_item() {
    let (token, other) = (OrderToken::generate().unwrap(), OrderToken::generate().unwrap());
    let cover = token.cover(&CHAIN, &TxId([1; 33]), 0);
    assert_eq!(cover, token.cover(&CHAIN, &TxId([1; 33]), 0));
    let others = [
        other.cover(&CHAIN, &TxId([1; 33]), 0),
        token.cover(&ChainId([2; 32]), &TxId([1; 33]), 0),
        token.cover(&CHAIN, &TxId([2; 33]), 0),
        token.cover(&CHAIN, &TxId([1; 33]), 1),
    ];
    others.iter().for_each(|other| assert_ne!(*other, cover));
}

#[test]
fn nothing_shows_a_key() {
    let private = key(KeyUse::Encryption);
    let keys = CommitteeKeys::new([(3, private.clone())].into()).unwrap();
    let sender = SenderKey::new(key(KeyUse::Encryption)).unwrap();
    let agreed = sender.agreed(&CHAIN, &committee(3, &private)).unwrap();
    assert_eq!(format!("{keys:?} {agreed:?}"), "{3} SealKey(hidden)");
    assert_eq!(format!("{:?}", agreed.content_key(&CHAIN, &TxId([1; 33]), 0)), "ContentKey(hidden)");
}
