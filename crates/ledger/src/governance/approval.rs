//! Who approves, and when enough did.

use ledger_types::{AccountId, ConsensusKind, Governance, GovernanceChange, GovernancePolicy, Validator};

use super::regime::Regime;

/// Those who may approve now.
pub(crate) struct Approvers<'a> {
    regime: &'a Regime,
    policy: Option<&'a GovernancePolicy>,
}

/// Those who may approve under this regime and policy.
pub(crate) fn approvers<'a>(regime: &'a Regime, governance: &'a Governance) -> Approvers<'a> {
    Approvers { regime, policy: governance.policy.as_ref() }
}

impl Approvers<'_> {
    /// Whether this account may propose and approve.
    pub(crate) fn has(&self, account: AccountId) -> bool {
        let operates = |v: &Validator| v.operator == account;
        self.policy.is_some_and(|policy| policy.approvers.contains(&account))
            || self.regime.validators.validators.iter().any(operates)
    }

    /// Whether these approvals are enough for this change. To trust in crashes only, where betrayal was reckoned with,
    /// takes the operators of more than two thirds of the validators in any case.
    pub(crate) fn suffice(&self, approvals: &[AccountId], change: &GovernanceChange) -> bool {
        let set = &self.regime.validators;
        let operated = set.validators.iter().filter(|v| approvals.contains(&v.operator)).count();
        let by_validators = operated >= set.bft_quorum();
        let weakens = weakens(self.regime.epoch.kind, change);
        match self.policy {
            None => by_validators,
            Some(policy) => {
                let given = policy.approvers.iter().filter(|account| approvals.contains(account)).count();
                given >= usize::from(policy.threshold) && (by_validators || !weakens)
            }
        }
    }
}

/// Whether a change trusts in crashes only where betrayal is reckoned with, or lets the chain do so by itself.
fn weakens(now: ConsensusKind, change: &GovernanceChange) -> bool {
    use ConsensusKind::{Adaptive, Bft, CrashFault};
    match change {
        GovernanceChange::Consensus(new) => {
            matches!((now, new), (Bft, Adaptive) | (Bft | Adaptive, CrashFault))
        }
        GovernanceChange::Adaptive(policy) => policy.is_some_and(|policy| policy.lower_after_ms.is_some()),
        _ => false,
    }
}
