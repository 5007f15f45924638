//! Sealed bodies at the door: what opens, what does not, and what says nothing of the transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use crypto::{CommitteeKeys, KeyUse, SenderKey, SigningKey, SoftwareProvider};
use ledger::admission::{AdmissionFault, RawTx, authenticate, decode};
use ledger::{GenesisError, genesis_changes};
use ledger_types::seal::{NoKeys, SealKey, seal_body};
use ledger_types::transaction::TxBody;
use ledger_types::*;

use crate::scenario::Step;
use crate::world::{Goods, World, committed, genesis};

fn key() -> SigningKey {
    SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Encryption).unwrap()
}

/// A chain whose bodies are sealed.
struct Sealed {
    world: World,
    committee: Committee,
    private: SigningKey,
    sender: SenderKey,
}

impl Sealed {
    fn new() -> Self {
        let private = key();
        let committee = Committee { epoch: 1, public_key: private.public_key().0 };
        let genesis = Genesis { version: Genesis::SEALING, committee: Some(committee), ..genesis() };
        let mut world = World::furnished(genesis);
        world.unsealer = Box::new(CommitteeKeys::new([(1, private.clone())].into()).unwrap());
        Self { world, committee, private, sender: SenderKey::new(key()).unwrap() }
    }

    fn plain(&mut self, step: &str) -> Transaction {
        let draft = Step::parse(step).draft(&self.world).unwrap();
        let at = self.world.time + 1_000;
        self.world.transaction(&draft, at)
    }

    fn agreed(&self) -> Arc<SealKey> {
        self.sender.agreed(&self.world.chain, &self.committee).unwrap()
    }

    fn seal(&self, plain: &Transaction) -> Transaction {
        let named = (self.committee.epoch, self.sender.public_key().0);
        let cover = zeroize::Zeroizing::new([9; 32]);
        let body = seal_body(plain, &self.agreed(), named, |item, key| (item != 1).then(|| key.covered(&cover)));
        Transaction { body, ..plain.clone() }
    }

    fn reason(&mut self, tx: &Transaction) -> RejectReason {
        self.world.admit(tx).unwrap_err().reason
    }
}

#[test]
fn a_sealed_body_is_judged_as_if_it_were_in_clear() {
    for step in ["issue", "batch nets=100,200,300", "apply"] {
        let mut chain = Sealed::new();
        let plain = chain.plain(step);
        let sealed = chain.seal(&plain);
        assert_eq!(sealed.envelope.tx_id(), plain.envelope.tx_id());
        let admitted = chain.world.admit(&sealed).unwrap();
        assert_eq!(admitted.tx(), &sealed, "it travels on as it came");
        let at = chain.world.time + 1_000;
        let receipts = chain.world.block(at, &[admitted]).receipts;
        assert!(receipts[0].is_accepted(), "{step}: {receipts:?}");
    }
}

#[test]
fn a_chain_seals_all_bodies_or_none() {
    let mut chain = Sealed::new();
    for step in ["issue", "batch nets=100,200,300", "apply"] {
        let plain = chain.plain(step);
        assert_eq!(chain.reason(&plain), RejectReason::MustBeSealed, "{step}");
    }
    let mut open = World::new();
    let draft = Step::parse("issue").draft(&open).unwrap();
    let at = open.time + 1_000;
    let plain = open.transaction(&draft, at);
    let agreed = chain.sender.agreed(&open.chain, &chain.committee).unwrap();
    let body = seal_body(&plain, &agreed, (1, chain.sender.public_key().0), |_, _| None);
    let refusal = open.admit(&Transaction { body, ..plain.clone() }).map(drop).unwrap_err();
    assert_eq!((refusal.reason, refusal.args), (RejectReason::WrongSealEpoch, vec![Arg::Count(1), Arg::Count(0)]));
    open.admit(&plain).unwrap();
}

#[test]
fn what_is_sealed_for_another_epoch_is_refused_by_name() {
    let mut chain = Sealed::new();
    let plain = chain.plain("issue");
    let sealed = chain.seal(&plain);
    for epoch in [0, 2, u32::MAX] {
        let mut other = sealed.clone();
        let TxBody::SealedSections { seal, .. } = &mut other.body else { panic!("sealed") };
        seal.epoch = epoch;
        let refusal = chain.world.admit(&other).map(drop).unwrap_err();
        let args = vec![Arg::Count(u64::from(epoch)), Arg::Count(1)];
        assert_eq!((refusal.reason, refusal.args), (RejectReason::WrongSealEpoch, args));
    }
    // The right number over another key: nobody can open it.
    let committee = Committee { epoch: 1, public_key: key().public_key().0 };
    let agreed = chain.sender.agreed(&chain.world.chain, &committee).unwrap();
    let body = seal_body(&plain, &agreed, (1, chain.sender.public_key().0), |_, _| None);
    assert_eq!(chain.reason(&Transaction { body, ..plain }), RejectReason::CannotOpen);
}

#[test]
fn every_changed_bit_of_a_sealed_body_is_refused() {
    let mut chain = Sealed::new();
    for step in ["issue", "batch nets=100,200"] {
        let plain = chain.plain(step);
        let sealed = chain.seal(&plain);
        let bytes = sealed.to_canonical();
        let body = sealed.body.to_canonical();
        let start = sealed.envelope.to_canonical().len();
        assert_eq!(&bytes[start..start + body.len()], &body);
        chain.world.admit(&sealed).unwrap();
        let mut opened_wrongly = BTreeMap::new();
        for bit in start * 8..(start + body.len()) * 8 {
            let mut bent = bytes.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            let Ok(decoded) = decode(&chain.world.chain, RawTx(bent)) else { continue };
            let world = &mut chain.world;
            let answer = authenticate(vec![decoded], &world.state, &mut world.cache, &*world.unsealer);
            match answer.unwrap().remove(0) {
                Ok(_) => panic!("{step}: bit {} of the body's byte {} does not count", bit % 8, bit / 8 - start),
                Err((_, refusal)) => *opened_wrongly.entry(refusal.reason).or_insert(0) += 1,
            }
        }
        assert!(opened_wrongly[&RejectReason::CannotOpen] > 1_000, "{opened_wrongly:?}");
        assert_eq!(opened_wrongly[&RejectReason::WrongSealEpoch], 32, "the bits of the epoch");
    }
}

#[test]
fn contents_that_are_not_those_committed_to_are_refused() {
    let mut chain = Sealed::new();
    let plain = chain.plain("issue");
    // Sealed rightly, for the right commitments, by who may: but it says something else.
    let mut other = plain.clone();
    let (_, sections) = committed(&chain.world.chain, &Goods::of_net(1).plain());
    other.body = TxBody::Sections(sections);
    assert_eq!(chain.reason(&chain.seal(&other)), RejectReason::CommitmentMismatch);
    let mut mixed = chain.seal(&plain);
    let (TxBody::SealedSections { sections, .. }, TxBody::Sections(clear)) = (&mut mixed.body, &plain.body) else {
        panic!("one invoice")
    };
    sections[1] = clear[1].clone();
    assert_eq!(chain.reason(&mixed), RejectReason::BadSections);
    let mut short = chain.seal(&plain);
    let TxBody::SealedSections { seal, .. } = &mut short.body else { panic!("sealed") };
    seal.for_holders.push(None);
    assert_eq!(chain.reason(&short), RejectReason::BadSections, "a place for each invoice's holder and no more");
    let mut nowhere = chain.seal(&plain);
    let TxBody::SealedSections { seal, .. } = &mut nowhere.body else { panic!("sealed") };
    seal.sender = [0xff; 33];
    assert_eq!(chain.reason(&nowhere), RejectReason::CannotOpen);
    // Limits of opened fields hold as they do in clear.
    let mut large = Goods::of_net(10_000).plain();
    large.insert(SectionKind::Contacts, vec![0; 4_097]);
    let (commitments, sections) = committed(&chain.world.chain, &large);
    let mut draft = Step::parse("issue").draft(&chain.world).unwrap();
    (draft.sections, draft.body) = (commitments, TxBody::Sections(sections));
    let at = chain.world.time + 1_000;
    let large = chain.world.transaction(&draft, at);
    assert_eq!(chain.reason(&chain.seal(&large)), RejectReason::BadField);
}

#[test]
fn a_missing_key_is_a_fault_of_this_node_and_no_verdict() {
    let mut chain = Sealed::new();
    let plain = chain.plain("issue");
    let sealed = chain.seal(&plain);
    let without = |tx: &Transaction, chain: &mut Sealed| {
        let decoded = decode(&chain.world.chain, RawTx(tx.to_canonical())).unwrap();
        authenticate(vec![decoded], &chain.world.state, &mut chain.world.cache, &NoKeys).map(drop)
    };
    assert_eq!(without(&sealed, &mut chain), Err(AdmissionFault::MissingKey { epoch: 1 }));
    // What needs no key to be refused, or has nothing to open, is judged without one.
    without(&plain, &mut chain).unwrap();
    let claim = chain.plain("claim");
    without(&claim, &mut chain).unwrap();
    let mut forged = sealed;
    forged.signatures[0][3] ^= 1;
    without(&forged, &mut chain).unwrap();
}

#[test]
fn genesis_names_a_committee_in_version_two_alone() {
    let committee = Committee { epoch: 1, public_key: key().public_key().0 };
    let verdict = |version, committee| genesis_changes(&Genesis { version, committee, ..genesis() }).map(drop);
    assert_eq!(verdict(1, None), Ok(()));
    assert_eq!(verdict(2, Some(committee)), Ok(()));
    assert_eq!(verdict(1, Some(committee)), Err(GenesisError::Committee(1)));
    assert_eq!(verdict(2, None), Err(GenesisError::Committee(2)));
    assert_eq!(verdict(2, Some(Committee { epoch: 2, ..committee })), Err(GenesisError::Committee(2)));
    assert_eq!(verdict(2, Some(Committee { public_key: [2; 33], ..committee })), Err(GenesisError::Committee(2)));
    assert_eq!(verdict(3, Some(committee)), Err(GenesisError::Version(3)));
    let chain = Sealed::new();
    assert_eq!(ledger::admission::committee(&chain.world.state), Ok(Some(chain.committee)));
    assert_eq!(ledger::admission::committee(&World::bare().state), Ok(None));
    assert_eq!(chain.private.public_key().0, chain.committee.public_key);
}
