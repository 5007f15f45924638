//! The voting engine: Tendermint rounds on `arc-malachitebft-core-consensus` at its effects layer.
//!
//! The same machine serves against traitors ([`ConsensusKind::Bft`], n = 3f + 1) and against crashes
//! ([`ConsensusKind::CrashFault`], n = 2f + 1); only the thresholds and what signatures cover differ.
//! Order in every answer: the records, then what may only be said once they are durable.

mod certificates;
mod config;
mod context;
mod effects;
mod future;
mod guard;
mod proposer;
mod receiving;
mod record;
mod recovery;
mod rounds;
mod signatures;
mod statement;
mod wire;

#[cfg(test)]
mod cluster;

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use crypto::SigningKey;
use ledger_types::{BlockId, CommitCertificate, ConsensusKind, Height};
use malachite_core::{Input, State, ThresholdParams};
use sm::PublicKeyBytes;

use self::{
    context::{Ctx, Members, Place},
    effects::Effects,
    future::FutureMessages,
    guard::Guard,
    record::{Entry, timeout},
    signatures::Signatures,
};
use super::{ConsensusEngine, EngineCounts, EngineMessage, EngineStopped, Out, Record, TimerKey};

pub use config::{BftConfig, Pace};
pub use future::{MAX_AHEAD, MAX_FROM_ONE};
pub use proposer::{ABSENCE_WINDOW, absent_in, proposer};
pub use statement::Statement;

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
    /// Wrong signatures at this height, by sender.
    wrong_from: BTreeMap<u16, u64>,
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
            timeouts: config.pace.timeouts(),
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
            #[cfg(planted)]
            newest: None,
        };
        Ok(Self {
            state: None,
            effects,
            thresholds,
            phase: Phase::Idle,
            set: members,
            muted: false,
            future: FutureMessages::default(),
            wrong_from: BTreeMap::new(),
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

    fn waiting_messages(&self) -> usize {
        self.future.len()
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

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<String>() {
        Some(text) => text,
        None => panic.downcast_ref::<&str>().copied().unwrap_or("no message"),
    }
}

#[cfg(test)]
#[path = "bft/bft_test.rs"]
mod bft_test;
