//! Another key of the committee: named, shown by each validator, in force at a height, and the overlap.

use crypto::{CommitteeKeys, KeyUse, SenderKey, SigningKey, SoftwareProvider};
use ledger::StateView;
use ledger_types::limits::{COMMITTEE_NOTICE, MAX_COMMITTEE_OVERLAP_MS, MIN_COMMITTEE_OVERLAP_MS};
use ledger_types::receipt::ReceiptSubject;
use ledger_types::seal::seal_body;
use ledger_types::*;
use std::sync::Arc;

use crate::governance::{OPERATORS, decide};
use crate::scenario::Step;
use crate::world::{Draft, START, World, account_id, genesis};

fn key(key_use: KeyUse) -> SigningKey {
    SigningKey::generate(&SoftwareProvider::shared(), key_use).unwrap()
}

/// A chain of four bureaus whose bodies are sealed.
struct Rotation {
    world: World,
    voters: Vec<SigningKey>,
    keys: Arc<CommitteeKeys>,
    sender: SenderKey,
    first: Committee,
}

/// The world's unsealer and the test's are one.
struct Shared(Arc<CommitteeKeys>);

impl Unsealer for Shared {
    fn agreed(&self, chain: &ChainId, seal: &Seal) -> Result<Arc<SealKey>, CannotAgree> {
        self.0.agreed(chain, seal)
    }
}

impl Rotation {
    fn new() -> Self {
        let voters: Vec<_> = (0..5).map(|_| key(KeyUse::Vote)).collect();
        let members = OPERATORS[..4].iter().zip(&voters);
        let validators = members
            .map(|(name, voter)| Validator { operator: account_id(name).unwrap(), vote_key: voter.public_key().0 })
            .collect();
        let keys = Arc::new(CommitteeKeys::default());
        let first = new_key(&keys, 1);
        let genesis = Genesis {
            version: Genesis::SEALING,
            committee: Some(first),
            consensus: ConsensusKind::Bft,
            validators: ValidatorSet { validators },
            ..genesis()
        };
        let mut world = World::furnished(genesis);
        world.unsealer = Box::new(Shared(keys.clone()));
        Self { world, voters, keys, sender: SenderKey::new(key(KeyUse::Encryption)).unwrap(), first }
    }

    /// Names a new key of the next epoch, and passes on to where it is named.
    fn name(&mut self, overlap_ms: u64) -> Committee {
        let epoch = self.committee().epoch + 1;
        let committee = new_key(&self.keys, epoch);
        let change = GovernanceChange::NextCommittee(CommitteeChange { committee, overlap_ms });
        let effective = self.world.height + 5;
        decide(&mut self.world, change, effective);
        self.reach(effective - 1);
        committee
    }

    fn reach(&mut self, height: u64) {
        while self.world.height < height {
            self.world.pass(1_000);
        }
    }

    fn proof(&self, committee: Committee, voter: usize) -> CommitteeReady {
        self.keys.prove(&self.world.chain, committee, &self.voters[voter]).unwrap().unwrap()
    }

    fn show(&mut self, committee: Committee, voter: usize) -> Receipt {
        let ready = Payload::CommitteeReady(Box::new(self.proof(committee, voter)));
        self.world.submit(&Draft::new("whoever", ready)).unwrap()
    }

    fn show_all(&mut self, committee: Committee, voters: &[usize]) {
        for voter in voters {
            let receipt = self.show(committee, *voter);
            assert!(receipt.is_accepted(), "{receipt:?}");
        }
    }

    fn entry(&self, key: RegistryKey) -> Option<RegistryValue> {
        self.world.state.registry(&key).unwrap()
    }

    fn committee(&self) -> Committee {
        match self.entry(RegistryKey::Committee) {
            Some(RegistryValue::Committee(committee)) => committee,
            other => panic!("{other:?}"),
        }
    }

    fn next(&self) -> Option<NextCommittee> {
        match self.entry(RegistryKey::NextCommittee) {
            Some(RegistryValue::NextCommittee(next)) => Some(next),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    fn accepted(&self) -> Vec<u32> {
        match self.entry(RegistryKey::AcceptedEpochs) {
            Some(RegistryValue::AcceptedEpochs(accepted)) => accepted.epochs,
            None => Vec::new(),
            other => panic!("{other:?}"),
        }
    }

    /// Whether an invoice sealed for this committee may stand in the next block; the refusal's arguments if not.
    fn judge(&mut self, committee: Committee) -> Result<(), Vec<Arg>> {
        let draft = Step::parse("issue").draft(&self.world).unwrap();
        let at = self.world.time + 1_000;
        let plain = self.world.transaction(&draft, at);
        let agreed = self.sender.agreed(&self.world.chain, &committee).unwrap();
        let body = seal_body(&plain, &agreed, (committee.epoch, self.sender.public_key().0), |_, _| None);
        match self.world.admit(&Transaction { body, ..plain }) {
            Ok(_) => Ok(()),
            Err(refusal) => {
                assert_eq!(refusal.reason, RejectReason::WrongSealEpoch);
                Err(refusal.args)
            }
        }
    }
}

fn new_key(keys: &CommitteeKeys, epoch: u32) -> Committee {
    let private = key(KeyUse::Encryption);
    let committee = Committee { epoch, public_key: private.public_key().0 };
    keys.insert(epoch, private).unwrap();
    committee
}

fn reasons(receipt: &Receipt) -> Vec<RejectReason> {
    receipt.refusals().iter().map(|refusal| refusal.reason).collect()
}

fn said(a: u64, b: u64) -> Vec<Arg> {
    vec![Arg::Count(a), Arg::Count(b)]
}

#[test]
fn a_key_is_in_force_so_many_blocks_after_the_last_validator_showed_it() {
    let mut chain = Rotation::new();
    let first = chain.first;
    let second = chain.name(MIN_COMMITTEE_OVERLAP_MS);
    let named = chain.next().unwrap();
    assert_eq!((named.change.committee, named.named, named.first), (second, Height(chain.world.height + 1), None));
    chain.show_all(second, &[2, 0, 3]);
    assert!(chain.next().unwrap().ready.is_sorted());
    chain.reach(chain.world.height + 3 * COMMITTEE_NOTICE);
    assert_eq!((chain.next().unwrap().first, chain.committee()), (None, first), "one has not shown it");
    chain.show_all(second, &[1]);
    assert_eq!(chain.next().unwrap().first, None, "decided by the state before");
    chain.world.pass(1_000);
    let in_force = chain.world.height + COMMITTEE_NOTICE;
    assert_eq!(chain.next().unwrap().first, Some(Height(in_force)), "announced");
    chain.reach(in_force - 2);
    assert_eq!((chain.committee(), chain.judge(second)), (first, Err(said(2, 1))), "a block early");
    assert_eq!(chain.judge(first), Ok(()));
    let last = chain.world.pass(1_000);
    assert_eq!((chain.world.height, chain.committee(), chain.next()), (in_force - 1, second, None));
    assert_eq!(last.receipts, []);
    assert_eq!((chain.judge(second), chain.judge(first)), (Ok(()), Ok(())), "both, for the overlap");
    let until = BlockTime(chain.world.time + MIN_COMMITTEE_OVERLAP_MS);
    let past = PastCommittee { committee: first, last: Height(in_force - 1), until };
    assert_eq!(chain.entry(RegistryKey::PastCommittee(1)), Some(RegistryValue::PastCommittee(past)));
    // No other epoch of the validators began.
    assert_eq!(ledger::regime(&chain.world.state, ConsensusKind::Bft).unwrap().epoch.number, 0);
}

#[test]
fn the_overlap_ends_with_the_first_block_after_its_time() {
    let mut chain = Rotation::new();
    let first = chain.first;
    let second = chain.name(2 * MIN_COMMITTEE_OVERLAP_MS);
    chain.show_all(second, &[0, 1, 2, 3]);
    chain.reach(chain.world.height + COMMITTEE_NOTICE);
    assert_eq!((chain.committee(), chain.accepted()), (second, vec![1]));
    let Some(RegistryValue::PastCommittee(past)) = chain.entry(RegistryKey::PastCommittee(1)) else { panic!() };
    let until = past.until.0;
    assert_eq!(chain.world.block(until, &[]).receipts, []);
    assert_eq!(chain.judge(first), Ok(()), "up to its time, and in the first block after it");
    let outcome = chain.world.pass(1);
    let task = TimerTask::EndCommitteeOverlap { epoch: 1 };
    assert_eq!(outcome.receipts.iter().map(|r| r.subject).collect::<Vec<_>>(), [ReceiptSubject::System(task)]);
    assert_eq!((chain.judge(first), chain.judge(second)), (Err(said(1, 2)), Ok(())));
    assert_eq!(chain.entry(RegistryKey::AcceptedEpochs), None);
    assert_eq!(chain.entry(RegistryKey::PastCommittee(1)), Some(RegistryValue::PastCommittee(past)), "on record");
}

#[test]
fn overlaps_of_several_epochs_end_each_at_its_own_time() {
    let mut chain = Rotation::new();
    let mut committees = vec![chain.first];
    for overlap in [3 * MIN_COMMITTEE_OVERLAP_MS, MIN_COMMITTEE_OVERLAP_MS] {
        let next = chain.name(overlap);
        chain.show_all(next, &[0, 1, 2, 3]);
        chain.reach(chain.world.height + COMMITTEE_NOTICE);
        committees.push(next);
    }
    assert_eq!((chain.committee().epoch, chain.accepted()), (3, vec![1, 2]));
    chain.world.pass(MIN_COMMITTEE_OVERLAP_MS);
    chain.world.pass(1_000);
    assert_eq!(chain.accepted(), [1], "the second epoch's was shorter");
    let verdicts: Vec<_> = committees.iter().map(|committee| chain.judge(*committee)).collect();
    assert_eq!(verdicts, [Ok(()), Err(said(2, 3)), Ok(())]);
}

#[test]
fn a_dead_validator_is_suspended_and_the_rest_is_enough() {
    let mut chain = Rotation::new();
    let second = chain.name(MIN_COMMITTEE_OVERLAP_MS);
    chain.show_all(second, &[0, 1, 2]);
    let vote_key = chain.voters[3].public_key().0;
    let effective = chain.world.height + 6;
    decide(&mut chain.world, GovernanceChange::Suspend { vote_key }, effective);
    chain.reach(effective - 2);
    assert_eq!(chain.next().unwrap().first, None);
    chain.world.pass(1_000);
    assert_eq!(chain.next().unwrap().first, Some(Height(effective - 1 + COMMITTEE_NOTICE)));
    chain.reach(effective - 2 + COMMITTEE_NOTICE);
    assert_eq!(chain.committee(), second);
}

#[test]
fn a_validator_that_joins_without_the_key_takes_the_announcement_back() {
    let mut chain = Rotation::new();
    let first = chain.first;
    let second = chain.name(MIN_COMMITTEE_OVERLAP_MS);
    chain.show_all(second, &[0, 1, 2, 3]);
    chain.world.pass(1_000);
    let announced = chain.next().unwrap().first.unwrap().0;
    let members = OPERATORS.iter().zip(&chain.voters);
    let validators = members
        .map(|(name, voter)| Validator { operator: account_id(name).unwrap(), vote_key: voter.public_key().0 })
        .collect();
    let change = GovernanceChange::Validators(ValidatorSet { validators });
    // The last block before the announced height: the newcomer would have to judge the next one.
    decide(&mut chain.world, change, announced);
    assert_eq!(reasons(&chain.show(second, 4)), [RejectReason::ReadinessForeign], "not one yet");
    chain.reach(announced - 1);
    assert_eq!((chain.committee(), chain.next().unwrap().first), (first, None));
    chain.show_all(second, &[4]);
    chain.world.pass(1_000);
    let again = chain.next().unwrap().first.unwrap().0;
    chain.reach(again - 1);
    assert_eq!(chain.committee(), second);
}

#[test]
fn a_key_that_nobody_gets_ready_for_is_given_up_by_another_change() {
    let mut chain = Rotation::new();
    let second = chain.name(MIN_COMMITTEE_OVERLAP_MS);
    chain.show_all(second, &[0, 1, 2, 3]);
    chain.world.pass(1_000);
    assert!(chain.next().unwrap().first.is_some(), "also one that was announced");
    let effective = chain.world.height + 5;
    decide(&mut chain.world, GovernanceChange::WithdrawCommittee { epoch: 2 }, effective);
    chain.reach(effective - 1);
    assert_eq!(chain.next(), None);
    assert_eq!(reasons(&chain.show(second, 0)), [RejectReason::NoNextCommittee]);
    chain.reach(effective + 2 * COMMITTEE_NOTICE);
    assert_eq!((chain.committee(), chain.accepted()), (chain.first, vec![]));
    // Another key of the same epoch begins with nobody ready.
    chain.keys = Arc::new(CommitteeKeys::default());
    let other = chain.name(MIN_COMMITTEE_OVERLAP_MS);
    assert_eq!(chain.next().unwrap().ready, Vec::<[u8; 33]>::new());
    let mut foreign = chain.proof(other, 0);
    foreign.body.committee = second;
    let payload = Payload::CommitteeReady(Box::new(foreign));
    let refusal = chain.world.submit(&Draft::new("whoever", payload)).unwrap_err();
    assert_eq!(refusal.reason, RejectReason::KeyNotPossessed, "bound to the key itself");
}

#[test]
fn changes_that_make_no_sense_are_refused() {
    let mut chain = Rotation::new();
    let good = CommitteeChange {
        committee: Committee { epoch: 2, public_key: key(KeyUse::Encryption).public_key().0 },
        overlap_ms: MIN_COMMITTEE_OVERLAP_MS,
    };
    let propose = |chain: &mut Rotation, change| {
        let effective = Height(chain.world.height + 50);
        let payload = Payload::ProposeChange { change, effective };
        chain.world.submit(&Draft::new("bureau", payload)).map(|receipt| reasons(&receipt))
    };
    let next = GovernanceChange::NextCommittee;
    for epoch in [0, 1, 3, u32::MAX] {
        let change = CommitteeChange { committee: Committee { epoch, ..good.committee }, ..good };
        assert_eq!(propose(&mut chain, next(change)), Ok(vec![RejectReason::CommitteeKeyInvalid]), "{epoch}");
    }
    let same = CommitteeChange { committee: Committee { epoch: 2, ..chain.first }, ..good };
    assert_eq!(propose(&mut chain, next(same)), Ok(vec![RejectReason::CommitteeKeyInvalid]));
    let nowhere = CommitteeChange { committee: Committee { epoch: 2, public_key: [2; 33] }, ..good };
    let overlap = |overlap_ms| CommitteeChange { overlap_ms, ..good };
    let out = [overlap(MIN_COMMITTEE_OVERLAP_MS - 1), overlap(MAX_COMMITTEE_OVERLAP_MS + 1)];
    for bad in [nowhere, out[0], out[1]] {
        assert_eq!(propose(&mut chain, next(bad)).unwrap_err().reason, RejectReason::BadField);
    }
    let withdraw = GovernanceChange::WithdrawCommittee { epoch: 2 };
    assert_eq!(propose(&mut chain, withdraw), Ok(vec![RejectReason::NoNextCommittee]));
    assert_eq!(propose(&mut chain, next(good)), Ok(vec![]));
    chain.name(MIN_COMMITTEE_OVERLAP_MS);
    assert_eq!(propose(&mut chain, next(good)), Ok(vec![RejectReason::CommitteeKeyInvalid]), "one at a time");
    let other = GovernanceChange::WithdrawCommittee { epoch: 3 };
    assert_eq!(propose(&mut chain, other), Ok(vec![RejectReason::NoNextCommittee]));
    // A chain of plain bodies has no committee to change.
    let mut plain = World::new();
    let payload = Payload::ProposeChange { change: next(CommitteeChange { ..good }), effective: Height(50) };
    let receipt = plain.submit(&Draft::new("node", payload)).unwrap();
    assert_eq!(reasons(&receipt), [RejectReason::CommitteeKeyInvalid]);
    assert!(plain.time > START);
}

#[test]
fn readiness_is_taken_once_and_only_of_validators_for_the_key_that_is_named() {
    let mut chain = Rotation::new();
    let early = new_key(&chain.keys, 7);
    assert_eq!(reasons(&chain.show(early, 0)), [RejectReason::NoNextCommittee]);
    let second = chain.name(MIN_COMMITTEE_OVERLAP_MS);
    assert_eq!(reasons(&chain.show(early, 0)), [RejectReason::NoNextCommittee]);
    assert_eq!(reasons(&chain.show(second, 4)), [RejectReason::ReadinessForeign]);
    chain.show_all(second, &[0]);
    assert_eq!(reasons(&chain.show(second, 0)), [RejectReason::ReadinessKnown]);
    let bend = |chain: &mut Rotation, bend: fn(&mut CommitteeReady)| {
        let mut ready = chain.proof(second, 1);
        bend(&mut ready);
        let payload = Payload::CommitteeReady(Box::new(ready));
        chain.world.submit(&Draft::new("whoever", payload)).unwrap_err().reason
    };
    assert_eq!(bend(&mut chain, |r| r.possession[9] ^= 1), RejectReason::KeyNotPossessed);
    assert_eq!(bend(&mut chain, |r| r.possession = r.signature), RejectReason::KeyNotPossessed);
    assert_eq!(bend(&mut chain, |r| r.signature[9] ^= 1), RejectReason::ReadinessSignature);
    assert_eq!(bend(&mut chain, |r| r.body.vote_key = [2; 33]), RejectReason::BadKey);
    assert_eq!(bend(&mut chain, |r| r.version = 0), RejectReason::UnknownVersion);
    assert_eq!(chain.next().unwrap().ready, [chain.voters[0].public_key().0]);
}
