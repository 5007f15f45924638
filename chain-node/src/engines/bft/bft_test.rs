#![allow(clippy::unwrap_used)]

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use crypto::{KeyError, KeyHandle, KeyProvider, KeyUse, SignRequest, SoftwareProvider, random::RandomError};
use ledger_types::{AccountId, ChainId, Digest, Validator, ValidatorSet};

use super::*;
use crate::engines::{
    RecordKind,
    bft::wire::{Message, ProposalBytes},
};

const CHAIN: ChainId = ChainId([5; 32]);

/// Four engines and what they ask; the test decides what reaches whom.
struct Four {
    keys: Vec<SigningKey>,
    config: BftConfig,
    engines: Vec<BftEngine>,
    disks: Vec<Vec<Record>>,
    outs: VecDeque<(usize, Out)>,
    said: Vec<(usize, EngineMessage)>,
    commits: Vec<(usize, CommitCertificate)>,
    grown: Vec<CommitCertificate>,
    other: Vec<(usize, Out)>,
    /// The engine that may stop, and why it did.
    may_stop: Option<usize>,
    stopped: Option<EngineStopped>,
}

impl Four {
    fn new() -> Self {
        let provider = SoftwareProvider::shared();
        let keys: Vec<_> = (0..4).map(|_| SigningKey::generate(&provider, KeyUse::Vote).unwrap()).collect();
        let validator = |key: &SigningKey| Validator { operator: AccountId(1), vote_key: key.public_key().0 };
        let validators = ValidatorSet { validators: keys.iter().map(validator).collect() };
        let (kind, pace) = (ConsensusKind::Bft, Pace::default());
        let config = BftConfig { chain: CHAIN, epoch: 3, kind, validators, pace };
        let engines = keys.iter().map(|key| BftEngine::new(&config, Some(key.clone())).unwrap()).collect();
        let (outs, said, commits, grown, other) = Default::default();
        let disks = vec![Vec::new(); 4];
        Self { keys, config, engines, disks, outs, said, commits, grown, other, may_stop: None, stopped: None }
    }

    fn call(&mut self, i: usize, call: impl FnOnce(&mut BftEngine, &mut Vec<Out>) -> Result<(), EngineStopped>) {
        let mut out = Vec::new();
        match call(&mut self.engines[i], &mut out) {
            Err(stopped) if self.may_stop == Some(i) => self.stopped = Some(stopped),
            other => other.unwrap(),
        }
        self.outs.extend(out.into_iter().map(|o| (i, o)));
    }

    fn start(&mut self, i: usize, height: u64) {
        self.call(i, |e, o| e.start(Height(height), BlockId::ZERO, &BTreeSet::new(), o));
    }

    /// Does all that is asked, with blocks that are good; messages go where `links` allows.
    fn run(&mut self, links: impl Fn(usize, usize, &Message) -> bool) {
        while let Some((i, out)) = self.outs.pop_front() {
            match out {
                Out::Persist(record) => self.disks[i].push(record),
                Out::Broadcast(message) => {
                    self.said.push((i, message.clone()));
                    let decoded = Message::decode(&message.bytes, 4).unwrap();
                    for to in (0..self.engines.len()).filter(|to| *to != i && links(i, *to, &decoded)) {
                        self.call(to, |e, o| e.on_message(i as u16, message.clone(), o));
                    }
                }
                Out::Build { height, view } => {
                    let id = BlockId::from_digest(Digest(sm::sm3(format!("{i} {height} {view}").as_bytes())));
                    self.call(i, |e, o| e.on_built(view, id, o));
                }
                Out::Validate { id, .. } => self.call(i, |e, o| e.on_validated(id, true, o)),
                Out::Commit { certificate, .. } => self.commits.push((i, certificate)),
                Out::Grown(certificate) => self.grown.push(certificate),
                Out::SetTimer(..) | Out::CancelTimer(_) | Out::SendBody { .. } => {}
                other => self.other.push((i, other)),
            }
        }
    }

    /// A new engine with the records of an old one.
    fn restart(&mut self, i: usize, records: &[Record]) {
        let mut engine = BftEngine::new(&self.config, Some(self.keys[i].clone())).unwrap();
        engine.restore(records).unwrap();
        self.engines[i] = engine;
    }

    fn said_by(&self, i: usize) -> Vec<EngineMessage> {
        self.said.iter().filter(|(from, _)| *from == i).map(|(_, m)| m.clone()).collect()
    }
}

/// All four up to the middle of height 1: nobody hears precommits.
fn before_the_decision() -> Four {
    let mut four = Four::new();
    for i in 0..4 {
        four.start(i, 1);
        four.call(i, |e, o| e.on_wanted(o));
    }
    four.run(|_, _, m| !matches!(m, Message::Vote(v) if v.step == 2));
    assert!(four.commits.is_empty());
    four
}

#[test]
fn statements_before_a_restart_are_said_again_and_not_signed_anew() {
    let mut four = before_the_decision();
    let all: Vec<_> = (0..4).map(|i| four.said_by(i)).collect();
    for (i, before) in all.into_iter().enumerate() {
        let records = four.disks[i].clone();
        four.said.clear();
        four.restart(i, &records);
        four.start(i, 1);
        four.run(|_, _, _| false);
        let again = four.said_by(i);
        assert!(before.len() >= 2 && again.iter().all(|m| before.contains(m)), "{i} said something new");
        assert!(again.iter().any(|m| before.last() == Some(m)), "{i} says its last vote again");
        assert_eq!(four.disks[i].len(), records.len(), "{i} writes nothing again");
    }
    assert!(four.other.is_empty());
}

#[test]
fn restarted_engines_decide_with_what_they_said() {
    let mut four = before_the_decision();
    for i in 0..4 {
        let records = four.disks[i].clone();
        four.restart(i, &records);
    }
    (0..4).for_each(|i| four.start(i, 1));
    four.run(|_, _, _| true);
    assert_eq!(four.commits.len(), 4);
}

#[test]
fn every_torn_tail_of_the_records_is_safe() {
    let four = before_the_decision();
    for i in 0..4 {
        let all = four.disks[i].clone();
        for kept in 0..=all.len() {
            let mut torn = before_restart_of(&four, i, &all[..kept]);
            torn.start(i, 1);
            torn.call(i, |e, o| e.on_wanted(o));
            torn.run(|_, _, _| false);
            // What is durable as a guard was perhaps heard: only the same may be said there.
            let durable: Vec<Entry> = all[..kept].iter().map(|r| Entry::decode(&r.bytes).unwrap()).collect();
            for (_, message) in &torn.said {
                let place = |e: &Entry| e.position_of(i as u16);
                let entry = match Message::decode(&message.bytes, 4).unwrap() {
                    Message::Vote(v) => Entry::Vote(v),
                    Message::Proposal(p) => Entry::Proposal(p),
                    _ => continue,
                };
                let known = durable.iter().find(|e| place(e) == place(&entry));
                assert!(known.is_none_or(|e| *e == entry), "{i} contradicts itself after {kept} records");
            }
            assert!(!torn.engines[i].is_muted(), "{i} is silent after {kept} records");
        }
    }
}

fn before_restart_of(four: &Four, i: usize, records: &[Record]) -> Four {
    let mut other = Four::new();
    other.keys.clone_from(&four.keys);
    other.config = four.config.clone();
    other.restart(i, records);
    other
}

#[test]
fn a_guard_beyond_the_records_mutes_until_it_is_passed() {
    let mut four = before_the_decision();
    let guard = four.disks[0].iter().rfind(|r| r.kind == RecordKind::Guard).cloned().unwrap();
    // All logs are lost, and the chain is one block shorter than the guard knows.
    let Entry::Vote(mut vote) = Entry::decode(&guard.bytes).unwrap() else { unreachable!("the last is a precommit") };
    vote.height = 2;
    let later = Record { height: Height(2), bytes: Entry::Vote(vote).encode(), ..guard };
    four.restart(0, &[later]);
    four.said.clear();
    four.start(0, 1);
    assert!(four.engines[0].is_muted());
    four.call(0, |e, o| e.on_wanted(o));
    four.run(|_, _, _| true);
    assert_eq!(four.said_by(0), []);
    four.start(0, 3);
    assert!(!four.engines[0].is_muted());
    assert_eq!(four.engines[0].counts().muted_heights, 1);
}

#[test]
fn a_guard_of_another_epoch_closes_its_heights_whatever_place_it_names() {
    let mut four = before_the_decision();
    let guard = four.disks[0].iter().rfind(|r| r.kind == RecordKind::Guard).cloned().unwrap();
    let Entry::Vote(mut vote) = Entry::decode(&guard.bytes).unwrap() else { unreachable!("the last is a precommit") };
    // This node stood at another place then.
    (vote.height, vote.voter) = (2, 3);
    let other = Record { epoch: 9, height: Height(2), bytes: Entry::Vote(vote).encode(), ..guard };
    four.restart(0, &[other]);
    four.said.clear();
    for height in 1..=2 {
        four.start(0, height);
        four.call(0, |e, o| e.on_wanted(o));
        four.run(|_, _, _| true);
        assert_eq!(four.said_by(0), [], "height {height}");
    }
    four.start(0, 3);
    assert!(!four.engines[0].is_muted());
}

#[test]
fn a_guard_without_its_log_never_lets_the_engine_contradict_itself() {
    let mut four = before_the_decision();
    let before = four.said_by(0);
    let heard: Vec<_> = four.said.iter().filter(|(i, _)| *i != 0).cloned().collect();
    let guard = four.disks[0].iter().rfind(|r| r.kind == RecordKind::Guard).cloned().unwrap();
    four.restart(0, &[guard]);
    four.said.clear();
    four.start(0, 1);
    four.run(|_, _, _| false);
    // The first time it finds that it must not vote; then it follows as one that watches.
    for (from, message) in heard.iter().chain(&heard) {
        four.call(0, |e, o| e.on_message(*from as u16, message.clone(), o));
        four.run(|_, _, _| false);
    }
    assert!(four.said_by(0).iter().all(|m| before.contains(m)), "0 said something new");
    assert!(four.engines[0].is_muted(), "its prevote is not known any more");
    assert_eq!(four.commits.len(), 1, "and it still follows: {:?}", four.commits);
}

#[test]
fn a_sender_of_wrong_signatures_is_not_listened_to_for_long() {
    let mut four = before_the_decision();
    let vote = four.said.iter().find(|(i, m)| *i == 2 && !is_prevote(m)).map(|(_, m)| m.clone()).unwrap();
    for n in 0..100u8 {
        let mut bytes = vote.bytes.clone();
        let last = bytes.len() - 1;
        bytes[last] ^= n + 1;
        four.call(0, |e, o| e.on_message(3, EngineMessage { epoch: 3, bytes }, o));
    }
    let EngineCounts { wrong_signature, overflow, .. } = four.engines[0].counts();
    assert_eq!((wrong_signature, overflow), (16, 84));
    let checked = four.engines[0].counts().checked_signatures;
    four.call(0, |e, o| e.on_message(2, vote, o));
    assert_eq!(four.engines[0].counts().checked_signatures, checked + 1, "others are");
}

/// A provider whose first signatures fail.
#[derive(Debug)]
struct Failing {
    inner: SoftwareProvider,
    failures: AtomicU32,
    error: KeyError,
}

impl KeyProvider for Failing {
    fn generate(&self, key_use: KeyUse) -> Result<KeyHandle, KeyError> {
        self.inner.generate(key_use)
    }
    fn public_key(&self, key: &KeyHandle) -> Result<sm::PublicKeyBytes, KeyError> {
        self.inner.public_key(key)
    }
    fn key_use(&self, key: &KeyHandle) -> Result<KeyUse, KeyError> {
        self.inner.key_use(key)
    }
    fn sign(&self, key: &KeyHandle, request: &SignRequest) -> Result<sm::Signature, KeyError> {
        let left = self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        if left.is_ok() { Err(self.error.clone()) } else { self.inner.sign(key, request) }
    }
}

/// Four engines, the last of which has a key whose first signature fails so.
fn with_failing_key(error: KeyError) -> Four {
    let mut four = Four::new();
    let provider: Arc<dyn KeyProvider> =
        Arc::new(Failing { inner: SoftwareProvider::new(), failures: AtomicU32::new(1), error });
    let key = SigningKey::generate(&provider, KeyUse::Vote).unwrap();
    four.config.validators.validators[3].vote_key = key.public_key().0;
    four.keys[3] = key;
    four.engines = four.keys.iter().map(|key| BftEngine::new(&four.config, Some(key.clone())).unwrap()).collect();
    four
}

#[test]
fn a_device_that_fails_costs_a_height_and_not_the_validator() {
    let mut four = with_failing_key(KeyError::Device("SDR_COMMFAIL".to_owned()));
    for height in [1, 2] {
        for i in 0..4 {
            four.start(i, height);
            four.call(i, |e, o| e.on_wanted(o));
        }
        four.run(|_, _, _| true);
        assert!(four.commits.iter().filter(|(i, _)| *i < 3).count() >= 3, "the others decide without it");
        assert_eq!(four.said_by(3).is_empty(), height == 1, "height {height}");
        four.commits.clear();
    }
}

/// Nothing is signed with bad randomness, and nothing goes on as if it were a matter of time.
#[test]
fn a_stuck_random_source_stops_the_validator() {
    let mut four = with_failing_key(KeyError::Random(RandomError::Stuck));
    four.may_stop = Some(3);
    for i in 0..4 {
        four.start(i, 1);
        four.call(i, |e, o| e.on_wanted(o));
    }
    four.run(|_, _, _| true);
    let what = &four.stopped.as_ref().unwrap().what;
    assert!(what.contains("the voting key cannot sign: the random bytes"), "{what}");
    assert!(four.said_by(3).is_empty());
}

#[test]
fn an_unreadable_record_stops_the_engine() {
    let four = before_the_decision();
    let mut records = four.disks[0].clone();
    records[1].bytes.pop();
    let mut engine = BftEngine::new(&four.config, Some(four.keys[0].clone())).unwrap();
    let stopped = engine.restore(&records).unwrap_err();
    assert!(stopped.what.contains("cannot be read"), "{stopped}");
    assert_eq!(engine.on_wanted(&mut Vec::new()), Err(stopped));
}

#[test]
fn a_panic_stops_the_engine_and_lets_nothing_out() {
    let mut four = Four::new();
    let engine = &mut four.engines[0];
    let mut out = vec![Out::Send(0, EngineMessage { epoch: 0, bytes: Vec::new() })];
    let stopped = engine.guarded(&mut out, |_, out| {
        out.clear();
        out.extend((0..3).map(|_| Out::Grown(certificate())));
        panic!("a planted bug")
    });
    let stopped = stopped.unwrap_err();
    assert!(stopped.what.contains("a planted bug"));
    assert_eq!(out.len(), 1);
    assert_eq!(engine.on_wanted(&mut out), Err(stopped), "and stays stopped");
}

fn certificate() -> CommitCertificate {
    CommitCertificate {
        version: 1,
        epoch: 3,
        kind: ConsensusKind::Bft,
        height: Height(1),
        round: 0,
        block_id: BlockId::ZERO,
        bitmap: vec![0],
        signatures: Vec::new(),
    }
}

#[test]
fn what_is_not_for_us_is_dropped_and_counted() {
    let mut four = before_the_decision();
    let message = four.said[0].1.clone();
    let mut engine = BftEngine::new(&four.config, Some(four.keys[3].clone())).unwrap();
    let out = &mut Vec::new();
    engine.start(Height(2), BlockId::ZERO, &BTreeSet::new(), out).unwrap();
    engine.on_message(0, EngineMessage { epoch: 2, ..message.clone() }, out).unwrap();
    engine.on_message(0, message.clone(), out).unwrap();
    engine.on_message(4, message.clone(), out).unwrap();
    engine.on_message(0, EngineMessage { epoch: 3, bytes: vec![1, 9, 9] }, out).unwrap();
    let EngineCounts { other_epoch, stale, malformed, .. } = engine.counts();
    assert_eq!((other_epoch, stale, malformed), (1, 1, 2));
    assert_eq!(*out, []);

    let at_work = &mut four.engines[1];
    at_work.on_message(0, message.clone(), out).unwrap();
    assert_eq!(at_work.counts().duplicate, 1);
    let mut forged = four.said.iter().find_map(|(_, m)| proposal_in(m)).unwrap();
    forged.block_id = BlockId([9; 33]);
    let bytes = Message::Proposal(forged).encode();
    at_work.on_message(0, EngineMessage { epoch: 3, bytes }, out).unwrap();
    assert_eq!(at_work.counts().wrong_signature, 1);
    assert_eq!(*out, []);
}

#[test]
fn an_idle_height_begins_for_enough_others_but_not_for_one() {
    let four = before_the_decision();
    let votes: Vec<_> = four.said.iter().filter(|(_, m)| is_prevote(m)).cloned().collect();
    let (proposer, proposal) = four.said.iter().find(|(_, m)| proposal_in(m).is_some()).cloned().unwrap();
    let sleeper = (0..4).find(|i| *i != proposer && votes[..2].iter().all(|(from, _)| from != i)).unwrap();
    let new = || {
        let mut engine = BftEngine::new(&four.config, Some(four.keys[sleeper].clone())).unwrap();
        engine.start(Height(1), BlockId::ZERO, &BTreeSet::new(), &mut Vec::new()).unwrap();
        engine
    };
    let mut engine = new();
    for (count, (from, vote)) in votes[..2].iter().enumerate() {
        engine.on_message(*from as u16, vote.clone(), &mut Vec::new()).unwrap();
        assert_eq!(engine.phase == Phase::Running, count == 1);
    }
    let mut engine = new();
    let stranger = (0..4).find(|i| *i != proposer && *i != sleeper).unwrap();
    engine.on_message(stranger as u16, proposal.clone(), &mut Vec::new()).unwrap();
    assert_eq!(engine.phase, Phase::Idle, "a proposal from somebody else");
    engine.on_message(proposer as u16, proposal, &mut Vec::new()).unwrap();
    assert_eq!(engine.phase, Phase::Running);
}

fn proposal_in(message: &EngineMessage) -> Option<ProposalBytes> {
    match Message::decode(&message.bytes, 4) {
        Ok(Message::Proposal(proposal)) => Some(proposal),
        _ => None,
    }
}

fn is_prevote(message: &EngineMessage) -> bool {
    matches!(Message::decode(&message.bytes, 4), Ok(Message::Vote(v)) if v.step == 1)
}

/// Bytes of all sorts near real messages, from everybody to everybody, in the middle of a height.
#[test]
fn garbage_neither_stops_an_engine_nor_keeps_it_from_deciding() {
    let mut four = before_the_decision();
    let said = four.said.clone();
    let mut state = 7u64;
    let mut chance = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..3_000 {
        let (_, mut message) = said[chance(said.len())].clone();
        for _ in 0..=chance(3) {
            let at = chance(message.bytes.len());
            // Near the front: kinds, steps, heights, rounds, places.
            let at = if chance(2) == 0 { at.min(chance(60)) } else { at };
            message.bytes[at] ^= 1 << chance(8);
        }
        if chance(10) == 0 {
            message.bytes.truncate(chance(message.bytes.len()));
        }
        let (to, from) = (chance(4), chance(5) as u16);
        four.call(to, |e, o| e.on_message(from, message, o));
    }
    four.run(|_, _, _| false);
    assert!(four.commits.is_empty());
    for (from, message) in said {
        for to in (0..4).filter(|to| *to != from) {
            four.engines[to].wrong_from.clear();
            four.call(to, |e, o| e.on_message(from as u16, message.clone(), o));
        }
    }
    four.run(|_, _, _| true);
    assert_eq!(four.commits.len(), 4);
    assert!(four.other.is_empty(), "no evidence comes of garbage: {:?}", four.other);
}

#[test]
fn an_observer_follows_without_a_word() {
    let mut four = Four::new();
    four.engines.push(BftEngine::new(&four.config, None).unwrap());
    four.disks.push(Vec::new());
    for i in 0..5 {
        four.start(i, 1);
        four.call(i, |e, o| e.on_wanted(o));
    }
    four.run(|_, _, _| true);
    assert_eq!(four.commits.iter().filter(|(i, _)| *i == 4).count(), 1);
    assert_eq!((four.said_by(4), four.disks[4].as_slice()), (vec![], &[][..]));
    assert_eq!((four.engines[4].place(), four.engines[2].place()), (None, Some(2)));
}

#[test]
fn late_precommits_make_the_certificate_whole() {
    let mut four = Four::new();
    for i in 0..4 {
        four.start(i, 1);
        four.call(i, |e, o| e.on_wanted(o));
    }
    four.run(|_, _, _| true);
    assert_eq!(four.commits.len(), 4);
    assert!(four.commits.iter().all(|(_, c)| c.signatures.len() >= 3));
    assert!(four.grown.iter().any(|c| c.bitmap == [0b1111] && c.signatures.len() == 4));
    let late = four.said.iter().rfind(|(_, m)| !is_prevote(m)).cloned().unwrap();
    let before = four.grown.len();
    four.call((late.0 + 1) % 4, |e, o| e.on_message(late.0 as u16, late.1, o));
    four.run(|_, _, _| true);
    assert_eq!(four.grown.len(), before, "a signature is added once");
}
