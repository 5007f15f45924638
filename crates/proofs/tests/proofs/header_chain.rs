//! Following headers: every rule, one broken at a time.

use ledger_types::{
    AccountId, Change, ChangeSet, ConsensusKind, Digest, GovernanceChange, Header, Height, Proposal, ProposalId,
    ProposalState, RegistryKey, RegistryValue, ValidatorSet,
};
use proofs::header_chain::{Approval, Check};
use proofs::{CertificateError, HeaderChain, HeaderEntry, HeaderError, change_leaf, log_tree};

use crate::chain::{Chain, certify, validators};

/// Five validators, two blocks followed, and the header that would come third.
struct Story {
    chain: Chain,
    followed: HeaderChain,
    next: Header,
}

fn story() -> Story {
    let mut chain = Chain::new("headers", 5);
    (0..3).for_each(|_| chain.add(Vec::new(), Vec::new(), &[]));
    let mut followed = HeaderChain::new(chain.genesis.clone());
    for frame in &chain.frames[..2] {
        let (header, certificate) = (frame.block.header.clone(), frame.certificate.clone());
        followed
            .push(&HeaderEntry { header, certificate, next_validators: None, approval: None }, Check::Full)
            .unwrap();
    }
    let next = chain.frames[2].block.header.clone();
    Story { chain, followed, next }
}

/// The third header, changed and then certified by these of its validators.
fn entry(story: &Story, signers: &[usize], change: impl FnOnce(&mut Header)) -> HeaderEntry {
    let mut header = story.next.clone();
    change(&mut header);
    let certificate = certify(&story.chain.id, &header, &validators(5).1, signers);
    HeaderEntry { header, certificate, next_validators: None, approval: None }
}

fn push(change: impl FnOnce(&mut Header)) -> Result<(), HeaderError> {
    let mut story = story();
    let entry = entry(&story, &[0, 1, 2, 3], change);
    story.followed.push(&entry, Check::Full)
}

#[test]
fn the_next_header_must_continue_the_one_before() {
    assert_eq!(push(|_| {}), Ok(()));
    assert_eq!(push(|h| h.version = 2), Err(HeaderError::Version(2)));
    let twin = Chain::new("twin", 5).id;
    let trusted = story().chain.id;
    assert_eq!(push(|h| h.chain_id = twin), Err(HeaderError::OtherChain { trusted, found: twin }));
    let skipped = HeaderError::Height { expected: Height(3), found: Height(4) };
    assert_eq!(push(|h| h.height = Height(4)), Err(skipped));
    assert_eq!(push(|h| h.parent.0[9] ^= 1), Err(HeaderError::Parent(Height(3))));
    assert_eq!(push(|h| h.protocol = 99), Err(HeaderError::NewerProtocol { height: Height(3), found: 99 }));
    let before = story().followed.time();
    assert_eq!(push(|h| h.time = before), Err(HeaderError::Time(Height(3))));
}

#[test]
fn rules_change_only_with_the_epoch_and_epochs_come_one_by_one() {
    let epoch = Err(HeaderError::Epoch(Height(3)));
    assert_eq!(push(|h| h.consensus = ConsensusKind::CrashFault), epoch);
    assert_eq!(push(|h| h.protocol = 2), epoch);
    assert_eq!(push(|h| h.epoch = 2), epoch);
    assert_eq!(push(|h| (h.epoch, h.protocol) = (1, 2)), Ok(()));
    let back = push(|h| (h.epoch, h.protocol) = (1, 0));
    assert_eq!(back, epoch, "protocol versions do not go back");
    assert_eq!(push(|h| h.validators_hash = Digest([1; 32])), Err(HeaderError::Validators(Height(3))));
}

#[test]
fn other_validators_come_with_the_header_that_names_them_and_certify_from_the_next_on() {
    let mut story = story();
    let (four, keys) = validators(4);
    let named = four.digest(&story.chain.id);
    let without = entry(&story, &[0, 1, 2, 3], |h| h.next_validators_hash = named);
    let refused = Err(HeaderError::NextValidators(Height(3)));
    assert_eq!(story.followed.push(&without, Check::Full), refused);
    let fewer = ValidatorSet { validators: four.validators[..3].to_vec() };
    let wrong = HeaderEntry { next_validators: Some(fewer), ..without.clone() };
    assert_eq!(story.followed.push(&wrong, Check::Full), refused);
    let unneeded = HeaderEntry { next_validators: Some(four.clone()), ..entry(&story, &[0, 1, 2, 3], |_| {}) };
    assert_eq!(story.followed.push(&unneeded, Check::Full), refused);
    let right = HeaderEntry { next_validators: Some(four.clone()), ..without };
    assert_eq!(story.followed.push(&right, Check::Full), Ok(()));
    assert_eq!(story.followed.validators_at(Height(4)), Some(&four));
    assert_eq!(story.followed.validators_at(Height(3)), Some(&story.chain.genesis.validators));
    assert_eq!(story.followed.validators_at(Height(5)), None);
    let header = |epoch| Header {
        height: Height(4),
        epoch,
        parent: right.header.block_id(),
        time: right.header.time.plus_ms(1),
        validators_hash: named,
        ..right.header.clone()
    };
    let by_four = |epoch| {
        let header = header(epoch);
        let certificate = certify(&story.chain.id, &header, &keys, &[0, 1, 2]);
        HeaderEntry { header, certificate, next_validators: None, approval: None }
    };
    assert_eq!(story.followed.push(&by_four(0), Check::Full), Err(HeaderError::Epoch(Height(4))));
    assert_eq!(story.followed.push(&by_four(1), Check::Full), Ok(()));
}

#[test]
fn certificates_are_checked_in_full_and_a_refused_header_changes_nothing() {
    let mut story = story();
    let certificate = |error| Err(HeaderError::Certificate { height: Height(3), error });
    let few = entry(&story, &[0, 1, 2], |_| {});
    let quorum = CertificateError::Quorum { signed: 3, needed: 4 };
    assert_eq!(story.followed.push(&few, Check::Full), certificate(quorum));
    let mut repeated = entry(&story, &[0, 1, 2, 3], |_| {});
    repeated.certificate.signatures[3] = repeated.certificate.signatures[2];
    assert_eq!(story.followed.push(&repeated, Check::Full), certificate(CertificateError::Signature(3)));
    assert_eq!(story.followed.height(), Height(2));
    assert_eq!(story.followed.push(&entry(&story, &[0, 1, 2, 4], |_| {}), Check::Full), Ok(()));
    assert_eq!(story.followed.state_root_after(Height(2)), Some(story.next.state_root));
    assert_eq!(story.followed.state_root_after(Height(3)), None);
}

fn scheduled(kind: ConsensusKind, effective: u64, state: ProposalState) -> Change {
    let proposal = Proposal {
        id: ProposalId(1),
        proposer: AccountId(10),
        change: GovernanceChange::Consensus(kind),
        effective: Height(effective),
        approvals: Vec::new(),
        state,
    };
    let value = Some(Box::new(RegistryValue::Proposal(Box::new(proposal))));
    Change::Registry { cause: 0, key: RegistryKey::Proposal(ProposalId(1)), value }
}

/// Follows a chain whose first block holds `change`, up to a third header of crash-fault consensus with these signers.
fn weaken(
    change: Change,
    signers: &[usize],
    approval: impl FnOnce(Approval) -> Option<Approval>,
) -> Result<(), HeaderError> {
    let mut chain = Chain::new("headers", 5);
    let other = scheduled(ConsensusKind::Bft, 9, ProposalState::Open);
    let changes = ChangeSet { changes: vec![other, change] };
    let root = proofs::changes_root(&changes);
    chain.add(Vec::new(), Vec::new(), &[]);
    let (_, keys) = validators(5);
    let first = chain.frames[0].block.header.clone();
    let second = Header {
        height: Height(2),
        parent: first.block_id(),
        time: first.time.plus_ms(1),
        changes_root: root,
        ..first.clone()
    };
    let third = Header {
        height: Height(3),
        parent: second.block_id(),
        time: second.time.plus_ms(1),
        epoch: 1,
        consensus: ConsensusKind::CrashFault,
        ..first.clone()
    };
    let mut followed = HeaderChain::new(chain.genesis.clone());
    for (header, signers) in [(first, &[0, 1, 2, 3][..]), (second, &[0, 1, 2, 3])] {
        let certificate = certify(&chain.id, &header, &keys, signers);
        followed
            .push(&HeaderEntry { header, certificate, next_validators: None, approval: None }, Check::Full)
            .unwrap();
    }
    let leaves: Vec<_> = changes.changes.iter().map(change_leaf).collect();
    let path = log_tree::steps(&leaves, 1).unwrap();
    let proof = Approval { height: Height(1), change: changes.changes[1].clone(), path };
    let certificate = certify(&chain.id, &third, &keys, signers);
    let entry = HeaderEntry { header: third, certificate, next_validators: None, approval: approval(proof) };
    followed.push(&entry, Check::Full)
}

#[test]
fn fewer_do_not_bring_in_a_kind_under_which_fewer_are_enough() {
    let right = || scheduled(ConsensusKind::CrashFault, 3, ProposalState::Scheduled);
    let refused = |why| Err(HeaderError::Approval { height: Height(3), why });
    assert_eq!(weaken(right(), &[0, 1, 2], Some), Ok(()));
    assert_eq!(weaken(right(), &[0, 1, 2, 3], |_| None), Ok(()), "as many as before need no approval");
    assert_eq!(weaken(right(), &[0, 1, 2], |_| None), refused("it is missing"));
    let quorum = CertificateError::Quorum { signed: 2, needed: 3 };
    let few = HeaderError::Certificate { height: Height(3), error: quorum };
    assert_eq!(weaken(right(), &[0, 1], Some), Err(few));
    for other in [
        scheduled(ConsensusKind::CrashFault, 4, ProposalState::Scheduled),
        scheduled(ConsensusKind::Bft, 3, ProposalState::Scheduled),
        scheduled(ConsensusKind::CrashFault, 3, ProposalState::Open),
    ] {
        assert_eq!(weaken(other, &[0, 1, 2], Some), refused("it is for another change"));
    }
    let not_there = refused("it is not among the changes of its block");
    let open = || scheduled(ConsensusKind::CrashFault, 3, ProposalState::Open);
    assert_eq!(weaken(open(), &[0, 1, 2], |proof| Some(Approval { change: right(), ..proof })), not_there);
    assert_eq!(weaken(right(), &[0, 1, 2], |proof| Some(Approval { height: Height(2), ..proof })), not_there);
}
