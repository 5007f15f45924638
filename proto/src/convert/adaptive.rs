//! The adaptive policy.

use ledger_types::adaptive::FaultyKey;
use ledger_types::limits::MAX_VALIDATORS;
use ledger_types::{Adaptive, AdaptivePolicy, BlockTime};

use super::error::ConvertError;
use super::field::{bytes, list_with, ms, optional, u16_of, wire_ms};
use crate::types::v1 as wire;

impl From<&AdaptivePolicy> for wire::AdaptivePolicy {
    fn from(p: &AdaptivePolicy) -> Self {
        Self { raise_at: p.raise_at.into(), lower_after_ms: p.lower_after_ms }
    }
}

impl TryFrom<wire::AdaptivePolicy> for AdaptivePolicy {
    type Error = ConvertError;

    fn try_from(w: wire::AdaptivePolicy) -> Result<Self, ConvertError> {
        Ok(Self { raise_at: u16_of(w.raise_at, "raise_at")?, lower_after_ms: w.lower_after_ms })
    }
}

impl From<&Adaptive> for wire::Adaptive {
    fn from(a: &Adaptive) -> Self {
        Self {
            policy: a.policy.as_ref().map(Into::into),
            quiet_since_ms: wire_ms(a.quiet_since.0),
            faulty: a.faulty.iter().map(|key| key.vote_key.to_vec()).collect(),
        }
    }
}

impl TryFrom<wire::Adaptive> for Adaptive {
    type Error = ConvertError;

    fn try_from(w: wire::Adaptive) -> Result<Self, ConvertError> {
        let key = |key: Vec<u8>| Ok(FaultyKey { vote_key: bytes(&key, "")? });
        Ok(Self {
            policy: optional(w.policy, "policy")?,
            quiet_since: BlockTime(ms(w.quiet_since_ms, "quiet_since_ms")?),
            faulty: list_with(w.faulty, MAX_VALIDATORS, "faulty", key)?,
        })
    }
}
