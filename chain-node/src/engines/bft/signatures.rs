//! Signing bodies and the signatures that were checked already.

use std::collections::BTreeMap;

use ledger_types::{ChainId, ConsensusKind, Height, ProposalBody, VoteBody};
use sm::{PublicKeyBytes, Signature, SignerCache, VerifyItem, verify_batch};
use storage::planted::{self, Bug};

use super::{
    context::{Proposal, Vote},
    wire::{round_number, step_number, voted_id},
};

/// How many good signatures are remembered: those of several heights of a large set.
const MAX_REMEMBERED: usize = 4096;

type Checked = ([u8; 32], Signature);

/// Makes the messages that are signed and checks signatures over them, each once.
pub(crate) struct Signatures {
    chain: ChainId,
    epoch: u64,
    kind: ConsensusKind,
    keys: SignerCache,
    /// Good signatures by their last use.
    good: BTreeMap<Checked, u64>,
    by_use: BTreeMap<u64, Checked>,
    clock: u64,
    /// Signatures that were checked.
    pub(crate) checked: u64,
    /// Signatures that were remembered.
    pub(crate) reused: u64,
    /// Signatures that were wrong.
    pub(crate) wrong: u64,
}

impl Signatures {
    /// For the votes of one chain, epoch and kind: none of another is valid here.
    pub(crate) fn new(chain: ChainId, epoch: u64, kind: ConsensusKind) -> Self {
        Self {
            chain,
            epoch,
            kind,
            keys: SignerCache::new(256, 256, 2),
            good: BTreeMap::new(),
            by_use: BTreeMap::new(),
            clock: 0,
            checked: 0,
            reused: 0,
            wrong: 0,
        }
    }

    /// The chain.
    pub(crate) fn chain(&self) -> &ChainId {
        &self.chain
    }

    /// What a vote signs.
    pub(crate) fn vote_body(&self, vote: &Vote) -> VoteBody {
        VoteBody {
            epoch: self.epoch,
            kind: self.kind,
            step: step_number(vote.step),
            height: Height(vote.height.0),
            round: round_number(vote.round),
            block_id: voted_id(&vote.value),
        }
    }

    /// What a proposal signs.
    pub(crate) fn proposal_body(&self, proposal: &Proposal) -> ProposalBody {
        ProposalBody {
            epoch: self.epoch,
            kind: self.kind,
            height: Height(proposal.height.0),
            round: round_number(proposal.round),
            locked_round: proposal.locked_round.as_u32(),
            block_id: proposal.value.0,
        }
    }

    /// The message of a vote.
    pub(crate) fn vote_message(&self, vote: &Vote) -> Vec<u8> {
        self.vote_body(vote).message(&self.chain)
    }

    /// The message of a proposal.
    pub(crate) fn proposal_message(&self, proposal: &Proposal) -> Vec<u8> {
        self.proposal_body(proposal).message(&self.chain)
    }

    /// Whether `signature` is `key`'s over `message`.
    pub(crate) fn verify(&mut self, key: &PublicKeyBytes, message: &[u8], signature: Signature) -> bool {
        let Ok(signer) = self.keys.get(key) else {
            self.wrong += 1;
            return false;
        };
        let checked = (signer.public_key().digest(message), signature);
        if self.recall(&checked) {
            return true;
        }
        self.checked += 1;
        let item = VerifyItem { key: signer.as_verify_key(), digest: checked.0, signature };
        let good = verify_batch(&[item]) == [true] || planted::is_on(Bug::VotesUnchecked);
        if good {
            self.remember(checked);
        } else {
            self.wrong += 1;
        }
        good
    }

    /// A signature of our own: it need not be checked.
    pub(crate) fn trust(&mut self, key: &PublicKeyBytes, message: &[u8], signature: Signature) {
        if let Ok(signer) = self.keys.get(key) {
            self.remember((signer.public_key().digest(message), signature));
        }
    }

    fn recall(&mut self, checked: &Checked) -> bool {
        let Some(last_use) = self.good.get_mut(checked) else {
            return false;
        };
        self.clock += 1;
        self.by_use.remove(last_use);
        self.by_use.insert(self.clock, *checked);
        *last_use = self.clock;
        self.reused += 1;
        true
    }

    fn remember(&mut self, checked: Checked) {
        self.clock += 1;
        if let Some(before) = self.good.insert(checked, self.clock) {
            self.by_use.remove(&before);
        }
        self.by_use.insert(self.clock, checked);
        if self.good.len() > MAX_REMEMBERED
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.good.remove(&oldest);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crypto::{KeyUse, SigningKey, SoftwareProvider};
    use ledger_types::BlockId;
    use malachite_types::{NilOrVal, Round, VoteType};

    use super::*;
    use crate::engines::bft::context::{At, Place};

    #[test]
    fn each_signature_is_checked_once_and_the_memory_is_bounded() {
        let key = SigningKey::generate(&SoftwareProvider::shared(), KeyUse::Vote).unwrap();
        let mut signatures = Signatures::new(ChainId([1; 32]), 0, ConsensusKind::Bft);
        let value = NilOrVal::Val(BlockId([7; 33]));
        let vote = Vote { step: VoteType::Prevote, height: At(1), round: Round::new(0), value, voter: Place(0) };
        let message = signatures.vote_message(&vote);
        let signature = key.sign_vote(&ChainId([1; 32]), &signatures.vote_body(&vote)).unwrap();
        let public = key.public_key();
        assert!(signatures.verify(&public, &message, signature));
        assert!(signatures.verify(&public, &message, signature));
        assert_eq!((signatures.checked, signatures.reused), (1, 1));
        let mut other = signature;
        other[0] ^= 1;
        assert!(!signatures.verify(&public, &message, other));
        assert!(!signatures.verify(&public, b"another message", signature));
        assert_eq!((signatures.checked, signatures.wrong), (3, 2));
        for n in 0..u64::try_from(MAX_REMEMBERED).unwrap() + 10 {
            signatures.trust(&public, &n.to_le_bytes(), signature);
        }
        assert_eq!((signatures.good.len(), signatures.by_use.len()), (MAX_REMEMBERED, MAX_REMEMBERED));
        assert!(signatures.verify(&public, &message, signature));
        assert_eq!(signatures.checked, 4, "the oldest was forgotten and is checked again");
    }
}
