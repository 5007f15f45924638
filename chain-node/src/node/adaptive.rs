//! The adaptive policy on one validator: what speaks for another kind of consensus, and asking the chain for it.
//!
//! A validator that sees enough faults, or hears that an honest one does, signs a request and repeats it to the others
//! until the switch is on chain. Whoever holds enough requests hands them in; no leader is needed, because the next
//! proposer, whoever it is, puts them into its block. A request is a wish and no vote: a restart may sign another.

use std::collections::{BTreeMap, BTreeSet};

use ledger::StateView;
use ledger_types::{
    Adaptive, AdaptivePolicy, BlockId, BlockTime, Canonical, ConsensusKind, Digest, Height, Payload, RegistryKey,
    RegistryValue, SignedAck, SwitchBody, SwitchCertificate, SwitchRequest, SwitchWay, VoteBody,
};

use super::{Effect, Node};
use crate::commit::NodeFault;
use crate::engines::EngineMessage;
use crate::engines::bft::Statement;
use crate::peer_message::PeerMessage;
use crate::peers::{PeerId, To};

/// Without a statement for so long, or with one about an older block, a validator does not count as agreeing, ms. Nodes
/// state their ledgers every three seconds.
const SILENCE_MS: u64 = 15_000;
/// A certificate that did not come into a block is handed in again after so long, ms.
const AGAIN_MS: u64 = 10_000;
/// The next validator in line hands it in after so long, ms: all hold it, one is enough.
const IN_TURN_MS: u64 = 700;

/// What speaks for another kind of consensus.
#[derive(Debug, Default)]
pub(super) struct Adaptation {
    /// Requests of the epoch under way, by voting key, this node's own among them: one of each validator.
    held: BTreeMap<[u8; 33], SwitchRequest>,
    /// The epoch they are of.
    epoch: u64,
    /// The kind of consensus under which all else here was seen.
    kind: Option<ConsensusKind>,
    /// Validators that this node saw contradict themselves, or state another ledger than its own.
    seen: BTreeSet<[u8; 33]>,
    /// Validators that state this node's ledger.
    agreeing: BTreeMap<[u8; 33], Agreement>,
    /// The last block that this node precommitted.
    ack: Option<SignedAck>,
    /// Since when there are enough requests, and when they were handed in last, ms.
    enough_since: Option<u64>,
    handed_in: Option<u64>,
}

/// Since when a validator agrees without a break, and when it said so last (ms).
#[derive(Clone, Copy, Debug)]
struct Agreement {
    since: BlockTime,
    heard_ms: u64,
}

/// What the chain says about switching.
struct Ground {
    policy: AdaptivePolicy,
    held: Adaptive,
    kind: ConsensusKind,
    tip: Height,
    now: BlockTime,
}

impl Adaptation {
    /// Forgets what was of another epoch, or seen under another kind.
    fn turn(&mut self, epoch: u64, kind: ConsensusKind) {
        if self.epoch != epoch {
            self.held.clear();
            (self.enough_since, self.handed_in) = (None, None);
            self.epoch = epoch;
        }
        if self.kind != Some(kind) {
            self.seen.clear();
            self.agreeing.clear();
            self.kind = Some(kind);
        }
    }

    /// Since when all of these agree, as far as was heard lately.
    fn agreed_since(&self, others: &[[u8; 33]], now_ms: u64) -> Option<BlockTime> {
        let mut since = BlockTime(0);
        for key in others {
            let one = self.agreeing.get(key).filter(|a| now_ms.saturating_sub(a.heard_ms) <= SILENCE_MS)?;
            since = since.max(one.since);
        }
        Some(since)
    }

    /// Whether a request says something that is not held yet: its signer's first, or that it agrees since a later time.
    fn is_news(&self, request: &SwitchRequest) -> bool {
        match (self.held.get(&request.vote_key).map(|held| held.body.way), request.body.way) {
            (None, _) => true,
            (Some(SwitchWay::Lower { since: before }), SwitchWay::Lower { since }) => since > before,
            _ => false,
        }
    }
}

/// Whether faults on record and faults seen are enough, or so many others ask that one of them is honest.
fn is_alarmed(policy: &AdaptivePolicy, faulty: usize, asking: usize, validators: usize) -> bool {
    let tolerated = validators.saturating_sub(1) / 3;
    faulty >= usize::from(policy.raise_at) || asking > tolerated
}

impl Node {
    /// Voting keys of the validators whose requests for another kind of consensus are held, this node's among them.
    pub fn switch_requests(&self) -> impl Iterator<Item = &[u8; 33]> {
        let now = self.epoch().number;
        self.adaptation.held.keys().filter(move |_| self.adaptation.epoch == now)
    }

    /// This node precommits.
    pub(super) fn note_ack(&mut self, message: &EngineMessage) {
        let regime = self.proposer.regime();
        let validators = u16::try_from(regime.validators.validators.len()).unwrap_or(u16::MAX);
        let Some(Statement::Vote { voter, body, .. }) = Statement::read(message, regime.epoch.kind, validators) else {
            return;
        };
        let own = self.place() == Some(voter) && body.step == VoteBody::PRECOMMIT && body.block_id != BlockId::ZERO;
        let VoteBody { height, round, block_id, .. } = body;
        if own && self.adaptation.ack.is_none_or(|ack| (ack.height, ack.round) < (height, round)) {
            self.adaptation.ack = Some(SignedAck { height, round, block_id });
        }
    }

    /// This node saw a validator contradict itself.
    pub(super) fn note_contradiction(&mut self, vote_key: [u8; 33]) {
        self.turn_adaptation();
        self.adaptation.seen.insert(vote_key);
        self.adaptation.agreeing.remove(&vote_key);
    }

    /// A peer stated its ledger at a height that this node has.
    pub(super) fn note_statement(
        &mut self,
        peer: PeerId,
        height: Height,
        agrees: bool,
        now_ms: u64,
    ) -> Result<(), NodeFault> {
        let Some(key) = self.peer_keys.get(&peer).copied().filter(|key| self.proposer.place_of(key).is_some()) else {
            return Ok(());
        };
        self.turn_adaptation();
        if !agrees {
            self.adaptation.seen.insert(key);
            self.adaptation.agreeing.remove(&key);
            return Ok(());
        }
        let now = self.store.tip().time;
        let Some(said) = self.reader.at(height)? else { return Ok(()) };
        if now.0.saturating_sub(said.time.0) <= SILENCE_MS {
            let before = self.adaptation.agreeing.get(&key).copied();
            let unbroken = before.filter(|a| now_ms.saturating_sub(a.heard_ms) <= SILENCE_MS);
            let since = unbroken.map_or(now, |a| a.since);
            self.adaptation.agreeing.insert(key, Agreement { since, heard_ms: now_ms });
        }
        Ok(())
    }

    /// A peer asks for another kind of consensus.
    pub(super) fn hear_switch(
        &mut self,
        from: PeerId,
        request: SwitchRequest,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NodeFault> {
        let Some(ground) = self.ground()? else { return Ok(()) };
        // One of another epoch or kind comes too early or too late, and is repeated in the first case.
        let of_now = request.body.epoch == self.epoch().number && request.body.way.kinds().0 == ground.kind;
        if !of_now || !self.adaptation.is_news(&request) {
            return Ok(());
        }
        // Nobody introduced it: not heard as a validator.
        let Some(key) = self.peer_keys.get(&from) else { return Ok(()) };
        if *key != request.vote_key || request.verify(&self.store.chain_id()).is_err() {
            let why = "a switch request that it did not sign".to_owned();
            effects.push(Effect::Misbehaved(from, why));
            return Ok(());
        }
        if self.proposer.place_of(&request.vote_key).is_some() {
            let (epoch, way) = (request.body.epoch, request.body.way);
            tracing::warn!(peer = from.0, epoch, ?way, "a validator asks for another kind of consensus");
            self.adaptation.held.insert(request.vote_key, request);
            self.adapt(now_ms, false, effects)?;
        }
        Ok(())
    }

    /// Asks for another kind of consensus if there is reason to, repeats it if `repeat`, and hands in what is enough.
    pub(super) fn adapt(&mut self, now_ms: u64, repeat: bool, effects: &mut Vec<Effect>) -> Result<(), NodeFault> {
        let Some(ground) = self.ground()? else { return Ok(()) };
        let Some(own) = self.vote_key.as_ref().map(|key| key.public_key().0) else { return Ok(()) };
        if self.place().is_none() || self.holds_back() {
            return Ok(());
        }
        let stale = match self.adaptation.held.get(&own).map(|held| held.body.way) {
            None => true,
            Some(SwitchWay::Lower { since }) => since < ground.held.quiet_since,
            Some(SwitchWay::Raise) => false,
        };
        let wish = if stale { self.wish(&ground, &own, now_ms) } else { None };
        let asked = wish.is_some_and(|way| self.ask(way));
        if let Some(request) = self.adaptation.held.get(&own).filter(|_| asked || repeat) {
            effects.push(Effect::Send(To::Validators, PeerMessage::Switch(Box::new(request.clone()))));
        }
        match self.certificate(&ground) {
            Some(certificate) => self.hand_in(&ground, certificate, now_ms, effects),
            None => {
                self.adaptation.enough_since = None;
                Ok(())
            }
        }
    }

    fn turn_adaptation(&mut self) {
        let epoch = self.epoch();
        self.adaptation.turn(epoch.number, epoch.kind);
    }

    /// None unless a policy is in force that could switch.
    fn ground(&mut self) -> Result<Option<Ground>, NodeFault> {
        let Some(policy) = self.proposer.regime().adaptive else { return Ok(None) };
        self.turn_adaptation();
        let held = match self.store.view().registry(&RegistryKey::Adaptive).map_err(NodeFault::State)? {
            Some(RegistryValue::Adaptive(held)) => held,
            _ => return Ok(None),
        };
        let tip = self.store.tip();
        Ok(Some(Ground { policy, held, kind: self.epoch().kind, tip: tip.height, now: tip.time }))
    }

    /// Which way this node wants the chain to go.
    fn wish(&self, ground: &Ground, own: &[u8; 33], now_ms: u64) -> Option<SwitchWay> {
        let members = self.proposer.regime().validators.validators.iter().map(|v| v.vote_key);
        let others: Vec<_> = members.filter(|key| key != own).collect();
        match ground.kind {
            ConsensusKind::Adaptive => {
                let on_record = ground.held.faulty.iter().map(|faulty| faulty.vote_key);
                let faulty: BTreeSet<_> = on_record.chain(self.adaptation.seen.iter().copied()).collect();
                let asking = others.iter().filter(|key| self.adaptation.held.contains_key(*key)).count();
                is_alarmed(&ground.policy, faulty.len(), asking, others.len() + 1).then_some(SwitchWay::Raise)
            }
            ConsensusKind::Bft => {
                let after = ground.policy.lower_after_ms?;
                let since = self.adaptation.agreed_since(&others, now_ms)?.max(ground.held.quiet_since);
                (ground.now.0.saturating_sub(since.0) >= after).then_some(SwitchWay::Lower { since })
            }
            ConsensusKind::Solo | ConsensusKind::CrashFault => None,
        }
    }

    /// Signs a request of this node's own.
    fn ask(&mut self, way: SwitchWay) -> bool {
        let Some(key) = self.vote_key.clone() else { return false };
        let (epoch, tip) = (self.epoch().number, self.height());
        let body = SwitchBody { epoch, way, tip, ack: self.adaptation.ack };
        match key.sign_switch(&self.store.chain_id(), &body) {
            Ok(signature) => {
                tracing::warn!(epoch, ?way, height = tip.0, "this node asks for another kind of consensus");
                let vote_key = key.public_key().0;
                let request = SwitchRequest { version: SwitchRequest::VERSION, vote_key, body, signature };
                self.adaptation.held.insert(vote_key, request);
                true
            }
            Err(error) => {
                tracing::error!(%error, "a switch request cannot be signed");
                false
            }
        }
    }

    /// Enough requests for the chain to follow, all of which may stand in the next block.
    fn certificate(&self, ground: &Ground) -> Option<SwitchCertificate> {
        let set = &self.proposer.regime().validators;
        let next = ground.tip.next();
        let fits = |request: &&SwitchRequest| {
            let body = &request.body;
            let in_time = match body.way {
                SwitchWay::Raise => true,
                SwitchWay::Lower { since } => {
                    let lasted = ground.now.0.saturating_sub(since.0);
                    since >= ground.held.quiet_since && ground.policy.lower_after_ms.is_some_and(|ms| lasted >= ms)
                }
            };
            body.tip < next && body.ack.is_none_or(|ack| ack.height <= next) && in_time
        };
        let requests: Vec<_> = self.adaptation.held.values().filter(fits).cloned().collect();
        let needed = match ground.kind {
            ConsensusKind::Adaptive => set.bft_quorum(),
            _ => set.validators.len(),
        };
        (requests.len() >= needed).then(|| SwitchCertificate::new(requests))
    }

    /// Makes the transaction, unless a change is due: one validator after another, so that one is enough.
    fn hand_in(
        &mut self,
        ground: &Ground,
        certificate: SwitchCertificate,
        now_ms: u64,
        effects: &mut Vec<Effect>,
    ) -> Result<(), NodeFault> {
        let members = self.proposer.regime().validators.validators.len().max(1) as u64;
        let turn = u64::from(self.place().unwrap_or(0)).wrapping_add(self.adaptation.epoch) % members;
        let since = *self.adaptation.enough_since.get_or_insert(now_ms);
        let due = match self.adaptation.handed_in {
            Some(last) => last.saturating_add(AGAIN_MS),
            None => since.saturating_add(turn * IN_TURN_MS),
        };
        if now_ms < due || self.is_change_due(ground.tip)? {
            return Ok(());
        }
        self.adaptation.handed_in = Some(now_ms);
        let about = Digest(sm::sm3(&certificate.to_canonical()));
        tracing::warn!(requests = certificate.requests.len(), height = ground.tip.0, "the switch certificate goes in");
        self.say(Payload::SwitchConsensus(certificate), &about, now_ms, effects)
    }

    /// Whether the next block begins with a change of the chain's rules: the switch itself, or one after which requests of
    /// another epoch may be needed, like the suspension of the traitor.
    fn is_change_due(&self, tip: Height) -> Result<bool, NodeFault> {
        let entry = self.store.view().registry(&RegistryKey::Governance).map_err(NodeFault::State)?;
        let Some(RegistryValue::Governance(governance)) = entry else { return Ok(false) };
        Ok(governance.live.iter().any(|live| live.scheduled && live.effective <= tip.next().next()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: u64 = 60_000;

    fn request(key: u8, way: SwitchWay) -> SwitchRequest {
        let body = SwitchBody { epoch: 3, way, tip: Height(7), ack: None };
        SwitchRequest { version: 1, vote_key: [key; 33], body, signature: [0; 64] }
    }

    #[test]
    fn few_who_cry_wolf_move_nobody_and_one_honest_alarm_moves_all() {
        let policy = |raise_at| AdaptivePolicy { raise_at, lower_after_ms: None };
        for (raise_at, faulty, asking, validators, moved) in [
            (1, 0, 0, 4, false),
            (1, 1, 0, 4, true),
            (1, 0, 1, 4, false),
            (1, 0, 2, 4, true),
            (2, 1, 1, 7, false),
            (2, 2, 0, 7, true),
            (2, 1, 2, 7, false),
            (2, 1, 3, 7, true),
            (1, 0, 1, 3, true),
        ] {
            let case = (raise_at, faulty, asking, validators);
            assert_eq!(is_alarmed(&policy(raise_at), faulty, asking, validators), moved, "{case:?}");
        }
    }

    #[test]
    fn one_request_of_each_is_held_until_the_epoch_ends() {
        let mut held = Adaptation::default();
        held.turn(3, ConsensusKind::Adaptive);
        let first = request(1, SwitchWay::Raise);
        assert!(held.is_news(&first));
        held.held.insert(first.vote_key, first.clone());
        let mut other = first.clone();
        other.body.tip = Height(8);
        assert!(!held.is_news(&first) && !held.is_news(&other));
        let lower = |since| request(2, SwitchWay::Lower { since: BlockTime(since) });
        held.held.insert([2; 33], lower(5));
        assert!(!held.is_news(&lower(5)) && !held.is_news(&lower(4)) && held.is_news(&lower(6)));
        held.seen.insert([3; 33]);
        held.turn(4, ConsensusKind::Adaptive);
        assert!(held.held.is_empty() && !held.seen.is_empty(), "a suspension ends the epoch, not the suspicion");
        held.turn(5, ConsensusKind::Bft);
        assert!(held.seen.is_empty());
    }

    #[test]
    fn all_must_agree_and_lately() {
        let mut held = Adaptation::default();
        let said = |since, heard_ms| Agreement { since: BlockTime(since), heard_ms };
        held.agreeing.insert([1; 33], said(10, LONG));
        held.agreeing.insert([2; 33], said(30, LONG + 5));
        let both = [[1; 33], [2; 33]];
        assert_eq!(held.agreed_since(&both, LONG + SILENCE_MS), Some(BlockTime(30)));
        assert_eq!(held.agreed_since(&both, LONG + SILENCE_MS + 1), None, "one fell silent");
        assert_eq!(held.agreed_since(&[[1; 33], [3; 33]], LONG), None, "one was never heard");
    }
}
