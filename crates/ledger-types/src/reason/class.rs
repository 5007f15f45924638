//! Groups of reasons.

use super::RejectReason;

/// The group a reason belongs to: the hundreds of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasonClass {
    /// 1xx: the bytes or the signature are wrong; never enters a block, never remembered.
    Stateless,
    /// 2xx: the request id was used or is out of its window; the chain is full.
    Request,
    /// 3xx: the signer may not do this.
    Authority,
    /// 4xx: the register does not allow it.
    Register,
    /// 5xx: an issuing rule.
    Rule,
    /// 6xx: the invoice's state.
    Flow,
    /// 7xx: red letters.
    Red,
    /// 8xx: payments and orders.
    Payment,
    /// 10xx: changes of the chain's own rules, and evidence.
    Governance,
}

impl RejectReason {
    /// The group.
    pub fn class(self) -> ReasonClass {
        match self.number() / 100 {
            1 => ReasonClass::Stateless,
            2 => ReasonClass::Request,
            3 => ReasonClass::Authority,
            4 => ReasonClass::Register,
            5 => ReasonClass::Rule,
            6 => ReasonClass::Flow,
            7 => ReasonClass::Red,
            10 => ReasonClass::Governance,
            _ => ReasonClass::Payment,
        }
    }
}
