//! Messages of the others: dropped, kept for later, or given to the core.

use malachite_core::Input;
use malachite_types::SignedVote;

use super::{BftEngine, Phase, certificates, context::Ctx, effects::Effects, future::Kept, wire::Message};
use crate::engines::{EngineMessage, EngineStopped, Out};

/// How many wrong signatures of one sender are looked at in a height. A correct one hands on none: it checks before.
const MAX_WRONG_FROM_ONE: u64 = 16;

impl BftEngine {
    pub(super) fn receive(
        &mut self,
        from: u16,
        message: &EngineMessage,
        out: &mut Vec<Out>,
    ) -> Result<(), EngineStopped> {
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
        if self.wrong_from.get(&from).is_some_and(|wrong| *wrong >= MAX_WRONG_FROM_ONE) {
            counts.overflow += 1;
            return Ok(());
        }
        let before = self.effects.signatures.wrong;
        let result = self.take_or_keep(from, message, out);
        let wrong = self.effects.signatures.wrong - before;
        if wrong > 0 {
            *self.wrong_from.entry(from).or_default() += wrong;
        }
        result
    }

    fn take_or_keep(&mut self, from: u16, message: Message, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
        let (height, about) = (self.effects.height, message.height());
        if about < height || (about == height && self.phase == Phase::Decided) {
            self.take_late(message, out);
            return Ok(());
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

    pub(super) fn take_message(&mut self, message: Message, out: &mut Vec<Out>) -> Result<(), EngineStopped> {
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
}
