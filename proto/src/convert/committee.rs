//! The committee's keys: changes to the next, and those that were.

use ledger_types::limits::{MAX_ACCEPTED_COMMITTEES, MAX_VALIDATORS};
use ledger_types::{AcceptedEpochs, BlockTime, CommitteeChange, Height, NextCommittee, PastCommittee};

use super::error::ConvertError;
use super::field::{bytes, list_with, message, ms, wire_ms};
use crate::types::v1 as wire;

/// Validators that showed it and left the set since stay on the list.
const MAX_READY: usize = 64 * MAX_VALIDATORS;

impl From<&CommitteeChange> for wire::CommitteeChange {
    fn from(c: &CommitteeChange) -> Self {
        Self { committee: Some((&c.committee).into()), overlap_ms: c.overlap_ms }
    }
}

impl TryFrom<wire::CommitteeChange> for CommitteeChange {
    type Error = ConvertError;

    fn try_from(w: wire::CommitteeChange) -> Result<Self, ConvertError> {
        Ok(Self { committee: message(w.committee, "committee")?, overlap_ms: w.overlap_ms })
    }
}

impl From<&NextCommittee> for wire::NextCommittee {
    fn from(n: &NextCommittee) -> Self {
        Self {
            change: Some((&n.change).into()),
            named_height: n.named.0,
            ready: n.ready.iter().map(|key| key.to_vec()).collect(),
            first_height: n.first.map(|height| height.0),
        }
    }
}

impl TryFrom<wire::NextCommittee> for NextCommittee {
    type Error = ConvertError;

    fn try_from(w: wire::NextCommittee) -> Result<Self, ConvertError> {
        Ok(Self {
            change: message(w.change, "change")?,
            named: Height(w.named_height),
            ready: list_with(w.ready, MAX_READY, "ready", |key| bytes(&key, ""))?,
            first: w.first_height.map(Height),
        })
    }
}

impl From<&PastCommittee> for wire::PastCommittee {
    fn from(p: &PastCommittee) -> Self {
        Self { committee: Some((&p.committee).into()), last_height: p.last.0, until_ms: wire_ms(p.until.0) }
    }
}

impl TryFrom<wire::PastCommittee> for PastCommittee {
    type Error = ConvertError;

    fn try_from(w: wire::PastCommittee) -> Result<Self, ConvertError> {
        let until = BlockTime(ms(w.until_ms, "until_ms")?);
        Ok(Self { committee: message(w.committee, "committee")?, last: Height(w.last_height), until })
    }
}

impl From<&AcceptedEpochs> for wire::AcceptedEpochs {
    fn from(a: &AcceptedEpochs) -> Self {
        Self { epochs: a.epochs.clone() }
    }
}

impl TryFrom<wire::AcceptedEpochs> for AcceptedEpochs {
    type Error = ConvertError;

    fn try_from(w: wire::AcceptedEpochs) -> Result<Self, ConvertError> {
        Ok(Self { epochs: list_with(w.epochs, MAX_ACCEPTED_COMMITTEES, "epochs", Ok)? })
    }
}
