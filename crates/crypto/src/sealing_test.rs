#![allow(clippy::unwrap_used)]

use ledger_types::{ReadyError, TxId};
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

#[test]
fn a_key_that_comes_later_opens_from_then_on_and_replaces_none() {
    let (first, second) = (key(KeyUse::Encryption), key(KeyUse::Encryption));
    let keys = CommitteeKeys::new([(1, first.clone())].into()).unwrap();
    let sender = SenderKey::new(key(KeyUse::Encryption)).unwrap();
    assert_eq!(keys.agreed(&CHAIN, &seal(2, &sender)).unwrap_err(), CannotAgree::MissingKey { epoch: 2 });
    keys.insert(2, second.clone()).unwrap();
    let agreed = sender.agreed(&CHAIN, &committee(2, &second)).unwrap();
    assert_eq!(content(&agreed), content(&keys.agreed(&CHAIN, &seal(2, &sender)).unwrap()));
    keys.insert(1, second.clone()).unwrap();
    assert!(keys.holds(&committee(1, &first)) && !keys.holds(&committee(1, &second)));
    assert_eq!(keys.epochs(), [1, 2]);
    assert_eq!(keys.insert(3, key(KeyUse::Vote)).unwrap_err(), KeyError::NotForAgreement(KeyUse::Vote));
}

#[test]
fn readiness_is_of_this_chain_key_and_validator_and_takes_both_private_keys() {
    let (private, voter) = (key(KeyUse::Encryption), key(KeyUse::Vote));
    let keys = CommitteeKeys::new([(2, private.clone())].into()).unwrap();
    let named = committee(2, &private);
    let ready = keys.prove(&CHAIN, named, &voter).unwrap().unwrap();
    assert_eq!(ready.verify(&CHAIN), Ok(()));
    assert_eq!(ready.verify(&ChainId([2; 32])), Err(ReadyError::Possession));
    let bend = |bend: fn(&mut CommitteeReady)| {
        let mut bent = ready.clone();
        bend(&mut bent);
        bent.verify(&CHAIN)
    };
    assert_eq!(bend(|r| r.body.committee.epoch = 3), Err(ReadyError::Possession));
    assert_eq!(bend(|r| r.body.vote_key = r.body.committee.public_key), Err(ReadyError::Possession));
    assert_eq!(bend(|r| r.possession = r.signature), Err(ReadyError::Possession));
    assert_eq!(bend(|r| r.signature[5] ^= 1), Err(ReadyError::Signature));
    assert_eq!(bend(|r| r.body.vote_key = [2; 33]), Err(ReadyError::Key));
    assert_eq!(bend(|r| r.version = 2), Err(ReadyError::Version(2)));
    // Another key, or another use, proves nothing.
    assert_eq!(keys.prove(&CHAIN, committee(2, &key(KeyUse::Encryption)), &voter).unwrap(), None);
    assert_eq!(keys.prove(&CHAIN, committee(3, &private), &voter).unwrap(), None);
    assert!(keys.prove(&CHAIN, named, &private).is_err());
}

#[test]
fn an_offered_key_opens_nothing_before_it_is_confirmed() {
    let (right, wrong) = (key(KeyUse::Encryption), key(KeyUse::Encryption));
    let keys = CommitteeKeys::default();
    let sender = SenderKey::new(key(KeyUse::Encryption)).unwrap();
    let missing = || CannotAgree::MissingKey { epoch: 2 };
    keys.offer(2, wrong.clone()).unwrap();
    assert_eq!(keys.agreed(&CHAIN, &seal(2, &sender)).unwrap_err(), missing());
    assert!(!keys.confirm(&committee(2, &right)), "it is another");
    assert_eq!(keys.agreed(&CHAIN, &seal(2, &sender)).unwrap_err(), missing());
    assert_eq!(keys.offered(2), Some(wrong.public_key()));
    keys.offer(2, right.clone()).unwrap();
    assert!(!keys.confirm(&committee(3, &right)) && keys.confirm(&committee(2, &right)));
    assert!(keys.agreed(&CHAIN, &seal(2, &sender)).is_ok() && keys.offered(2).is_none());
    keys.offer(2, wrong.clone()).unwrap();
    assert!(!keys.confirm(&committee(2, &wrong)), "one that is held stays");
    assert!(keys.confirm(&committee(2, &right)));
    assert_eq!(keys.offer(1, key(KeyUse::Vote)).unwrap_err(), KeyError::NotForAgreement(KeyUse::Vote));
}
