//! A height from its start to its decision.

use std::collections::BTreeSet;

use ledger_types::{BlockId, Height};
use malachite_core::{Error, Input, LocallyProposedValue, MisbehaviorEvidence, Params, State, ValuePayload, process};
use malachite_types::{Round, VoteExtensionPolicy};

use super::{
    BftEngine, Phase,
    context::{At, Candidate, Ctx, Place},
    effects::Refusal,
    record::verdict,
    wire::Message,
};
use crate::engines::{EngineStopped, Out};

impl BftEngine {
    pub(super) fn start_height(
        &mut self,
        height: u64,
        absent: &BTreeSet<u16>,
        out: &mut Vec<Out>,
    ) -> Result<(), EngineStopped> {
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
        self.wrong_from.clear();
        self.future.forget_before(height);
        self.records = self.records.split_off(&height);
        if self.records.contains_key(&height) || self.signed_at(height).is_some() || self.is_called() {
            self.begin(out)?;
        }
        Ok(())
    }

    /// Whether enough others are at this height already, or its proposer proposes.
    pub(super) fn is_called(&self) -> bool {
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
    pub(super) fn begin(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
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

    pub(super) fn core(&mut self) -> &mut State<Ctx> {
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

    pub(super) fn start_core(&mut self, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let enabled = !self.muted && self.effects.key.is_some();
        self.core().params.enabled = enabled;
        let (height, set) = (At(self.effects.height), self.set.clone());
        self.feed(Input::StartHeight(height, set, false, None, VoteExtensionPolicy::Disabled), out)
    }

    /// Gives the core one input and does all it asks for.
    pub(super) fn feed(&mut self, input: Input<Ctx>, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
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
            (Some(Refusal::Device(what)), _) => {
                tracing::warn!(
                    what,
                    height = self.effects.height,
                    "no vote at this height: the voting key's device failed"
                );
                self.mute(out)
            }
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

    pub(super) fn propose(&mut self, round: u32, id: BlockId, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let (height, round) = (At(self.effects.height), Round::new(round));
        self.feed(Input::Propose(LocallyProposedValue::new(height, round, Candidate(id))), out)
    }

    pub(super) fn built(&mut self, view: u64, id: BlockId, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let round = self.state.as_ref().and_then(|state| state.round().as_u32());
        match round {
            Some(round) if self.phase == Phase::Running && u64::from(round) == view && id != BlockId::ZERO => {
                // Asked for before a restart, and proposed then.
                if self.effects.proposed.contains_key(&round) { Ok(()) } else { self.propose(round, id, out) }
            }
            _ => Ok(()),
        }
    }

    pub(super) fn validated(&mut self, id: BlockId, valid: bool, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        if self.phase != Phase::Running {
            return Ok(());
        }
        let Some((round, proposer)) = self.effects.asked.remove(&id) else {
            return Ok(());
        };
        self.feed(verdict(Height(self.effects.height), round, proposer, id, valid), out)
    }
}
