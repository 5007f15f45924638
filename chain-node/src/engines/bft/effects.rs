//! What the core asks for, done or handed on to the node.

use std::collections::{BTreeMap, BTreeSet};

use crypto::SigningKey;
use ledger_types::{BlockId, CommitCertificate, ConsensusKind, Height};
use malachite_core::{
    ConsensusMsg, Effect, Input, LivenessMsg, MisbehaviorEvidence, Resumable, Resume, SignedConsensusMsg,
};
use malachite_types::{CertificateError, LinearTimeouts, SignedMessage, SignedProposal, SignedVote, Timeout, VoteType};
use sm::PublicKeyBytes;
use storage::planted::{self, Bug};

use super::{
    certificates,
    context::{Ctx, Members, Place, Proposal, Vote},
    guard::{Guard, Position},
    record::{Entry, timer_kind},
    signatures::Signatures,
    wire::{Message, round_number, step_number},
};
use crate::engines::{EngineCounts, EngineMessage, Evidence, Out, Record, RecordKind, TimerKey};

/// Why a statement was not signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Something may have been signed there already.
    Guard,
    /// The key failed for good.
    Key(String),
    /// The device that holds the key failed: it may be back at the next height.
    Device(String),
}

/// Everything of the engine but the core's state.
pub(crate) struct Effects {
    pub(crate) epoch: u64,
    pub(crate) kind: ConsensusKind,
    pub(crate) timeouts: LinearTimeouts,
    pub(crate) members: Members,
    pub(crate) place: Option<Place>,
    pub(crate) key: Option<SigningKey>,
    pub(crate) signatures: Signatures,
    pub(crate) guard: Guard,
    pub(crate) counts: EngineCounts,
    pub(crate) height: u64,
    /// Timers that run.
    pub(crate) timers: BTreeSet<TimerKey>,
    /// Blocks of this height whose verdict is awaited, with round and proposer of their first proposal.
    pub(crate) asked: BTreeMap<BlockId, (u32, Place)>,
    /// Blocks of this height with a verdict.
    pub(crate) judged: BTreeSet<BlockId>,
    /// What we proposed at this height, by round.
    pub(crate) proposed: BTreeMap<u32, BlockId>,
    /// Rounds for which a block was asked of us during replay.
    pub(crate) wanted_in_replay: Option<u32>,
    /// The records being replayed: they are not written again.
    pub(crate) replayed: Option<BTreeSet<Vec<u8>>>,
    /// Why the last statement was not signed.
    pub(crate) refused: Option<Refusal>,
    /// The certificate of this height.
    pub(crate) decided: Option<CommitCertificate>,
    /// The newest proposal, for a bug.
    #[cfg(planted)]
    pub(crate) newest: Option<(malachite_types::Round, BlockId)>,
}

impl Effects {
    /// Forgets the height before.
    pub(crate) fn begin_height(&mut self, height: u64, out: &mut Vec<Out>) {
        self.cancel_timers(out);
        self.height = height;
        self.asked.clear();
        self.judged.clear();
        self.proposed.clear();
        self.wanted_in_replay = None;
        self.replayed = None;
        self.refused = None;
        self.decided = None;
    }

    /// A message to all others.
    pub(crate) fn broadcast(&self, message: &Message, out: &mut Vec<Out>) {
        out.push(Out::Broadcast(EngineMessage { epoch: self.epoch, bytes: message.encode() }));
    }

    /// Does what one effect asks. An error leaves the core without its answer, and it gives up on its input.
    pub(crate) fn handle(&mut self, effect: Effect<Ctx>, out: &mut Vec<Out>) -> Result<Resume<Ctx>, Refusal> {
        Ok(match effect {
            Effect::CancelAllTimeouts(r) => {
                self.cancel_timers(out);
                r.resume_with(())
            }
            Effect::CancelTimeout(timeout, r) => {
                self.cancel_timer(timeout, out);
                r.resume_with(())
            }
            Effect::ScheduleTimeout(timeout, r) => {
                self.set_timer(timeout, out);
                r.resume_with(())
            }
            Effect::StartRound(_, round, _, _, r) => {
                self.counts.extra_rounds += u64::from(round_number(round) > 0);
                r.resume_with(())
            }
            Effect::GetValue(_, round, _, r) => {
                self.want_block(round_number(round), out);
                r.resume_with(())
            }
            Effect::WalAppend(_, input, r) => {
                self.write(&input, out);
                self.note(&input, out);
                r.resume_with(())
            }
            Effect::SignVote(vote, r) => r.resume_with(self.sign_vote(vote, out)?),
            Effect::SignProposal(proposal, r) => r.resume_with(self.sign_proposal(proposal, out)?),
            Effect::VerifySignature(message, key, r) => r.resume_with(self.verify(&message, &key)),
            Effect::Finalize(certificate, _, evidence, r) => {
                self.surface(&evidence, out);
                let certificate = certificates::to_ledger(&certificate, self.epoch, self.kind, self.members.len());
                self.decided = Some(certificate.clone());
                self.cancel_timers(out);
                out.push(Out::Commit { id: certificate.block_id, certificate });
                r.resume_with(())
            }
            publish => return Ok(self.publish_or_check(publish, out)),
        })
    }

    fn publish_or_check(&mut self, effect: Effect<Ctx>, out: &mut Vec<Out>) -> Resume<Ctx> {
        match effect {
            Effect::PublishConsensusMsg(message, r) => {
                self.publish(&message, out);
                r.resume_with(())
            }
            Effect::PublishLivenessMsg(message, r) => {
                let message = match &message {
                    LivenessMsg::Vote(vote) => Message::Vote(vote.into()),
                    LivenessMsg::PolkaCertificate(certificate) => Message::Polka(certificate.into()),
                    LivenessMsg::SkipRoundCertificate(certificate) => Message::Round(certificate.into()),
                };
                self.broadcast(&message, out);
                r.resume_with(())
            }
            Effect::RepublishVote(vote, r) => {
                self.broadcast(&Message::Vote((&vote).into()), out);
                r.resume_with(())
            }
            Effect::RepublishRoundCertificate(certificate, r) => {
                self.broadcast(&Message::Round((&certificate).into()), out);
                r.resume_with(())
            }
            Effect::RestreamProposal(_, _, _, _, id, r) => {
                out.push(Out::SendBody { height: Height(self.height), id });
                r.resume_with(())
            }
            Effect::VerifyCommitCertificate(certificate, set, thresholds, r) => {
                r.resume_with(self.signatures.check_commit(&certificate, &set, thresholds.quorum))
            }
            Effect::VerifyPolkaCertificate(certificate, set, thresholds, r) => {
                r.resume_with(self.signatures.check_polka(&certificate, &set, thresholds.quorum))
            }
            Effect::VerifyRoundCertificate(certificate, set, thresholds, r) => {
                r.resume_with(self.signatures.check_round(&certificate, &set, thresholds))
            }
            // Block sync is the node's, and votes carry no extensions.
            Effect::VerifyExtendedCommitCertificate(_, _, _, _, r) => {
                r.resume_with(Err(CertificateError::VerificationError(None)))
            }
            Effect::ExtendVote(_, _, _, _, r) => r.resume_with(None),
            Effect::VerifyVoteExtension(_, _, _, _, _, _, r) => {
                r.resume_with(Err(malachite_core::VoteExtensionError::InvalidVoteExtension))
            }
            _ => Resume::Continue,
        }
    }

    fn publish(&self, message: &SignedConsensusMsg<Ctx>, out: &mut Vec<Out>) {
        match message {
            SignedConsensusMsg::Vote(vote) => self.broadcast(&Message::Vote(vote.into()), out),
            SignedConsensusMsg::Proposal(proposal) => {
                // A block that is proposed again was sent again on the core's own request.
                if proposal.locked_round.is_nil() {
                    out.push(Out::SendBody { height: Height(self.height), id: proposal.value.0 });
                }
                self.broadcast(&Message::Proposal(proposal.into()), out);
            }
        }
    }

    fn want_block(&mut self, round: u32, out: &mut Vec<Out>) {
        if self.replayed.is_some() {
            self.wanted_in_replay = Some(round);
        } else {
            out.push(Out::Build { height: Height(self.height), view: u64::from(round) });
        }
    }

    fn note(&mut self, input: &Input<Ctx>, out: &mut Vec<Out>) {
        match input {
            Input::Proposal(proposal) => self.ask(proposal, out),
            Input::ProposedValue(value, _) => {
                self.asked.remove(&value.value.0);
                self.judged.insert(value.value.0);
            }
            _ => {}
        }
    }

    fn write(&mut self, input: &Input<Ctx>, out: &mut Vec<Out>) {
        // A node that only watches has nothing to contradict.
        if self.key.is_none() {
            return;
        }
        let Some(entry) = Entry::of_input(input) else {
            return;
        };
        let bytes = entry.encode();
        if !self.replayed.as_ref().is_some_and(|known| known.contains(&bytes)) {
            out.push(Out::Persist(Record {
                kind: RecordKind::Log,
                epoch: self.epoch,
                height: Height(self.height),
                bytes,
            }));
        }
    }

    /// A proposal was taken: the node must say whether its block is good.
    fn ask(&mut self, proposal: &SignedProposal<Ctx>, out: &mut Vec<Out>) {
        let id = proposal.value.0;
        #[cfg(planted)]
        {
            self.newest = Some((proposal.round, id));
        }
        if Some(proposal.proposer) == self.place {
            self.proposed.entry(round_number(proposal.round)).or_insert(id);
        }
        if self.judged.contains(&id) || self.asked.contains_key(&id) {
            return;
        }
        self.asked.insert(id, (round_number(proposal.round), proposal.proposer));
        if self.replayed.is_none() {
            out.push(Out::Validate { height: Height(self.height), id });
        }
    }

    fn sign_vote(&mut self, vote: Vote, out: &mut Vec<Out>) -> Result<SignedVote<Ctx>, Refusal> {
        #[cfg(planted)]
        let vote = self.without_lock(vote);
        let step = step_number(vote.step);
        let key = self.key_at(Position { height: vote.height.0, round: round_number(vote.round), step })?;
        let body = self.signatures.vote_body(&vote);
        let signature = key.sign_vote(self.signatures.chain(), &body).map_err(|e| self.key_failed(&e))?;
        let message = self.signatures.vote_message(&vote);
        self.signatures.trust(&key.public_key(), &message, signature);
        let signed = SignedMessage::new(vote, signature);
        self.advance(&Entry::Vote((&signed).into()), out);
        Ok(signed)
    }

    /// The bug of ignoring a lock: a prevote for none becomes one for what was proposed.
    #[cfg(planted)]
    fn without_lock(&self, mut vote: Vote) -> Vote {
        if planted::is_on(Bug::WrongUnlock) && vote.step == VoteType::Prevote {
            let proposed = self.newest.filter(|(round, id)| *round == vote.round && self.judged.contains(id));
            vote.value = proposed.map_or(vote.value, |(_, id)| malachite_types::NilOrVal::Val(id));
        }
        vote
    }

    fn sign_proposal(&mut self, proposal: Proposal, out: &mut Vec<Out>) -> Result<SignedProposal<Ctx>, Refusal> {
        let round = round_number(proposal.round);
        let key = self.key_at(Position { height: proposal.height.0, round, step: Position::PROPOSAL })?;
        let body = self.signatures.proposal_body(&proposal);
        let signature = key.sign_proposal(self.signatures.chain(), &body).map_err(|e| self.key_failed(&e))?;
        let message = self.signatures.proposal_message(&proposal);
        self.signatures.trust(&key.public_key(), &message, signature);
        let signed = SignedMessage::new(proposal, signature);
        self.advance(&Entry::Proposal((&signed).into()), out);
        Ok(signed)
    }

    /// The key, if nothing was signed at or after `position`.
    fn key_at(&mut self, position: Position) -> Result<SigningKey, Refusal> {
        let refusal = match &self.key {
            Some(key) if self.guard.allows(position) => return Ok(key.clone()),
            Some(_) => Refusal::Guard,
            None => Refusal::Key("this node has no voting key".to_owned()),
        };
        self.refused = Some(refusal.clone());
        Err(refusal)
    }

    fn key_failed(&mut self, error: &crypto::KeyError) -> Refusal {
        let refusal = match error {
            crypto::KeyError::Device(_) => Refusal::Device(error.to_string()),
            _ => Refusal::Key(error.to_string()),
        };
        self.refused = Some(refusal.clone());
        refusal
    }

    /// Writes the guard together with the signature: after a crash both are there, or neither, and it never left.
    fn advance(&mut self, entry: &Entry, out: &mut Vec<Out>) {
        if let Some(position) = self.place.and_then(|place| entry.position_of(place.0)) {
            self.guard.advance(position);
        }
        let record =
            Record { kind: RecordKind::Guard, epoch: self.epoch, height: Height(self.height), bytes: entry.encode() };
        out.push(Out::Persist(record));
    }

    fn verify(&mut self, message: &SignedMessage<Ctx, ConsensusMsg<Ctx>>, key: &PublicKeyBytes) -> bool {
        let bytes = match &message.message {
            ConsensusMsg::Vote(vote) => self.signatures.vote_message(vote),
            ConsensusMsg::Proposal(proposal) => self.signatures.proposal_message(proposal),
        };
        self.signatures.verify(key, &bytes, message.signature)
    }

    fn set_timer(&mut self, timeout: Timeout, out: &mut Vec<Out>) {
        let Some(key) = self.timer_key(timeout) else {
            return;
        };
        let wait = self.timeouts.duration_for(timeout).as_millis();
        self.timers.insert(key);
        out.push(Out::SetTimer(key, u64::try_from(wait).unwrap_or(u64::MAX)));
    }

    fn cancel_timer(&mut self, timeout: Timeout, out: &mut Vec<Out>) {
        if let Some(key) = self.timer_key(timeout)
            && self.timers.remove(&key)
        {
            out.push(Out::CancelTimer(key));
        }
    }

    fn cancel_timers(&mut self, out: &mut Vec<Out>) {
        out.extend(std::mem::take(&mut self.timers).into_iter().map(Out::CancelTimer));
    }

    fn timer_key(&self, timeout: Timeout) -> Option<TimerKey> {
        let kind = timer_kind(timeout.kind)?;
        Some(TimerKey { height: Height(self.height), round: timeout.round.as_u32()?, kind })
    }

    /// Hands on what contradictions the core saw.
    pub(crate) fn surface(&self, seen: &MisbehaviorEvidence<Ctx>, out: &mut Vec<Out>) {
        if planted::is_on(Bug::NoEvidence) {
            return;
        }
        let votes = seen.votes.iter().flat_map(|(place, pairs)| pairs.iter().map(|pair| (*place, pair)));
        for (place, (a, b)) in votes {
            let Some(key) = self.members.key(place) else { continue };
            let body = |vote: &SignedVote<Ctx>| (self.signatures.vote_body(vote), vote.signature);
            out.push(Out::Evidence(Box::new(Evidence::of_votes(key, body(a), body(b)))));
        }
        let proposals = seen.proposals.iter().flat_map(|(place, pairs)| pairs.iter().map(|pair| (*place, pair)));
        for (place, (a, b)) in proposals {
            let Some(key) = self.members.key(place) else { continue };
            let body = |proposal: &SignedProposal<Ctx>| (self.signatures.proposal_body(proposal), proposal.signature);
            out.push(Out::Evidence(Box::new(Evidence::of_proposals(key, body(a), body(b)))));
        }
    }

    /// Adds a late precommit to the certificate of a decided height.
    pub(crate) fn grow(
        certificate: &mut CommitCertificate,
        signatures: &mut Signatures,
        members: &Members,
        vote: &SignedVote<Ctx>,
    ) -> bool {
        debug_assert_eq!(vote.step, VoteType::Precommit);
        let Some(key) = members.key(vote.voter) else {
            return false;
        };
        let message = signatures.vote_message(vote);
        signatures.verify(&key, &message, vote.signature) && certificates::add(certificate, vote.voter, vote.signature)
    }
}
