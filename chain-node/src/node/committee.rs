//! The committee's keys: which ones this node has, and that it shows the next one to the chain.

use ledger::SealingRules;
use ledger::admission::AuthenticatedTx;
use ledger_types::{Canonical, Committee, Digest, NextCommittee, Payload, Refusal};

use super::{Effect, Node};
use crate::commit::NodeFault;

/// Readiness that did not get into a block is said again after this time, ms.
const AGAIN_MS: u64 = 10_000;
/// What this node lacks is logged again after this time, ms.
const REMIND_MS: u64 = 60_000;

/// What was said of the next key.
#[derive(Default)]
pub(super) struct Readiness {
    /// When readiness was last handed in.
    said_ms: Option<u64>,
    /// When it was last logged that the key, or the means to show it, is missing.
    reminded_ms: Option<u64>,
}

/// Where a node stands with the committee's keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitteeStanding {
    /// The epoch in force; 0 on a chain of plain bodies.
    pub epoch: u32,
    /// The epoch that is named next; 0 for none.
    pub next: u32,
    /// Nothing is named, or this node has the key; a validator also stands on the chain as ready.
    pub ready: bool,
}

impl Node {
    /// Where this node stands with the committee's keys.
    pub fn committee_standing(&self) -> CommitteeStanding {
        let rules = self.sealing();
        let epoch = rules.committee.map_or(0, |committee| committee.epoch);
        let Some(next) = &rules.next else { return CommitteeStanding { epoch, next: 0, ready: true } };
        let has = self.applies || self.committee_keys.holds(&next.change.committee);
        let shown = self.own_place().is_none_or(|vote_key| next.is_ready(&vote_key));
        CommitteeStanding { epoch, next: next.change.committee.epoch, ready: has && shown }
    }

    pub(super) fn sealing(&self) -> &SealingRules {
        &self.proposer.regime().sealing
    }

    /// This node's voting key, if it is a validator of the next block.
    fn own_place(&self) -> Option<[u8; 33]> {
        let key = self.vote_key.as_ref()?.public_key().0;
        self.proposer.place_of(&key).map(|_| key)
    }

    /// Why a transaction cannot stand in the next block: it was checked a block ago, perhaps.
    pub(super) fn seal_fault(&self, tx: &AuthenticatedTx) -> Option<Refusal> {
        seal_fault(self.sealing(), tx)
    }

    /// What waits and can be in no block any more, since the former key is over.
    pub(super) fn drop_unsealable(&mut self, before: &SealingRules, effects: &mut Vec<Effect>) {
        let rules = self.sealing().clone();
        if (before.committee, &before.accepted) == (rules.committee, &rules.accepted) {
            return;
        }
        if let Some(Committee { epoch, .. }) = rules.committee.filter(|now| before.committee != Some(*now)) {
            tracing::info!(epoch, height = self.height().0, "another key of the committee is in force");
        }
        let dead: Vec<_> = self
            .mempool
            .oldest(usize::MAX)
            .filter_map(|tx| seal_fault(&rules, tx).map(|refusal| (tx.id(), refusal)))
            .collect();
        for (id, refusal) in dead {
            self.mempool.remove(&id);
            effects.push(Effect::Refused(id, refusal));
        }
    }

    /// Shows the chain that this validator has the next key, until that is on record.
    pub(super) fn show_readiness(&mut self, now_ms: u64, effects: &mut Vec<Effect>) -> Result<(), NodeFault> {
        let Some(NextCommittee { change, ready, first, .. }) = self.sealing().next.clone() else {
            self.readiness = Readiness::default();
            return Ok(());
        };
        let (committee, fingerprint) = (change.committee, change.committee.fingerprint());
        if self.applies || self.holds_back() {
            return Ok(());
        }
        if !self.committee_keys.confirm(&committee) {
            if self.is_time_to_remind(now_ms) {
                let held = self
                    .committee_keys
                    .offered(committee.epoch)
                    .map(|key| ledger_types::committee::fingerprint(&key.0));
                tracing::warn!(
                    epoch = committee.epoch,
                    fingerprint,
                    held,
                    first = first.map(|height| height.0),
                    "the committee's next key is named, and this node does not have it: taxchain node committee-key install"
                );
            }
            return Ok(());
        }
        let (Some(own), Some(voter)) = (self.own_place(), self.vote_key.clone()) else { return Ok(()) };
        let said_lately = self.readiness.said_ms.is_some_and(|said| now_ms.saturating_sub(said) < AGAIN_MS);
        if said_lately || ready.binary_search(&own).is_ok() {
            return Ok(());
        }
        if self.reporter.is_none() {
            if self.is_time_to_remind(now_ms) {
                tracing::warn!(
                    epoch = committee.epoch,
                    "without a report_key this node cannot show that it has the committee's next key: taxchain node committee-key ready"
                );
            }
            return Ok(());
        }
        self.readiness.said_ms = Some(now_ms);
        match self.committee_keys.prove(&self.store.chain_id(), committee, &voter) {
            Ok(Some(proof)) => {
                tracing::info!(epoch = committee.epoch, fingerprint, "shows that it has the committee's next key");
                let about = Digest(sm::sm3(&proof.body.to_canonical()));
                self.say(Payload::CommitteeReady(Box::new(proof)), &about, now_ms, effects)
            }
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::error!(%error, "readiness for the committee's next key cannot be signed");
                Ok(())
            }
        }
    }

    fn is_time_to_remind(&mut self, now_ms: u64) -> bool {
        let due = self.readiness.reminded_ms.is_none_or(|last| now_ms.saturating_sub(last) >= REMIND_MS);
        if due {
            self.readiness.reminded_ms = Some(now_ms);
        }
        due
    }
}

/// Why a body sealed as this one's cannot stand in a block under these rules.
pub(crate) fn seal_fault(rules: &SealingRules, tx: &AuthenticatedTx) -> Option<Refusal> {
    let epoch = tx.tx().body.seal()?.epoch;
    (!rules.accepts(epoch)).then(|| rules.refusal(epoch))
}
