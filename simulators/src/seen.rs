//! What came of a transaction, as a simulator sees it.

use ledger_types::{RejectReason, TxOutcome, Verdict};
use sdk::{ClientError, Fate, FateState};

/// The verdict, wherever it was given: in a block or at the node's door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It took effect.
    Accepted(TxOutcome),
    /// It was refused.
    Refused(Vec<RejectReason>),
    /// No verdict: a fault on the way.
    Failed(String),
}

impl Seen {
    /// Reads a fate; none if it is not final.
    pub fn of(result: &Result<Fate, ClientError>) -> Option<Self> {
        match result {
            Ok(fate) => match &fate.state {
                FateState::Committed(block) | FateState::Refused(block) => Some(match &block.receipt.verdict {
                    Verdict::Accepted(outcome) => Self::Accepted(outcome.clone()),
                    Verdict::Refused(list) => Self::Refused(list.iter().map(|r| r.reason).collect()),
                }),
                FateState::Expired => Some(Self::Refused(vec![RejectReason::Expired])),
                FateState::Pending | FateState::Unknown => None,
            },
            // "Too much is waiting" and a broken way are no verdicts.
            Err(error) if error.is_retryable() => None,
            Err(ClientError::Report(report)) if !report.refusals.is_empty() => {
                Some(Self::Refused(report.refusals.iter().map(|r| r.reason).collect()))
            }
            Err(error) => Some(Self::Failed(error.to_string())),
        }
    }

    /// A word for a list of violations.
    pub fn describe(&self) -> String {
        match self {
            Self::Accepted(_) => "accepted".to_owned(),
            Self::Refused(reasons) => {
                let names: Vec<_> = reasons.iter().map(|r| format!("{} {}", r.number(), r.name())).collect();
                format!("refused: {}", names.join(", "))
            }
            Self::Failed(why) => format!("failed: {why}"),
        }
    }
}

/// What somebody expects to come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It takes effect.
    Accepted,
    /// It is refused, and this reason is among those given.
    Refused(RejectReason),
    /// Either of the two.
    AcceptedOr(RejectReason),
}

impl Expect {
    /// Whether it came as expected.
    pub fn is_met(self, seen: &Seen) -> bool {
        match (self, seen) {
            (Self::Accepted | Self::AcceptedOr(_), Seen::Accepted(_)) => true,
            (Self::Refused(reason) | Self::AcceptedOr(reason), Seen::Refused(given)) => given.contains(&reason),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cheat_that_succeeds_and_an_honest_act_refused_are_both_unexpected() {
        let (done, refused) = (Seen::Accepted(TxOutcome::Done), Seen::Refused(vec![RejectReason::OverQuota]));
        assert!(Expect::Accepted.is_met(&done) && !Expect::Accepted.is_met(&refused));
        assert!(!Expect::Refused(RejectReason::OverQuota).is_met(&done));
        assert!(Expect::Refused(RejectReason::OverQuota).is_met(&refused));
        assert!(!Expect::Refused(RejectReason::NotOwner).is_met(&refused), "for another reason is not as expected");
        assert!(Expect::AcceptedOr(RejectReason::OverQuota).is_met(&done));
        assert!(!Expect::Accepted.is_met(&Seen::Failed(String::new())));
    }
}
