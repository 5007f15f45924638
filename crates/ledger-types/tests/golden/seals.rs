//! Sealed bodies: from two private keys to the bytes on the chain.

use ledger_types::{
    Canonical, ChainId, ContentQuestion, Section, SectionKind, SignedQuestion, SignerIdentity, Slot, Transaction, TxId,
    batch::BatchItem,
    seal::{self, SealKey, Unopened, agreement_info, holder_info, open_item, seal_body, unseal_body},
    section::commit_section,
    transaction::TxBody,
};
use serde_json::json;
use sm2::elliptic_curve::point::AffineCoordinates;
use zeroize::Zeroizing;

use crate::{
    bytes, golden,
    samples::{CHAIN, NOW_MS, public_key},
    transactions::{envelope, sections},
};

const EPOCH: u32 = 1;
/// The order token of the invoice.
const TOKEN: [u8; 20] = [0x7a; 20];

fn secret(name: &[u8]) -> sm2::SecretKey {
    sm2::SecretKey::from_slice(&sm::sm3(name)).unwrap()
}

fn public(secret: &sm2::SecretKey) -> [u8; 33] {
    sm::PublicKey::from_sec1(&secret.public_key().to_sec1_bytes()).unwrap().to_bytes().0
}

/// The x coordinate of d·P.
fn shared(own: &sm2::SecretKey, other: &sm2::SecretKey) -> [u8; 32] {
    let point = other.public_key().to_projective() * *own.to_nonzero_scalar();
    point.to_affine().x().into()
}

struct Story {
    committee: sm2::SecretKey,
    sender: sm2::SecretKey,
}

impl Story {
    fn new() -> Self {
        Self { committee: secret(b"golden committee"), sender: secret(b"golden sender") }
    }

    fn x(&self) -> [u8; 32] {
        let x = shared(&self.sender, &self.committee);
        assert_eq!(x, shared(&self.committee, &self.sender));
        x
    }

    fn key(&self) -> SealKey {
        let info = agreement_info(&CHAIN, EPOCH, &public(&self.committee), &public(&self.sender));
        SealKey::new(sm::hmac_sm3(&self.x(), &[&info]))
    }

    fn sealed(&self, plain: &Transaction) -> Transaction {
        let id = plain.envelope.tx_id();
        let body = seal_body(plain, &self.key(), (EPOCH, public(&self.sender)), |item, key| {
            (item == 0).then(|| key.covered(&cover(&id, item)))
        });
        Transaction { body, ..plain.clone() }
    }
}

fn cover(tx: &TxId, item: u16) -> Zeroizing<[u8; 32]> {
    sm::hmac_sm3(&TOKEN, &[&holder_info(&CHAIN, tx, item)])
}

fn plain() -> Transaction {
    Transaction { envelope: envelope(), body: TxBody::Sections(sections()), signatures: vec![[1; 64], [2; 64]] }
}

/// Its commitments would stand under the batch's root; sealing does not look there.
fn batch() -> Transaction {
    let mut envelope = envelope();
    let commitments = std::mem::take(&mut envelope.sections);
    let ledger_types::Payload::Issue(request) = &envelope.payload else { panic!("the sample issues") };
    let item = BatchItem { owner: request.owner.clone(), commitments, sections: sections() };
    Transaction { envelope, body: TxBody::Batch(vec![item.clone(), item]), signatures: vec![[1; 64], [2; 64]] }
}

#[test]
fn a_sealed_body_from_its_keys() {
    let (story, plain) = (Story::new(), plain());
    let id = plain.envelope.tx_id();
    let info = agreement_info(&CHAIN, EPOCH, &public(&story.committee), &public(&story.sender));
    let kek = sm::hmac_sm3(&story.x(), &[&info]);
    let place = [&id.0[..], &[0, 0]].concat();
    let content_info = ledger_types::framed(ledger_types::Purpose::ContentKey, &CHAIN, &place);
    let content = sm::hmac_sm3(kek.as_slice(), &[&content_info]);
    let tx = story.sealed(&plain);
    let sections = tx.sections().iter().zip(&plain.envelope.sections).map(|(section, commitment)| {
        let Section::Sealed { kind, ciphertext } = section else { panic!("sealed") };
        let mut nonce = [0; 12];
        nonce[0] = *kind as u8;
        // By hand, so that the vectors do not only say what the code does.
        let key: &[u8; 16] = content[..16].try_into().unwrap();
        let covered: Vec<u8> = content.iter().zip(cover(&id, 0).iter()).take(16).map(|(a, b)| a ^ b).collect();
        let aad = [&commitment.commitment.0[..], &covered].concat();
        let plaintext = sm::sm4_gcm_open(key, &nonce, &aad, ciphertext).unwrap();
        let Section::Plain { salt, bytes, .. } = &plain.sections().iter().find(|s| s.kind() == *kind).unwrap() else {
            panic!("plain")
        };
        assert_eq!(plaintext, [&salt[..], bytes].concat());
        json!({
            "kind": kind, "nonce": hex::encode(nonce), "aad": hex::encode(aad),
            "plaintext": hex::encode(plaintext), "ciphertext_and_tag": hex::encode(ciphertext),
        })
    });
    let sections: Vec<_> = sections.collect();
    let batch = story.sealed(&batch());
    let question = ContentQuestion {
        version: ContentQuestion::VERSION,
        slot: Slot(5),
        reader: SignerIdentity::BareKey(public_key()),
        time_ms: NOW_MS,
        nonce: [3; 16],
    };
    let vectors = json!({
        "chain_id": CHAIN,
        "epoch": EPOCH,
        "committee_private": hex::encode(story.committee.to_bytes()),
        "committee_public": hex::encode(public(&story.committee)),
        "sender_private": hex::encode(story.sender.to_bytes()),
        "sender_public": hex::encode(public(&story.sender)),
        "shared_x": hex::encode(story.x()),
        "agreement_info": hex::encode(&info),
        "seal_key": hex::encode(*kek),
        "tx_id": id,
        "content_key_info": hex::encode(&content_info),
        "content_key": hex::encode(&content[..16]),
        "sections": sections,
        "order_token": hex::encode(TOKEN),
        "holder_info": hex::encode(holder_info(&CHAIN, &id, 0)),
        "holder_mac": hex::encode(*cover(&id, 0)),
        "seal": bytes(tx.body.seal().unwrap()),
        "body": bytes(&tx.body),
        "transaction": bytes(&tx),
        "batch_tx_id": batch.envelope.tx_id(),
        "batch_body": bytes(&batch.body),
        "question": bytes(&question),
        "question_message": hex::encode(question.message(&CHAIN)),
        "signed_question": bytes(&SignedQuestion { question, signature: [4; 64] }),
    });
    golden("seal.json", &vectors);
}

#[test]
fn sealing_changes_no_id_and_opens_again_for_committee_and_holder() {
    let story = Story::new();
    for plain in [plain(), batch()] {
        let sealed = story.sealed(&plain);
        let id = plain.envelope.tx_id();
        assert_eq!(sealed.envelope.tx_id(), id);
        assert_ne!(sealed.body, plain.body);
        assert_eq!(unseal_body(&sealed, &id, &story.key()).unwrap(), plain.body);
        assert_eq!(sealed, story.sealed(&plain), "the same again: no two contents under one key");
        let covered = sealed.body.seal().unwrap().for_holders[0].unwrap();
        let key = seal::ContentKey::uncovered(&covered, &cover(&id, 0));
        assert_eq!(open_item(&sealed, 0, &key).unwrap(), plain.sections_of(0));
        let other = seal::ContentKey::uncovered(&covered, &cover(&id, 1));
        assert_eq!(open_item(&sealed, 0, &other), Err(Unopened(SectionKind::Facts)));
        if !plain.batch_items().is_empty() {
            assert_ne!(sealed.sections_of(0), sealed.sections_of(1), "the same contents look different");
            assert_eq!(open_item(&sealed, 1, &key), Err(Unopened(SectionKind::Facts)), "a key of one invoice");
        }
    }
}

#[test]
fn every_bit_of_what_the_key_hangs_on_is_bound() {
    let (story, plain) = (Story::new(), plain());
    let (committee, sender, id) = (public(&story.committee), public(&story.sender), plain.envelope.tx_id());
    let content = |info: Vec<u8>, chain: &ChainId, tx: &TxId, item| {
        format!("{:?}", {
            let key = SealKey::new(sm::hmac_sm3(&story.x(), &[&info])).content_key(chain, tx, item);
            key.covered(&Zeroizing::new([0; 32]))
        })
    };
    let info = |chain: &ChainId, epoch| agreement_info(chain, epoch, &committee, &sender);
    let right = content(info(&CHAIN, EPOCH), &CHAIN, &id, 0);
    let (other_chain, mut other_tx) = (ChainId([1; 32]), id);
    other_tx.0[32] ^= 1;
    let others = [
        content(info(&other_chain, EPOCH), &CHAIN, &id, 0),
        content(info(&CHAIN, EPOCH + 1), &CHAIN, &id, 0),
        content(agreement_info(&CHAIN, EPOCH, &sender, &committee), &CHAIN, &id, 0),
        content(info(&CHAIN, EPOCH), &other_chain, &id, 0),
        content(info(&CHAIN, EPOCH), &CHAIN, &other_tx, 0),
        content(info(&CHAIN, EPOCH), &CHAIN, &id, 1),
    ];
    others.iter().for_each(|other| assert_ne!(*other, right));
}

#[test]
fn every_changed_bit_of_a_ciphertext_is_refused() {
    let (story, plain) = (Story::new(), plain());
    let sealed = story.sealed(&plain);
    let key = story.key().content_key(&CHAIN, &plain.envelope.tx_id(), 0);
    let covered = sealed.body.seal().unwrap().covered(0).copied();
    let open = |commitments: &[_], sections: &[Section]| key.open(commitments, sections, covered.as_ref());
    for (place, section) in sealed.sections().iter().enumerate() {
        let Section::Sealed { kind, ciphertext } = section else { panic!("sealed") };
        for bit in 0..ciphertext.len() * 8 {
            let mut bent = sealed.sections().to_vec();
            let Section::Sealed { ciphertext, .. } = &mut bent[place] else { panic!("sealed") };
            ciphertext[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&plain.envelope.sections, &bent), Err(Unopened(*kind)), "{kind:?}, bit {bit}");
        }
        for cut in 0..ciphertext.len() {
            let mut bent = sealed.sections().to_vec();
            bent[place] = Section::Sealed { kind: *kind, ciphertext: ciphertext[..cut].to_vec() };
            assert_eq!(open(&plain.envelope.sections, &bent), Err(Unopened(*kind)), "{kind:?}, cut at {cut}");
        }
    }
    // What was covered for the holder is bound: each of its bits, and that it is there.
    for bit in 0..128 {
        let mut other = covered.unwrap();
        other[bit / 8] ^= 1 << (bit % 8);
        let opened = key.open(&plain.envelope.sections, sealed.sections(), Some(&other));
        assert_eq!(opened, Err(Unopened(SectionKind::Facts)), "bit {bit} of the covered key");
    }
    assert_eq!(key.open(&plain.envelope.sections, sealed.sections(), None), Err(Unopened(SectionKind::Facts)));
    // Under another commitment or as another kind it does not open either.
    let mut commitments = plain.envelope.sections.clone();
    commitments[1] = commit_section(&CHAIN, SectionKind::Buyer, &[0; 16], b"another");
    assert_eq!(open(&commitments, sealed.sections()), Err(Unopened(SectionKind::Buyer)));
    let mut renamed = sealed.sections().to_vec();
    let Section::Sealed { kind, .. } = &mut renamed[2] else { panic!("sealed") };
    *kind = SectionKind::Contacts;
    assert_eq!(open(&plain.envelope.sections, &renamed), Err(Unopened(SectionKind::Contacts)));
    // And what is in clear is not opened: nobody mixes the two.
    assert_eq!(open(&plain.envelope.sections, plain.sections()), Err(Unopened(SectionKind::Facts)));
    assert!(Transaction::from_canonical(&sealed.to_canonical()).unwrap() == sealed);
}
