//! The first door: bytes of any kind in, a transaction or a numbered reason out.

use std::collections::BTreeMap;

use ledger::admission::{DecodedTx, RawTx, authenticate, check_signatures, decode, decode_stored};
use ledger_types::refusal::Field;
use ledger_types::transaction::TxBody;
use ledger_types::*;
use proptest::prelude::*;

use crate::scenario::Step;
use crate::world::{Goods, Key, World, committed, key_record};

fn transaction(world: &mut World, step: &str) -> Transaction {
    let draft = Step::parse(step).draft(world).unwrap();
    let at = world.time + 1_000;
    world.transaction(&draft, at)
}

fn door(world: &World, tx: &Transaction) -> Result<DecodedTx, Refusal> {
    decode(&world.chain, RawTx(tx.to_canonical()))
}

fn refusal(world: &World, tx: &Transaction) -> (RejectReason, Field) {
    let refusal = door(world, tx).map(|tx| tx.id()).unwrap_err();
    (refusal.reason, refusal.field)
}

#[test]
fn what_comes_in_whole_has_the_id_of_its_envelope() {
    let mut world = World::new();
    let tx = transaction(&mut world, "issue");
    let decoded = door(&world, &tx).unwrap();
    assert_eq!(decoded.id(), tx.envelope.tx_id());
    assert_eq!(decoded.envelope(), &tx.envelope);
}

#[test]
fn every_cut_and_every_longer_form_is_refused() {
    let mut world = World::new();
    let bytes = transaction(&mut world, "issue").to_canonical();
    for cut in 0..bytes.len() {
        assert!(decode(&world.chain, RawTx(bytes[..cut].to_vec())).is_err(), "cut at {cut}");
    }
    let longer = decode(&world.chain, RawTx([&bytes[..], &[0]].concat())).map(|_| ()).unwrap_err();
    assert_eq!(longer.reason, RejectReason::Malformed);
}

#[test]
fn size_version_and_chain_are_named_before_anything_is_believed() {
    let mut world = World::new();
    let bytes = transaction(&mut world, "issue").to_canonical();
    let reason = |bytes: Vec<u8>| decode(&world.chain, RawTx(bytes)).map(|_| ()).unwrap_err().reason;
    assert_eq!(reason(vec![1; 2 * 1024 * 1024 + 1]), RejectReason::TooLarge);
    assert_eq!(reason(vec![]), RejectReason::Malformed);
    assert_eq!(reason(vec![2, 0]), RejectReason::UnknownVersion);
    assert_eq!(reason(vec![1, 0, 9]), RejectReason::Malformed);
    let mut future = bytes.clone();
    future[1] = 1;
    assert_eq!(reason(future), RejectReason::UnknownVersion);
    let mut twin = bytes;
    twin[2] ^= 1;
    assert_eq!(reason(twin), RejectReason::WrongChain);
}

#[test]
fn signers_and_signatures_go_together() {
    let mut world = World::new();
    let tx = transaction(&mut world, "issue");
    let with = |change: &dyn Fn(&mut Transaction)| {
        let mut tx = tx.clone();
        change(&mut tx);
        refusal(&world, &tx)
    };
    let count = |field| (RejectReason::SignerCount, field);
    assert_eq!(with(&|tx| tx.envelope.signers.clear()), count(Field::Signers));
    assert_eq!(with(&|tx| tx.envelope.signers = vec![tx.envelope.signers[0]; 5]), count(Field::Signers));
    assert_eq!(with(&|tx| tx.signatures.clear()), count(Field::Signatures));
    assert_eq!(with(&|tx| tx.signatures.push([0; 64])), count(Field::Signatures));
    let twice = with(&|tx| {
        tx.envelope.signers.push(tx.envelope.signers[0]);
        tx.signatures.push([0; 64]);
    });
    assert_eq!(twice, (RejectReason::DuplicateSigner, Field::Signers));
}

/// Canonical bytes by kind of section.
type Plain = BTreeMap<SectionKind, Vec<u8>>;

/// An issue transaction with other sections.
fn with_plain(world: &mut World, change: &dyn Fn(&mut Plain)) -> Transaction {
    let mut tx = transaction(world, "issue");
    let mut plain = Goods::of_net(10_000).plain();
    change(&mut plain);
    let (commitments, sections) = committed(&world.chain, &plain);
    tx.envelope.sections = commitments;
    tx.body = TxBody::Sections(sections);
    tx
}

#[test]
fn an_invoice_needs_its_sections_and_no_others() {
    let mut world = World::new();
    let bad = (RejectReason::BadSections, Field::Sections);
    for kind in [SectionKind::Facts, SectionKind::Buyer, SectionKind::Lines] {
        let tx = with_plain(&mut world, &|plain| drop(plain.remove(&kind)));
        assert_eq!(refusal(&world, &tx), bad, "{kind:?} is missing");
    }
    let face = SellerFace { branch: "店".to_owned(), address_and_bank: String::new() };
    let tx = with_plain(&mut world, &|plain| {
        plain.insert(SectionKind::Seller, face.to_canonical());
        plain.insert(SectionKind::Contacts, vec![9; 4096]);
        plain.insert(SectionKind::Attachments, vec![]);
    });
    assert!(door(&world, &tx).is_ok());
    let mut without_body = transaction(&mut world, "issue");
    without_body.body = TxBody::Batch(vec![]);
    assert_eq!(refusal(&world, &without_body), bad);
    let mut claim = transaction(&mut world, "claim");
    let (commitments, sections) = committed(&world.chain, &Goods::of_net(1).plain());
    claim.body = TxBody::Sections(sections.clone());
    assert_eq!(refusal(&world, &claim), bad, "a claim has no body");
    claim.envelope.sections = commitments;
    assert_eq!(refusal(&world, &claim), bad);
}

#[test]
fn sections_stand_in_order_and_once() {
    let mut world = World::new();
    let bad = (RejectReason::BadSections, Field::Sections);
    let with = |world: &mut World, change: fn(&mut Vec<SectionCommitment>, &mut Vec<Section>)| {
        let mut tx = transaction(world, "issue");
        let TxBody::Sections(mut sections) = tx.body else { panic!("no sections") };
        change(&mut tx.envelope.sections, &mut sections);
        tx.body = TxBody::Sections(sections);
        refusal(world, &tx)
    };
    let swap: fn(&mut Vec<SectionCommitment>, &mut Vec<Section>) = |c, s| {
        c.swap(0, 1);
        s.swap(0, 1);
    };
    let twice: fn(&mut Vec<SectionCommitment>, &mut Vec<Section>) = |c, s| {
        c.insert(0, c[0]);
        s.insert(0, s[0].clone());
    };
    for change in [swap, twice, |c, _| c.truncate(2), |_, s| s.truncate(2), |_, s| s.swap(0, 1)] {
        assert_eq!(with(&mut world, change), bad);
    }
}

#[test]
fn a_section_must_match_its_commitment_and_be_of_its_type() {
    let mut world = World::new();
    let mut tx = transaction(&mut world, "issue");
    let TxBody::Sections(sections) = &mut tx.body else { panic!("no sections") };
    let Section::Plain { bytes, .. } = &mut sections[0] else { panic!("sealed") };
    bytes[3] ^= 1;
    assert_eq!(refusal(&world, &tx), (RejectReason::CommitmentMismatch, Field::Sections));

    let mut salted = transaction(&mut world, "issue");
    let TxBody::Sections(sections) = &mut salted.body else { panic!("no sections") };
    let Section::Plain { salt, .. } = &mut sections[1] else { panic!("sealed") };
    salt[0] ^= 1;
    assert_eq!(refusal(&world, &salted), (RejectReason::CommitmentMismatch, Field::Sections));

    let malformed = with_plain(&mut world, &|plain| plain.get_mut(&SectionKind::Buyer).unwrap().push(0));
    assert_eq!(refusal(&world, &malformed), (RejectReason::Malformed, Field::Sections));

    let large = with_plain(&mut world, &|plain| drop(plain.insert(SectionKind::Contacts, vec![0; 4097])));
    assert_eq!(refusal(&world, &large), (RejectReason::BadField, Field::Sections));
}

#[test]
fn a_body_is_sealed_whole_or_not_at_all() {
    let mut world = World::new();
    let mut tx = transaction(&mut world, "issue");
    let TxBody::Sections(sections) = &mut tx.body else { panic!("no sections") };
    sections[2] = Section::Sealed { kind: SectionKind::Lines, ciphertext: vec![1; 32] };
    assert_eq!(refusal(&world, &tx), (RejectReason::BadSections, Field::Sections));
}

/// Nobody brings in what was erased; who keeps a certified block takes it, and cannot judge it.
#[test]
fn a_body_that_lacks_sections_does_not_come_in_but_can_be_kept() {
    let mut world = World::new();
    for step in ["issue", "batch nets=100,200,300"] {
        let whole = transaction(&mut world, step);
        let kinds = [SectionKind::Facts, SectionKind::Buyer, SectionKind::Lines];
        for kind in kinds {
            let mut tx = whole.clone();
            assert_eq!(tx.erase(0, SectionSet::of(&[kind])), 1);
            assert_eq!(tx.erase(0, SectionSet::of(&[kind])), 0);
            assert_eq!((tx.envelope.tx_id(), tx.has_erased()), (whole.envelope.tx_id(), true));
            assert_eq!(refusal(&world, &tx), (RejectReason::BadSections, Field::Sections), "{step} {kind:?}");
            let raw = || RawTx(tx.to_canonical());
            let kept = decode_stored(&world.chain, raw()).unwrap();
            assert_eq!(kept.id(), whole.envelope.tx_id());
            let verdicts = check_signatures(std::slice::from_ref(&kept), &world.state, &mut world.cache).unwrap();
            assert!(verdicts[0].is_ok());
            let judged = authenticate(vec![kept], &world.state, &mut world.cache, &ledger_types::seal::NoKeys).unwrap();
            assert!(judged[0].is_err(), "it is kept, not judged");
            let mut bent = tx.clone();
            bent.envelope.area = Area(4401);
            let bent = decode_stored(&world.chain, RawTx(bent.to_canonical()));
            assert_ne!(bent.map(|kept| kept.id()).ok(), Some(whole.envelope.tx_id()));
        }
        assert!(decode_stored(&world.chain, RawTx(whole.to_canonical())).is_ok());
    }
}

#[test]
fn a_batch_is_what_its_root_says() {
    let mut world = World::new();
    let tx = transaction(&mut world, "batch nets=100,200,300");
    assert!(door(&world, &tx).is_ok());
    let with = |change: fn(&mut Vec<BatchItem>)| {
        let mut tx = tx.clone();
        let TxBody::Batch(items) = &mut tx.body else { panic!("no batch") };
        change(items);
        refusal(&world, &tx)
    };
    assert_eq!(with(|items| drop(items.pop())), (RejectReason::BadField, Field::Batch));
    let other_root = (RejectReason::CommitmentMismatch, Field::Batch);
    assert_eq!(with(|items| items.swap(0, 1)), other_root);
    assert_eq!(with(|items| items[1].owner = OwnerCondition::Address(Address([1; 32]))), other_root);
    let mut tampered = tx.clone();
    let TxBody::Batch(items) = &mut tampered.body else { panic!("no batch") };
    let Section::Plain { bytes, .. } = &mut items[2].sections[0] else { panic!("sealed") };
    bytes[2] ^= 1;
    let refusal = door(&world, &tampered).map(|_| ()).unwrap_err();
    assert_eq!((refusal.reason, refusal.item), (RejectReason::CommitmentMismatch, Some(2)));
}

#[test]
fn numbers_in_lines_have_one_form() {
    let mut world = World::new();
    // A quantity of 2.50 written as 250 and two places: built from bytes, as its constructor makes 2.5 of it.
    let second_form = [&250i64.to_le_bytes()[..], &[2]].concat();
    let huge_scale = [&1i64.to_le_bytes()[..], &[200]].concat();
    for bytes in [second_form, huge_scale] {
        let quantity = Quantity::from_canonical(&bytes).unwrap();
        let tx = with_plain(&mut world, &|plain| {
            let lines = plain.get_mut(&SectionKind::Lines).unwrap();
            let mut list = Vec::<InvoiceLine>::from_canonical(lines).unwrap();
            list.push(InvoiceLine { quantity: Some(quantity), ..list[0].clone() });
            *lines = list.to_canonical();
        });
        let found = door(&world, &tx).map(|_| ()).unwrap_err();
        assert_eq!((found.reason, found.field, found.line), (RejectReason::BadField, Field::LineQuantity, Some(2)));
    }
    let tx = with_plain(&mut world, &|plain| {
        let lines = plain.get_mut(&SectionKind::Lines).unwrap();
        let mut list = Vec::<InvoiceLine>::from_canonical(lines).unwrap();
        list[0].rate = TaxRate::Percent(0);
        *lines = list.to_canonical();
    });
    assert_eq!(refusal(&world, &tx), (RejectReason::BadField, Field::LineRate));
}

#[test]
fn malformed_keys_are_named() {
    let mut world = World::new();
    let tx = transaction(&mut world, "keys add=7:k7");
    let with = |change: &dyn Fn(&mut KeyRecord)| {
        let mut tx = tx.clone();
        let Payload::UpdateKeys { add, .. } = &mut tx.envelope.payload else { panic!("no keys") };
        change(&mut add[0]);
        refusal(&world, &tx)
    };
    let bad = (RejectReason::BadField, Field::Keys);
    assert_eq!(with(&|key| key.public_key = [2; 33]), (RejectReason::BadKey, Field::Keys));
    assert_eq!(with(&|key| key.status = KeyStatus::Revoked), bad);
    assert_eq!(with(&|key| (key.valid_from_ms, key.valid_to_ms) = (5, 4)), bad);
    assert_eq!(with(&|key| key.daily_amount = Fen(-1)), bad);
    assert_eq!(with(&|key| key.kinds = 1), bad, "bit 0 stands for no kind");
    assert_eq!(with(&|key| key.kinds = 1 << 62), bad, "a kind to come");
    let mut many = tx.clone();
    let Payload::UpdateKeys { add, .. } = &mut many.envelope.payload else { panic!("no keys") };
    *add = vec![key_record(7, "k7"); 257];
    assert_eq!(refusal(&world, &many), bad);
    let mut twice = tx;
    let Payload::UpdateKeys { revoke, .. } = &mut twice.envelope.payload else { panic!("no keys") };
    *revoke = vec![KeyId(1), KeyId(1)];
    assert_eq!(refusal(&world, &twice), bad);
}

#[test]
fn names_and_tax_ids_of_accounts_are_checked() {
    let mut world = World::new();
    let tx = transaction(&mut world, "open");
    let with = |change: &dyn Fn(&mut Option<TaxId>, &mut String)| {
        let mut tx = tx.clone();
        let Payload::OpenAccount { tax_id, name, .. } = &mut tx.envelope.payload else { panic!("no account") };
        change(tax_id, name);
        door(&world, &tx).map(|_| ()).map_err(|r| (r.reason, r.field))
    };
    assert_eq!(with(&|_, name| *name = "名".repeat(100)), Ok(()));
    assert_eq!(with(&|_, name| *name = "名".repeat(101)), Err((RejectReason::BadField, Field::Name)));
    assert_eq!(with(&|_, name| name.push('\n')), Err((RejectReason::BadField, Field::Name)));
    let bad = TaxId::from_canonical(&"440300715267261".to_owned().to_canonical()).unwrap();
    assert_eq!(with(&|id, _| *id = Some(bad.clone())), Err((RejectReason::BadField, Field::TaxId)));
}

#[test]
fn five_hundred_spends_and_no_more() {
    let mut world = World::new();
    let tx = transaction(&mut world, "lock");
    let with = |spends: Vec<Spend>| {
        let mut tx = tx.clone();
        let Payload::Lock { spends: list, .. } = &mut tx.envelope.payload else { panic!("no lock") };
        *list = spends;
        door(&world, &tx).map(|_| ()).map_err(|r| (r.reason, r.field, r.item))
    };
    let spends = |n: u64| (0..n).map(|i| Spend::new(Slot(i), 0)).collect::<Vec<_>>();
    assert_eq!(with(spends(500)), Ok(()));
    assert_eq!(with(spends(501)), Err((RejectReason::BadField, Field::Spend, None)));
    assert_eq!(with(vec![]), Err((RejectReason::BadField, Field::Spend, None)));
    let twice = vec![Spend::new(Slot(1), 0), Spend::new(Slot(1), 5)];
    assert_eq!(with(twice), Err((RejectReason::BadField, Field::Spend, Some(1))));
    let reveal = Some(OwnerCondition::AnyOf(vec![]));
    let ill = vec![Spend::new(Slot(0), 0), Spend { reveal, ..Spend::new(Slot(1), 0) }];
    assert_eq!(with(ill), Err((RejectReason::BadField, Field::Spend, Some(1))));
}

#[test]
fn conditions_nested_without_end_are_refused_and_do_not_use_up_the_stack() {
    let mut world = World::new();
    let mut tx = transaction(&mut world, "issue");
    let marker = Address([0xa5; 32]);
    let Payload::Issue(request) = &mut tx.envelope.payload else { panic!("no issue") };
    request.owner = OwnerCondition::Address(marker);
    let bytes = tx.to_canonical();
    let place = bytes.windows(33).position(|w| w[0] == 0 && w[1..] == marker.0).unwrap();
    let nested = [4u8, 0, 0, 0, 0, 0, 0, 0, 0].repeat(200_000);
    let bytes = [&bytes[..place], &nested, &bytes[place..]].concat();
    let refusal = decode(&world.chain, RawTx(bytes)).map(|_| ()).unwrap_err();
    assert_eq!(refusal.reason, RejectReason::Malformed);
}

#[test]
fn a_bare_keys_scope_is_its_own() {
    let mut world = World::new();
    let draft = Step::parse("issue").draft(&world).unwrap();
    world.must(draft);
    let claim = transaction(&mut world, "claim");
    let admitted = world.admit(&claim).unwrap();
    assert_eq!(admitted.scope(), SignerIdentity::BareKey(Key::of("t1").bytes()).request_scope());
    assert_eq!(admitted.raw(), claim.to_canonical());
    assert_eq!(admitted.raw_len(), claim.to_canonical().len());
    assert_eq!(admitted.tx(), &claim);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Damage anywhere is a typed refusal or another transaction: never a panic, and never the same id with the same
    /// signatures accepted.
    #[test]
    fn damaged_bytes_never_pass_for_the_original(at in 0usize..4_000, bit in 0u8..8, cut in 0usize..4) {
        let mut world = World::bare();
        let original = transaction(&mut world, "issue owner=any:ann+bob pay=0:10600");
        let mut bytes = original.to_canonical();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        bytes.drain(at..(at + cut).min(bytes.len()));
        if let Ok(decoded) = decode(&world.chain, RawTx(bytes)) {
            let mut cache = sm::SignerCache::new(4, 4, 0);
            let tx = ledger::admission::authenticate(vec![decoded], &world.state, &mut cache, &*world.unsealer);
            prop_assert!(tx.unwrap()[0].is_err(), "byte {at}");
        }
    }

    #[test]
    fn bytes_of_any_kind_are_refused_without_a_panic(tail in prop::collection::vec(any::<u8>(), 0..600)) {
        let chain = ChainId([7; 32]);
        let bytes = [&[1, 0], chain.as_bytes(), &tail].concat();
        prop_assert!(decode(&chain, RawTx(bytes)).is_err());
    }
}
