//! That a change of the kind of consensus was approved.

use borsh::{BorshDeserialize, BorshSerialize};
use ledger_types::{
    Change, ConsensusKind, GovernanceChange, Header, Height, Proposal, ProposalState, RegistryKey, RegistryValue,
};

use super::{HeaderChain, HeaderError};
use crate::{change_leaf, log_tree, log_tree::Step};

/// That a proposal got its last approval: a change of block `height`, under the changes root of the header after it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Approval {
    /// The block that holds the change.
    pub height: Height,
    /// The register's entry of the proposal from then on.
    pub change: Change,
    /// From the change up to the root.
    pub path: Vec<Step>,
}

impl Approval {
    /// Whether a change in a block says that this kind was approved from this height on.
    #[must_use]
    pub fn approves(change: &Change, kind: ConsensusKind, from: Height) -> bool {
        let Change::Registry { key: RegistryKey::Proposal(id), value: Some(value), .. } = change else { return false };
        let RegistryValue::Proposal(proposal) = &**value else { return false };
        let Proposal { id: own, change, effective, state, .. } = &**proposal;
        let right = *change == GovernanceChange::Consensus(kind) && *effective == from && own == id;
        right && *state == ProposalState::Scheduled
    }

    /// Checks it for the header that begins the epoch. Only headers before that one are asked.
    pub(super) fn check(&self, chain: &HeaderChain, header: &Header) -> Result<(), HeaderError> {
        let bad = |why| Err(HeaderError::Approval { height: header.height, why });
        if !Self::approves(&self.change, header.consensus, header.height) {
            return bad("it is for another change");
        }
        let root = chain.block(self.height.next()).map(|block| block.changes_root);
        if root != Some(log_tree::climb(&change_leaf(&self.change), &self.path)) {
            return bad("it is not among the changes of its block");
        }
        Ok(())
    }
}
