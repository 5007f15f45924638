//! The voting engine: Tendermint rounds on `arc-malachitebft-core-consensus` at its effects layer.
//!
//! The same machine serves against traitors ([`ConsensusKind::Bft`], n = 3f + 1) and against crashes
//! ([`ConsensusKind::CrashFault`], n = 2f + 1); only the thresholds and what signatures cover differ.
//! Order in every answer: the records, then what may only be said once they are durable.

mod certificates;
mod context;
mod effects;
mod future;
mod guard;
mod proposer;
mod record;
mod recovery;
mod signatures;
mod wire;

#[cfg(test)]
mod cluster;

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use crypto::SigningKey;
use ledger_types::{BlockId, ChainId, CommitCertificate, ConsensusKind, Height, ValidatorSet};
use malachite_core::{
    Error, Input, LocallyProposedValue, MisbehaviorEvidence, Params, State, ThresholdParams, ValuePayload, process,
};
use malachite_types::{LinearTimeouts, Round, SignedVote, VoteExtensionPolicy};
use sm::PublicKeyBytes;

use self::{
    context::{At, Candidate, Ctx, Members, Place},
    effects::{Effects, Refusal},
    future::{FutureMessages, Kept},
    guard::Guard,
    record::{Entry, timeout, verdict},
    signatures::Signatures,
    wire::Message,
};
use super::{ConsensusEngine, EngineCounts, EngineMessage, EngineStopped, Out, Record, TimerKey};

pub use proposer::{ABSENCE_WINDOW, absent_in, proposer};

/// How long the engine waits, in milliseconds. Each wait grows by `step` with each round of a height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// For a proposal and the verdict on its block.
    pub propose: u64,
    /// For the rest of the votes, once a quorum voted but did not agree.
    pub vote: u64,
    /// By how much each wait grows with the round.
    pub step: u64,
    /// Until the own votes are said again.
    pub rebroadcast: u64,
    /// The longest wait.
    pub max: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { propose: 800, vote: 300, step: 200, rebroadcast: 1_000, max: 10_000 }
    }
}

/// What an engine of one epoch is made from.
#[derive(Clone, Debug)]
pub struct BftConfig {
    /// The chain.
    pub chain: ChainId,
    /// The epoch; nothing of another is listened to.
    pub epoch: u64,
    /// [`ConsensusKind::Bft`] or [`ConsensusKind::CrashFault`].
    pub kind: ConsensusKind,
    /// The validators of the epoch.
    pub validators: ValidatorSet,
    /// Its waits.
    pub pace: Pace,
}

/// Where the present height stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nobody wants a block yet.
    Idle,
    /// Rounds go on.
    Running,
    /// The block is final; the node has yet to start the next height.
    Decided,
}

/// A consensus engine of one epoch. Made anew for the next.
pub struct BftEngine {
    state: Option<State<Ctx>>,
    effects: Effects,
    thresholds: ThresholdParams,
    phase: Phase,
    /// The validators with those absent at this height.
    set: Members,
    /// This height is watched without voting.
    muted: bool,
    future: FutureMessages,
    /// Records from before the restart, by height.
    records: BTreeMap<u64, Vec<Entry>>,
    /// The last signed statement from before the restart.
    last_signed: Option<Entry>,
    /// The certificate of the height before, which late precommits make better.
    last: Option<CommitCertificate>,
    stopped: Option<EngineStopped>,
}

impl BftEngine {
    /// An engine that votes with `key` if it is a validator's, and else watches.
    ///
    /// # Errors
    /// If the set is empty or too large, or the kind is not one of this engine's.
    pub fn new(config: &BftConfig, key: Option<SigningKey>) -> Result<Self, EngineStopped> {
        Self::with_thresholds(config, key, certificates::thresholds(config.kind))
    }

    fn with_thresholds(
        config: &BftConfig,
        key: Option<SigningKey>,
        thresholds: ThresholdParams,
    ) -> Result<Self, EngineStopped> {
        let refuse = |what: &str| EngineStopped { height: Height(0), what: what.to_owned() };
        if config.kind == ConsensusKind::Solo {
            return Err(refuse("a voting engine cannot make certificates of a solo chain"));
        }
        let members = Members::new(config.validators.validators.iter().map(|v| PublicKeyBytes(v.vote_key)));
        if !(1..=proofs::certificate::MAX_VALIDATORS).contains(&config.validators.validators.len()) {
            return Err(refuse("a validator set has 1 to 256 members"));
        }
        let place = key
            .as_ref()
            .and_then(|key| (0..members.len()).map(Place).find(|place| members.key(*place) == Some(key.public_key())));
        let effects = Effects {
            epoch: config.epoch,
            kind: config.kind,
            timeouts: timeouts(config.pace),
            members: members.clone(),
            place,
            key: key.filter(|_| place.is_some()),
            signatures: Signatures::new(config.chain, config.epoch, config.kind),
            guard: Guard::default(),
            counts: EngineCounts::default(),
            height: 0,
            timers: BTreeSet::new(),
            asked: BTreeMap::new(),
            judged: BTreeSet::new(),
            proposed: BTreeMap::new(),
            wanted_in_replay: None,
            replayed: None,
            refused: None,
            decided: None,
        };
        Ok(Self {
            state: None,
            effects,
            thresholds,
            phase: Phase::Idle,
            set: members,
            muted: false,
            future: FutureMessages::default(),
            records: BTreeMap::new(),
            last_signed: None,
            last: None,
            stopped: None,
        })
    }

    /// The place of this node's key in the validator set; `None` for an observer.
    #[must_use]
    pub fn place(&self) -> Option<u16> {
        self.effects.place.map(|place| place.0)
    }

    /// Whether this height is watched without voting.
    #[must_use]
    pub fn is_muted(&self) -> bool {
        self.muted
    }

    /// Runs one call; a panic inside stops the engine, and nothing of that call gets out.
    fn guarded(
        &mut self,
        out: &mut Vec<Out>,
        call: impl FnOnce(&mut Self, &mut Vec<Out>) -> Result<(), EngineStopped>,
    ) -> Result<(), EngineStopped> {
        if let Some(stopped) = &self.stopped {
            return Err(stopped.clone());
        }
        let before = out.len();
        let result = catch_unwind(AssertUnwindSafe(|| call(self, out)));
        let result = result.unwrap_or_else(|panic| Err(self.stop(&format!("a bug: {}", panic_text(panic.as_ref())))));
        if let Err(stopped) = &result {
            out.truncate(before);
            self.stopped = Some(stopped.clone());
        }
        result
    }

    fn stop(&self, what: &str) -> EngineStopped {
        EngineStopped { height: Height(self.effects.height), what: what.to_owned() }
    }

    fn start_height(&mut self, height: u64, absent: &BTreeSet<u16>, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        if let Some(state) = &mut self.state
            && self.phase == Phase::Running
        {
            // Overtaken by block sync: what the core saw is not lost.
            let (proposals, votes) = (state.driver.take_proposal_evidence(), state.driver.take_vote_evidence());
            self.effects.surface(&MisbehaviorEvidence { proposals, votes }, out);
        }
        self.last = self.effects.decided.take().filter(|c| c.height.0 + 1 == height);
        self.effects.begin_height(height, out);
        self.set = self.effects.members.with_absent(absent);
        self.phase = Phase::Idle;
        self.muted = self.effects.guard.is_beyond(height);
        self.effects.counts.muted_heights += u64::from(self.muted);
        self.future.forget_before(height);
        self.records = self.records.split_off(&height);
        if self.records.contains_key(&height) || self.signed_at(height).is_some() || self.is_called() {
            self.begin(out)?;
        }
        Ok(())
    }

    /// Whether enough others are at this height already, or its proposer proposes.
    fn is_called(&self) -> bool {
        let waiting = self.future.waiting(self.effects.height);
        let senders: BTreeSet<u16> = waiting.iter().map(|(from, _)| *from).collect();
        let by_proposer = |(from, message): &(u16, Message)| match message {
            Message::Proposal(p) => p.proposer == *from && self.set.proposer(p.height, p.round).0 == *from,
            _ => false,
        };
        self.thresholds.honest.is_met(senders.len() as u64, u64::from(self.set.len()))
            || waiting.iter().any(by_proposer)
    }

    /// Begins the rounds of the present height.
    fn begin(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        self.phase = Phase::Running;
        let height = self.effects.height;
        if self.muted {
            self.start_core(out)?;
        } else {
            self.replay(out)?;
        }
        for (_, message) in self.future.take(height) {
            self.take_message(message, out)?;
        }
        Ok(())
    }

    fn core(&mut self) -> &mut State<Ctx> {
        self.state.get_or_insert_with(|| {
            let params = Params {
                address: self.effects.place.unwrap_or(Place(u16::MAX)),
                threshold_params: self.thresholds,
                value_payload: ValuePayload::ProposalAndParts,
                enabled: true,
            };
            // Messages ahead of time wait with us, bounded by sender: the core's own queue stays empty.
            State::new(Ctx, At(self.effects.height), self.set.clone(), params, 1, 1)
        })
    }

    fn start_core(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let enabled = !self.muted && self.effects.key.is_some();
        self.core().params.enabled = enabled;
        let (height, set) = (At(self.effects.height), self.set.clone());
        self.feed(Input::StartHeight(height, set, false, None, VoteExtensionPolicy::Disabled), out)
    }

    /// Gives the core one input and does all it asks for.
    fn feed(&mut self, input: Input<Ctx>, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let Some(state) = &mut self.state else {
            return Ok(());
        };
        let effects = &mut self.effects;
        let result: Result<(), Error<Ctx>> = process!(
            input: input,
            state: state,
            metrics: &(),
            with: effect => effects.handle(effect, out)
        );
        if self.effects.decided.is_some() {
            self.phase = Phase::Decided;
        }
        match result {
            Ok(()) => Ok(()),
            Err(error) => self.core_failed(&error, out),
        }
    }

    fn core_failed(&mut self, error: &Error<Ctx>, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        match (self.effects.refused.take(), error) {
            (Some(Refusal::Key(what)), _) => Err(self.stop(&format!("the voting key cannot sign: {what}"))),
            // What was signed here before is not known in full: watch until the height is over.
            (Some(Refusal::Guard), _) | (None, Error::ReplayDivergence(..)) => self.mute(out),
            (None, Error::DecisionNotFound(..) | Error::UnexpectedResume(..) | Error::WalCorrupted(_)) => {
                Err(self.stop(&error.to_string()))
            }
            // Nothing was said in answer to this input, as if it had been lost.
            (None, _) => {
                self.effects.counts.core_errors += 1;
                Ok(())
            }
        }
    }

    fn mute(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        self.muted = true;
        self.effects.counts.muted_heights += 1;
        let height = self.effects.height;
        self.effects.begin_height(height, out);
        self.state = None;
        self.start_core(out)
    }

    fn receive(&mut self, from: u16, message: &EngineMessage, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let counts = &mut self.effects.counts;
        if message.epoch != self.effects.epoch {
            counts.other_epoch += 1;
            return Ok(());
        }
        let validators = self.effects.members.len();
        let Ok(message) = Message::decode(&message.bytes, validators).map_err(drop) else {
            counts.malformed += 1;
            return Ok(());
        };
        if from >= validators {
            counts.malformed += 1;
            return Ok(());
        }
        let (height, about) = (self.effects.height, message.height());
        if about < height || (about == height && self.phase == Phase::Decided) {
            return Ok(self.take_late(message, out));
        }
        if about == height && self.phase == Phase::Running {
            return self.take_message(message, out);
        }
        match self.future.keep(height, from, message) {
            Kept::Yes => {}
            Kept::Twice => self.effects.counts.duplicate += 1,
            Kept::No => self.effects.counts.overflow += 1,
        }
        if about == height && self.is_called() { self.begin(out) } else { Ok(()) }
    }

    /// A precommit that came after the decision makes the certificate better; all else is too late.
    fn take_late(&mut self, message: Message, out: &mut Vec<Out>) {
        let certificate = match &mut self.effects.decided {
            Some(present) => Some(present),
            None => self.last.as_mut(),
        };
        if let (Message::Vote(vote), Some(certificate)) = (message, certificate)
            && let Ok(vote) = SignedVote::<Ctx>::try_from(vote)
            && certificates::belongs(certificate, &vote)
            && Effects::grow(certificate, &mut self.effects.signatures, &self.effects.members, &vote)
        {
            out.push(Out::Grown(certificate.clone()));
        } else {
            self.effects.counts.stale += 1;
        }
    }

    fn take_message(&mut self, message: Message, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        if self.phase == Phase::Decided {
            self.take_late(message, out);
            return Ok(());
        }
        let input = match message {
            Message::Vote(vote) => vote.try_into().map(Input::Vote),
            Message::Proposal(proposal) => Ok(Input::Proposal(proposal.into())),
            Message::Polka(certificate) => Ok(Input::PolkaCertificate(certificate.into())),
            Message::Round(certificate) => certificate.try_into().map(Input::RoundCertificate),
        };
        let Ok(input) = input else {
            self.effects.counts.malformed += 1;
            return Ok(());
        };
        if self.is_known(&input) {
            self.effects.counts.duplicate += 1;
            return Ok(());
        }
        self.feed(input, out)
    }

    /// Whether the core took the same before, so that it need not be looked at again.
    fn is_known(&self, input: &Input<Ctx>) -> bool {
        let Some(state) = &self.state else {
            return false;
        };
        match input {
            Input::Vote(vote) => state.driver.votes().has_vote(vote),
            Input::Proposal(proposal) => {
                let (round, id) = (proposal.round, proposal.value.0);
                let known = state.driver.proposal_and_validity_for_round_and_value(round, id);
                known.is_some_and(|(known, _)| known == proposal)
            }
            _ => false,
        }
    }

    fn propose(&mut self, round: u32, id: BlockId, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let (height, round) = (At(self.effects.height), Round::new(round));
        self.feed(Input::Propose(LocallyProposedValue::new(height, round, Candidate(id))), out)
    }

    fn built(&mut self, view: u64, id: BlockId, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let round = self.state.as_ref().and_then(|state| state.round().as_u32());
        match round {
            Some(round) if self.phase == Phase::Running && u64::from(round) == view && id != BlockId::ZERO => {
                // Asked for before a restart, and proposed then.
                if self.effects.proposed.contains_key(&round) { Ok(()) } else { self.propose(round, id, out) }
            }
            _ => Ok(()),
        }
    }

    fn validated(&mut self, id: BlockId, valid: bool, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        if self.phase != Phase::Running {
            return Ok(());
        }
        let Some((round, proposer)) = self.effects.asked.remove(&id) else {
            return Ok(());
        };
        self.feed(verdict(Height(self.effects.height), round, proposer, id, valid), out)
    }
}

impl ConsensusEngine for BftEngine {
    fn kind(&self) -> ConsensusKind {
        self.effects.kind
    }

    fn restore(&mut self, records: &[Record]) -> Result<(), EngineStopped> {
        self.guarded(&mut Vec::new(), |engine, _| engine.read_records(records))
    }

    fn start(
        &mut self,
        height: Height,
        _parent: BlockId,
        absent: &BTreeSet<u16>,
        out: &mut Vec<Out>,
    ) -> Result<(), EngineStopped> {
        self.guarded(out, |engine, out| engine.start_height(height.0, absent, out))
    }

    fn on_wanted(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        self.guarded(out, |engine, out| if engine.phase == Phase::Idle { engine.begin(out) } else { Ok(()) })
    }

    fn on_message(&mut self, from: u16, message: EngineMessage, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        self.guarded(out, |engine, out| engine.receive(from, &message, out))
    }

    fn on_timer(&mut self, timer: TimerKey, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        self.guarded(out, |engine, out| {
            let runs = engine.effects.timers.remove(&timer) && engine.phase == Phase::Running;
            match timeout(timer.round, timer.kind).filter(|_| runs) {
                Some(timeout) => engine.feed(Input::TimeoutElapsed(timeout), out),
                None => Ok(()),
            }
        })
    }

    fn on_built(&mut self, view: u64, id: BlockId, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        self.guarded(out, |engine, out| engine.built(view, id, out))
    }

    fn on_validated(&mut self, id: BlockId, valid: bool, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        self.guarded(out, |engine, out| engine.validated(id, valid, out))
    }

    fn counts(&self) -> EngineCounts {
        let signatures = &self.effects.signatures;
        EngineCounts {
            wrong_signature: signatures.wrong,
            checked_signatures: signatures.checked,
            reused_signatures: signatures.reused,
            ..self.effects.counts
        }
    }
}

fn timeouts(pace: Pace) -> LinearTimeouts {
    let [propose, vote, step, rebroadcast, max] =
        [pace.propose, pace.vote, pace.step, pace.rebroadcast, pace.max].map(Duration::from_millis);
    LinearTimeouts {
        propose,
        propose_delta: step,
        prevote: vote,
        prevote_delta: step,
        precommit: vote,
        precommit_delta: step,
        rebroadcast,
        max_timeout: max,
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<String>() {
        Some(text) => text,
        None => panic.downcast_ref::<&str>().copied().unwrap_or("no message"),
    }
}
